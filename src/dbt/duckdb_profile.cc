#include "dbt/duckdb_profile.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "catalog/hive_properties.h"
#include "catalog/open_catalog.h"
#include "catalog/rest_properties.h"
#include "dbt/warehouse_storage.h"
#include "engine/session.h"

namespace eider::dbt {

namespace {

// Settings that change how the database opens and cannot be changed, or not loosened, afterwards.
constexpr std::string_view kStartupSettings[] = {
    "extension_directory",         "enable_external_access",
    "allow_unsigned_extensions",   "access_mode",
    "custom_extension_repository", "autoinstall_known_extensions",
    "autoload_known_extensions"};

constexpr std::string_view kPythonOnly[] = {"module_paths", "flights"};

std::string ScalarText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  return value.dump();
}

class ProfileReader {
 public:
  explicit ProfileReader(const Config& config)
      : config_(config), target_(config.target), credentials_(target_.credentials) {}

  DuckDbProfile Read() {
    for (const char* key : {"plugins", "filesystems", "remote", "motherduck_token"}) {
      if (const Json* value = Find(key); value && !value->empty()) {
        Refuse(key, "needs Python's dbt-duckdb or a remote server");
      }
    }
    for (auto key : kPythonOnly) {
      if (Find(std::string(key).c_str())) out_.ignored_keys.emplace_back(key);
    }
    if (target_.type == "eider") {
      ReadWarehouse();
    } else {
      ReadPath();
    }
    ReadSettings("config_options", true);
    ReadSettings("settings", false);
    ReadExtensions();
    ReadSecrets();
    ReadAttachments();
    if (const Json* disable = Find("disable_transactions"); disable && disable->is_boolean()) {
      out_.use_transactions = !disable->get<bool>();
    }
    if (const Json* retries = Find("retries"); retries && retries->is_object()) {
      if (auto found = retries->find("connect_attempts");
          found != retries->end() && found->is_number_integer()) {
        out_.connect_attempts = std::max(1, found->get<int>());
      }
      if (retries->contains("query_attempts")) {
        out_.ignored_keys.push_back("retries.query_attempts");
      }
    }
    return std::move(out_);
  }

 private:
  const Json* Find(const char* key) const {
    auto found = credentials_.find(key);
    return found == credentials_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string Place() const {
    return "target '" + target_.target_name + "' of profile '" + target_.profile_name + "'";
  }

  [[noreturn]] void Fail(const std::string& message, const std::string& hint = "") const {
    Error error(ErrorCode::kInvalidArgument, Place() + ": " + message);
    if (!hint.empty()) error.WithHint(hint);
    throw error.At(target_.profiles_file.string());
  }

  [[noreturn]] void Refuse(const std::string& key, const std::string& reason) const {
    throw Error(ErrorCode::kUnsupported, Place() + ": `" + key + "` is not supported; it " + reason)
        .WithHint("Remove `" + key + "` from the target.")
        .At(target_.profiles_file.string());
  }

  // Paths in a profile are taken from the project's folder, where dbt runs.
  std::string Absolute(const std::string& path) const {
    if (path.starts_with("file://")) return path;
    if (path.find("://") != path.npos) {
      out_.needs_httpfs = true;
      return path;
    }
    std::filesystem::path full = path;
    if (path.starts_with("~/")) {
      if (const char* home = std::getenv("HOME"))
        full = std::filesystem::path(home) / path.substr(2);
    }
    return (full.is_absolute() ? full : config_.project.root / full).lexically_normal().string();
  }

  void ReadPath() {
    const Json* path = Find("path");
    if (!path) return;
    if (!path->is_string()) Fail("`path` is not text");
    auto text = path->get<std::string>();
    if (text.starts_with("md:") || text.starts_with("motherduck:")) {
      Refuse("path: " + text, "is a MotherDuck database");
    }
    if (!text.starts_with(":memory:")) out_.path = Absolute(text);
  }

  std::string CatalogStore() const {
    const Json* catalog = Find("catalog");
    if (!catalog || !catalog->is_string()) return "";
    auto text = catalog->get<std::string>();
    return catalog::IsCatalogStore(text) ? text : "";
  }

  // `catalog: rest` or `catalog: hive`, with the properties that other clients of such catalogs
  // know beside it.
  void ReadRemoteCatalog() {
    bool is_hive = catalog::IsHiveStore(out_.catalog_store);
    for (const auto& [key, value] : credentials_.items()) {
      std::string property =
          is_hive ? catalog::FindHiveProperty(key) : catalog::FindRestProperty(key);
      if (!property.empty() && !value.is_null()) {
        out_.catalog_properties[property] = ScalarText(value);
      }
    }
    auto uri = out_.catalog_properties.find("uri");
    if (uri == out_.catalog_properties.end()) {
      Fail("`uri` is missing",
           is_hive ? "Say where the metastore is: `uri: thrift://localhost:9083`."
                   : "Say where the REST catalog is: `uri: http://localhost:8181/iceberg`.");
    }
    out_.warehouse = uri->second;
    auto folder = out_.catalog_properties.find("warehouse");
    if (is_hive && folder != out_.catalog_properties.end())
      folder->second = Absolute(folder->second);
  }

  void ReadWarehouse() {
    out_.catalog_store = CatalogStore();
    if (Find("path")) {
      Fail("`path` belongs to targets of type duckdb", "Type eider has only `warehouse`.");
    }
    if (EqualsIgnoreCase(out_.catalog_store, catalog::kRestCatalog)) {
      ReadRemoteCatalog();
      return ReadStorage("");
    }
    if (EqualsIgnoreCase(out_.catalog_store, catalog::kHiveCatalog)) {
      return ReadRemoteCatalog();
    }
    const Json* warehouse = Find("warehouse");
    if (!warehouse || !warehouse->is_string() || warehouse->get<std::string>().empty()) {
      Fail("`warehouse` is missing",
           "Name the folder the Iceberg tables go to: `warehouse: /data/iceberg-warehouse`.");
    }
    out_.warehouse = Absolute(warehouse->get<std::string>());
    ReadStorage(*out_.warehouse);
  }

  void ReadStorage(const std::string& warehouse) {
    try {
      out_.storage = WarehouseStorage(credentials_, warehouse);
    } catch (Error& error) {
      throw error.At(target_.profiles_file.string());
    }
  }

  void ReadSettings(const char* key, bool all_at_startup) {
    const Json* settings = Find(key);
    if (!settings) return;
    if (!settings->is_object()) Fail("`" + std::string(key) + "` is not a mapping");
    for (const auto& [name, value] : settings->items()) {
      if (value.is_null()) continue;
      std::string text = ScalarText(value);
      if (EqualsIgnoreCase(name, "iceberg_catalog_path")) {
        out_.iceberg_catalog_path = Absolute(text);
        continue;
      }
      bool startup =
          all_at_startup || std::find(std::begin(kStartupSettings), std::end(kStartupSettings),
                                      Lower(name)) != std::end(kStartupSettings);
      if (startup) {
        out_.startup[name] = text;
      } else {
        bool is_name = std::all_of(name.begin(), name.end(), [](unsigned char c) {
          return std::isalnum(c) || c == '_' || c == '.';
        });
        if (!is_name) Fail("`" + name + "` is not the name of a setting");
        out_.settings.emplace_back(name, "SET " + name + " = " + engine::QuoteLiteral(text));
      }
    }
  }

  void ReadExtensions() {
    const Json* extensions = Find("extensions");
    if (!extensions) return;
    if (!extensions->is_array()) Fail("`extensions` is not a list");
    for (const Json& item : *extensions) {
      ExtensionSpec spec;
      if (item.is_string()) {
        spec.name = item.get<std::string>();
      } else if (item.is_object() && item.contains("name") && item.contains("repo") &&
                 item["name"].is_string() && item["repo"].is_string()) {
        spec.name = item["name"].get<std::string>();
        spec.repository = item["repo"].get<std::string>();
      } else {
        Fail("an entry of `extensions` is neither a name nor a mapping of name and repo: " +
             item.dump());
      }
      bool is_name = !spec.name.empty() &&
                     std::all_of(spec.name.begin(), spec.name.end(),
                                 [](unsigned char c) { return std::isalnum(c) || c == '_'; });
      if (!is_name) Fail("'" + spec.name + "' is not the name of an extension");
      out_.extensions.push_back(std::move(spec));
    }
  }

  void ReadSecrets() {
    std::vector<Json> secrets;
    if (const Json* listed = Find("secrets")) {
      if (!listed->is_array()) Fail("`secrets` is not a list");
      secrets.assign(listed->begin(), listed->end());
    }
    if (const Json* provider = Find("use_credential_provider")) {
      if (ScalarText(*provider) != "aws") {
        Fail("Unsupported value for use_credential_provider: " + ScalarText(*provider));
      }
      secrets.push_back({{"type", "s3"}, {"provider", "credential_chain"}});
    }
    int number = 0;
    for (const Json& secret : secrets) {
      ++number;
      if (!secret.is_object() || !secret.contains("type")) {
        Fail("entry " + std::to_string(number) + " of `secrets` has no `type`");
      }
      out_.secrets.push_back(SecretSql(secret, number));
      out_.needs_httpfs = true;
    }
  }

  static std::string SecretSql(const Json& secret, int number) {
    std::string name = "_dbt_secret_" + std::to_string(number);
    bool persistent = false;
    std::vector<std::string> options;
    for (const auto& [key, value] : secret.items()) {
      if (value.is_null()) continue;
      if (key == "name") {
        name = ScalarText(value);
      } else if (key == "persistent") {
        persistent = value.is_boolean() && value.get<bool>();
      } else if (key == "scope" && value.is_array()) {
        for (const Json& scope : value) {
          options.push_back("scope " + engine::QuoteLiteral(ScalarText(scope)));
        }
      } else if (value.is_object()) {
        std::vector<std::string> entries;
        for (const auto& [inner, text] : value.items()) {
          entries.push_back(engine::QuoteLiteral(inner) + ": " +
                            engine::QuoteLiteral(ScalarText(text)));
        }
        options.push_back(key + " map {" + Join(entries, ", ") + "}");
      } else if (value.is_array()) {
        std::vector<std::string> items;
        for (const Json& item : value) items.push_back(engine::QuoteLiteral(ScalarText(item)));
        options.push_back(key + " array [" + Join(items, ", ") + "]");
      } else if (key == "type" || key == "provider") {
        options.push_back(key + " " + ScalarText(value));
      } else {
        options.push_back(key + " " + engine::QuoteLiteral(ScalarText(value)));
      }
    }
    return "CREATE OR REPLACE " + std::string(persistent ? "PERSISTENT " : "") + "SECRET " +
           engine::QuoteIdentifier(name) + " (" + Join(options, ", ") + ")";
  }

  void ReadAttachments() {
    const Json* attach = Find("attach");
    if (!attach) return;
    if (!attach->is_array()) Fail("`attach` is not a list");
    for (const Json& item : *attach) {
      if (!item.is_object() || !item.contains("path") || !item["path"].is_string()) {
        Fail("an entry of `attach` has no `path`: " + item.dump());
      }
      out_.attachments.push_back(AttachSql(item));
    }
  }

  std::string AttachSql(const Json& item) {
    auto path = item["path"].get<std::string>();
    if (path.starts_with("md:") || path.starts_with("motherduck:")) {
      Refuse("attach: " + path, "is a MotherDuck database");
    }
    // What looks like "postgres:host=.." or "ducklake:.." is for the extension to read.
    bool is_file = path.find(':') == path.npos;
    Json options = item.value("options", Json::object());
    for (const char* key : {"type", "secret", "read_only"}) {
      auto direct = item.find(key);
      if (direct == item.end() || direct->is_null()) continue;
      if (options.contains(key)) {
        Fail("attachment of '" + path + "' has `" + key + "` twice, in itself and in its options");
      }
      options[key] = *direct;
    }
    std::string type = options.contains("type") ? ScalarText(options["type"]) : "";
    if (is_file && (type.empty() || EqualsIgnoreCase(type, "duckdb") ||
                    EqualsIgnoreCase(type, "sqlite") || EqualsIgnoreCase(type, "eider"))) {
      path = Absolute(path);
    }
    std::vector<std::string> rendered;
    for (const auto& [key, value] : options.items()) {
      if (value.is_null()) continue;
      if (value.is_boolean()) {
        if (value.get<bool>()) rendered.push_back(Upper(key));
      } else if (key == "type" || key == "secret" || !value.is_string()) {
        rendered.push_back(Upper(key) + " " + ScalarText(value));
      } else {
        rendered.push_back(Upper(key) + " " + engine::QuoteLiteral(ScalarText(value)));
      }
    }
    std::string sql = "ATTACH IF NOT EXISTS " + engine::QuoteLiteral(path);
    if (auto alias = item.find("alias"); alias != item.end() && alias->is_string()) {
      out_.aliases.push_back(alias->get<std::string>());
      sql += " AS " + engine::QuoteIdentifier(alias->get<std::string>());
    }
    return rendered.empty() ? sql : sql + " (" + Join(rendered, ", ") + ")";
  }

  const Config& config_;
  const Target& target_;
  const Json& credentials_;
  mutable DuckDbProfile out_;
};

}  // namespace

DuckDbProfile ReadDuckDbProfile(const Config& config) { return ProfileReader(config).Read(); }

}  // namespace eider::dbt
