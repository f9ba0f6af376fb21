#include "catalog/projection.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "catalog/metadata_files.h"

namespace eider::catalog {

namespace {

constexpr char kHint[] = "/version-hint.text";
constexpr char kEntry[] = "/catalog-entry.json";

std::string LinkOf(const std::string& folder, int64_t version) {
  return fmt::format("{}/v{}.metadata.json", folder, version);
}

bool NeedsEntryFile(const std::string& warehouse, const TableIdentifier& identifier,
                    const Entry& entry) {
  return entry.kind == EntityKind::kView ||
         MetadataFolderOf(entry.metadata_location) !=
             SpelledLocation(warehouse, identifier) + "/metadata";
}

std::string EntryText(const TableIdentifier& identifier, const Entry& entry) {
  bool is_view = entry.kind == EntityKind::kView;
  Json json = {{"type", is_view ? "view" : "table"},
               {"namespace", identifier.name_space},
               {"name", identifier.name}};
  // A table's is told by the version hint.
  if (is_view) json["metadata-file"] = BaseName(entry.metadata_location);
  return json.dump();
}

// File systems take 255 bytes; a table's folder may get a suffix.
std::string FittingFolder(const std::string& name) {
  constexpr size_t kMaxBytes = 240;
  constexpr size_t kKept = 200;
  std::string folder = FolderName(name);
  if (folder.size() <= kMaxBytes) return folder;
  std::string kept = folder.substr(0, kKept);
  // Not in the midst of a %XX.
  if (size_t percent = kept.rfind('%'); percent + 2 >= kept.size()) kept.resize(percent);
  return fmt::format("{}-{:016x}", kept, std::hash<std::string>()(name));
}

// The name to which Catalog::NewLocation has added, as the one proper was taken; "" for others.
std::string WithoutSuffix(const std::string& location) {
  constexpr size_t kDigits = 8;
  size_t dash = location.rfind('-');
  if (dash == std::string::npos || location.size() - dash != kDigits + 1 ||
      location.find_first_not_of("0123456789abcdef", dash + 1) != std::string::npos) {
    return "";
  }
  return location.substr(0, dash);
}

std::optional<std::string> ReadIfThere(io::FileSystem& files, const std::string& path) {
  if (!files.Exists(path)) return std::nullopt;
  return files.Read(path);
}

}  // namespace

bool HasProjection(const std::string& location) {
  return location.starts_with("file:") || location.find("://") == std::string::npos;
}

std::string MetadataFolderOf(const std::string& metadata_location) {
  return metadata_location.substr(0, metadata_location.rfind('/'));
}

std::string SpelledLocation(const std::string& warehouse, const TableIdentifier& identifier) {
  std::string location = warehouse;
  for (const std::string& level : identifier.name_space) location += "/" + FolderName(level);
  return location + "/" + FolderName(identifier.name);
}

std::string NamespaceLocation(const std::string& warehouse, const Namespace& name) {
  std::string location = warehouse;
  for (const std::string& level : name) location += "/" + FittingFolder(level);
  return location;
}

std::string FittingLocation(const std::string& warehouse, const TableIdentifier& identifier) {
  return NamespaceLocation(warehouse, identifier.name_space) + "/" + FittingFolder(identifier.name);
}

bool MayBeNewLocation(const std::string& warehouse, const TableIdentifier& identifier,
                      const std::string& location) {
  if (location == FittingLocation(warehouse, identifier)) return true;
  if (WithoutSuffix(location) == FittingLocation(warehouse, identifier)) return true;
  // Where a table a.b had taken the folder of the schema a.b.
  size_t slash = location.rfind('/');
  if (slash == std::string::npos) return false;
  TableIdentifier flat{{NamespaceText(identifier.name_space)}, identifier.name};
  std::string schema = WithoutSuffix(location.substr(0, slash));
  return !schema.empty() && schema + location.substr(slash) == FittingLocation(warehouse, flat);
}

void ProjectEntry(io::FileSystem& files, const std::string& warehouse,
                  const TableIdentifier& identifier, const Entry& entry) {
  std::string folder = MetadataFolderOf(entry.metadata_location);
  int64_t version = MetadataVersion(entry.metadata_location);
  if (entry.kind == EntityKind::kTable && version >= 0) {
    files.Link(entry.metadata_location, LinkOf(folder, version));
    files.Replace(folder + kHint, std::to_string(version));
  }
  if (!NeedsEntryFile(warehouse, identifier, entry)) {
    files.Remove(folder + kEntry);
    return;
  }
  std::string text = EntryText(identifier, entry);
  if (ReadIfThere(files, folder + kEntry) != text) files.Replace(folder + kEntry, text);
}

bool ShowsEntry(io::FileSystem& files, const std::string& warehouse,
                const TableIdentifier& identifier, const Entry& entry) {
  std::string folder = MetadataFolderOf(entry.metadata_location);
  int64_t version = MetadataVersion(entry.metadata_location);
  try {
    if (entry.kind == EntityKind::kTable && version >= 0) {
      if (ReadIfThere(files, folder + kHint) != std::to_string(version)) return false;
      if (!files.Exists(LinkOf(folder, version))) return false;
    }
    if (!NeedsEntryFile(warehouse, identifier, entry)) return !files.Exists(folder + kEntry);
    return ReadIfThere(files, folder + kEntry) == EntryText(identifier, entry);
  } catch (const Error&) {
    return false;
  }
}

std::string LinkTo(const std::string& metadata_location) {
  return LinkOf(MetadataFolderOf(metadata_location), MetadataVersion(metadata_location));
}

void ProjectDrop(io::FileSystem& files, const TableIdentifier& identifier,
                 const std::string& metadata_folder) {
  // Where nothing is left of it, nothing has to be told.
  if (files.List(metadata_folder).empty()) return;
  Json json = {
      {"type", "dropped"}, {"namespace", identifier.name_space}, {"name", identifier.name}};
  files.Replace(metadata_folder + kEntry, json.dump());
  files.Remove(metadata_folder + kHint);
}

bool ShowsDrop(io::FileSystem& files, const std::string& metadata_folder) {
  try {
    ProjectedEntry shown = ReadProjectedEntry(files, metadata_folder);
    return !shown.version && (shown.dropped || files.List(metadata_folder).empty());
  } catch (const Error&) {
    return false;
  }
}

ProjectedEntry ReadProjectedEntry(io::FileSystem& files, const std::string& metadata_folder) {
  ProjectedEntry shown;
  if (auto text = ReadIfThere(files, metadata_folder + kHint)) {
    std::string_view digits = Trim(*text);
    int64_t version = -1;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
    if (error == std::errc() && end == digits.data() + digits.size() && version >= 0) {
      shown.version = version;
    } else {
      shown.damage = fmt::format("{}{} holds no version", metadata_folder, kHint);
    }
  }
  if (auto text = ReadIfThere(files, metadata_folder + kEntry)) {
    std::string file = metadata_folder + kEntry;
    try {
      Json json = ParseJson(*text, file);
      TableIdentifier identifier;
      for (const Json& level : RequireArray(json, "namespace", file)) {
        identifier.name_space.push_back(level.get<std::string>());
      }
      identifier.name = RequireString(json, "name", file);
      std::string type = RequireString(json, "type", file);
      shown.dropped = type == "dropped";
      if (type == "view") {
        shown.kind = EntityKind::kView;
        shown.metadata_file = RequireString(json, "metadata-file", file);
      }
      shown.identifier = std::move(identifier);
    } catch (const std::exception&) {
      shown.damage = file + " is damaged";
    }
  }
  return shown;
}

bool IsProjectionFile(const std::string& file_name) {
  return file_name == kHint + 1 || file_name == kEntry + 1 ||
         (file_name.starts_with("v") && MetadataVersion(file_name) >= 0);
}

}  // namespace eider::catalog
