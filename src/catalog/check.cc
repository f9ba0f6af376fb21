#include "catalog/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "catalog/metadata_files.h"
#include "catalog/moved_warehouse.h"
#include "catalog/open_catalog.h"
#include "catalog/projection.h"
#include "catalog/sqlite.h"
#include "iceberg/manifest.h"

namespace eider::catalog {

namespace {

// What stands at both ends of a Parquet file, the second with an encrypted footer.
constexpr std::string_view kParquetMark = "PAR1";
constexpr std::string_view kEncryptedParquetMark = "PARE";

class Check {
 public:
  Check(const std::string& warehouse, const CheckOptions& options)
      : location_(io::ToLocation(warehouse)),
        folder_(io::PathOf(location_)),
        catalog_path_(options.store.empty() ? folder_ + "/" + kCatalogFile
                                            : ShownStore(options.store)),
        options_(options),
        opened_(options.files == nullptr ? io::OpenFileSystem(location_, options.storage)
                                         : nullptr),
        files_(options.files != nullptr ? *options.files : *opened_) {}

  CheckReport Run() {
    if (options_.store.empty()) RequireOwnFolder(location_);
    for (io::FileInfo& file : files_.ListRecursive(folder_)) {
      std::string path = file.path;
      listed_.emplace(std::move(path), std::move(file));
    }
    const std::string& database = catalog_path_;
    if (options_.store.empty() && listed_.count(database) == 0) {
      if (!HoldsTables()) {
        throw Error(ErrorCode::kNotFound, fmt::format("there is no warehouse in {}", folder_))
            .WithHint("Its folder would hold a file catalog.db.");
      }
      Add(FindingKind::kDamagedCatalog, "", database,
          "The catalog is gone, but tables are there. `eider catalog rebuild` makes it anew.");
    } else if (Open(database)) {
      std::shared_ptr<const CatalogSnapshot> snapshot = catalog_->Snapshot();
      for (const auto& [identifier, entry] : snapshot->entries) CheckEntry(identifier, entry);
      AddMoved();
      ListLeftovers();
      ListUnfinished();
    }
    std::sort(report_.findings.begin(), report_.findings.end(),
              [](const Finding& a, const Finding& b) {
                return std::tuple(!IsDamage(a.kind), a.kind, a.object, a.path) <
                       std::tuple(!IsDamage(b.kind), b.kind, b.object, b.path);
              });
    return std::move(report_);
  }

 private:
  void Add(FindingKind kind, const std::string& object, const std::string& path,
           std::string detail) {
    Finding finding;
    finding.kind = kind;
    finding.object = object;
    finding.path = path;
    finding.detail = std::move(detail);
    auto listed = listed_.find(path);
    if (listed != listed_.end()) {
      finding.size = listed->second.size;
      finding.modified_micros = listed->second.modified_micros;
    } else if (std::optional<io::FileInfo> info = StatIfThere(path)) {
      finding.size = info->size;
      finding.modified_micros = info->modified_micros;
    }
    report_.findings.push_back(std::move(finding));
  }

  bool HoldsTables() const {
    return std::any_of(listed_.begin(), listed_.end(), [](const auto& file) {
      return file.first.ends_with(".metadata.json") || file.first.ends_with("/version-hint.text");
    });
  }

  bool Open(const std::string& database) {
    try {
      if (options_.store.empty()) {
        auto result = SqliteDatabase(database).Query("PRAGMA quick_check(1)");
        if (result.empty() || result[0][0] != "ok") {
          Add(FindingKind::kDamagedCatalog, "", database,
              fmt::format("{}. `eider catalog rebuild` makes it anew.",
                          result.empty() ? "It holds nothing" : result[0][0].value_or("")));
          return false;
        }
      }
      CatalogOptions options;
      options.store = options_.store;
      options.must_exist = true;
      options.repair = false;
      options.files = &files_;
      catalog_ = OpenCatalog(location_, options);
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCorrupt) throw;
      Add(FindingKind::kDamagedCatalog, "", database,
          fmt::format("{}. {}", error.message(), error.hint()));
      return false;
    }
  }

  // The size and time of a file now; nullopt where there is none.
  std::optional<io::FileInfo> StatIfThere(const std::string& path) {
    try {
      return files_.Stat(path);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
      return std::nullopt;
    }
  }

  std::optional<io::FileInfo> ListedOrStat(const std::string& path) {
    auto listed = listed_.find(path);
    if (listed != listed_.end()) return listed->second;
    return StatIfThere(path);
  }

  // Checks an entry, and once more where it was changed or dropped meanwhile: then what is missing
  // is not missed.
  void CheckEntry(const TableIdentifier& identifier, Entry entry) {
    constexpr int kTries = 5;
    ++(entry.kind == EntityKind::kView ? report_.views : report_.tables);
    size_t before = report_.findings.size();
    for (int attempt = 1;; ++attempt) {
      CheckEntryOnce(identifier, entry);
      if (report_.findings.size() == before) return;
      std::optional<Entry> now = catalog_->Find(identifier);
      if (now && now->metadata_location == entry.metadata_location) return;
      if (attempt == kTries) return;
      report_.findings.resize(before);
      if (!now) return;
      entry = *now;
    }
  }

  void CheckEntryOnce(const TableIdentifier& identifier, const Entry& entry) {
    bool is_view = entry.kind == EntityKind::kView;
    object_ = (is_view ? "view " : "table ") + identifier.ToString();
    if (entry.metadata_location.empty()) {
      Add(FindingKind::kBrokenPointer, object_, catalog_path_,
          "The catalog names no metadata file for it.");
      return;
    }
    std::string path;
    std::string text;
    try {
      if (IsMoved(entry.metadata_location)) return;
      path = Reach(entry.metadata_location);
      table_folders_[MetadataFolderOf(MetadataFolderOf(path))] = object_;
      text = ReadMetadataFile(files_, path);
    } catch (const Error& error) {
      bool missing = error.code() == ErrorCode::kNotFound;
      Add(missing ? FindingKind::kBrokenPointer : FindingKind::kDamagedFile, object_,
          path.empty() ? entry.metadata_location : path,
          missing ? "The catalog names this metadata file, which is not there."
                  : error.message() + ".");
      return;
    }
    std::string table_location;
    try {
      if (is_view) {
        table_location = iceberg::ParseViewMetadata(text, path).location;
        ReachOlderVersions(path);
      } else {
        iceberg::TableMetadata metadata = iceberg::ParseTableMetadata(text, path);
        table_location = metadata.location;
        CheckTable(metadata);
      }
    } catch (const Error& error) {
      Add(FindingKind::kDamagedFile, object_, path, error.message() + ".");
      return;
    }
    live_[MetadataFolderOf(path)] = {object_, MetadataVersion(path)};
    table_folders_[PathOf(table_location)] = object_;
    bool shows = HasProjection(entry.metadata_location);
    if (shows && !ShowsEntry(files_, location_, identifier, entry)) AddLag(entry);
  }

  // Notes an entry of a warehouse that was moved here, or copied, with its metadata.
  bool IsMoved(const std::string& metadata_location) {
    auto original = OriginalWarehouse(files_, location_, metadata_location);
    if (!original) return false;
    std::string here = folder_ + io::LocalPath(metadata_location).substr(original->size());
    table_folders_[MetadataFolderOf(MetadataFolderOf(here))] = object_;
    moved_[*original].push_back(object_);
    return true;
  }

  // One finding for all that came from the same place.
  void AddMoved() {
    for (const auto& [original, objects] : moved_) {
      Error error = MovedWarehouse(files_, objects.front(), location_, original);
      std::string others;
      if (objects.size() == 2) others = "; so it is with " + objects.back();
      if (objects.size() > 2) others = fmt::format("; so it is with {} others", objects.size() - 1);
      Add(FindingKind::kMovedWarehouse, objects.size() == 1 ? objects.front() : "", catalog_path_,
          fmt::format("{}{}. {}", error.message(), others, error.hint()));
    }
  }

  void AddLag(const Entry& entry) {
    std::string folder = io::LocalPath(MetadataFolderOf(entry.metadata_location));
    bool is_view = entry.kind == EntityKind::kView;
    std::string path = folder + (is_view ? "/catalog-entry.json" : "/version-hint.text");
    std::string shown = "nothing";
    try {
      ProjectedEntry projected = ReadProjectedEntry(files_, folder);
      if (projected.version) shown = fmt::format("version {}", *projected.version);
      if (!projected.metadata_file.empty()) shown = projected.metadata_file;
      if (!projected.damage.empty()) shown = "nothing that could be read";
    } catch (const Error& error) {
      shown = "nothing: " + error.message();
    }
    Add(FindingKind::kProjectionLag, object_, path,
        fmt::format(
            "The folder shows {}, the catalog has {}. The next commit to it makes up for it.",
            shown, BaseName(entry.metadata_location)));
  }

  // Counts a file among those that are needed, and returns its path.
  std::string Reach(const std::string& location) {
    std::string path = io::PathOf(location);
    if (!reached_.insert(path).second) return path;
    if (std::optional<io::FileInfo> info = ListedOrStat(path)) {
      ++report_.files;
      report_.bytes += info->size;
    }
    return path;
  }

  // Views have no log of their metadata files, so that what came before is known by its number.
  void ReachOlderVersions(const std::string& path) {
    std::string folder = MetadataFolderOf(path) + "/";
    for (auto it = listed_.lower_bound(folder);
         it != listed_.end() && it->first.starts_with(folder); ++it) {
      int64_t version = MetadataVersion(it->first);
      if (version >= 0 && version < MetadataVersion(path)) Reach(it->first);
    }
  }

  void CheckTable(const iceberg::TableMetadata& metadata) {
    // Of these a reader needs none.
    for (const iceberg::MetadataLogEntry& entry : metadata.metadata_log) Reach(entry.metadata_file);
    for (const Json* statistics : {&metadata.statistics, &metadata.partition_statistics}) {
      for (const Json& item : *statistics) {
        auto path = item.find("statistics-path");
        if (path != item.end() && path->is_string()) Reach(path->get<std::string>());
      }
    }
    std::set<std::string> seen;
    for (const iceberg::Snapshot& snapshot : metadata.snapshots) {
      for (const iceberg::ManifestFile& manifest : Manifests(snapshot)) {
        if (seen.insert(manifest.manifest_path).second) CheckManifest(manifest);
      }
    }
  }

  // The content of a file of a table, or nullopt after it was found missing or unreadable.
  template <typename Result>
  std::optional<Result> Load(const std::string& location, const std::string& what,
                             const std::function<Result(const std::string& path)>& load) {
    std::string path;
    try {
      path = Reach(location);
      return load(path);
    } catch (const Error& error) {
      bool missing = error.code() == ErrorCode::kNotFound;
      Add(missing ? FindingKind::kMissingFile : FindingKind::kDamagedFile, object_,
          path.empty() ? location : path,
          missing ? fmt::format("This {} is not there.", what) : error.message() + ".");
      return std::nullopt;
    }
  }

  std::vector<iceberg::ManifestFile> Manifests(const iceberg::Snapshot& snapshot) {
    if (snapshot.manifest_list.empty()) {
      std::vector<iceberg::ManifestFile> manifests;
      for (const std::string& path : snapshot.manifests) {
        iceberg::ManifestFile manifest;
        manifest.manifest_path = path;
        manifests.push_back(std::move(manifest));
      }
      return manifests;
    }
    auto manifests = Load<std::vector<iceberg::ManifestFile>>(
        snapshot.manifest_list, fmt::format("manifest list of snapshot {}", snapshot.snapshot_id),
        [&](const std::string& path) {
          return iceberg::ReadManifestList(files_.Read(path), path);
        });
    return manifests.value_or(std::vector<iceberg::ManifestFile>());
  }

  void CheckManifest(const iceberg::ManifestFile& manifest) {
    auto entries = Load<std::vector<iceberg::ManifestEntry>>(
        manifest.manifest_path, "manifest", [&](const std::string& path) {
          std::string bytes = files_.Read(path);
          if (manifest.manifest_length > 0 &&
              static_cast<int64_t>(bytes.size()) != manifest.manifest_length) {
            throw Error(ErrorCode::kCorrupt,
                        fmt::format("the manifest {} has {} bytes, its manifest list says {}", path,
                                    bytes.size(), manifest.manifest_length));
          }
          return iceberg::ReadManifest(bytes, manifest);
        });
    if (!entries) return;
    for (const iceberg::ManifestEntry& entry : *entries) {
      // Where a file was deleted, an older snapshot names it if it is still needed.
      if (entry.status != iceberg::ManifestEntry::Status::kDeleted) CheckDataFile(entry.file);
    }
  }

  void CheckDataFile(const iceberg::DataFile& file) {
    std::string path;
    try {
      path = io::PathOf(file.file_path);
    } catch (const Error& error) {
      Add(FindingKind::kMissingFile, object_, file.file_path, error.message() + ".");
      return;
    }
    if (reached_.count(path) > 0) return;
    Reach(path);
    std::optional<io::FileInfo> info = ListedOrStat(path);
    if (!info) {
      Add(FindingKind::kMissingFile, object_, path,
          fmt::format("This data file of {} rows is not there.", file.record_count));
      return;
    }
    if (info->size != file.file_size_in_bytes) {
      Add(FindingKind::kDamagedFile, object_, path,
          fmt::format("It has {} bytes, its manifest says {}.", info->size,
                      file.file_size_in_bytes));
      return;
    }
    if (options_.data_files && file.file_format == "PARQUET") CheckParquet(path, info->size);
  }

  void CheckParquet(const std::string& path, int64_t size) {
    constexpr int64_t kMarkLength = 4;
    try {
      std::string head = files_.ReadRange(path, 0, kMarkLength);
      std::string tail =
          files_.ReadRange(path, std::max<int64_t>(size - kMarkLength, 0), kMarkLength);
      for (const std::string& mark : {head, tail}) {
        if (mark == kParquetMark || mark == kEncryptedParquetMark) continue;
        Add(FindingKind::kDamagedFile, object_, path, "It is no Parquet file.");
        return;
      }
    } catch (const Error& error) {
      Add(FindingKind::kDamagedFile, object_, path, error.message() + ".");
    }
  }

  // The table or view below whose folder a file lies; "" for none.
  std::string OwnerOf(const std::string& path) const {
    std::string folder = path;
    for (size_t slash = folder.rfind('/'); slash != std::string::npos && slash > 0;
         slash = folder.rfind('/')) {
      folder.resize(slash);
      auto owner = table_folders_.find(folder);
      if (owner != table_folders_.end()) return owner->second;
    }
    return "";
  }

  // Whether a file that nothing reaches is one that a table or view has left. The folder of a
  // warehouse may hold other things, such as a project's sources.
  bool LooksLeft(const std::string& path) const {
    std::vector<std::string> levels = Split(path.substr(folder_.size() + 1), '/');
    const std::string& name = levels.back();
    if (levels.size() == 1) {
      return name.starts_with(kCatalogFile) && name.ends_with(".tmp");
    }
    for (size_t i = 1; i + 1 < levels.size(); ++i) {
      if (levels[i] == "metadata") {
        return name.ends_with(".metadata.json") || name.ends_with(".avro") ||
               name.ends_with(".stats") || name.ends_with(".puffin") || name.ends_with(".tmp") ||
               IsProjectionFile(name);
      }
      if (levels[i] == "data") {
        return name.ends_with(".parquet") || name.ends_with(".avro") || name.ends_with(".orc") ||
               name.ends_with(".puffin") || name.ends_with(".tmp");
      }
    }
    return false;
  }

  void ListLeftovers() {
    // What a damaged table reaches is not known, so nothing in its folder may be called a leftover.
    std::set<std::string> damaged;
    for (const Finding& finding : report_.findings) {
      if (IsDamage(finding.kind)) damaged.insert(finding.object);
    }
    for (const auto& [original, objects] : moved_) damaged.insert(objects.begin(), objects.end());
    for (const auto& [path, file] : listed_) {
      // A checksum goes with its file.
      std::string checked = FileOfChecksum(path);
      const std::string& file_path = checked.empty() ? path : checked;
      if (reached_.count(file_path) > 0) continue;
      std::string owner = OwnerOf(path);
      if (owner.empty() ? !LooksLeft(file_path) : damaged.count(owner) > 0) continue;
      std::string name = BaseName(path);
      if (IsProjectionFile(name)) {
        auto live = live_.find(MetadataFolderOf(path));
        if (live != live_.end() && MetadataVersion(path) <= live->second.version) continue;
      }
      Add(FindingKind::kLeftoverFile, owner, path,
          owner.empty() ? "No table or view reaches it."
                        : "Nothing that was committed to it reaches it.");
      report_.leftover_bytes += file.size;
    }
  }

  void ListUnfinished() {
    try {
      for (const io::FileInfo& file : files_.ListUnfinished(folder_)) {
        Finding finding;
        finding.kind = FindingKind::kUnfinishedFile;
        finding.object = OwnerOf(file.path);
        finding.path = file.path;
        finding.modified_micros = file.modified_micros;
        finding.detail = "Its upload was begun and not ended; the store keeps what was sent.";
        report_.findings.push_back(std::move(finding));
      }
    } catch (const Error& error) {
      bool refused =
          error.code() == ErrorCode::kPermission || error.code() == ErrorCode::kUnsupported;
      if (!refused) throw;
      report_.unfinished_unknown = error.message();
    }
  }

  struct LiveFolder {
    std::string object;
    int64_t version;
  };

  const std::string location_;
  const std::string folder_;
  const std::string catalog_path_;
  const CheckOptions& options_;
  const std::shared_ptr<io::FileSystem> opened_;
  io::FileSystem& files_;
  std::shared_ptr<Catalog> catalog_;
  std::map<std::string, io::FileInfo> listed_;             // before the catalog was read
  std::set<std::string> reached_;                          // by io::PathOf, as all that follow
  std::map<std::string, LiveFolder> live_;                 // metadata folders
  std::map<std::string, std::string> table_folders_;       // folder -> object
  std::map<std::string, std::vector<std::string>> moved_;  // objects by their first warehouse
  std::string object_;                                     // what is being checked
  CheckReport report_;
};

}  // namespace

std::string_view FindingKindName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kLeftoverFile:
      return "leftover-file";
    case FindingKind::kUnfinishedFile:
      return "unfinished-file";
    case FindingKind::kProjectionLag:
      return "projection-lag";
    case FindingKind::kMovedWarehouse:
      return "moved-warehouse";
    case FindingKind::kDamagedCatalog:
      return "damaged-catalog";
    case FindingKind::kBrokenPointer:
      return "broken-pointer";
    case FindingKind::kMissingFile:
      return "missing-file";
    case FindingKind::kDamagedFile:
      return "damaged-file";
  }
  return "";
}

bool IsDamage(FindingKind kind) {
  return kind != FindingKind::kLeftoverFile && kind != FindingKind::kUnfinishedFile &&
         kind != FindingKind::kProjectionLag;
}

bool CheckReport::has_damage() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return IsDamage(finding.kind); });
}

CheckReport CheckWarehouse(const std::string& warehouse, const CheckOptions& options) {
  return Check(warehouse, options).Run();
}

}  // namespace eider::catalog
