// Certificates of the server.
#pragma once

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace eider::server {

struct TlsFiles {
  std::string certificate;  // PEM: the server's certificate, then those that lead to the issuer
  std::string key;          // PEM
};

// What connections are made from, in TLS 1.2 or newer. A connection holds on to the one it began
// with. Throws kNotFound and kInvalidArgument naming the file: one that is absent, is no PEM, or a
// key that does not belong to the certificate.
std::shared_ptr<ssl_ctx_st> LoadTls(const TlsFiles& files);

}  // namespace eider::server
