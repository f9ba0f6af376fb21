#include "catalog/metadata_writer.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "catalog/metadata_files.h"
#include "catalog/moved_warehouse.h"
#include "catalog/projection.h"
#include "iceberg/metadata_builder.h"

namespace eider::catalog {

namespace {

constexpr size_t kCachedMetadata = 4096;

void CheckExistence(const TableChange& change, const std::optional<Entry>& base) {
  const char* what = change.entity == EntityKind::kView ? "view" : "table";
  std::string name = change.identifier.ToString();
  bool may_exist = change.kind == TableChange::Kind::kRegister && change.replace;
  if (change.kind == TableChange::Kind::kCreate || change.kind == TableChange::Kind::kRegister) {
    if (base && !(may_exist && base->kind == change.entity)) {
      throw Error(ErrorCode::kAlreadyExists, fmt::format("{} {} exists already", what, name));
    }
    return;
  }
  if (!base) {
    bool was_known = !change.requirements.empty();
    throw Error(was_known ? ErrorCode::kConflict : ErrorCode::kNotFound,
                fmt::format("{} {} does not exist{}", what, name, was_known ? " any more" : ""));
  }
  if (base->kind != change.entity) {
    throw Error(ErrorCode::kConflict, fmt::format("{} is not a {}", name, what));
  }
}

// Makes the change again for a table that somebody else changed in the meantime.
void Redo(TableChange& change, const iceberg::TableMetadataPtr& base, const std::string& name) {
  std::optional<RebasedChange> rebased;
  if (base) rebased = change.rebase(*base);
  if (!rebased) {
    // Says which requirement does not hold.
    iceberg::CheckRequirements(change.requirements, base.get(), name);
    throw Error(
        ErrorCode::kConflict,
        fmt::format("{} was changed by somebody else in a way that this change cannot follow",
                    name));
  }
  change.requirements = std::move(rebased->requirements);
  change.updates = std::move(rebased->updates);
  iceberg::CheckRequirements(change.requirements, base.get(), name);
}

}  // namespace

MetadataWriter::MetadataWriter(std::string warehouse, io::FileSystem& files)
    : warehouse_(std::move(warehouse)),
      files_(files),
      tables_(kCachedMetadata),
      views_(kCachedMetadata) {}

iceberg::TableMetadataPtr MetadataWriter::LoadTable(const std::string& location) {
  if (auto cached = tables_.Get(location)) return cached;
  auto metadata = std::make_shared<const iceberg::TableMetadata>(
      iceberg::ParseTableMetadata(Read(location), location));
  tables_.Put(location, metadata, 1);
  return metadata;
}

iceberg::ViewMetadataPtr MetadataWriter::LoadView(const std::string& location) {
  if (auto cached = views_.Get(location)) return cached;
  auto metadata = std::make_shared<const iceberg::ViewMetadata>(
      iceberg::ParseViewMetadata(Read(location), location));
  views_.Put(location, metadata, 1);
  return metadata;
}

std::string MetadataWriter::Read(const std::string& location) {
  try {
    return ReadMetadataFile(files_, location);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) {
      if (auto original = OriginalWarehouse(files_, warehouse_, location)) {
        throw MovedWarehouse(files_, location, warehouse_, *original);
      }
    }
    throw;
  }
}

std::vector<PreparedChange> MetadataWriter::Prepare(
    std::vector<TableChange>& changes, std::vector<std::string>& redone_on,
    const std::function<std::optional<Entry>(const TableIdentifier&)>& find) {
  std::vector<PreparedChange> prepared;
  // What the changes before this one make of a name: a table may be dropped and created at once.
  std::map<TableIdentifier, std::optional<Entry>> changed;
  auto current = [&](const TableIdentifier& identifier) {
    auto it = changed.find(identifier);
    return it != changed.end() ? it->second : find(identifier);
  };
  try {
    for (size_t i = 0; i < changes.size(); ++i) {
      TableChange& change = changes[i];
      PreparedChange& item = prepared.emplace_back();
      item.base = current(change.identifier);
      CheckExistence(change, item.base);
      if (item.base) RequireOwn(change, item.base->metadata_location);
      if (change.kind == TableChange::Kind::kRename) changed[change.new_identifier] = item.base;
      changed[change.identifier] = std::nullopt;
      if (change.kind == TableChange::Kind::kDrop || change.kind == TableChange::Kind::kRename) {
        continue;
      }
      if (change.kind == TableChange::Kind::kRegister) {
        ReadRegistered(change, item);
      } else if (change.entity == EntityKind::kView) {
        WriteView(change, item);
      } else {
        WriteTable(change, item, redone_on[i]);
      }
      bool is_new_there = !item.base || MetadataFolderOf(item.base->metadata_location) !=
                                            MetadataFolderOf(item.new_location);
      if (is_new_there) {
        item.folder = change.entity == EntityKind::kView ? LoadView(item.new_location)->location
                                                         : LoadTable(item.new_location)->location;
      }
      changed[change.identifier] = Entry{change.entity, item.new_location};
    }
  } catch (const Error&) {
    Discard(prepared);
    throw;
  }
  return prepared;
}

void MetadataWriter::RequireOwn(const TableChange& change, const std::string& metadata_location) {
  auto original = OriginalWarehouse(files_, warehouse_, metadata_location);
  if (!original) return;
  const char* what = change.entity == EntityKind::kView ? "view " : "table ";
  throw MovedWarehouse(files_, what + change.identifier.ToString(), warehouse_, *original);
}

// Throws what reading the file throws: it has to be whole before a name points at it.
void MetadataWriter::ReadRegistered(const TableChange& change, PreparedChange& item) {
  if (change.entity == EntityKind::kView) {
    LoadView(change.metadata_location);
  } else {
    LoadTable(change.metadata_location);
  }
  item.new_location = change.metadata_location;
}

void MetadataWriter::WriteTable(TableChange& change, PreparedChange& item, std::string& redone_on) {
  iceberg::TableMetadataPtr base;
  std::string base_location;
  if (item.base) {
    base_location = item.base->metadata_location;
    base = LoadTable(base_location);
  }
  std::string name = "table " + change.identifier.ToString();
  // Updates that were redone are made for the metadata they were redone on and no other, whatever
  // their requirements say.
  bool redo = !redone_on.empty() && redone_on != base_location;
  if (!redo) {
    try {
      iceberg::CheckRequirements(change.requirements, base.get(), name);
    } catch (const Error& conflict) {
      if (conflict.code() != ErrorCode::kConflict || !change.rebase || !base) throw;
      redo = true;
    }
  }
  if (redo) Redo(change, base, name);
  if (redo) redone_on = base_location;
  iceberg::TableMetadataBuilder builder =
      base ? iceberg::TableMetadataBuilder(*base, base_location)
           : iceberg::TableMetadataBuilder(iceberg::FormatVersionOf(change.updates));
  for (const iceberg::TableUpdate& update : change.updates) builder.Apply(update);
  auto metadata = std::make_shared<const iceberg::TableMetadata>(builder.Build(NowMillis()));
  std::string location = NewMetadataLocation(metadata->location, base_location);
  files_.WriteNew(location, iceberg::TableMetadataToJson(*metadata).dump());
  item.new_location = location;
  item.written = true;
  item.forgets_metadata =
      base && Lower(metadata->Property("write.metadata.delete-after-commit.enabled", "")) == "true";
  tables_.Put(location, metadata, 1);
}

void MetadataWriter::WriteView(const TableChange& change, PreparedChange& item) {
  iceberg::ViewMetadataPtr base;
  if (item.base) base = LoadView(item.base->metadata_location);
  iceberg::CheckViewRequirements(change.requirements, base.get(),
                                 "view " + change.identifier.ToString());
  auto metadata = std::make_shared<const iceberg::ViewMetadata>(
      iceberg::BuildViewMetadata(base.get(), change.updates));
  std::string location =
      NewMetadataLocation(metadata->location, item.base ? item.base->metadata_location : "");
  files_.WriteNew(location, iceberg::ViewMetadataToJson(*metadata).dump());
  item.new_location = location;
  item.written = true;
  views_.Put(location, metadata, 1);
}

void MetadataWriter::Discard(const std::vector<PreparedChange>& prepared) {
  for (const PreparedChange& item : prepared) {
    if (!item.written) continue;
    try {
      files_.Remove(item.new_location);
    } catch (const Error&) {
      // An orphan, listed by `eider catalog check`.
    }
  }
}

void MetadataWriter::RemoveForgotten(const PreparedChange& landed) {
  if (!landed.forgets_metadata) return;
  try {
    std::set<std::string> kept;
    for (const auto& entry : LoadTable(landed.new_location)->metadata_log) {
      kept.insert(entry.metadata_file);
    }
    for (const auto& entry : LoadTable(landed.base->metadata_location)->metadata_log) {
      if (kept.contains(entry.metadata_file)) continue;
      files_.Remove(entry.metadata_file);
      if (HasProjection(entry.metadata_file)) files_.Remove(LinkTo(entry.metadata_file));
    }
  } catch (const Error&) {
    // Listed by `eider catalog check`.
  }
}

std::string MetadataWriter::RemoveFilesOf(const Entry& dropped) {
  std::set<std::string> reachable = {PathOf(dropped.metadata_location)};
  std::string location;
  if (dropped.kind == EntityKind::kTable) {
    auto metadata = LoadTable(dropped.metadata_location);
    if (Lower(metadata->Property("gc.enabled", "")) == "false") return "";
    location = metadata->location;
    reachable = ReachableFiles(*metadata, dropped.metadata_location, files_, false);
    // Data files may have been added to the table where they lay: they are somebody else's.
    std::string own = PathOf(location) + "/";
    std::erase_if(reachable, [&](const std::string& file) { return !file.starts_with(own); });
  } else {
    location = LoadView(dropped.metadata_location)->location;
  }
  for (const std::string& file : reachable) {
    files_.Remove(file);
    if (files_.has_folders()) files_.Remove(ChecksumFileOf(file));
  }
  return location;
}

}  // namespace eider::catalog
