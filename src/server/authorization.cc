#include "server/authorization.h"

#include <algorithm>

#include "base/base64.h"
#include "base/text.h"

namespace eider::server {

namespace {

// RFC 6750, section 2.1: what a token is made of, and so nothing that could break a line.
bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  });
}

}  // namespace

Authorization ParseAuthorization(std::string_view field) {
  field = Trim(field);
  if (field.empty()) return {};
  size_t blank = std::min(field.find(' '), field.size());
  std::string_view scheme = field.substr(0, blank);
  std::string_view value = Trim(field.substr(blank));
  if (EqualsIgnoreCase(scheme, "Bearer") && IsToken(value)) {
    return {Authorization::Scheme::kBearer, std::string(value)};
  }
  if (EqualsIgnoreCase(scheme, "Basic")) {
    auto pair = FromBase64(value);
    size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon != std::string::npos) {
      return {Authorization::Scheme::kBasic, "", pair->substr(0, colon), pair->substr(colon + 1)};
    }
  }
  return {Authorization::Scheme::kUnknown};
}

}  // namespace eider::server
