#include "catalog/catalog_rows.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"

namespace eider::catalog {

namespace {

// The character that follows the dot which parts a namespace's levels: the names of those below one
// lie between the two.
constexpr char kAfterDot = '.' + 1;

Entry MakeEntry(const std::optional<std::string>& location,
                const std::optional<std::string>& type) {
  return {type == "VIEW" ? EntityKind::kView : EntityKind::kTable, location.value_or("")};
}

// In the JDBC catalog's tables a dot parts the levels of a namespace.
void CheckNamespaceName(const Namespace& name) {
  for (const std::string& level : name) {
    if (!level.empty() && level.find('.') == std::string::npos) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("\"{}\" cannot be the name of a schema: it {}", level,
                            level.empty() ? "is empty" : "holds a dot"));
  }
}

void CheckNamespaceProperty(const std::string& key) {
  if (key != kNamespaceExists) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the schema property \"{}\" is the catalog's own", key));
}

}  // namespace

const char* TypeName(EntityKind kind) { return kind == EntityKind::kView ? "VIEW" : "TABLE"; }

std::optional<Entry> CatalogRows::Find(const TableIdentifier& identifier) {
  auto rows = database_.Query(
      "SELECT metadata_location, iceberg_type FROM iceberg_tables "
      "WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
      {name_, NamespaceText(identifier.name_space), identifier.name});
  if (rows.empty()) return std::nullopt;
  return MakeEntry(rows[0][0], rows[0][1]);
}

std::optional<std::map<std::string, std::string>> CatalogRows::FindNamespace(
    const Namespace& name) {
  std::string text = NamespaceText(name);
  auto rows = database_.Query(
      "SELECT property_key, property_value FROM iceberg_namespace_properties "
      "WHERE catalog_name = ? AND namespace = ?",
      {name_, text});
  std::map<std::string, std::string> properties;
  for (auto& row : rows) {
    if (*row[0] != kNamespaceExists) properties[*row[0]] = row[1].value_or("");
  }
  if (rows.empty() && !HoldsAnything(text)) return std::nullopt;
  return properties;
}

CatalogSnapshot CatalogRows::ReadAll() {
  CatalogSnapshot snapshot;
  std::string text;
  Namespace name_space;
  for (auto& row :
       database_.Query("SELECT table_namespace, table_name, metadata_location, iceberg_type "
                       "FROM iceberg_tables WHERE catalog_name = ? "
                       "ORDER BY table_namespace COLLATE BINARY, table_name COLLATE BINARY",
                       {name_})) {
    // Thousands of tables share a namespace, and come in the order of the map.
    if (snapshot.entries.empty() || *row[0] != text) {
      text = *row[0];
      name_space = NamespaceFromText(text);
      snapshot.namespaces[name_space];
    }
    snapshot.entries.emplace_hint(snapshot.entries.end(),
                                  TableIdentifier{name_space, std::move(*row[1])},
                                  MakeEntry(row[2], row[3]));
  }
  for (auto& row : database_.Query("SELECT namespace, property_key, property_value "
                                   "FROM iceberg_namespace_properties WHERE catalog_name = ?",
                                   {name_})) {
    auto& properties = snapshot.namespaces[NamespaceFromText(*row[0])];
    if (*row[1] != kNamespaceExists) properties[*row[1]] = row[2].value_or("");
  }
  return snapshot;
}

bool CatalogRows::Insert(const TableIdentifier& identifier, const Entry& entry) {
  return database_.Execute(
             "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, "
             "metadata_location, previous_metadata_location, iceberg_type) "
             "VALUES (?, ?, ?, ?, NULL, ?) ON CONFLICT DO NOTHING",
             {name_, NamespaceText(identifier.name_space), identifier.name, entry.metadata_location,
              TypeName(entry.kind)}) == 1;
}

bool CatalogRows::Move(const TableIdentifier& identifier, const std::string& from,
                       const std::string& to) {
  return database_.Execute(
             "UPDATE iceberg_tables SET metadata_location = ?1, previous_metadata_location = ?2 "
             "WHERE catalog_name = ?3 AND table_namespace = ?4 AND table_name = ?5 AND "
             "metadata_location = ?2",
             {to, from, name_, NamespaceText(identifier.name_space), identifier.name}) == 1;
}

bool CatalogRows::Remove(const TableIdentifier& identifier, const std::string& metadata_location) {
  return database_.Execute(
             "DELETE FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND "
             "table_name = ? AND metadata_location = ?",
             {name_, NamespaceText(identifier.name_space), identifier.name, metadata_location}) ==
         1;
}

bool CatalogRows::Rename(const TableIdentifier& identifier, const TableIdentifier& new_identifier,
                         const std::string& metadata_location) {
  if (Find(new_identifier)) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("table {} exists already", new_identifier.ToString()));
  }
  return database_.Execute(
             "UPDATE iceberg_tables SET table_namespace = ?, table_name = ? WHERE "
             "catalog_name = ? AND table_namespace = ? AND table_name = ? AND "
             "metadata_location = ?",
             {NamespaceText(new_identifier.name_space), new_identifier.name, name_,
              NamespaceText(identifier.name_space), identifier.name, metadata_location}) == 1;
}

void CatalogRows::Apply(const NamespaceChange& change) {
  std::string text = NamespaceText(change.name);
  switch (change.kind) {
    case NamespaceChange::Kind::kCreate:
      CheckNamespaceName(change.name);
      if (NamespaceExists(text)) {
        if (change.may_exist) return;
        throw Error(ErrorCode::kAlreadyExists, fmt::format("schema {} exists already", text));
      }
      SetNamespaceProperty(text, kNamespaceExists, "true");
      break;
    case NamespaceChange::Kind::kDrop:
      RequireNamespace(text);
      database_.Execute(
          "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ?",
          {name_, text});
      return;
    case NamespaceChange::Kind::kSetProperties:
      RequireNamespace(text);
      for (const std::string& key : change.removals) {
        CheckNamespaceProperty(key);
        database_.Execute(
            "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ? "
            "AND property_key = ?",
            {name_, text, key});
      }
      // One that held nothing but properties goes on to exist.
      SetNamespaceProperty(text, kNamespaceExists, "true");
      break;
  }
  for (const auto& [key, value] : change.properties) {
    CheckNamespaceProperty(key);
    SetNamespaceProperty(text, key, value);
  }
}

void CatalogRows::RequireEmpty(const Namespace& name) {
  std::string text = NamespaceText(name);
  auto held = database_.Query(
      "SELECT table_name FROM iceberg_tables WHERE catalog_name = ?1 AND table_namespace = ?2 "
      "UNION ALL SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?1 AND "
      "substr(namespace, 1, length(?3)) = ?3 UNION ALL SELECT table_namespace FROM "
      "iceberg_tables WHERE catalog_name = ?1 AND substr(table_namespace, 1, length(?3)) = ?3 "
      "LIMIT 1",
      {name_, text, text + "."});
  if (held.empty()) return;
  throw Error(ErrorCode::kConflict,
              fmt::format("schema {} is not empty: it holds {}", text, *held[0][0]))
      .WithHint("DROP SCHEMA .. CASCADE drops its tables with it.");
}

void CatalogRows::RequireNamespace(const std::string& text) {
  if (NamespaceExists(text)) return;
  throw Error(ErrorCode::kNotFound, fmt::format("schema {} does not exist", text));
}

bool CatalogRows::NamespaceExists(const std::string& text) {
  return !database_
              .Query(
                  "SELECT 1 FROM iceberg_namespace_properties WHERE catalog_name = ?1 AND "
                  "namespace = ?2 UNION ALL SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 "
                  "AND table_namespace = ?2 LIMIT 1",
                  {name_, text})
              .empty();
}

// Tables, or other schemas below it.
bool CatalogRows::HoldsAnything(const std::string& text) {
  return !database_
              .Query(
                  "SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 AND table_namespace = ?2 "
                  "UNION ALL SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 AND "
                  "table_namespace COLLATE BINARY > ?3 AND table_namespace COLLATE BINARY < ?4 "
                  "UNION ALL SELECT 1 FROM iceberg_namespace_properties WHERE catalog_name = ?1 "
                  "AND namespace COLLATE BINARY > ?3 AND namespace COLLATE BINARY < ?4 LIMIT 1",
                  {name_, text, text + ".", text + kAfterDot})
              .empty();
}

void CatalogRows::SetNamespaceProperty(const std::string& name_space, const std::string& key,
                                       const std::string& value) {
  database_.Execute(
      "INSERT INTO iceberg_namespace_properties (catalog_name, namespace, property_key, "
      "property_value) VALUES (?, ?, ?, ?) ON CONFLICT (catalog_name, namespace, property_key) "
      "DO UPDATE SET property_value = excluded.property_value",
      {name_, name_space, key, value});
}

}  // namespace eider::catalog
