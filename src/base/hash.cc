#include "base/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/error.h"

namespace eider {

namespace {

std::string HexDigest(const EVP_MD* algorithm, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  if (EVP_Digest(data.data(), data.size(), digest.data(), &length, algorithm, nullptr) != 1) {
    throw Error(ErrorCode::kInternal, "OpenSSL refused to compute a digest");
  }
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

std::string Md5Hex(std::string_view data) { return HexDigest(EVP_md5(), data); }
std::string Sha1Hex(std::string_view data) { return HexDigest(EVP_sha1(), data); }
std::string Sha256Hex(std::string_view data) { return HexDigest(EVP_sha256(), data); }

}  // namespace eider
