#include "catalog/folder_owner.h"

#include <vector>

#include "catalog/metadata_files.h"
#include "catalog/projection.h"

namespace eider::catalog {

namespace {

// The character that follows the slash: what begins with a folder lies between the two.
constexpr char kAfterSlash = '/' + 1;

// One folder as writers spell it.
std::vector<std::string> Spellings(const std::string& location) {
  if (io::IsOnS3(location)) {
    std::string rest = location.substr(location.find("://"));
    return {"s3" + rest, "s3a" + rest, "s3n" + rest};
  }
  if (!HasProjection(location)) return {location};
  std::string path = io::LocalPath(location);
  return {"file://" + path, "file:" + path, path};
}

enum class Depth { kAny, kFolderItself };

// Whose metadata file lies in a folder, or anywhere below it.
std::optional<FolderOwner> FirstIn(SqlDatabase& database, const std::string& catalog_name,
                                   const std::string& folder, Depth depth,
                                   const TableIdentifier& self) {
  for (const std::string& spelling : Spellings(folder)) {
    // The empty text keeps SQLite from the index that begins with the catalog's name, which every
    // table has.
    auto rows = database.Query(
        "SELECT table_namespace, table_name, metadata_location FROM iceberg_tables "
        "WHERE metadata_location COLLATE BINARY > ?1 AND metadata_location COLLATE BINARY < ?2 "
        "AND catalog_name || '' = ?3 AND NOT (table_namespace = ?4 AND table_name = ?5) AND "
        "(?6 = 'any' OR substr(metadata_location, length(?1) + 1) NOT LIKE '%/%') LIMIT 1",
        {spelling + "/", spelling + kAfterSlash, catalog_name, NamespaceText(self.name_space),
         self.name, depth == Depth::kAny ? "any" : "itself"});
    if (rows.empty()) continue;
    auto& row = rows[0];
    return FolderOwner{{NamespaceFromText(*row[0]), *row[1]}, *row[2]};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FolderOwner> OwnerOfMetadataFolder(SqlDatabase& database,
                                                 const std::string& catalog_name,
                                                 const std::string& metadata_folder,
                                                 const TableIdentifier& self) {
  return FirstIn(database, catalog_name, metadata_folder, Depth::kFolderItself, self);
}

std::optional<FolderOwner> OwnerAround(SqlDatabase& database, const std::string& catalog_name,
                                       const std::string& warehouse, const std::string& location,
                                       const TableIdentifier& self) {
  if (auto owner = FirstIn(database, catalog_name, location, Depth::kAny, self)) return owner;
  std::string root = PathOf(warehouse);
  std::string folder = PathOf(location);
  while (folder.starts_with(root + "/")) {
    folder.resize(folder.rfind('/'));
    auto owner = FirstIn(database, catalog_name, folder + "/metadata", Depth::kFolderItself, self);
    if (owner) return owner;
  }
  return std::nullopt;
}

}  // namespace eider::catalog
