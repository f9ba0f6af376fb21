#include "catalog/projector.h"

#include <utility>

#include "base/error.h"
#include "catalog/catalog_rows.h"
#include "catalog/folder_lock.h"
#include "catalog/folder_owner.h"
#include "catalog/metadata_files.h"
#include "catalog/moved_warehouse.h"
#include "catalog/projection.h"

namespace eider::catalog {

Projector::Projector(std::string warehouse, std::string name, io::FileSystem& files,
                     SqlStore& store)
    : warehouse_(std::move(warehouse)), name_(std::move(name)), files_(files), store_(store) {}

Projector::Done Projector::TakeDone() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(done_, {});
}

void Projector::PutBack(Done done) {
  std::lock_guard<std::mutex> lock(mutex_);
  // What was done since is newer.
  done_.merge(done);
}

void Projector::Mark(SqlDatabase& database, const Done& done, const std::vector<Projection>& next) {
  // First, so that the markers this commit writes stay.
  for (const auto& [folder, location] : done) {
    database.Execute(
        "DELETE FROM eider_projection WHERE metadata_folder IN (SELECT metadata_folder FROM "
        "eider_projection WHERE metadata_folder = ? AND metadata_location = ? "
        "/*+ FOR UPDATE SKIP LOCKED */)",
        {folder, location});
  }
  for (const Projection& projection : next) {
    database.Execute(
        "INSERT INTO eider_projection (metadata_folder, metadata_location, table_namespace, "
        "table_name) VALUES (?, ?, ?, ?) ON CONFLICT (metadata_folder) DO UPDATE SET "
        "metadata_location = excluded.metadata_location, table_namespace = "
        "excluded.table_namespace, table_name = excluded.table_name",
        {projection.folder, projection.location, NamespaceText(projection.identifier.name_space),
         projection.identifier.name});
  }
}

std::optional<Projector::NamedEntry> Projector::OwnerOf(SqlDatabase& database,
                                                        const Projection& projection) {
  CatalogRows rows(database, name_);
  std::optional<Entry> entry = rows.Find(projection.identifier);
  if (entry && MetadataFolderOf(entry->metadata_location) == projection.folder) {
    return NamedEntry{projection.identifier, *entry};
  }
  // Renamed, perhaps.
  auto owner = OwnerOfMetadataFolder(database, name_, projection.folder, projection.identifier);
  if (!owner) return std::nullopt;
  entry = rows.Find(owner->identifier);
  if (!entry) return std::nullopt;
  return NamedEntry{owner->identifier, *entry};
}

void Projector::Project(const Projection& projection) {
  try {
    // Whoever comes later reads a later pointer, so that no projection steps back behind a newer
    // one, of this process or another.
    FolderLock turn(projection.folder);
    std::optional<NamedEntry> owner;
    store_.ReadOneInstant([&](SqlDatabase& database) { owner = OwnerOf(database, projection); });
    if (owner) {
      ProjectEntry(files_, warehouse_, owner->identifier, owner->entry);
    } else {
      ProjectDrop(files_, projection.identifier, projection.folder);
    }
    std::lock_guard<std::mutex> lock(mutex_);
    done_[projection.folder] = projection.location;
  } catch (const Error&) {
    // See above.
  }
}

void Projector::Remove(const TableIdentifier& identifier, const std::string& location) {
  std::string metadata = location + "/metadata";
  if (!HasProjection(metadata)) return;
  {
    FolderLock turn(metadata);
    // A new table of that name may live in the same folder by now.
    bool lives = false;
    store_.ReadOneInstant([&](SqlDatabase& database) {
      lives = OwnerOf(database, {metadata, "", identifier}).has_value();
    });
    if (lives) return;
    for (const io::FileInfo& file : files_.List(metadata)) {
      if (IsProjectionFile(BaseName(file.path))) files_.Remove(file.path);
    }
  }
  for (const std::string& folder : {location + "/data", metadata, location}) {
    files_.RemoveEmptyDirectory(folder);
  }
}

bool Projector::LiesInWarehouse(const std::string& folder) const {
  return HasProjection(warehouse_) &&
         io::LocalPath(folder).starts_with(io::LocalPath(warehouse_) + "/");
}

void Projector::Repair() {
  std::vector<std::pair<Projection, std::optional<NamedEntry>>> markers;
  store_.Read([&](SqlDatabase& database) {
    markers.clear();
    for (auto& row : database.Query("SELECT metadata_folder, metadata_location, table_namespace, "
                                    "table_name FROM eider_projection")) {
      Projection projection{*row[0], *row[1], {NamespaceFromText(*row[2]), *row[3]}};
      std::optional<NamedEntry> owner = OwnerOf(database, projection);
      markers.emplace_back(std::move(projection), std::move(owner));
    }
  });
  for (const auto& [projection, owner] : markers) {
    // Of a warehouse that was copied, the other one's folders are none of ours.
    if (owner ? OriginalWarehouse(files_, warehouse_, owner->entry.metadata_location).has_value()
              : !LiesInWarehouse(projection.folder)) {
      continue;
    }
    // Most often the last commit of a process that ended well: all is done but the marker.
    if (owner ? ShowsEntry(files_, warehouse_, owner->identifier, owner->entry)
              : ShowsDrop(files_, projection.folder)) {
      std::lock_guard<std::mutex> lock(mutex_);
      done_[projection.folder] = projection.location;
    } else {
      Project(projection);
    }
  }
  // A few markers cost the next open less than a transaction does; the next commit takes them.
  constexpr size_t kMarkersToKeep = 16;
  if (markers.size() <= kMarkersToKeep) return;
  Done ready = TakeDone();
  try {
    store_.Write(WriteScope::kRows, [&](SqlDatabase& database) {
      Mark(database, ready, {});
      return true;
    });
  } catch (const Error&) {
    // The markers stay for the next commit or open.
    PutBack(std::move(ready));
  }
}

}  // namespace eider::catalog
