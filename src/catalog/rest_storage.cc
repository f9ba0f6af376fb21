#include "catalog/rest_storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "catalog/rest_client.h"
#include "io/s3_file_system.h"

namespace eider::catalog {

namespace {

// Tables whose connections are kept.
constexpr size_t kOpenTables = 64;

// Keys are renewed when this much of their life is left, or a fifth of it if that is less.
constexpr int64_t kRenewBeforeMillis = 5 * 60'000;

constexpr char kEndpoint[] = "s3.endpoint";
constexpr char kAccessKey[] = "s3.access-key-id";
constexpr char kSecretKey[] = "s3.secret-access-key";
constexpr char kSessionToken[] = "s3.session-token";
constexpr char kExpires[] = "s3.session-token-expires-at-ms";
constexpr char kRegion[] = "s3.region";
constexpr char kClientRegion[] = "client.region";
constexpr char kPathStyle[] = "s3.path-style-access";
constexpr char kRemoteSigning[] = "s3.remote-signing-enabled";

// What a catalog may say of the way to a table; all else, such as files to read, is the user's.
constexpr const char* kFromCatalog[] = {kEndpoint, kRegion, kClientRegion, kPathStyle};

std::string Value(const io::StorageProperties& properties, const char* name) {
  auto found = properties.find(name);
  return found == properties.end() ? "" : found->second;
}

bool HasKeys(const io::StorageProperties& properties) {
  return !Value(properties, kAccessKey).empty() && !Value(properties, kSecretKey).empty();
}

// Whether the user says where the store is.
bool NamesEndpoint(const io::StorageProperties& own) {
  if (!Value(own, kEndpoint).empty()) return true;
  for (const char* variable : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

io::AwsCredentials KeysOf(const io::StorageProperties& config) {
  io::AwsCredentials keys;
  keys.access_key_id = Value(config, kAccessKey);
  keys.secret_access_key = Value(config, kSecretKey);
  keys.session_token = Value(config, kSessionToken);
  std::string expires = Value(config, kExpires);
  std::from_chars(expires.data(), expires.data() + expires.size(), keys.expires_at_millis);
  return keys;
}

// The part of it that is no secret and does not change with the keys.
io::StorageProperties WithoutKeys(io::StorageProperties config) {
  for (const char* name : {kAccessKey, kSecretKey, kSessionToken, kExpires}) config.erase(name);
  return config;
}

std::string AsFolder(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path + "/";
}

struct Grant {
  std::string prefix;  // "" for the table's `config`
  io::StorageProperties config;
};

// By prefix, the longest first.
std::vector<Grant> GrantsIn(const Json& answer, const io::StorageProperties& offered) {
  io::StorageProperties config = offered;
  for (const auto& [name, value] : TextMembers(answer, "config")) config[name] = value;
  std::vector<Grant> grants = {{"", config}};
  auto lent = answer.find("storage-credentials");
  if (lent != answer.end() && lent->is_array()) {
    for (const Json& credential : *lent) {
      if (!credential.is_object()) continue;
      auto prefix = credential.find("prefix");
      if (prefix == credential.end() || !prefix->is_string()) continue;
      std::string text = prefix->get<std::string>();
      // Other clouds' are none of ours. A prefix may be no more than "s3".
      if (io::IsOnS3(text)) text = io::PathOf(text);
      if (text.empty() || (!text.starts_with("s3://") && !std::string("s3://").starts_with(text))) {
        continue;
      }
      io::StorageProperties merged = WithoutKeys(config);
      for (const auto& [name, value] : TextMembers(credential, "config")) merged[name] = value;
      grants.push_back({std::move(text), std::move(merged)});
    }
  }
  std::stable_sort(grants.begin(), grants.end(), [](const Grant& a, const Grant& b) {
    return a.prefix.size() > b.prefix.size();
  });
  return grants;
}

const Grant& GrantFor(const std::vector<Grant>& grants, const std::string& path) {
  for (const Grant& grant : grants) {
    if (path.starts_with(grant.prefix) && (HasKeys(grant.config) || grant.prefix.empty())) {
      return grant;
    }
  }
  return grants.back();
}

bool IsSameButKeys(const std::vector<Grant>& a, const std::vector<Grant>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Grant& x, const Grant& y) {
    return x.prefix == y.prefix && HasKeys(x.config) == HasKeys(y.config) &&
           WithoutKeys(x.config) == WithoutKeys(y.config);
  });
}

}  // namespace

struct RestStorage::Table {
  std::string name;  // "table a.b"
  int64_t number = 0;
  io::StorageProperties base;  // what its keys come on top of

  std::mutex mutex;  // guards what follows; held while the catalog is asked for new keys
  std::vector<Grant> grants;
  int64_t learnt_at_millis = 0;
  bool refused = false;  // the store has refused the keys
  Renewal renewal;

  Grant For(const std::string& path) {
    std::lock_guard<std::mutex> lock(mutex);
    return GrantFor(grants, path);
  }

  // Keys for `path` that hold for a while.
  io::AwsCredentials Keys(const std::string& path) {
    std::lock_guard<std::mutex> lock(mutex);
    io::AwsCredentials keys = KeysOf(GrantFor(grants, path).config);
    int64_t now = NowMillis();
    int64_t expires = keys.expires_at_millis;
    int64_t margin = std::min(kRenewBeforeMillis, (expires - learnt_at_millis) / 5);
    bool is_due = expires != 0 && now >= expires - margin;
    if (!is_due && !refused) return keys;
    try {
      std::vector<Grant> renewed = GrantsIn(renewal(), base);
      const Grant& grant = GrantFor(renewed, path);
      if (!HasKeys(grant.config)) {
        throw Error(ErrorCode::kPermission, "the catalog lends no keys for it any more");
      }
      keys = KeysOf(grant.config);
      grants = std::move(renewed);
      learnt_at_millis = NowMillis();
      refused = false;
    } catch (Error& error) {
      // What still holds is better than nothing.
      if (expires == 0 || now >= expires) throw Error(error.WithContext(name));
    }
    return keys;
  }
};

// The keys of a table for one prefix, at the moment they are asked for.
class RestStorage::LentKeys : public io::AwsCredentialSource {
 public:
  LentKeys(std::shared_ptr<Table> table, std::string path)
      : table_(std::move(table)), path_(std::move(path)) {}

  io::AwsCredentials Get() override { return table_->Keys(path_); }
  void Forget(const io::AwsCredentials& refused) override {
    std::lock_guard<std::mutex> lock(table_->mutex);
    io::AwsCredentials known = KeysOf(GrantFor(table_->grants, path_).config);
    if (known.access_key_id == refused.access_key_id &&
        known.session_token == refused.session_token) {
      table_->refused = true;
    }
  }

 private:
  std::shared_ptr<Table> table_;
  std::string path_;
};

RestStorage::RestStorage(io::FileSystem& local, io::StorageProperties own,
                         io::StorageProperties offered)
    : local_(local), own_(std::move(own)), offered_(std::move(offered)), open_(kOpenTables) {
  if (!own_.empty()) io::S3OptionsFrom(own_);
}

io::StorageProperties StorageOffered(const RestClient& client) {
  io::StorageProperties offered;
  for (const char* name : {kEndpoint, kRegion, kClientRegion, kPathStyle, kAccessKey, kSecretKey,
                           kSessionToken, kExpires, kRemoteSigning}) {
    std::string value = client.Property(name);
    if (!value.empty()) offered[name] = value;
  }
  return offered;
}

void RestStorage::Learn(const TableIdentifier& identifier, const Json& answer, Renewal renewal) {
  std::vector<Grant> grants = GrantsIn(answer, offered_);
  const Json& metadata = RequireMember(answer, "metadata", identifier.ToString());
  std::vector<std::string> places = {RequireString(metadata, "location", identifier.ToString())};
  std::map<std::string, std::string> properties = TextMembers(metadata, "properties");
  for (const char* name : {"write.data.path", "write.metadata.path", "write.object-storage.path",
                           "write.folder-storage.path"}) {
    if (properties.contains(name)) places.push_back(properties[name]);
  }
  std::erase_if(places, [](const std::string& place) { return !io::IsOnS3(place); });
  for (std::string& place : places) place = AsFolder(io::PathOf(place));
  if (places.empty()) return;
  for (const Grant& grant : grants) {
    // One for more than the table is of use within it alone.
    bool is_around = std::any_of(places.begin(), places.end(), [&](const std::string& place) {
      return place.starts_with(grant.prefix) || grant.prefix.starts_with(place);
    });
    if (!is_around) places.push_back(AsFolder(grant.prefix));
  }

  std::shared_ptr<Table> table;
  std::string name = "table " + identifier.ToString();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    auto known = places_.find(places[0]);
    if (known != places_.end()) table = known->second;
  }
  if (table) {
    std::lock_guard<std::mutex> lock(table->mutex);
    if (table->name == name && IsSameButKeys(table->grants, grants)) {
      // Its connections stay.
      table->grants = std::move(grants);
      table->learnt_at_millis = NowMillis();
      table->refused = false;
      table->renewal = std::move(renewal);
      return;
    }
  }
  table = std::make_shared<Table>();
  table->name = name;
  table->base = WithoutKeys(grants.back().config);
  table->grants = std::move(grants);
  table->learnt_at_millis = NowMillis();
  table->renewal = std::move(renewal);
  std::lock_guard<std::mutex> lock(mutex_);
  table->number = ++tables_;
  for (const std::string& place : places) places_[place] = table;
}

std::pair<std::shared_ptr<RestStorage::Table>, std::string> RestStorage::TableAt(
    const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::string place = AsFolder(path);
  constexpr size_t kScheme = 5;  // "s3://"
  while (place.size() > kScheme) {
    auto found = places_.find(place);
    if (found != places_.end()) return {found->second, place};
    place.pop_back();
    place.erase(place.rfind('/') + 1);
  }
  return {nullptr, ""};
}

RestStorage::Files RestStorage::OwnFiles() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!own_files_) own_files_ = io::OpenS3FileSystem(io::S3OptionsFrom(own_));
  return own_files_;
}

io::S3Options RestStorage::LentOptions(const std::shared_ptr<Table>& table,
                                       const io::StorageProperties& config,
                                       const std::string& path) const {
  io::StorageProperties properties;
  for (const char* name : kFromCatalog) {
    std::string value = Value(config, name);
    if (!value.empty()) properties[name] = value;
  }
  // The user may see the store under another address than the catalog does.
  bool names_region = !Value(own_, kRegion).empty() || !Value(own_, kClientRegion).empty();
  if (names_region) {
    properties.erase(kRegion);
    properties.erase(kClientRegion);
  }
  for (const char* name : {kEndpoint, kRegion, kClientRegion, kPathStyle, "s3.ca-file"}) {
    std::string value = Value(own_, name);
    if (!value.empty()) properties[name] = value;
  }
  properties[kAccessKey] = Value(config, kAccessKey);
  properties[kSecretKey] = Value(config, kSecretKey);
  try {
    io::S3Options options = io::S3OptionsFrom(properties);
    options.credentials = std::make_shared<LentKeys>(table, path);
    return options;
  } catch (Error& error) {
    throw Error(error.WithContext(table->name + ": what the catalog says of its store"));
  }
}

io::S3Options RestStorage::OwnOptions(const Table& table, const io::StorageProperties& config) {
  bool has_own = HasKeys(own_) || !Value(own_, "s3.profile-name").empty() ||
                 !Value(own_, "client.profile-name").empty();
  if (Lower(Value(config, kRemoteSigning)) == "true" && !has_own) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: the catalog signs requests to its store and lends no keys, and "
                            "Eider has no requests signed by others",
                            table.name))
        .WithHint(
            "Have the catalog lend keys (vended credentials), or give your own: s3.access-key-id "
            "and s3.secret-access-key.");
  }
  if (!Value(config, kEndpoint).empty() && !NamesEndpoint(own_)) {
    throw Error(ErrorCode::kPermission,
                fmt::format("{}: the catalog names the endpoint {} and lends no keys for it; your "
                            "own are not sent to an address that a catalog names",
                            table.name, io::UrlWithoutSecrets(Value(config, kEndpoint))))
        .WithHint("If it is the right one, name it yourself: s3.endpoint.");
  }
  io::StorageProperties properties = own_;
  auto take = [&](const char* name) {
    std::string value = Value(config, name);
    if (!value.empty()) properties[name] = value;
  };
  if (Value(own_, kRegion).empty() && Value(own_, kClientRegion).empty()) {
    take(kRegion);
    take(kClientRegion);
  }
  if (Value(own_, kPathStyle).empty()) take(kPathStyle);
  try {
    io::S3Options options = io::S3OptionsFrom(properties);
    options.credentials = OwnFiles()->s3_options()->credentials;
    return options;
  } catch (Error& error) {
    throw Error(error.WithContext(table.name));
  }
}

RestStorage::Files RestStorage::At(const std::string& location) {
  if (!io::IsOnS3(location)) return {std::shared_ptr<void>(), &local_};
  std::string path = io::PathOf(location);
  std::shared_ptr<Table> table = TableAt(path).first;
  if (!table) return OwnFiles();
  Grant grant = table->For(path);
  std::string key = fmt::format("{} {}", table->number, grant.prefix);
  if (auto kept = open_.Get(key)) return *kept;
  Files files = io::OpenS3FileSystem(HasKeys(grant.config) ? LentOptions(table, grant.config, path)
                                                           : OwnOptions(*table, grant.config));
  open_.Put(key, std::make_shared<const Files>(files), 1);
  return files;
}

std::shared_ptr<const io::S3Scope> RestStorage::FindS3Scope(const std::string& path) {
  if (!io::IsOnS3(path)) return nullptr;
  auto [table, place] = TableAt(io::PathOf(path));
  if (!table) return nullptr;
  return std::make_shared<const io::S3Scope>(io::S3Scope{place, *At(path)->s3_options()});
}

std::string RestStorage::Read(const std::string& path) { return At(path)->Read(path); }

std::string RestStorage::ReadRange(const std::string& path, int64_t offset, int64_t length) {
  return At(path)->ReadRange(path, offset, length);
}

void RestStorage::WriteNew(const std::string& path, std::string_view content) {
  At(path)->WriteNew(path, content);
}

void RestStorage::Replace(const std::string& path, std::string_view content) {
  At(path)->Replace(path, content);
}

void RestStorage::Sync(const std::string& path) { At(path)->Sync(path); }

void RestStorage::Link(const std::string& existing, const std::string& path) {
  At(path)->Link(existing, path);
}

bool RestStorage::Exists(const std::string& path) { return At(path)->Exists(path); }

io::FileInfo RestStorage::Stat(const std::string& path) { return At(path)->Stat(path); }

std::vector<io::FileInfo> RestStorage::List(const std::string& folder) {
  return At(folder)->List(folder);
}

std::vector<io::FileInfo> RestStorage::ListRecursive(const std::string& folder) {
  return At(folder)->ListRecursive(folder);
}

void RestStorage::CreateDirectories(const std::string& folder) {
  At(folder)->CreateDirectories(folder);
}

void RestStorage::Remove(const std::string& path) { At(path)->Remove(path); }

void RestStorage::RemoveTree(const std::string& folder) { At(folder)->RemoveTree(folder); }

void RestStorage::RemoveEmptyDirectory(const std::string& folder) {
  At(folder)->RemoveEmptyDirectory(folder);
}

}  // namespace eider::catalog
