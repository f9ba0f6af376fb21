// The field Authorization of a request (RFC 9110, section 11.6.2; RFC 6750; RFC 7617).
#pragma once

#include <string>
#include <string_view>

namespace eider::server {

struct Authorization {
  enum class Scheme { kNone, kBearer, kBasic, kUnknown };
  Scheme scheme = Scheme::kNone;
  std::string token = {};     // kBearer
  std::string user = {};      // kBasic
  std::string password = {};  // kBasic
};

// kNone for an empty field; kUnknown for another scheme, and for what does not have the scheme's
// form.
Authorization ParseAuthorization(std::string_view field);

}  // namespace eider::server
