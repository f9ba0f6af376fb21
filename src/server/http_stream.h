// The bytes of one connection, plain or under TLS. Nothing here waits: what cannot be done now says
// what to wait for.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace eider::server {

struct ClientCertificate;

class HttpStream {
 public:
  enum class Status { kDone, kWantRead, kWantWrite, kEnd, kFailed };
  struct Result {
    Status status = Status::kDone;
    size_t count = 0;  // kDone: bytes read or written
  };

  // Takes over a connected, non-blocking socket. `tls` is null for a plain one.
  HttpStream(int socket, std::shared_ptr<ssl_ctx_st> tls);
  ~HttpStream();
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  int socket() const { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }

  // To be called until it is done, before anything else.
  Result Handshake();
  // After a failed handshake: the other side spoke plain HTTP to a port of TLS, and can be told so
  // in kind, for from here on the stream is plain.
  bool met_plain_http() const { return met_plain_http_; }
  // What the other side showed in the handshake; nullptr for nothing.
  std::shared_ptr<const ClientCertificate> certificate() const;

  Result Read(char* data, size_t size);
  // Bytes were decrypted and not read yet: the socket will not tell of them.
  bool HasUnread() const;
  // Writes from the front of `head`, then `body`. Under TLS a write that wanted to wait has to be
  // tried again with the same bytes.
  Result Write(std::string_view head, std::string_view body);
  // Says that nothing more will be written.
  void FinishWriting();

 private:
  Result TlsResult(int returned);

  int socket_;
  std::shared_ptr<ssl_ctx_st> context_;
  ssl_st* tls_ = nullptr;
  bool met_plain_http_ = false;
  bool broken_ = false;  // TLS failed: not even a farewell can be sent
};

}  // namespace eider::server
