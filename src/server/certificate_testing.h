// Authorities and certificates for tests, made on the spot.
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/uuid.h"

namespace eider::server {

// Paths of PEM files.
struct TestCertificate {
  std::string certificate;
  std::string key;
};

class TestAuthority {
 public:
  struct Wish {
    std::string name;                                   // CN
    std::string alternative_names = {};                 // "DNS:a.example.org,URI:spiffe://x"
    std::string usage = "clientAuth";                   // "" for any
    long from_seconds = -60;
    long to_seconds = 3600;
  };

  TestAuthority(std::string folder, const std::string& name)
      : folder_(std::move(folder)), name_(name), key_(NewKey()), certificate_(NewCertificate(name)) {
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    X509_set_pubkey(certificate_.get(), key_.get());
    Add(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  }

  // The file in which the authority's own certificate stands.
  std::string File() {
    std::string path = folder_ + "/" + name_ + ".pem";
    Write(path, certificate_.get());
    return path;
  }

  TestCertificate Issue(const Wish& wish) {
    Key key = NewKey();
    Certificate certificate = NewCertificate(wish.name);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.to_seconds);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    X509_set_pubkey(certificate.get(), key.get());
    if (!wish.usage.empty()) Add(certificate.get(), NID_ext_key_usage, wish.usage);
    if (!wish.alternative_names.empty()) {
      Add(certificate.get(), NID_subject_alt_name, wish.alternative_names);
    }
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    std::string path = folder_ + "/" + NewUuid();
    Write(path + ".crt", certificate.get());
    FILE* file = std::fopen((path + ".key").c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    return {path + ".crt", path + ".key"};
  }

 private:
  using Key = std::shared_ptr<EVP_PKEY>;
  using Certificate = std::shared_ptr<X509>;

  static Key NewKey() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

  static Certificate NewCertificate(const std::string& name) {
    Certificate certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate.get()), NewRandomId() >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("Example"), -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
    return certificate;
  }

  static void Add(X509* certificate, int what, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static void Write(const std::string& path, X509* certificate) {
    FILE* file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
  }

  std::string folder_;
  std::string name_;
  Key key_;
  Certificate certificate_;
};

}  // namespace eider::server
