#include "server/json_web_token.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>

#include "base/base64.h"

namespace eider::server {

namespace {

constexpr size_t kLongest = 16 << 10;

struct Algorithm {
  std::string_view name;
  JsonWebKey::Type type;
  const EVP_MD* (*digest)();
  bool is_pss = false;
  size_t curve_bytes = 0;  // of each half of the signature
};

using enum JsonWebKey::Type;

constexpr Algorithm kAlgorithms[] = {{"RS256", kRsa, EVP_sha256},
                                     {"RS384", kRsa, EVP_sha384},
                                     {"RS512", kRsa, EVP_sha512},
                                     {"PS256", kRsa, EVP_sha256, true},
                                     {"PS384", kRsa, EVP_sha384, true},
                                     {"PS512", kRsa, EVP_sha512, true},
                                     {"ES256", kP256, EVP_sha256, false, 32},
                                     {"ES384", kP384, EVP_sha384, false, 48}};

const Algorithm* FindAlgorithm(std::string_view name) {
  auto found = std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                            [&](const Algorithm& algorithm) { return algorithm.name == name; });
  return found == std::end(kAlgorithms) ? nullptr : found;
}

// An object that was encoded; null for anything else.
Json ReadObject(std::string_view text) {
  auto decoded = FromBase64Url(text);
  if (!decoded) return nullptr;
  Json json = TryParseJson(*decoded);
  return json.is_object() ? json : Json(nullptr);
}

// JSON Web Signatures have the two numbers of ECDSA side by side, OpenSSL has them in ASN.1.
std::string ToAsn1(const std::string& signature, size_t bytes) {
  if (signature.size() != 2 * bytes) return {};
  auto number = [&](size_t from) {
    return BN_bin2bn(reinterpret_cast<const unsigned char*>(signature.data()) + from,
                     static_cast<int>(bytes), nullptr);
  };
  std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  BIGNUM* r = number(0);
  BIGNUM* s = number(bytes);
  if (!pair || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* encoded = nullptr;
  int size = i2d_ECDSA_SIG(pair.get(), &encoded);
  std::string text;
  if (size > 0) text.assign(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
  OPENSSL_free(encoded);
  return text;
}

bool Verifies(const Algorithm& algorithm, EVP_PKEY* key, const std::string& text,
              const std::string& signature) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free);
  EVP_PKEY_CTX* settings = nullptr;
  if (!context ||
      EVP_DigestVerifyInit(context.get(), &settings, algorithm.digest(), nullptr, key) != 1) {
    return false;
  }
  if (algorithm.is_pss &&
      (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

}  // namespace

std::optional<JsonWebToken> ParseJsonWebToken(std::string_view text) {
  if (text.size() > kLongest || std::count(text.begin(), text.end(), '.') != 2) return std::nullopt;
  size_t first = text.find('.');
  size_t second = text.find('.', first + 1);
  Json header = ReadObject(text.substr(0, first));
  if (header.is_null() || header.contains("crit") || !header.contains("alg") ||
      !header["alg"].is_string()) {
    return std::nullopt;
  }
  JsonWebToken token;
  token.algorithm = header["alg"].get<std::string>();
  if (FindAlgorithm(token.algorithm) == nullptr) return std::nullopt;
  if (auto id = header.find("kid"); id != header.end()) {
    if (!id->is_string()) return std::nullopt;
    token.key_id = id->get<std::string>();
  }
  token.claims = ReadObject(text.substr(first + 1, second - first - 1));
  auto signature = FromBase64Url(text.substr(second + 1));
  if (token.claims.is_null() || !signature || signature->empty()) return std::nullopt;
  token.signed_text = text.substr(0, second);
  token.signature = std::move(*signature);
  return token;
}

bool IsSignedBy(const JsonWebToken& token, const JsonWebKey& key) {
  const Algorithm* algorithm = FindAlgorithm(token.algorithm);
  if (algorithm == nullptr || algorithm->type != key.type) return false;
  if (!key.algorithm.empty() && key.algorithm != token.algorithm) return false;
  std::string signature = algorithm->curve_bytes > 0
                              ? ToAsn1(token.signature, algorithm->curve_bytes)
                              : token.signature;
  if (signature.empty()) return false;
  bool verifies = Verifies(*algorithm, key.key.get(), token.signed_text, signature);
  ERR_clear_error();
  return verifies;
}

}  // namespace eider::server
