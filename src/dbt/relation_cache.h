// What schemas and relations the warehouse holds, read once and then kept up to date by what we do.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dbt/relation.h"

namespace eider::dbt {

// Names compare without regard to case. Thread-safe.
class RelationCache {
 public:
  // Marks a schema as known, with the relations it holds.
  void AddSchema(const std::string& database, const std::string& schema);
  bool HasSchema(const std::string& database, const std::string& schema) const;
  void DropSchema(const std::string& database, const std::string& schema);

  void Add(const Relation& relation);
  void Drop(const Relation& relation);
  void Rename(const Relation& from, const Relation& to);
  std::optional<Relation> Find(const std::optional<std::string>& database,
                               const std::optional<std::string>& schema,
                               const std::string& identifier) const;
  std::vector<Relation> List(const std::string& database, const std::string& schema) const;
  void Clear();

 private:
  struct Schema {
    std::map<std::string, Relation> relations;  // by lower-case identifier
  };
  using Key = std::pair<std::string, std::string>;

  mutable std::mutex mutex_;
  std::map<Key, Schema> schemas_;
};

}  // namespace eider::dbt
