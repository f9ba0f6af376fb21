#include "catalog/rebuild.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "catalog/catalog_rows.h"
#include "catalog/metadata_files.h"
#include "catalog/projection.h"
#include "catalog/projector.h"
#include "catalog/shared_store.h"
#include "catalog/sqlite.h"
#include "catalog/sqlite_schema.h"
#include "catalog/sqlite_store.h"
#include "iceberg/manifest.h"
#include "iceberg/metadata_json.h"

namespace eider::catalog {

namespace {

constexpr char kPointers[] =
    "SELECT table_namespace, table_name, metadata_location, iceberg_type FROM iceberg_tables "
    "WHERE catalog_name = ? ORDER BY table_namespace COLLATE BINARY, table_name COLLATE BINARY";

// A metadata file, as far as its place among the others needs.
struct MetadataFile {
  std::string path;
  int64_t version = -1;
  bool is_view = false;
  iceberg::TableMetadata table;
  int64_t updated_ms = 0;
  std::string location;

  // Whether this metadata was written on top of that file.
  bool BuildsOn(const std::string& other_path) const {
    for (const iceberg::MetadataLogEntry& entry : table.metadata_log) {
      if (io::PathOf(entry.metadata_file) == other_path) return true;
    }
    return false;
  }
  bool Follows(const std::string& other_path) const {
    return !table.metadata_log.empty() &&
           io::PathOf(table.metadata_log.back().metadata_file) == other_path;
  }
};

struct Candidate {
  RebuiltEntry entry;
  std::string folder;
  bool proven = false;
  int64_t updated_ms = 0;
};

MetadataFile ReadMetadata(io::FileSystem& files, const std::string& path) {
  MetadataFile file;
  file.path = path;
  file.version = MetadataVersion(path);
  std::string text = ReadMetadataFile(files, path);
  Json json = iceberg::ParseMetadataJson(text, path);
  file.is_view = json.is_object() && json.contains("view-uuid");
  if (file.is_view) {
    iceberg::ViewMetadata view = iceberg::ParseViewMetadata(text, path);
    file.location = view.location;
    if (!view.version_log.empty()) file.updated_ms = view.version_log.back().timestamp_ms;
  } else {
    file.table = iceberg::TableMetadataFromJson(json, path);
    file.location = file.table.location;
    file.updated_ms = file.table.last_updated_ms;
  }
  return file;
}

// Finds out which metadata of one folder is the current one.
class Folder {
 public:
  Folder(io::FileSystem& files, std::string path, bool take_unproven)
      : files_(files), path_(std::move(path)), take_unproven_(take_unproven) {}

  // Throws an Error that says why nothing of the folder is to be taken.
  Candidate Choose(std::vector<SkippedFolder>& skipped) {
    bool is_shown = HasProjection(path_);
    if (is_shown) shown_ = ReadProjectedEntry(files_, path_);
    if (shown_.dropped) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} was dropped", shown_.identifier->ToString()));
    }
    for (const io::FileInfo& file : files_.List(path_)) {
      if (file.path.ends_with(".metadata.json"))
        versions_[MetadataVersion(file.path)].push_back(file.path);
    }
    Candidate chosen;
    std::optional<MetadataFile> current = Proven();
    chosen.proven = current.has_value();
    if (std::optional<MetadataFile> newer = Newest(current, skipped)) {
      chosen.proven = false;
      if (is_shown) {
        chosen.entry.note =
            current ? "newer than its version hint tells, as another tool or a crash leaves it"
                    : "without a version hint, as another tool or a crash leaves it";
      }
      current = std::move(newer);
    }
    if (!current) throw Error(ErrorCode::kNotFound, "no metadata in it can be shown to be current");
    chosen.folder = path_;
    chosen.updated_ms = current->updated_ms;
    chosen.entry.entry.kind = current->is_view ? EntityKind::kView : EntityKind::kTable;
    chosen.entry.entry.metadata_location = io::ToLocation(current->path);
    if (shown_.identifier) chosen.entry.identifier = *shown_.identifier;
    if (MetadataFolderOf(path_) != io::PathOf(current->location) && chosen.entry.note.empty()) {
      chosen.entry.note = fmt::format("its metadata says that it lies in {}", current->location);
    }
    return chosen;
  }

 private:
  // What the projection says is current, and what later metadata builds on. Where there is no
  // projection, the latter alone.
  std::optional<MetadataFile> Proven() {
    std::optional<MetadataFile> current;
    if (!HasProjection(path_)) {
      if (std::optional<std::string> base = NewestBase()) current = ReadMetadata(files_, *base);
    } else if (!shown_.metadata_file.empty()) {
      current = ReadMetadata(files_, path_ + "/" + shown_.metadata_file);
    } else if (shown_.version) {
      current = ReadMetadata(files_, FileOfVersion(*shown_.version));
    }
    if (!current || current->is_view) return current;
    while (std::optional<std::string> base = NewestBaseAbove(*current)) {
      current = ReadMetadata(files_, *base);
    }
    return current;
  }

  // Of the metadata files that others were written on top of, the newest.
  std::optional<std::string> NewestBase() {
    std::optional<std::string> newest;
    for (const MetadataFile* file : Above(-2)) {
      if (file->is_view || file->table.metadata_log.empty()) continue;
      std::string base = io::PathOf(file->table.metadata_log.back().metadata_file);
      if (newest && MetadataVersion(base) <= MetadataVersion(*newest)) continue;
      if (MetadataFolderOf(base) == path_ && files_.Exists(base)) newest = base;
    }
    return newest;
  }

  // Of the metadata files that later ones build on, the newest above `current`.
  std::optional<std::string> NewestBaseAbove(const MetadataFile& current) {
    std::optional<std::string> newest;
    for (const MetadataFile* file : Above(current.version)) {
      if (file->Follows(current.path) || !file->BuildsOn(current.path)) continue;
      std::string base = io::PathOf(file->table.metadata_log.back().metadata_file);
      if (newest && MetadataVersion(base) <= MetadataVersion(*newest)) continue;
      if (MetadataVersion(base) > current.version && files_.Exists(base)) newest = base;
    }
    return newest;
  }

  // v<N>.metadata.json is a second name of a file that the catalog knew by its first.
  std::string FileOfVersion(int64_t version) {
    std::string link = fmt::format("{}/v{}.metadata.json", path_, version);
    std::optional<std::string> content;
    if (files_.Exists(link)) content = files_.Read(link);
    std::vector<std::string> named;
    for (const std::string& path : versions_[version]) {
      if (path == link) continue;
      if (content && files_.Read(path) == *content) return path;
      named.push_back(path);
    }
    if (content) return link;
    if (named.size() == 1) return named[0];
    throw Error(ErrorCode::kNotFound,
                fmt::format("its version hint names version {}, which is not there", version));
  }

  // The whole metadata files of higher versions.
  std::vector<const MetadataFile*> Above(int64_t version) {
    std::vector<const MetadataFile*> above;
    for (auto it = versions_.upper_bound(version); it != versions_.end(); ++it) {
      for (const std::string& path : it->second) {
        // The links of a folder that has other names too are no files of their own.
        if (BaseName(path)[0] == 'v' && it->second.size() > 1) continue;
        auto [known, is_new] = parsed_.try_emplace(path);
        if (is_new) {
          try {
            known->second = ReadMetadata(files_, path);
          } catch (const Error&) {
            // Torn by a crash: nothing that was committed.
          }
        }
        if (known->second) above.push_back(&*known->second);
      }
    }
    return above;
  }

  // The newest metadata on top of `current` that nothing builds on yet; all its files are there.
  std::optional<MetadataFile> Newest(const std::optional<MetadataFile>& current,
                                     std::vector<SkippedFolder>& skipped) {
    std::vector<const MetadataFile*> candidates;
    std::vector<const MetadataFile*> above = Above(current ? current->version : -2);
    for (const MetadataFile* file : above) {
      if (current && !current->is_view && !file->Follows(current->path)) continue;
      bool is_base = std::any_of(above.begin(), above.end(), [&](const MetadataFile* other) {
        return other->version > file->version && (other->is_view || other->BuildsOn(file->path));
      });
      if (!is_base) candidates.push_back(file);
    }
    std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
      return std::pair(a->updated_ms, a->version) > std::pair(b->updated_ms, b->version);
    });
    std::optional<MetadataFile> newest;
    for (const MetadataFile* file : candidates) {
      std::string reason;
      if (!take_unproven_) {
        reason = "Nothing proves that it was committed.";
      } else if (newest) {
        reason = fmt::format("{} is newer; at most one of them was committed.", newest->path);
      } else {
        reason = WhatIsMissing(*file);
      }
      if (reason.empty()) {
        newest = *file;
      } else {
        skipped.push_back({file->path, reason});
      }
    }
    return newest;
  }

  // Which file of the current snapshot is not there; "" for none.
  std::string WhatIsMissing(const MetadataFile& file) {
    const iceberg::Snapshot* snapshot = file.is_view ? nullptr : file.table.CurrentSnapshot();
    if (snapshot == nullptr || snapshot->manifest_list.empty()) return "";
    try {
      const std::string& list = snapshot->manifest_list;
      for (const auto& manifest : iceberg::ReadManifestList(files_.Read(list), list)) {
        for (const auto& entry :
             iceberg::ReadManifest(files_.Read(manifest.manifest_path), manifest)) {
          if (entry.status == iceberg::ManifestEntry::Status::kDeleted) continue;
          if (files_.Stat(entry.file.file_path).size != entry.file.file_size_in_bytes) {
            return fmt::format("Its file {} is not whole.", io::PathOf(entry.file.file_path));
          }
        }
      }
    } catch (const Error& error) {
      return fmt::format("It is not whole: {}.", error.message());
    }
    return "";
  }

  io::FileSystem& files_;
  const std::string path_;
  const bool take_unproven_;
  ProjectedEntry shown_;
  std::map<int64_t, std::vector<std::string>> versions_;
  std::map<std::string, std::optional<MetadataFile>> parsed_;  // nullopt: not whole
};

// Holds the lock of SQLite on a database file, or finds out who has it open. In WAL mode every
// open connection holds its shared lock on these bytes ("File Locking And Concurrency" of SQLite's
// documentation; os.h).
class ExclusiveFile {
 public:
  explicit ExclusiveFile(const std::string& path) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd_ < 0) {
      throw Error(ErrorCode::kPermission,
                  fmt::format("cannot open the catalog {}: {}", path, std::strerror(errno)));
    }
    struct flock lock = LockBytes();
    if (::fcntl(fd_, F_OFD_SETLK, &lock) == 0) return;
    lock = LockBytes();
    std::string who = "another process";
    if (::fcntl(fd_, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0) {
      who = fmt::format("process {}", lock.l_pid);
    }
    ::close(fd_);
    throw Error(ErrorCode::kConflict, fmt::format("the catalog {} is open in {}", path, who))
        .WithHint("End it first: what it commits meanwhile would be lost.");
  }
  ~ExclusiveFile() { ::close(fd_); }
  ExclusiveFile(const ExclusiveFile&) = delete;
  ExclusiveFile& operator=(const ExclusiveFile&) = delete;

 private:
  static struct flock LockBytes() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000;
    lock.l_len = 512;
    return lock;
  }

  int fd_;
};

class Rebuild {
 public:
  Rebuild(const std::string& warehouse, const RebuildOptions& options)
      : location_(io::ToLocation(warehouse)),
        folder_(io::PathOf(location_)),
        database_(folder_ + "/" + kCatalogFile),
        options_(options),
        opened_(options.files == nullptr ? io::OpenFileSystem(location_, options.storage)
                                         : nullptr),
        files_(options.files != nullptr ? *options.files : *opened_) {}

  RebuildReport Run() {
    report_.catalog = database_;
    if (options_.store.empty()) RequireOwnFolder(location_);
    if (files_.has_folders() && !files_.Exists(folder_)) {
      throw Error(ErrorCode::kNotFound, fmt::format("there is no folder {}", folder_));
    }
    if (!options_.store.empty()) {
      CatalogOptions opened;
      opened.store = options_.store;
      opened.name = options_.name;
      OpenedStore shared = OpenSharedStore(location_, opened);
      report_.name = shared.catalog_name;
      report_.catalog = shared.store->address();
      RewriteInPlace(*shared.store);
    } else if (!files_.Exists(database_)) {
      report_.name = options_.name.empty() ? BaseName(folder_) : options_.name;
      MakeAnew();
    } else if (IsHealthy()) {
      SqliteStore store(database_, nullptr);
      report_.name = PrepareCatalogTables(store.database(), options_.name);
      RewriteInPlace(store);
    } else {
      report_.name = options_.name.empty() ? BaseName(folder_) : options_.name;
      ReplaceDamaged();
    }
    return std::move(report_);
  }

 private:
  bool IsHealthy() {
    try {
      SqliteDatabase database(database_);
      auto result = database.Query("PRAGMA quick_check(1)");
      if (result.empty() || result[0][0] != "ok") return false;
      return !database
                  .Query(
                      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = "
                      "'iceberg_tables'")
                  .empty();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCorrupt) throw;
      return false;
    }
  }

  // The old catalog works, so its locks do: commits of other processes come before this or after.
  void RewriteInPlace(SqlStore& store) {
    std::vector<SqlDatabase::Row> rows;
    bool landed = false;
    while (!landed) {
      store.Read([&](SqlDatabase& database) { rows = database.Query(kPointers, {report_.name}); });
      // One on a server may be new.
      bool is_new = rows.empty() && !options_.store.empty();
      if (!options_.replace_healthy && !is_new) {
        throw Error(ErrorCode::kAlreadyExists,
                    fmt::format("the catalog {} is healthy and holds {} tables and views",
                                report_.catalog, rows.size()))
            .WithHint(
                "`eider catalog check` compares it with the folder; --replace rebuilds it all the "
                "same.");
      }
      report_.entries.clear();
      report_.skipped.clear();
      Collect(KnownBy(rows));
      landed = store.Write(WriteScope::kCatalog, [&](SqlDatabase& database) {
        // What was committed meanwhile was not looked at.
        if (database.Query(std::string(kPointers) + " /*+ FOR UPDATE */", {report_.name}) != rows) {
          return false;
        }
        database.Execute("DELETE FROM iceberg_tables WHERE catalog_name = ?", {report_.name});
        Insert(database);
        return true;
      });
    }
  }

  // What the old catalog points at was committed, and may lie outside of the warehouse.
  std::vector<Candidate> KnownBy(const std::vector<SqlDatabase::Row>& rows) {
    std::vector<Candidate> known;
    for (const SqlDatabase::Row& row : rows) {
      Candidate candidate;
      candidate.entry.identifier = {NamespaceFromText(*row[0]), *row[1]};
      candidate.entry.entry = {row[3] == "VIEW" ? EntityKind::kView : EntityKind::kTable,
                               row[2].value_or("")};
      try {
        ReadMetadata(files_, io::PathOf(candidate.entry.entry.metadata_location));
        known.push_back(std::move(candidate));
      } catch (const Error& error) {
        report_.skipped.push_back({candidate.entry.entry.metadata_location,
                                   "The old catalog names it: " + error.message() + "."});
      }
    }
    return known;
  }

  void MakeAnew() {
    std::string fresh = WriteFresh();
    // Fails where another process has made a catalog meanwhile.
    std::error_code error;
    MoveAside("-wal");
    MoveAside("-shm");
    std::filesystem::create_hard_link(fresh, database_, error);
    files_.Remove(fresh);
    if (error) {
      throw Error(error == std::errc::file_exists ? ErrorCode::kConflict : ErrorCode::kIo,
                  fmt::format("cannot put the new catalog at {}: {}", database_, error.message()));
    }
    files_.Sync(database_);
  }

  void ReplaceDamaged() {
    ExclusiveFile lock(database_);
    std::string fresh = WriteFresh();
    std::error_code error;
    std::filesystem::create_hard_link(database_, OldName(""), error);
    // A log beside a database that is not its own would be played into it.
    if (!error) MoveAside("-wal");
    if (!error) MoveAside("-shm");
    if (!error) std::filesystem::rename(fresh, database_, error);
    if (error) {
      files_.Remove(fresh);
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot replace the catalog {}: {}", database_, error.message()));
    }
    files_.Sync(database_);
    report_.old_catalog = OldName("");
  }

  std::string OldName(const std::string& suffix) {
    if (old_tag_.empty()) old_tag_ = NewUuid().substr(0, 8);
    return fmt::format("{}.old-{}{}", database_, old_tag_, suffix);
  }

  void MoveAside(const std::string& suffix) {
    std::error_code error;
    std::filesystem::rename(database_ + suffix, OldName(suffix), error);
    if (error && error != std::errc::no_such_file_or_directory) {
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot move {}{} aside: {}", database_, suffix, error.message()));
    }
  }

  // A whole, synced database file beside the catalog.
  std::string WriteFresh() {
    std::string fresh = fmt::format("{}.{}.tmp", database_, NewUuid());
    try {
      Collect({});
      SqliteDatabase database(fresh);
      PrepareCatalogTables(database, report_.name);
      SqliteTransaction transaction(database);
      Insert(database);
      transaction.Commit();
      if (!database.TruncateLog()) {
        throw Error(ErrorCode::kIo, fmt::format("cannot finish the new catalog {}", fresh));
      }
    } catch (const Error&) {
      for (const char* suffix : {"", "-wal", "-shm"}) files_.Remove(fresh + suffix);
      throw;
    }
    files_.Sync(fresh);
    return fresh;
  }

  // Fills the report with what the folder holds. `known` is taken as it is.
  void Collect(const std::vector<Candidate>& known) {
    std::map<TableIdentifier, Candidate> chosen;
    std::set<std::string> known_folders;
    for (const Candidate& candidate : known) {
      known_folders.insert(io::PathOf(MetadataFolderOf(candidate.entry.entry.metadata_location)));
      chosen[candidate.entry.identifier] = candidate;
    }
    for (const std::string& folder :
         files_.has_folders() ? MetadataFolders(folder_) : MetadataPrefixes()) {
      if (known_folders.count(folder) > 0) continue;
      try {
        Candidate candidate =
            Folder(files_, folder, options_.take_unproven).Choose(report_.skipped);
        if (candidate.entry.identifier.name.empty()) {
          candidate.entry.identifier = SpelledBy(folder);
        }
        Take(std::move(candidate), chosen);
      } catch (const Error& error) {
        report_.skipped.push_back({MetadataFolderOf(folder), error.message() + "."});
      }
    }
    for (auto& [identifier, candidate] : chosen) report_.entries.push_back(candidate.entry);
  }

  // Of two folders that claim one name, the one that is proven and newer has it.
  void Take(Candidate candidate, std::map<TableIdentifier, Candidate>& chosen) {
    auto [it, is_new] = chosen.emplace(candidate.entry.identifier, candidate);
    if (is_new) return;
    Candidate& rival = it->second;
    bool better = !rival.folder.empty() && std::pair(candidate.proven, candidate.updated_ms) >
                                               std::pair(rival.proven, rival.updated_ms);
    if (better) std::swap(candidate, rival);
    report_.skipped.push_back(
        {MetadataFolderOf(candidate.folder),
         fmt::format("The name {} belongs to {}.", rival.entry.identifier.ToString(),
                     io::PathOf(rival.entry.entry.metadata_location))});
  }

  TableIdentifier SpelledBy(const std::string& metadata_folder) {
    std::vector<std::string> levels =
        Split(MetadataFolderOf(metadata_folder).substr(folder_.size() + 1), '/');
    if (levels.size() < 2) {
      throw Error(ErrorCode::kNotFound, "it lies in no schema's folder");
    }
    TableIdentifier identifier;
    for (const std::string& level : levels) identifier.name_space.push_back(NameOfFolder(level));
    identifier.name = std::move(identifier.name_space.back());
    identifier.name_space.pop_back();
    return identifier;
  }

  // The same where folders are but the beginnings of names, which are listed at once.
  std::set<std::string> MetadataPrefixes() {
    std::set<std::string> found;
    for (const io::FileInfo& file : files_.ListRecursive(folder_)) {
      if (!file.path.ends_with(".metadata.json")) continue;
      std::string folder = MetadataFolderOf(file.path);
      if (folder.ends_with("/metadata")) found.insert(std::move(folder));
    }
    return found;
  }

  // Every folder "metadata" that holds metadata files.
  std::set<std::string> MetadataFolders(const std::string& folder) {
    std::set<std::string> found;
    std::vector<io::FileInfo> entries = files_.List(folder);
    bool is_table = false;
    for (const io::FileInfo& entry : entries) {
      is_table = is_table || (BaseName(entry.path) == "metadata" && HoldsMetadata(entry.path));
    }
    for (const io::FileInfo& entry : entries) {
      std::string name = BaseName(entry.path);
      if (!entry.is_directory || name[0] == '.' || (is_table && name == "data")) continue;
      if (is_table && name == "metadata") {
        found.insert(entry.path);
        continue;
      }
      // Below a table's folder may lie those of a schema of the same name.
      found.merge(MetadataFolders(entry.path));
    }
    return found;
  }

  bool HoldsMetadata(const std::string& folder) {
    std::vector<io::FileInfo> entries = files_.List(folder);
    return std::any_of(entries.begin(), entries.end(), [](const io::FileInfo& file) {
      return file.path.ends_with(".metadata.json");
    });
  }

  void Insert(SqlDatabase& database) {
    for (const RebuiltEntry& item : report_.entries) {
      std::string name_space = NamespaceText(item.identifier.name_space);
      CatalogRows(database, report_.name).Insert(item.identifier, item.entry);
      database.Execute(
          "INSERT INTO iceberg_namespace_properties (catalog_name, namespace, property_key, "
          "property_value) VALUES (?, ?, ?, 'true') ON CONFLICT DO NOTHING",
          {report_.name, name_space, kNamespaceExists});
      if (!HasProjection(item.entry.metadata_location)) continue;
      // The next open makes the folder show what was taken.
      Projector::Mark(database, {},
                      {{MetadataFolderOf(item.entry.metadata_location),
                        item.entry.metadata_location, item.identifier}});
    }
  }

  const std::string location_;
  const std::string folder_;
  const std::string database_;
  const RebuildOptions& options_;
  const std::shared_ptr<io::FileSystem> opened_;
  io::FileSystem& files_;
  std::string old_tag_;
  RebuildReport report_;
};

}  // namespace

RebuildReport RebuildCatalog(const std::string& warehouse, const RebuildOptions& options) {
  return Rebuild(warehouse, options).Run();
}

}  // namespace eider::catalog
