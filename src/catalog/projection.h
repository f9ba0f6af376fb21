// What the folder of a table or view tells without the catalog. Readers of plain folders find the
// current metadata of a table by version-hint.text and v<N>.metadata.json, a hard link. `eider
// catalog rebuild` also needs catalog-entry.json: the current metadata of views, which have no
// hint, the name of a table whose folder does not spell it (it was renamed, or its folder's name
// was taken), and whether what lived there was dropped.
//
// All of it follows a commit and can be made again from the catalog.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "catalog/catalog.h"

namespace eider::catalog {

// Whether what lies there has a projection at all: there are no plain readers, and no links, but on
// local disks.
bool HasProjection(const std::string& location);

// The folder of a metadata file.
std::string MetadataFolderOf(const std::string& metadata_location);

// Where a table or view of that name lies unless the folder was taken or a location was given.
std::string SpelledLocation(const std::string& warehouse, const TableIdentifier& identifier);

// Where the tables of a namespace lie unless a location was given.
std::string NamespaceLocation(const std::string& warehouse, const Namespace& name);

// Where a table lies, with names shortened that no folder can have. The name proper stands in
// catalog-entry.json then.
std::string FittingLocation(const std::string& warehouse, const TableIdentifier& identifier);

// Whether Catalog::NewLocation may have given, or may give, a table of that name this location.
bool MayBeNewLocation(const std::string& warehouse, const TableIdentifier& identifier,
                      const std::string& location);

// Makes the folder show the entry. `warehouse` is a location. Throws what the file system throws;
// may be repeated.
void ProjectEntry(io::FileSystem& files, const std::string& warehouse,
                  const TableIdentifier& identifier, const Entry& entry);

// The name that plain readers find a metadata file of a table by.
std::string LinkTo(const std::string& metadata_location);

// Whether the folder shows just that. A file that cannot be read does not show it.
bool ShowsEntry(io::FileSystem& files, const std::string& warehouse,
                const TableIdentifier& identifier, const Entry& entry);

// Makes the folder show that the table or view which lived in it was dropped.
void ProjectDrop(io::FileSystem& files, const TableIdentifier& identifier,
                 const std::string& metadata_folder);

// Whether the folder shows just that, or nothing is left in it.
bool ShowsDrop(io::FileSystem& files, const std::string& metadata_folder);

// What a metadata folder shows.
struct ProjectedEntry {
  std::optional<int64_t> version;             // of version-hint.text
  std::optional<TableIdentifier> identifier;  // of catalog-entry.json
  EntityKind kind = EntityKind::kTable;
  bool dropped = false;
  std::string metadata_file;  // views: the name of the current metadata file
  std::string damage;         // what of it could not be understood, naming the file; "" for nothing
};
ProjectedEntry ReadProjectedEntry(io::FileSystem& files, const std::string& metadata_folder);

// Whether a file name is one that ProjectEntry writes: "version-hint.text", "catalog-entry.json",
// "v<N>.metadata.json".
bool IsProjectionFile(const std::string& file_name);

}  // namespace eider::catalog
