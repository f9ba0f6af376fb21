#include "server/http_server.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "server/http_connection.h"
#include "server/listen_address.h"

namespace eider::server {

namespace {

using std::chrono::milliseconds;

constexpr size_t kBufferBytes = 64 << 10;
constexpr int kBacklog = 4096;
// Other events have their turn between so many new connections.
constexpr int kAcceptsAtOnce = 64;

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Error SystemError(const std::string& what) {
  return Error(ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(errno)));
}

// Signals are for the program's main thread. A write to a connection that is gone fails instead of
// ending the program, under TLS too, where it cannot be said at the write itself.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// The usual limit of 1,024 is there for programs that use select().
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpHandler handler);
  ~Impl();

  uint16_t port() const { return port_; }
  std::string url() const {
    ListenAddress address{host_name_, port_};
    return (has_tls_ ? "https://" : "http://") + address.ToString();
  }
  HttpServerCounts counts();
  void ReloadTls(const TlsFiles& files);
  void SetLimits(const HttpLimits& limits);
  void BeginStop();
  bool WaitUntilDrained(milliseconds patience);

 private:
  // What an event of the epoll belongs to.
  struct Target {
    enum class Kind { kQuit, kListener, kConnection } kind;
  };
  struct Listener : Target {
    FileDescriptor socket;
  };
  struct Client : Target {
    Client(int socket, std::string peer, std::shared_ptr<ssl_ctx_st> tls,
           std::shared_ptr<const HttpLimits> limits, HttpConnectionHost& host)
        : Target{Kind::kConnection},
          connection(socket, std::move(peer), std::move(tls), std::move(limits), host) {}
    HttpConnection connection;
    bool watched = false;
    // Passes from thread to thread with the event. The kernel orders what both do; this says so in
    // terms of the language.
    std::atomic<bool> settled = false;
    std::list<std::unique_ptr<Client>>::iterator place;
  };

  void Listen(const std::string& text);
  void Arm(Listener& listener, int operation);
  void Work();
  void Keep();
  void Accept(Listener& listener);
  void Admit(int socket, const SocketAddress& peer);
  // Takes a client as far as it goes, and those that were waiting for a handler after it.
  void Drive(Client* client, char* buffer);
  HttpConnection::Next Advance(Client& client, char* buffer);
  // After it, the client belongs to another thread or is gone.
  void Settle(Client& client, HttpConnection::Next next);
  // Whether the client may run its handler; else it stands in the queue.
  bool EnterHandler(Client& client);
  void Queue(Client& client);
  // The client whose turn it is now, if one waits.
  Client* LeaveHandler();

  HttpConnectionHost host_;
  std::string host_name_;
  uint16_t port_ = 0;
  bool has_tls_ = false;

  FileDescriptor epoll_;
  FileDescriptor quit_event_;
  Target quit_target_{Target::Kind::kQuit};
  std::list<Listener> listeners_;
  std::atomic<bool> starved_ = false;  // no descriptor was left for a new connection

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::unique_ptr<Client>> clients_;
  std::shared_ptr<const HttpLimits> limits_;
  std::shared_ptr<ssl_ctx_st> tls_;
  bool quitting_ = false;
  uint64_t accepted_ = 0;
  uint64_t refused_ = 0;

  std::mutex handler_mutex_;
  size_t handler_limit_;
  size_t handling_ = 0;
  std::deque<Client*> queue_;

  std::vector<std::thread> threads_;
};

HttpServer::Impl::Impl(HttpServerOptions options, HttpHandler handler)
    : limits_(std::make_shared<HttpLimits>(options.limits)),
      handler_limit_(options.handlers > 0 ? static_cast<size_t>(options.handlers)
                                          : std::max(8U, 4 * std::thread::hardware_concurrency())) {
  host_.handler = std::move(handler);
  host_.admit = std::move(options.admit);
  host_.on_exchange = std::move(options.on_exchange);
  if (options.tls) tls_ = LoadTls(*options.tls);
  has_tls_ = tls_ != nullptr;
  RaiseDescriptorLimit();

  epoll_ = FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
  quit_event_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &quit_target_;
  if (epoll_.get() < 0 || quit_event_.get() < 0 ||
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, quit_event_.get(), &event) != 0) {
    throw SystemError("the server cannot be set up");
  }
  Listen(options.listen);
  // One more than may be in handlers.
  for (size_t i = 0; i < handler_limit_ + 1; ++i) threads_.emplace_back([this] { Work(); });
  threads_.emplace_back([this] { Keep(); });
  for (Listener& listener : listeners_) Arm(listener, EPOLL_CTL_ADD);
}

HttpServer::Impl::~Impl() {
  BeginStop();
  {
    std::unique_lock<std::mutex> lock(mutex_);
    for (auto& client : clients_) client->connection.CutOff();
    // A handler that runs is waited for: what it uses may go right after us.
    changed_.wait(lock, [this] { return clients_.empty(); });
    quitting_ = true;
  }
  changed_.notify_all();
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(quit_event_.get(), &one, sizeof one);
  for (std::thread& thread : threads_) thread.join();
}

void HttpServer::Impl::Listen(const std::string& text) {
  ListenAddress wanted = ParseListenAddress(text);
  host_name_ = wanted.host;
  port_ = wanted.port;
  for (SocketAddress& address : Resolve(wanted)) {
    // Where port 0 was asked for, all addresses of the name get the port of the first.
    address.SetPort(port_);
    FileDescriptor socket(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    // A machine without IPv6 may still have names for it.
    if (socket.get() < 0 && errno == EAFNOSUPPORT) continue;
    int on = 1;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.storage.ss_family == AF_INET6) {
      setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
    if (bind(socket.get(), raw, address.size) != 0 || listen(socket.get(), kBacklog) != 0) {
      if (errno == EADDRNOTAVAIL && !listeners_.empty()) continue;
      ListenAddress at{wanted.host, port_};
      Error error = SystemError("cannot listen at " + at.ToString());
      if (errno == EADDRINUSE) {
        error.WithHint("Another program has the port: choose one with --listen HOST:PORT.");
      }
      throw error;
    }
    getsockname(socket.get(), raw, &address.size);
    port_ = address.port();
    listeners_.push_back({{Target::Kind::kListener}, std::move(socket)});
  }
  if (listeners_.empty()) {
    throw Error(ErrorCode::kIo, fmt::format("this machine has no address '{}'", wanted.host));
  }
}

void HttpServer::Impl::Arm(Listener& listener, int operation) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.ptr = static_cast<Target*>(&listener);
  epoll_ctl(epoll_.get(), operation, listener.socket.get(), &event);
}

void HttpServer::Impl::Work() {
  BlockSignals();
  auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  while (true) {
    epoll_event event{};
    // One at a time: what else is ready is for the other threads.
    if (epoll_wait(epoll_.get(), &event, 1, -1) < 1) continue;
    auto* target = static_cast<Target*>(event.data.ptr);
    switch (target->kind) {
      case Target::Kind::kQuit:
        return;
      case Target::Kind::kListener:
        Accept(*static_cast<Listener*>(target));
        break;
      case Target::Kind::kConnection:
        static_cast<Client*>(target)->settled.load(std::memory_order_acquire);
        Drive(static_cast<Client*>(target), buffer.get());
        break;
    }
  }
}

// Time limits.
void HttpServer::Impl::Keep() {
  BlockSignals();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!quitting_) {
    milliseconds shortest = std::min(limits_->request_time, limits_->idle_time);
    changed_.wait_for(lock, std::clamp(shortest / 8, milliseconds(10), milliseconds(1000)));
    auto now = std::chrono::steady_clock::now();
    for (auto& client : clients_) client->connection.Expire(now);
    if (starved_.exchange(false)) {
      for (Listener& listener : listeners_) Arm(listener, EPOLL_CTL_MOD);
    }
  }
}

void HttpServer::Impl::Accept(Listener& listener) {
  for (int i = 0; i < kAcceptsAtOnce && !host_.draining; ++i) {
    SocketAddress peer;
    peer.size = sizeof peer.storage;
    int socket = accept4(listener.socket.get(), reinterpret_cast<sockaddr*>(&peer.storage),
                         &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      Admit(socket, peer);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // Trying on at once would only burn the processor.
      starved_ = true;
      return;
    }
  }
  if (!host_.draining) Arm(listener, EPOLL_CTL_MOD);
}

void HttpServer::Impl::Admit(int socket, const SocketAddress& peer) {
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  Client* client = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++accepted_;
    if (host_.draining || clients_.size() >= limits_->connections) {
      ++refused_;
      if (!tls_) {
        constexpr std::string_view kBusy =
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n";
        send(socket, kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      }
      close(socket);
      return;
    }
    clients_.push_back(std::make_unique<Client>(socket, peer.ToString(), tls_, limits_, host_));
    client = clients_.back().get();
    client->place = std::prev(clients_.end());
  }
  Settle(*client, HttpConnection::Next::kReadable);
}

HttpConnection::Next HttpServer::Impl::Advance(Client& client, char* buffer) {
  try {
    return client.connection.Advance(buffer, kBufferBytes);
  } catch (const std::exception&) {
    // No memory for one request: the others go on.
    return HttpConnection::Next::kClose;
  }
}

void HttpServer::Impl::Drive(Client* client, char* buffer) {
  using Next = HttpConnection::Next;
  bool may_handle = false;
  while (client) {
    Client* following = nullptr;
    Next next = may_handle ? Next::kHandle : Advance(*client, buffer);
    while (true) {
      if (next != Next::kHandle) {
        Settle(*client, next);
        break;
      }
      if (!may_handle) {
        // A client with several requests at once does not go before those that wait.
        if (following) {
          Queue(*client);
          break;
        }
        if (!EnterHandler(*client)) break;
      }
      may_handle = false;
      bool handled = true;
      try {
        client->connection.Handle();
      } catch (const std::exception&) {
        handled = false;
      }
      following = LeaveHandler();
      next = handled ? Advance(*client, buffer) : Next::kClose;
    }
    client = following;
    may_handle = following != nullptr;
  }
}

void HttpServer::Impl::Settle(Client& client, HttpConnection::Next next) {
  if (next != HttpConnection::Next::kClose) {
    epoll_event event{};
    event.events = EPOLLONESHOT | (next == HttpConnection::Next::kWritable ? EPOLLOUT : EPOLLIN);
    event.data.ptr = static_cast<Target*>(&client);
    int operation = std::exchange(client.watched, true) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int socket = client.connection.socket();
    client.settled.store(true, std::memory_order_release);
    if (epoll_ctl(epoll_.get(), operation, socket, &event) == 0) return;
  }
  std::unique_ptr<Client> gone;
  bool empty = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    gone = std::move(*client.place);
    clients_.erase(client.place);
    empty = clients_.empty();
  }
  gone.reset();
  if (empty) changed_.notify_all();
}

bool HttpServer::Impl::EnterHandler(Client& client) {
  std::lock_guard<std::mutex> lock(handler_mutex_);
  if (handling_ < handler_limit_) {
    ++handling_;
    return true;
  }
  queue_.push_back(&client);
  return false;
}

void HttpServer::Impl::Queue(Client& client) {
  std::lock_guard<std::mutex> lock(handler_mutex_);
  queue_.push_back(&client);
}

HttpServer::Impl::Client* HttpServer::Impl::LeaveHandler() {
  std::lock_guard<std::mutex> lock(handler_mutex_);
  if (queue_.empty()) {
    --handling_;
    return nullptr;
  }
  Client* client = queue_.front();
  queue_.pop_front();
  return client;
}

HttpServerCounts HttpServer::Impl::counts() {
  HttpServerCounts counts;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    counts.connections = clients_.size();
    counts.accepted = accepted_;
    counts.refused = refused_;
  }
  std::lock_guard<std::mutex> lock(handler_mutex_);
  counts.handling = handling_;
  counts.waiting = queue_.size();
  return counts;
}

void HttpServer::Impl::ReloadTls(const TlsFiles& files) {
  auto tls = LoadTls(files);
  std::lock_guard<std::mutex> lock(mutex_);
  tls_ = std::move(tls);
}

void HttpServer::Impl::SetLimits(const HttpLimits& limits) {
  auto shared = std::make_shared<HttpLimits>(limits);
  std::lock_guard<std::mutex> lock(mutex_);
  limits_ = std::move(shared);
}

void HttpServer::Impl::BeginStop() {
  std::lock_guard<std::mutex> lock(mutex_);
  host_.draining = true;
  // Another thread may stand in accept: the number must not be given away yet.
  for (Listener& listener : listeners_) shutdown(listener.socket.get(), SHUT_RD);
  for (auto& client : clients_) client->connection.CloseIfIdle();
}

bool HttpServer::Impl::WaitUntilDrained(milliseconds patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return clients_.empty(); });
}

HttpServer::HttpServer(HttpServerOptions options, HttpHandler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() = default;

uint16_t HttpServer::port() const { return impl_->port(); }
std::string HttpServer::url() const { return impl_->url(); }
HttpServerCounts HttpServer::counts() const { return impl_->counts(); }
void HttpServer::ReloadTls(const TlsFiles& files) { impl_->ReloadTls(files); }
void HttpServer::SetLimits(const HttpLimits& limits) { impl_->SetLimits(limits); }
void HttpServer::BeginStop() { impl_->BeginStop(); }
bool HttpServer::WaitUntilDrained(milliseconds patience) {
  return impl_->WaitUntilDrained(patience);
}

}  // namespace eider::server
