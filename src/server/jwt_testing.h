// An issuer of JSON Web Tokens for tests: keys, key sets, and tokens good and bad.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>

#include "base/base64.h"
#include "base/json.h"

namespace eider::server {

class TestJwtKey {
 public:
  // "RSA", "P-256" or "P-384".
  explicit TestJwtKey(std::string kind, std::string id = "k1", unsigned bits = 2048)
      : kind_(std::move(kind)), id_(std::move(id)) {
    key_.reset(kind_ == "RSA" ? EVP_RSA_gen(bits) : EVP_EC_gen(kind_.c_str()), EVP_PKEY_free);
  }

  const std::string& id() const { return id_; }

  Json Public() const {
    if (kind_ == "RSA") {
      return {{"kty", "RSA"},
              {"kid", id_},
              {"n", Number(OSSL_PKEY_PARAM_RSA_N, 0)},
              {"e", Number(OSSL_PKEY_PARAM_RSA_E, 0)}};
    }
    int bytes = kind_ == "P-256" ? 32 : 48;
    return {{"kty", "EC"},
            {"kid", id_},
            {"crv", kind_},
            {"x", Number(OSSL_PKEY_PARAM_EC_PUB_X, bytes)},
            {"y", Number(OSSL_PKEY_PARAM_EC_PUB_Y, bytes)}};
  }

  // The public key as others might have it lying about: what is passed off as a shared secret.
  std::string PublicPem() const {
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(memory, key_.get());
    char* data = nullptr;
    long size = BIO_get_mem_data(memory, &data);
    std::string pem(data, static_cast<size_t>(size));
    BIO_free(memory);
    return pem;
  }

  std::string Sign(const std::string& text, const std::string& algorithm) const {
    const EVP_MD* digest = algorithm.ends_with("256")   ? EVP_sha256()
                           : algorithm.ends_with("384") ? EVP_sha384()
                                                        : EVP_sha512();
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free);
    EVP_PKEY_CTX* settings = nullptr;
    EVP_DigestSignInit(context.get(), &settings, digest, nullptr, key_.get());
    if (algorithm.starts_with("PS")) {
      EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST);
    }
    auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                   text.size());
    signature.resize(size);
    return kind_ == "RSA" ? signature : FromAsn1(signature, kind_ == "P-256" ? 32 : 48);
  }

  std::string Token(const Json& claims, const std::string& algorithm, Json header = {}) const {
    if (!header.contains("alg")) header["alg"] = algorithm;
    if (!header.contains("kid")) header["kid"] = id_;
    std::string text = Base64Url(header.dump()) + "." + Base64Url(claims.dump());
    return text + "." + Base64Url(Sign(text, algorithm));
  }

 private:
  std::string Number(const char* name, int bytes) const {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &number);
    if (bytes == 0) bytes = BN_num_bytes(number);
    std::string text(static_cast<size_t>(bytes), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()), bytes);
    BN_free(number);
    return Base64Url(text);
  }

  static std::string FromAsn1(const std::string& signature, int bytes) {
    auto* data = reinterpret_cast<const unsigned char*>(signature.data());
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(signature.size()));
    std::string text(2 * static_cast<size_t>(bytes), '\0');
    auto* out = reinterpret_cast<unsigned char*>(text.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, bytes);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + bytes, bytes);
    ECDSA_SIG_free(pair);
    return text;
  }

  std::string kind_;
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

inline std::string KeySetOf(const std::vector<Json>& keys) { return Json{{"keys", keys}}.dump(); }

}  // namespace eider::server
