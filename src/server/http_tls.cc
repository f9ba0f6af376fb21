#include "server/http_tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace eider::server {

namespace {

// The reason of the oldest error OpenSSL noted on this thread; forgets the rest.
std::string TlsReason() {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "unknown error";
}

void RequireReadable(const std::string& file, const char* what) {
  if (access(file.c_str(), R_OK) == 0) return;
  throw Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument,
              fmt::format("cannot read the TLS {} {}: {}", what, file, std::strerror(errno)));
}

// HTTP/1.1 is all there is; a client that offers something else besides gets it.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* length,
                   const unsigned char* offered, unsigned int offered_length, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  auto** out = const_cast<unsigned char**>(chosen);
  int outcome =
      SSL_select_next_proto(out, length, kHttp11, sizeof(kHttp11) - 1, offered, offered_length);
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// What clients show is held against these authorities alone, and not the system's.
void AskForCertificates(SSL_CTX* context, const TlsFiles& files) {
  RequireReadable(files.client_authorities, "authorities");
  const char* path = files.client_authorities.c_str();
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(path);
  if (names == nullptr || SSL_CTX_load_verify_locations(context, path, nullptr) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} holds no certificates of authorities: {}", path, TlsReason()))
        .WithHint("It must be in PEM form.");
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(
      context,
      SSL_VERIFY_PEER | (files.requires_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
      nullptr);
  // A session that is resumed brings the certificate of the first handshake along; only with this
  // name may it be resumed at all.
  static constexpr unsigned char kName[] = "eider";
  SSL_CTX_set_session_id_context(context, kName, sizeof(kName) - 1);
}

}  // namespace

std::shared_ptr<ssl_ctx_st> LoadTls(const TlsFiles& files) {
  RequireReadable(files.certificate, "certificate");
  RequireReadable(files.key, "key");
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) throw Error(ErrorCode::kInternal, "TLS cannot be set up: " + TlsReason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // HTTP says itself where a message ends, so a peer that hangs up without TLS's farewell cuts
  // nothing off unseen, and can still be told that it was too slow.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Idle connections keep no buffers; writes go on from wherever the rest of the answer lies.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);

  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} holds no certificate: {}", files.certificate, TlsReason()))
        .WithHint("It must be in PEM form, the server's own certificate first.");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} holds no key for the certificate {}: {}", files.key,
                            files.certificate, TlsReason()))
        .WithHint("It must be in PEM form and without a passphrase.");
  }
  if (!files.client_authorities.empty()) AskForCertificates(context.get(), files);
  return context;
}

}  // namespace eider::server
