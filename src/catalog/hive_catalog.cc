#include "catalog/hive_catalog.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "catalog/hive_client.h"
#include "catalog/hive_commit.h"
#include "catalog/hive_table.h"
#include "catalog/metadata_files.h"
#include "catalog/metadata_writer.h"
#include "catalog/remote_reader.h"
#include "io/file_system.h"

namespace eider::catalog {

namespace {

// Stands for the metadata of a table of Hive's own, which has none.
constexpr std::string_view kNoMetadata = "hive:";

// What the metastore has under a name.
std::optional<Entry> FindEntry(HiveClient& client, const TableIdentifier& identifier) {
  auto table = client.Table(identifier);
  if (!table) return std::nullopt;
  if (auto entry = HiveEntryOf(*table)) return entry;
  bool is_view = table->TextAt(hive_table::kType) == "VIRTUAL_VIEW";
  return Entry{is_view ? EntityKind::kView : EntityKind::kTable,
               std::string(kNoMetadata) + identifier.ToString()};
}

void RequireIceberg(const std::string& metadata_location) {
  if (!metadata_location.starts_with(kNoMetadata)) return;
  throw Error(ErrorCode::kUnsupported, fmt::format("{} is Hive's own, and no Iceberg table",
                                                   metadata_location.substr(kNoMetadata.size())))
      .WithHint("Hive or Spark can migrate it to Iceberg.");
}

// Whether the metastore may know the name: it has small letters only, and schemas of one level.
bool IsHiveName(const Namespace& name) { return name.size() == 1 && name[0] == Lower(name[0]); }

class HiveReader : public RemoteReader {
 public:
  explicit HiveReader(HiveClient& client) : client_(client) {}

 protected:
  std::vector<Namespace> AskNamespaces() override {
    std::vector<Namespace> all;
    for (std::string& name : client_.Databases()) all.push_back({std::move(name)});
    return all;
  }

  bool AskNamespace(const Namespace& name) override {
    return IsHiveName(name) && client_.Database(name[0]).has_value();
  }

  std::map<std::string, EntityKind> AskNames(const Namespace& name) override {
    std::map<std::string, EntityKind> names;
    if (!IsHiveName(name)) return names;
    for (const std::string& table : client_.TablesOfType(name[0], kHiveTableType)) {
      names[table] = EntityKind::kTable;
    }
    for (const std::string& view : client_.TablesOfType(name[0], kHiveViewType)) {
      names[view] = EntityKind::kView;
    }
    return names;
  }

  std::optional<Entry> AskEntry(const TableIdentifier& identifier,
                                std::optional<EntityKind>) override {
    bool may_be = IsHiveName(identifier.name_space) && identifier.name == Lower(identifier.name);
    return may_be ? FindEntry(client_, identifier) : std::nullopt;
  }

 private:
  HiveClient& client_;
};

class HiveCatalog : public Catalog {
 public:
  HiveCatalog(const HiveOptions& options, const std::string& name, io::FileSystem& files)
      : files_(files),
        client_(options),
        uri_(client_.address()),
        writer_(uri_, files_),
        commit_(client_, writer_, options),
        name_(name) {
    if (name_.empty()) name_ = options.warehouse.empty() ? "hive" : BaseName(options.warehouse);
    client_.Databases();
  }

  const std::string& name() const override { return name_; }
  const std::string& warehouse() const override { return uri_; }
  bool has_folder() const override { return false; }
  io::FileSystem& files() override { return files_; }

  std::shared_ptr<const CatalogSnapshot> Snapshot() override { NotServed(); }
  std::unique_ptr<CatalogReader> NewReader() override {
    return std::make_unique<HiveReader>(client_);
  }
  std::optional<Entry> Find(const TableIdentifier& identifier) override {
    if (identifier.name_space.size() != 1) return std::nullopt;
    return FindEntry(client_, identifier);
  }

  std::optional<std::map<std::string, std::string>> FindNamespace(const Namespace& name) override {
    if (name.size() != 1) return std::nullopt;
    auto database = client_.Database(name[0]);
    if (!database) return std::nullopt;
    auto properties = database->TextMapAt(hive_database::kParameters);
    for (auto [property, field] : {std::pair("location", hive_database::kLocation),
                                   std::pair("comment", hive_database::kDescription)}) {
      std::string value = database->TextAt(field);
      if (!value.empty()) properties[property] = value;
    }
    return properties;
  }

  iceberg::TableMetadataPtr LoadTable(const std::string& metadata_location) override {
    RequireIceberg(metadata_location);
    return writer_.LoadTable(metadata_location);
  }
  iceberg::ViewMetadataPtr LoadView(const std::string& metadata_location) override {
    RequireIceberg(metadata_location);
    return writer_.LoadView(metadata_location);
  }

  // Below the schema's own folder, as all clients of a metastore have it.
  std::string NewLocation(const TableIdentifier& identifier) override {
    TableIdentifier own = HiveIdentifier(identifier);
    auto database = client_.Database(own.name_space[0]);
    if (!database) {
      // The schema is one that this transaction makes.
      commit_.MakeAhead(own.name_space[0]);
      database = client_.Database(own.name_space[0]);
    }
    std::string folder = database ? database->TextAt(hive_database::kLocation) : "";
    if (folder.empty()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("schema {} has no location in {}", own.name_space[0], uri_));
    }
    std::string location = io::ToLocation(folder) + "/" + FolderName(own.name);
    return HoldsFiles(files_, location) ? location + "-" + NewUuid().substr(0, 8) : location;
  }

  CommitResult Commit(const CommitRequest& request) override { return commit_.Commit(request); }

  std::optional<KeptAnswer> FindAnswer(const std::string&) override { NotServed(); }
  KeptAnswer KeepAnswer(const std::string&, const KeptAnswer&) override { NotServed(); }

  void Purge(const TableIdentifier&, const Entry& dropped) override {
    try {
      writer_.RemoveFilesOf(dropped);
    } catch (const Error&) {
      // The drop itself is committed, and nothing points at what stays behind.
    }
  }

 private:
  [[noreturn]] void NotServed() const {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} is a Hive Metastore, which is not served on", uri_))
        .WithHint("Clients can speak to it themselves.");
  }

  io::FileSystem& files_;
  HiveClient client_;
  const std::string uri_;
  MetadataWriter writer_;
  HiveCommit commit_;
  std::string name_;
};

}  // namespace

std::shared_ptr<Catalog> OpenHiveCatalog(const HiveCatalogOptions& options) {
  return std::make_shared<HiveCatalog>(
      HiveOptionsFrom(options.properties), options.name,
      options.files != nullptr ? *options.files : io::LocalFileSystem());
}

}  // namespace eider::catalog
