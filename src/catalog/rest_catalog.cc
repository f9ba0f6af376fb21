#include "catalog/rest_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "catalog/remote_reader.h"
#include "catalog/rest_client.h"
#include "catalog/rest_commit.h"
#include "catalog/rest_tables.h"

namespace eider::catalog {

namespace {

// The namespaces directly below one; of the root, all that have one level.
std::vector<Namespace> ListChildren(RestClient& client, const Namespace& parent) {
  std::string path = client.NamespacesPath();
  if (!parent.empty()) path += "?parent=" + client.NamespaceText(parent);
  std::vector<Json> listed;
  try {
    listed = client.List(path, "namespaces");
  } catch (const Error& error) {
    // A catalog without nested namespaces may not know the question.
    bool refused =
        error.code() == ErrorCode::kInvalidArgument || error.code() == ErrorCode::kUnsupported;
    if (parent.empty() || !refused) throw;
  }
  std::vector<Namespace> children;
  for (const Json& levels : listed) {
    Namespace name;
    for (const Json& level : levels)
      name.push_back(level.is_string() ? level.get<std::string>() : "");
    // Or may not have heard it.
    bool is_child =
        name.size() == parent.size() + 1 && std::equal(parent.begin(), parent.end(), name.begin());
    if (is_child) children.push_back(std::move(name));
  }
  return children;
}

class RestReader : public RemoteReader {
 public:
  RestReader(RestClient& client, RestTables& tables) : client_(client), tables_(tables) {}

 protected:
  std::vector<Namespace> AskNamespaces() override {
    std::vector<Namespace> all = ListChildren(client_, {});
    for (size_t first = 0; first < all.size();) {
      size_t last = all.size();
      std::vector<std::vector<Namespace>> children(last - first);
      ParallelFor(last - first,
                  [&](size_t i) { children[i] = ListChildren(client_, all[first + i]); });
      for (auto& below : children) all.insert(all.end(), below.begin(), below.end());
      first = last;
    }
    return all;
  }

  bool AskNamespace(const Namespace& name) override {
    return client_.Get(client_.NamespacePath(name)).has_value();
  }

  std::map<std::string, EntityKind> AskNames(const Namespace& name) override {
    std::map<std::string, EntityKind> names;
    auto add = [&](const std::string& path, EntityKind kind) {
      for (const Json& identifier : client_.List(path, "identifiers")) {
        names[RequireString(identifier, "name", path)] = kind;
      }
    };
    // A catalog may list views among the tables as well: they come last.
    add(client_.TablesPath(name), EntityKind::kTable);
    if (tables_.has_views()) add(client_.ViewsPath(name), EntityKind::kView);
    return names;
  }

  std::optional<Entry> AskEntry(const TableIdentifier& identifier,
                                std::optional<EntityKind> kind) override {
    return tables_.Find(identifier, kind);
  }

 private:
  RestClient& client_;
  RestTables& tables_;
};

class RestCatalog : public Catalog {
 public:
  explicit RestCatalog(const RestCatalogOptions& options)
      : client_(options.properties),
        storage_(options.files != nullptr ? *options.files : io::LocalFileSystem(), options.storage,
                 StorageOffered(client_)),
        tables_(client_, storage_),
        commit_(client_, tables_),
        name_(options.name),
        uri_(client_.Property("uri")) {
    if (name_.empty()) name_ = client_.Property("warehouse");
    if (name_.empty()) name_ = "rest";
  }

  const std::string& name() const override { return name_; }
  const std::string& warehouse() const override { return uri_; }
  bool has_folder() const override { return false; }
  io::FileSystem& files() override { return storage_; }

  std::shared_ptr<const CatalogSnapshot> Snapshot() override { NotServed(); }
  std::unique_ptr<CatalogReader> NewReader() override {
    return std::make_unique<RestReader>(client_, tables_);
  }
  std::optional<Entry> Find(const TableIdentifier& identifier) override {
    return tables_.Find(identifier);
  }

  std::optional<std::map<std::string, std::string>> FindNamespace(const Namespace& name) override {
    auto reply = client_.Get(client_.NamespacePath(name));
    if (!reply) return std::nullopt;
    return TextMembers(reply->body, "properties");
  }

  iceberg::TableMetadataPtr LoadTable(const std::string& metadata_location) override {
    return tables_.AtTableLocation(metadata_location);
  }
  iceberg::ViewMetadataPtr LoadView(const std::string& metadata_location) override {
    return tables_.AtViewLocation(metadata_location);
  }

  std::string NewLocation(const TableIdentifier&) override { return kLocationOfCatalog; }

  // A staged create, of which nothing lasts but that we know where to write.
  std::string Place(const NewTable& table) override {
    RestChange stage;
    stage.what = "the placing of table " + table.identifier.ToString();
    stage.path = client_.TablesPath(table.identifier.name_space);
    stage.body["name"] = table.identifier.name;
    if (!table.location.empty()) stage.body["location"] = table.location;
    stage.body["schema"] = iceberg::SchemaToJson(table.schema);
    stage.body["stage-create"] = true;
    stage.body["properties"] = table.properties;
    stage.look = [] { return Landed::kNo; };
    std::optional<RestReply> reply;
    try {
      reply = Stage(stage);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
      // The schema is one that this transaction makes.
      commit_.MakeAhead(table.identifier.name_space);
      reply = Stage(stage);
    }
    if (!reply) throw Error(ErrorCode::kIo, stage.what + ": the answer was not whole");
    // Until it is made, keys that end are had by another staged create.
    storage_.Learn(table.identifier, reply->body, [this, stage, identifier = table.identifier] {
      try {
        return tables_.AskForKeys(identifier, false);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kNotFound) throw;
      }
      std::optional<RestReply> again = Stage(stage);
      if (!again) throw Error(ErrorCode::kIo, stage.what + ": the answer was not whole");
      return std::move(again->body);
    });
    const Json& metadata = RequireMember(reply->body, "metadata", stage.what);
    return RequireString(metadata, "location", stage.what);
  }

  CommitResult Commit(const CommitRequest& request) override { return commit_.Commit(request); }

  std::optional<KeptAnswer> FindAnswer(const std::string&) override { NotServed(); }
  KeptAnswer KeepAnswer(const std::string&, const KeptAnswer&) override { NotServed(); }

  void Purge(const TableIdentifier&, const Entry&) override {}

 private:
  [[noreturn]] void NotServed() const {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} is a REST catalog, which another program serves", uri_))
        .WithHint("Clients can speak to it themselves.");
  }

  std::optional<RestReply> Stage(const RestChange& stage) {
    try {
      return client_.Send(stage);
    } catch (const Error& error) {
      // Nothing lasts of a staged create, whatever became of it.
      if (error.code() != ErrorCode::kUnknownOutcome) throw;
      throw Error(ErrorCode::kIo, error.message());
    }
  }

  RestClient client_;
  RestStorage storage_;
  RestTables tables_;
  RestCommit commit_;
  std::string name_;
  std::string uri_;
};

}  // namespace

std::shared_ptr<Catalog> OpenRestCatalog(const RestCatalogOptions& options) {
  return std::make_shared<RestCatalog>(options);
}

}  // namespace eider::catalog
