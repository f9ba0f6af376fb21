#include "catalog/rest_properties.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "catalog/property_names.h"

namespace eider::catalog {

namespace {

constexpr std::string_view kNames[] = {
    "uri",
    "warehouse",
    "prefix",
    "token",
    "token-file",
    "credential",
    "credential-file",
    "oauth2-server-uri",
    "scope",
    "audience",
    "resource",
    "token-exchange-enabled",
    "rest.sigv4-enabled",
    "rest.signing-name",
    "rest.signing-region",
    "rest.access-key-id",
    "rest.secret-access-key",
    "rest.session-token",
    "rest-page-size",
    "rest.client.retry-timeout-ms",
    "namespace-separator",
    "view-endpoints-supported",
    "purge-requested",
    "ssl.cabundle",
};

// Headers of the user's own, to be sent with each request: "header.X-Tenant".
constexpr std::string_view kHeader = "header.";

}  // namespace

std::string FindRestProperty(std::string_view written) {
  if (Lower(written).starts_with(kHeader)) return std::string(written);
  return FindPropertyName(written, kNames);
}

std::string RestPropertyName(std::string_view written) {
  if (Lower(written).starts_with(kHeader)) return std::string(written);
  return RequirePropertyName(written, kNames, "REST catalogs");
}

bool IsSecretRestProperty(std::string_view name) {
  return name == "token" || name == "credential" || name == "rest.secret-access-key" ||
         name == "rest.session-token" || name.starts_with(kHeader);
}

std::string RestProperty(const RestProperties& properties, const std::string& name) {
  auto found = properties.find(name);
  return found == properties.end() ? "" : found->second;
}

int64_t RestNumber(const RestProperties& properties, const std::string& name, int64_t fallback) {
  std::string text = RestProperty(properties, name);
  if (text.empty()) return fallback;
  int64_t value = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= 0) return value;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is a number, not \"{}\"", name, text));
}

bool RestFlag(const RestProperties& properties, const std::string& name, bool fallback) {
  std::string value = Lower(RestProperty(properties, name));
  if (value.empty()) return fallback;
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} is true or false, not \"{}\"", name, value));
}

}  // namespace eider::catalog
