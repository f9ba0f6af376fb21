#include "io/thrift_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace eider::io {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxIdle = 16;
constexpr std::string_view kScheme = "thrift://";

// What Thrift calls TApplicationException.
constexpr int16_t kFailureMessage = 1;
constexpr int16_t kFailureKind = 2;
constexpr int64_t kUnknownMethod = 1;

std::string SystemText(int code) { return std::system_category().message(code); }

// Milliseconds, for poll.
int TimeLeft(Clock::time_point deadline) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

bool WaitFor(int socket, short events, Clock::time_point deadline) {
  while (true) {
    pollfd wait{socket, events, 0};
    int ready = ::poll(&wait, 1, TimeLeft(deadline));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw Error(ErrorCode::kIo, SystemText(errno));
  }
}

// What the first byte of an answer says that is no Thrift; "" where it may be some.
const char* ForeignProtocol(unsigned char first) {
  switch (first) {
    case 0x15:
    case 0x16:
      return "TLS";
    case 'H':
      return "HTTP";
    // The statuses of Thrift's SASL negotiation.
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05:
      return "SASL, as with Kerberos";
    default:
      return "";
  }
}

}  // namespace

std::string ThriftAddress::ToString() const {
  bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}:{}", kScheme, is_ipv6 ? "[" + host + "]" : host, port);
}

std::vector<ThriftAddress> ParseThriftAddresses(std::string_view text, int default_port) {
  std::vector<ThriftAddress> addresses;
  for (const std::string& part : Split(text, ',')) {
    auto refuse = [&](const std::string& why) -> Error {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("\"{}\" is no address of a Thrift server: {}", part, why))
          .WithHint("It is written thrift://host:9083.");
    };
    std::string_view rest = Trim(part);
    if (!Lower(rest).starts_with(kScheme)) throw refuse("it does not begin with thrift://");
    rest.remove_prefix(kScheme.size());
    while (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find_first_of("/@?#") != std::string_view::npos) {
      throw refuse("it has more than a host and a port");
    }
    ThriftAddress address;
    address.port = default_port;
    size_t colon = rest.rfind(':');
    size_t bracket = rest.rfind(']');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
      std::string_view port = rest.substr(colon + 1);
      auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
      bool is_port = error == std::errc() && end == port.data() + port.size() && address.port > 0 &&
                     address.port < 65'536;
      if (!is_port) throw refuse("its port is none");
      rest = rest.substr(0, colon);
    }
    if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
    if (rest.empty()) throw refuse("it has no host");
    address.host = rest;
    addresses.push_back(std::move(address));
  }
  return addresses;
}

// Its errors do not name the address: Call does.
class ThriftClient::Connection : public ThriftSource {
 public:
  explicit Connection(int socket, std::string address)
      : socket_(socket), address_(std::move(address)) {}
  ~Connection() override { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::string& address() const { return address_; }

  // Whether the server has neither closed it nor sent what nobody asked for.
  bool IsQuiet() const {
    char byte;
    return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  void Begin(std::chrono::milliseconds timeout) {
    deadline_ = Clock::now() + timeout;
    received_.clear();
    taken_ = 0;
    any_received_ = false;
  }

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!WaitFor(socket_, POLLOUT, deadline_)) {
        throw Error(ErrorCode::kIo, "it took no more of the call");
      }
      ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) {
        if (errno == EINTR || errno == EAGAIN) continue;
        throw Error(ErrorCode::kIo, SystemText(errno));
      }
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  void Read(char* data, size_t size) override {
    while (size > 0) {
      if (taken_ == received_.size()) Receive();
      size_t count = std::min(size, received_.size() - taken_);
      std::memcpy(data, received_.data() + taken_, count);
      taken_ += count;
      data += count;
      size -= count;
    }
  }

  // Whether all that came was read.
  bool IsDrained() const { return taken_ == received_.size(); }

 private:
  void Receive() {
    received_.resize(16 << 10);
    taken_ = received_.size();
    while (true) {
      if (!WaitFor(socket_, POLLIN, deadline_)) {
        throw Error(ErrorCode::kIo, "no answer came in time");
      }
      ssize_t count = ::recv(socket_, received_.data(), received_.size(), MSG_DONTWAIT);
      if (count > 0) {
        received_.resize(static_cast<size_t>(count));
        break;
      }
      if (count == 0) throw Error(ErrorCode::kIo, "it closed the connection");
      if (errno != EINTR && errno != EAGAIN) throw Error(ErrorCode::kIo, SystemText(errno));
    }
    taken_ = 0;
    if (any_received_) return;
    any_received_ = true;
    std::string foreign = ForeignProtocol(static_cast<unsigned char>(received_[0]));
    if (foreign.empty()) return;
    throw Error(ErrorCode::kUnsupported, "it speaks " + foreign)
        .WithHint("Only servers without Kerberos, TLS and HTTP are spoken to.");
  }

  const int socket_;
  const std::string address_;
  Clock::time_point deadline_;
  std::string received_;
  size_t taken_ = 0;  // of received_
  bool any_received_ = false;
};

ThriftClient::ThriftClient(ThriftClientOptions options) : options_(std::move(options)) {}

ThriftClient::~ThriftClient() = default;

std::string ThriftClient::address() const {
  std::vector<std::string> texts;
  for (const ThriftAddress& address : options_.addresses) texts.push_back(address.ToString());
  return Join(texts, ",");
}

std::unique_ptr<ThriftClient::Connection> ThriftClient::Connect() const {
  std::string failures;
  for (const ThriftAddress& address : options_.addresses) {
    std::string text = address.ToString();
    std::string failure;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    int status =
        ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
    if (status != 0) failure = ::gai_strerror(status);
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> resolved(found, ::freeaddrinfo);
    for (addrinfo* one = status == 0 ? found : nullptr; one != nullptr; one = one->ai_next) {
      int socket = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      if (socket < 0) {
        failure = SystemText(errno);
        continue;
      }
      auto connection = std::make_unique<Connection>(socket, text);
      int error = ::connect(socket, one->ai_addr, one->ai_addrlen) == 0 ? 0 : errno;
      if (error == EINPROGRESS) {
        socklen_t size = sizeof error;
        if (!WaitFor(socket, POLLOUT, Clock::now() + options_.connect_timeout)) {
          error = ETIMEDOUT;
        } else if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
          error = errno;
        }
      }
      if (error == 0) {
        int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return connection;
      }
      failure = SystemText(error);
    }
    failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ", text, failure);
  }
  throw Error(ErrorCode::kIo, "cannot connect to " + failures);
}

std::unique_ptr<ThriftClient::Connection> ThriftClient::Take() {
  while (true) {
    std::unique_ptr<Connection> connection;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (idle_.empty()) break;
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    if (connection->IsQuiet()) return connection;
  }
  return Connect();
}

ThriftReply ThriftClient::Call(const std::string& method, const ThriftValue& arguments) {
  ThriftMessage call;
  call.method = method;
  call.body = arguments;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    call.sequence = ++last_sequence_;
  }
  std::string bytes = WriteThrift(call);
  std::unique_ptr<Connection> connection = Take();
  auto failed = [&](const Error& error, ErrorCode code) {
    Error named(code, fmt::format("{} of {}: {}", method, connection->address(), error.message()));
    if (!error.hint().empty()) named.WithHint(error.hint());
    return named;
  };
  connection->Begin(options_.timeout);
  try {
    connection->Send(bytes);
  } catch (const Error& error) {
    throw failed(error, ErrorCode::kIo);
  }
  ThriftMessage answer;
  try {
    answer = ReadThrift(*connection);
    bool is_answer = answer.kind == ThriftMessage::Kind::kReply ||
                     answer.kind == ThriftMessage::Kind::kException;
    if (!is_answer || answer.sequence != call.sequence) {
      throw Error(ErrorCode::kCorrupt, "the answer belongs to another call");
    }
  } catch (const Error& error) {
    bool foreign = error.code() == ErrorCode::kUnsupported;
    throw failed(error, foreign ? ErrorCode::kUnsupported : ErrorCode::kUnknownOutcome);
  }
  std::string address = connection->address();
  if (connection->IsDrained()) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(connection));
  }
  if (answer.kind == ThriftMessage::Kind::kReply) return {std::move(answer.body), ""};
  std::string failure = answer.body.TextAt(kFailureMessage);
  if (answer.body.IntegerAt(kFailureKind, 0) == kUnknownMethod) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} does not know the call {}: {}", address, method, failure));
  }
  return {{}, failure.empty() ? "it failed and does not say why" : failure};
}

}  // namespace eider::io
