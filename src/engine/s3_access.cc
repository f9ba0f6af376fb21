#include "engine/s3_access.h"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/error.h"
#include "duckdb/main/database.hpp"
#include "duckdb/main/secret/secret.hpp"
#include "duckdb/main/secret/secret_manager.hpp"
#include "duckdb/main/secret/secret_storage.hpp"
#include "engine/duckdb_error.h"
#include "io/s3_options.h"

namespace eider::engine {

namespace {

constexpr char kStorage[] = "eider";
// Between a warehouse's keys and a secret of the user's for the same scope, ours are taken: DuckDB
// gives its own storages 10 and 20.
constexpr int64_t kTieBreak = 5;

// The secret that httpfs understands.
duckdb::unique_ptr<duckdb::KeyValueSecret> MakeSecret(const std::string& scope,
                                                      const io::S3Options& options) {
  auto secret = duckdb::make_uniq<duckdb::KeyValueSecret>(duckdb::vector<duckdb::string>{scope},
                                                          "s3", "config", "eider_warehouse");
  auto set = [&](const char* name, duckdb::Value value) {
    secret->secret_map[name] = std::move(value);
  };
  io::AwsCredentials keys = options.credentials->Get();
  set("key_id", keys.access_key_id);
  set("secret", keys.secret_access_key);
  if (!keys.session_token.empty()) set("session_token", keys.session_token);
  set("region", options.region);
  set("url_style", options.path_style ? "path" : "vhost");
  bool secure = true;
  if (!options.endpoint.empty()) {
    secure = options.endpoint.starts_with("https://");
    set("endpoint", options.endpoint.substr(options.endpoint.find("://") + 3));
  }
  set("use_ssl", duckdb::Value::BOOLEAN(secure));
  secret->redact_keys = {"secret", "session_token"};
  return secret;
}

}  // namespace

class S3Scopes {
 public:
  int Add(const std::string& location, std::shared_ptr<io::FileSystem> files) {
    std::lock_guard<std::mutex> lock(mutex_);
    std::string prefix = location.empty() ? "" : location + "/";
    warehouses_.emplace(++last_id_, Warehouse{std::move(prefix), std::move(files)});
    return last_id_;
  }

  void Remove(int id) {
    std::lock_guard<std::mutex> lock(mutex_);
    warehouses_.erase(id);
  }

  // The longest scope that `path` lies in; nullptr for none.
  std::shared_ptr<const io::S3Scope> Find(const std::string& path) {
    std::vector<Warehouse> around;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& [id, warehouse] : warehouses_) {
        if (path.starts_with(warehouse.prefix)) around.push_back(warehouse);
      }
    }
    std::shared_ptr<const io::S3Scope> found;
    for (const Warehouse& warehouse : around) {
      std::shared_ptr<const io::S3Scope> scope = warehouse.files->FindS3Scope(path);
      if (!scope) continue;
      if (scope->prefix.size() < warehouse.prefix.size()) {
        scope = std::make_shared<const io::S3Scope>(io::S3Scope{warehouse.prefix, scope->options});
      }
      if (!found || scope->prefix.size() > found->prefix.size()) found = scope;
    }
    return found;
  }

  // Makes them known to DuckDB, once.
  void Register(duckdb::DatabaseInstance& database, std::shared_ptr<S3Scopes> self);

 private:
  struct Warehouse {
    std::string prefix;
    std::shared_ptr<io::FileSystem> files;
  };

  std::mutex mutex_;
  bool registered_ = false;
  int last_id_ = 0;
  std::map<int, Warehouse> warehouses_;
};

namespace {

// Answers lookups alone: it stores, lists and names nothing.
class WarehouseSecrets : public duckdb::SecretStorage {
 public:
  explicit WarehouseSecrets(std::shared_ptr<S3Scopes> scopes)
      : duckdb::SecretStorage(kStorage, kTieBreak), scopes_(std::move(scopes)) {}

  duckdb::SecretMatch LookupSecret(const std::string& path, const std::string& type,
                                   duckdb::optional_ptr<duckdb::CatalogTransaction>) override {
    if (type != "s3") return {};
    return AtBorder([&]() -> duckdb::SecretMatch {
      auto scope = scopes_->Find(path);
      if (!scope) return {};
      duckdb::SecretEntry entry(MakeSecret(scope->prefix, scope->options));
      entry.persist_type = duckdb::SecretPersistType::TEMPORARY;
      entry.storage_mode = kStorage;
      duckdb::SecretMatch none;
      return SelectBestMatch(entry, path, tie_break_offset, none);
    });
  }

  duckdb::unique_ptr<duckdb::SecretEntry> StoreSecret(
      duckdb::unique_ptr<const duckdb::BaseSecret>, duckdb::OnCreateConflict,
      duckdb::optional_ptr<duckdb::CatalogTransaction>) override {
    throw ToDuckDB(
        Error(ErrorCode::kUnsupported,
              "the storage \"eider\" holds the keys of warehouses and no other secrets"));
  }
  duckdb::vector<duckdb::SecretEntry> AllSecrets(
      duckdb::optional_ptr<duckdb::CatalogTransaction>) override {
    return {};
  }
  void DropSecretByName(const std::string&, duckdb::OnEntryNotFound,
                        duckdb::optional_ptr<duckdb::CatalogTransaction>) override {}
  duckdb::unique_ptr<duckdb::SecretEntry> GetSecretByName(
      const std::string&, duckdb::optional_ptr<duckdb::CatalogTransaction>) override {
    return nullptr;
  }

 private:
  std::shared_ptr<S3Scopes> scopes_;
};

}  // namespace

void S3Scopes::Register(duckdb::DatabaseInstance& database, std::shared_ptr<S3Scopes> self) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (registered_) return;
  duckdb::SecretManager::Get(database).LoadSecretStorage(
      duckdb::make_uniq<WarehouseSecrets>(std::move(self)));
  registered_ = true;
}

std::shared_ptr<S3Scopes> MakeS3Scopes() { return std::make_shared<S3Scopes>(); }

S3Access::S3Access(duckdb::DatabaseInstance& database, std::shared_ptr<S3Scopes> scopes,
                   const std::string& location, std::shared_ptr<io::FileSystem> files)
    : scopes_(std::move(scopes)) {
  scopes_->Register(database, scopes_);
  id_ = scopes_->Add(location, std::move(files));
}

S3Access::~S3Access() { scopes_->Remove(id_); }

}  // namespace eider::engine
