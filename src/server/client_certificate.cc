#include "server/client_certificate.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string_view>

namespace eider::server {

namespace {

constexpr size_t kMostNames = 100;

// With what is no printable ASCII escaped, so that no two subjects are shown alike.
std::string TextOf(const X509_NAME* name) {
  std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  long size = BIO_get_mem_data(text.get(), &data);
  return {data, static_cast<size_t>(std::max(size, 0L))};
}

// A name as it is written; one with a zero or a control character in it, by which others have been
// fooled, is nobody's.
void AddName(const char* kind, const ASN1_STRING* value, std::vector<std::string>& groups) {
  std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                        static_cast<size_t>(ASN1_STRING_length(value)));
  bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(),
                                               [](char c) { return c > 0x20 && c < 0x7F; });
  if (is_plain && groups.size() < kMostNames) {
    groups.push_back(std::string("certificate/") + kind + ":" + std::string(text));
  }
}

void AddCommonName(const X509_NAME* subject, std::vector<std::string>& groups) {
  int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  // Of several it could not be said which is meant.
  if (place < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, place) >= 0) return;
  AddName("cn", X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)), groups);
}

void AddAlternativeNames(const X509* certificate, std::vector<std::string>& groups) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) AddName("dns", name->d.dNSName, groups);
    if (name->type == GEN_EMAIL) AddName("email", name->d.rfc822Name, groups);
    if (name->type == GEN_URI) AddName("uri", name->d.uniformResourceIdentifier, groups);
  }
  GENERAL_NAMES_free(names);
}

}  // namespace

std::shared_ptr<const ClientCertificate> ReadClientCertificate(ssl_st* tls) {
  X509* certificate = SSL_get0_peer_certificate(tls);
  if (certificate == nullptr || SSL_get_verify_result(tls) != X509_V_OK) return nullptr;
  auto read = std::make_shared<ClientCertificate>();
  const X509_NAME* subject = X509_get_subject_name(certificate);
  read->subject = TextOf(subject);
  AddCommonName(subject, read->groups);
  AddAlternativeNames(certificate, read->groups);
  return read;
}

}  // namespace eider::server
