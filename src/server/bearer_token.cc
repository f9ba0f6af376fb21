#include "server/bearer_token.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/uuid.h"

namespace eider::server {

namespace {

constexpr std::string_view kPrefix = "eider_";
constexpr size_t kIdDigits = 12;
constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretLetters = 43;

}  // namespace

BearerToken NewBearerToken() {
  BearerToken token;
  for (char byte : NewRandomBytes(kIdDigits / 2)) {
    token.id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  token.text = fmt::format("{}{}_{}", kPrefix, token.id, Base64Url(NewRandomBytes(kSecretBytes)));
  return token;
}

std::string_view IdOfBearerToken(std::string_view text) {
  constexpr size_t kSize = kPrefix.size() + kIdDigits + 1 + kSecretLetters;
  if (text.size() != kSize || !text.starts_with(kPrefix)) return {};
  std::string_view id = text.substr(kPrefix.size(), kIdDigits);
  bool is_id = id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_id && text[kPrefix.size() + kIdDigits] == '_' ? id : std::string_view();
}

std::string HashOfBearerToken(std::string_view text) { return Sha256Hex(text); }

}  // namespace eider::server
