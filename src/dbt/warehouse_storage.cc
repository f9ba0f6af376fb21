#include "dbt/warehouse_storage.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "dbt/secret.h"
#include "io/file_system.h"

namespace eider::dbt {

namespace {

std::string ScalarText(const Json& value, const std::string& name) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return value.dump();
  throw Error(ErrorCode::kInvalidArgument, fmt::format("`{}` of the profile is not text", name));
}

// What DuckDB calls things, in its secrets and, with "s3_" before it, in its settings.
struct DuckDbNames {
  const char* secret;
  const char* setting;
  const char* property;
};
constexpr DuckDbNames kNames[] = {
    {"key_id", "s3_access_key_id", "s3.access-key-id"},
    {"secret", "s3_secret_access_key", "s3.secret-access-key"},
    {"session_token", "s3_session_token", "s3.session-token"},
    {"region", "s3_region", "s3.region"},
    {"profile", "", "s3.profile-name"},
};

class Reader {
 public:
  Reader(const Json& credentials, const std::string& warehouse)
      : credentials_(credentials), location_(warehouse.empty() ? "" : io::ToLocation(warehouse)) {}

  io::StorageProperties Read() {
    if (const Json* settings = Find("settings")) {
      if (settings->is_object()) ReadDuckDb(*settings, &DuckDbNames::setting, "s3_");
    }
    if (const Json* secrets = Find("secrets")) {
      if (secrets->is_array()) {
        for (const Json& secret : *secrets) {
          if (IsForWarehouse(secret)) ReadDuckDb(secret, &DuckDbNames::secret, "");
        }
      }
    }
    if (const Json* storage = Find("storage")) {
      if (!storage->is_object()) {
        throw Error(ErrorCode::kInvalidArgument, "`storage` of the profile is not a mapping")
            .WithHint("Its keys are those of Iceberg, such as `s3.endpoint: http://minio:9000`.");
      }
      for (const auto& [name, value] : storage->items()) {
        if (!value.is_null()) properties_[name] = ScalarText(value, name);
      }
    }
    for (const char* name : {"s3.secret-access-key", "s3.session-token"}) {
      auto secret = properties_.find(name);
      if (secret != properties_.end()) RegisterSecret(secret->second);
    }
    return std::move(properties_);
  }

 private:
  const Json* Find(const char* key) const {
    auto found = credentials_.find(key);
    return found == credentials_.end() || found->is_null() ? nullptr : &*found;
  }

  // A secret without a scope is for everything.
  bool IsForWarehouse(const Json& secret) const {
    if (!secret.is_object() || !secret.contains("type")) return false;
    if (!EqualsIgnoreCase(ScalarText(secret["type"], "type"), "s3")) return false;
    auto scope = secret.find("scope");
    if (scope == secret.end() || scope->is_null()) return true;
    auto covers = [&](const Json& text) {
      return text.is_string() && (location_ + "/").starts_with(text.get<std::string>());
    };
    if (!scope->is_array()) return covers(*scope);
    for (const Json& item : *scope) {
      if (covers(item)) return true;
    }
    return false;
  }

  void ReadDuckDb(const Json& from, const char* DuckDbNames::*which, const std::string& prefix) {
    auto text = [&](const std::string& name) {
      auto found = from.find(name);
      return found == from.end() || found->is_null() ? "" : ScalarText(*found, name);
    };
    for (const DuckDbNames& names : kNames) {
      std::string value = *(names.*which) == '\0' ? "" : text(names.*which);
      if (!value.empty()) properties_[names.property] = value;
    }
    // Theirs has no scheme, which is told by a setting of its own.
    std::string endpoint = text(prefix + "endpoint");
    if (!endpoint.empty() && endpoint.find("://") == std::string::npos) {
      bool plain = Lower(text(prefix + "use_ssl")) == "false";
      endpoint = (plain ? "http://" : "https://") + endpoint;
    }
    if (!endpoint.empty()) properties_["s3.endpoint"] = endpoint;
    std::string style = Lower(text(prefix + "url_style"));
    if (!style.empty()) properties_["s3.path-style-access"] = style == "path" ? "true" : "false";
  }

  const Json& credentials_;
  std::string location_;
  io::StorageProperties properties_;
};

}  // namespace

io::StorageProperties WarehouseStorage(const Json& credentials, const std::string& warehouse) {
  if (!warehouse.empty() && !io::IsOnS3(warehouse)) return {};
  return Reader(credentials, warehouse).Read();
}

}  // namespace eider::dbt
