#include "dbt/relation_cache.h"

#include "base/text.h"

namespace eider::dbt {

namespace {

std::pair<std::string, std::string> SchemaKey(std::string_view database, std::string_view schema) {
  return {Lower(database), Lower(schema)};
}

}  // namespace

void RelationCache::AddSchema(const std::string& database, const std::string& schema) {
  std::lock_guard<std::mutex> lock(mutex_);
  schemas_.try_emplace(SchemaKey(database, schema));
}

bool RelationCache::HasSchema(const std::string& database, const std::string& schema) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return schemas_.contains(SchemaKey(database, schema));
}

void RelationCache::DropSchema(const std::string& database, const std::string& schema) {
  std::lock_guard<std::mutex> lock(mutex_);
  schemas_.erase(SchemaKey(database, schema));
}

void RelationCache::Add(const Relation& relation) {
  std::lock_guard<std::mutex> lock(mutex_);
  Relation kept = relation;
  kept.limit.reset();
  auto& schema = schemas_[SchemaKey(kept.database.value_or(""), kept.schema.value_or(""))];
  schema.relations[Lower(kept.identifier.value_or(""))] = std::move(kept);
}

void RelationCache::Drop(const Relation& relation) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto schema =
      schemas_.find(SchemaKey(relation.database.value_or(""), relation.schema.value_or("")));
  if (schema != schemas_.end()) {
    schema->second.relations.erase(Lower(relation.identifier.value_or("")));
  }
}

void RelationCache::Rename(const Relation& from, const Relation& to) {
  std::optional<RelationType> type = to.type;
  if (auto known = Find(from.database, from.schema, from.identifier.value_or("")); known && !type) {
    type = known->type;
  }
  Drop(from);
  Relation renamed = to;
  renamed.type = type;
  Add(renamed);
}

std::optional<Relation> RelationCache::Find(const std::optional<std::string>& database,
                                            const std::optional<std::string>& schema,
                                            const std::string& identifier) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = schemas_.find(SchemaKey(database.value_or(""), schema.value_or("")));
  if (found == schemas_.end()) return std::nullopt;
  auto relation = found->second.relations.find(Lower(identifier));
  if (relation == found->second.relations.end()) return std::nullopt;
  return relation->second;
}

std::vector<Relation> RelationCache::List(const std::string& database,
                                          const std::string& schema) const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Relation> out;
  auto found = schemas_.find(SchemaKey(database, schema));
  if (found == schemas_.end()) return out;
  for (const auto& [identifier, relation] : found->second.relations) out.push_back(relation);
  return out;
}

void RelationCache::Clear() {
  std::lock_guard<std::mutex> lock(mutex_);
  schemas_.clear();
}

}  // namespace eider::dbt
