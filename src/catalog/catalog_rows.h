// The rows of Iceberg's JDBC catalog: pointers of tables and views, and namespaces.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "catalog/sql_store.h"

namespace eider::catalog {

// The property that makes a namespace without tables or properties exist, as the JDBC catalog has
// it.
constexpr char kNamespaceExists[] = "exists";

// What stands in the column iceberg_type.
const char* TypeName(EntityKind kind);

// Of one catalog, on one connection.
class CatalogRows {
 public:
  // `name`: the catalog's.
  CatalogRows(SqlDatabase& database, const std::string& name) : database_(database), name_(name) {}

  std::optional<Entry> Find(const TableIdentifier& identifier);
  std::optional<std::map<std::string, std::string>> FindNamespace(const Namespace& name);
  CatalogSnapshot ReadAll();

  // These return false where the row is not as expected any more.
  bool Insert(const TableIdentifier& identifier, const Entry& entry);
  bool Move(const TableIdentifier& identifier, const std::string& from, const std::string& to);
  bool Remove(const TableIdentifier& identifier, const std::string& metadata_location);
  // Throws kAlreadyExists where the new name is taken.
  bool Rename(const TableIdentifier& identifier, const TableIdentifier& new_identifier,
              const std::string& metadata_location);

  // Throws kAlreadyExists, kNotFound, kInvalidArgument.
  void Apply(const NamespaceChange& change);
  // Throws kConflict where tables or other namespaces are in it.
  void RequireEmpty(const Namespace& name);

 private:
  void RequireNamespace(const std::string& text);
  bool NamespaceExists(const std::string& text);
  bool HoldsAnything(const std::string& text);
  void SetNamespaceProperty(const std::string& name_space, const std::string& key,
                            const std::string& value);

  SqlDatabase& database_;
  const std::string& name_;
};

}  // namespace eider::catalog
