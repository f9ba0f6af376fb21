#include "server/json_web_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"

namespace eider::server {

namespace {

constexpr int kFewestRsaBits = 2048;
// What takes longer to verify than a token is worth.
constexpr int kMostRsaBits = 8192;
constexpr size_t kMostKeys = 100;

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;

std::string TextOf(const Json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// nullopt where it is absent or no base64url.
std::optional<std::string> BytesOf(const Json& object, const char* key) {
  std::string text = TextOf(object, key);
  return text.empty() ? std::nullopt : FromBase64Url(text);
}

Number ToNumber(const std::string& bytes) {
  return {BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()), nullptr),
          BN_free};
}

// nullptr where the parts make no key.
std::shared_ptr<EVP_PKEY> Assemble(const char* kind, OSSL_PARAM_BLD* builder) {
  std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parts(OSSL_PARAM_BLD_to_param(builder),
                                                                OSSL_PARAM_free);
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  bool made = parts && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parts.get()) == 1;
  std::shared_ptr<EVP_PKEY> owned(key, EVP_PKEY_free);
  ERR_clear_error();
  return made ? owned : nullptr;
}

std::shared_ptr<EVP_PKEY> RsaKey(const Json& json) {
  auto modulus = BytesOf(json, "n");
  auto exponent = BytesOf(json, "e");
  if (!modulus || !exponent) return nullptr;
  Number n = ToNumber(*modulus);
  Number e = ToNumber(*exponent);
  int bits = BN_num_bits(n.get());
  if (bits < kFewestRsaBits || bits > kMostRsaBits || BN_num_bits(e.get()) > 64 ||
      !BN_is_odd(e.get()) || BN_is_one(e.get())) {
    return nullptr;
  }
  Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return Assemble("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> CurveKey(const Json& json, const char* curve, size_t bytes) {
  auto x = BytesOf(json, "x");
  auto y = BytesOf(json, "y");
  if (!x || !y || x->size() != bytes || y->size() != bytes) return nullptr;
  std::string point = "\x04" + *x + *y;
  Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  auto key = Assemble("EC", builder.get());
  if (!key) return nullptr;
  // A point that does not lie on the curve makes no key.
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr), EVP_PKEY_CTX_free);
  bool valid = context && EVP_PKEY_public_check(context.get()) == 1;
  ERR_clear_error();
  return valid ? key : nullptr;
}

std::optional<JsonWebKey> ReadKey(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  std::string use = TextOf(json, "use");
  if (!use.empty() && use != "sig") return std::nullopt;
  JsonWebKey key;
  key.id = TextOf(json, "kid");
  key.algorithm = TextOf(json, "alg");
  std::string type = TextOf(json, "kty");
  std::string curve = TextOf(json, "crv");
  if (type == "RSA") {
    key.type = JsonWebKey::Type::kRsa;
    key.key = RsaKey(json);
  } else if (type == "EC" && curve == "P-256") {
    key.type = JsonWebKey::Type::kP256;
    key.key = CurveKey(json, "P-256", 32);
  } else if (type == "EC" && curve == "P-384") {
    key.type = JsonWebKey::Type::kP384;
    key.key = CurveKey(json, "P-384", 48);
  }
  return key.key ? std::optional(std::move(key)) : std::nullopt;
}

}  // namespace

std::vector<JsonWebKey> ParseJsonWebKeys(std::string_view text) {
  Json json = TryParseJson(text);
  auto list = json.is_object() ? json.find("keys") : json.end();
  if (!json.is_object() || list == json.end() || !list->is_array()) {
    throw Error(ErrorCode::kSyntax, "there is no set of JSON Web Keys: it has a list \"keys\"");
  }
  std::vector<JsonWebKey> keys;
  for (const Json& item : *list) {
    if (keys.size() == kMostKeys) break;
    if (auto key = ReadKey(item)) keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace eider::server
