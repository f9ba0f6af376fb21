#include "server/http_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "server/client_certificate.h"

namespace eider::server {

HttpStream::HttpStream(int socket, std::shared_ptr<ssl_ctx_st> tls)
    : socket_(socket), context_(std::move(tls)) {
  if (!context_) return;
  tls_ = SSL_new(context_.get());
  if (tls_) {
    SSL_set_fd(tls_, socket_);
    SSL_set_accept_state(tls_);
  }
}

HttpStream::~HttpStream() {
  if (tls_) {
    if (!broken_ && SSL_is_init_finished(tls_)) SSL_shutdown(tls_);
    SSL_free(tls_);
    ERR_clear_error();
  }
  close(socket_);
}

HttpStream::Result HttpStream::TlsResult(int returned) {
  if (returned > 0) return {Status::kDone, static_cast<size_t>(returned)};
  switch (SSL_get_error(tls_, returned)) {
    case SSL_ERROR_WANT_READ:
      return {Status::kWantRead};
    case SSL_ERROR_WANT_WRITE:
      return {Status::kWantWrite};
    case SSL_ERROR_ZERO_RETURN:
      return {Status::kEnd};
    default:
      broken_ = true;
      return {Status::kFailed};
  }
}

HttpStream::Result HttpStream::Handshake() {
  if (!context_) return {};
  if (!tls_) return {Status::kFailed};
  ERR_clear_error();
  Result result = TlsResult(SSL_do_handshake(tls_));
  if (result.status == Status::kFailed && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
    met_plain_http_ = true;
    SSL_free(std::exchange(tls_, nullptr));
  }
  return result;
}

std::shared_ptr<const ClientCertificate> HttpStream::certificate() const {
  return tls_ ? ReadClientCertificate(tls_) : nullptr;
}

HttpStream::Result HttpStream::Read(char* data, size_t size) {
  if (tls_) {
    ERR_clear_error();
    return TlsResult(SSL_read(tls_, data, static_cast<int>(size)));
  }
  while (true) {
    ssize_t count = recv(socket_, data, size, 0);
    if (count > 0) return {Status::kDone, static_cast<size_t>(count)};
    if (count == 0) return {Status::kEnd};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Status::kWantRead};
    return {Status::kFailed};
  }
}

bool HttpStream::HasUnread() const { return tls_ && SSL_has_pending(tls_); }

HttpStream::Result HttpStream::Write(std::string_view head, std::string_view body) {
  if (tls_) {
    std::string_view first = head.empty() ? body : head;
    ERR_clear_error();
    return TlsResult(SSL_write(tls_, first.data(), static_cast<int>(first.size())));
  }
  iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                    {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  while (true) {
    ssize_t count = sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (count >= 0) return {Status::kDone, static_cast<size_t>(count)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Status::kWantWrite};
    return {Status::kFailed};
  }
}

void HttpStream::FinishWriting() {
  if (tls_ && !broken_) {
    ERR_clear_error();
    SSL_shutdown(tls_);
  }
  shutdown(socket_, SHUT_WR);
}

}  // namespace eider::server
