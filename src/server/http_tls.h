// Certificates of the server, and which of clients it trusts.
#pragma once

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace eider::server {

struct TlsFiles {
  std::string certificate;  // PEM: the server's certificate, then those that lead to the issuer
  std::string key;          // PEM
  // PEM: the authorities that sign clients' certificates; "" where no client is asked for one.
  std::string client_authorities = {};
  bool requires_client_certificate = false;  // the handshake ends for a client without one
};

// What connections are made from, in TLS 1.2 or newer. A connection holds on to the one it began
// with. Throws kNotFound and kInvalidArgument naming the file: one that is absent, is no PEM, or a
// key that does not belong to the certificate.
std::shared_ptr<ssl_ctx_st> LoadTls(const TlsFiles& files);

}  // namespace eider::server
