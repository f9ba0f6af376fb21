#include "server/event_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"

namespace eider::server {

namespace {

constexpr std::chrono::seconds kWebhookTime{10};
// Of an answer that nobody reads.
constexpr int64_t kAnswerLimit = 64 << 10;
constexpr std::string_view kSecretPrefix = "whsec_";

// Whether a crash has cut the last line of a file short.
bool EndsWithinLine(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  std::ifstream file(path, std::ios::binary);
  file.seekg(-1, std::ios::end);
  char last = '\n';
  return file.get(last) && last != '\n';
}

class EventFile : public EventSink {
 public:
  explicit EventFile(std::string path) : path_(std::move(path)), torn_(EndsWithinLine(path_)) {
    file_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (file_ < 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("cannot write the events file {}: {}", path_, std::strerror(errno)));
    }
  }
  ~EventFile() override { close(file_); }
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  const std::string& name() const override { return name_; }
  bool is_local() const override { return true; }

  void Send(const EventOutbox::Stored& event) override {
    // A line that was cut short is ended, so that the next try stands on a line of its own.
    std::string line = (std::exchange(torn_, false) ? "\n" : "") + event.json + "\n";
    std::string_view rest = line;
    while (!rest.empty()) {
      ssize_t count = write(file_, rest.data(), rest.size());
      if (count >= 0) {
        rest.remove_prefix(static_cast<size_t>(count));
      } else if (errno != EINTR) {
        torn_ = rest.size() < line.size();
        throw Failure();
      }
    }
  }

  // What has no disk, a pipe, needs none.
  void Flush() override {
    if (fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS) throw Failure();
  }

 private:
  Error Failure() const {
    return Error(ErrorCode::kIo,
                 fmt::format("cannot write the events file {}: {}", path_, std::strerror(errno)));
  }

  std::string path_;
  std::string name_ = "file";
  int file_ = -1;
  bool torn_;
};

std::string HostOf(const std::string& url) {
  std::string plain = io::UrlWithoutSecrets(url);
  size_t scheme = plain.find("://");
  if (scheme == std::string::npos) return plain;
  std::string host = plain.substr(scheme + 3);
  return host.substr(0, host.find('/'));
}

io::HttpClientOptions ClientOptions(const WebhookOptions& options) {
  io::HttpClientOptions client;
  client.timeout = kWebhookTime;
  client.body_limit = kAnswerLimit;
  client.public_addresses_only = !options.allow_private_addresses;
  client.ca_file = options.ca_file;
  return client;
}

class Webhook : public EventSink {
 public:
  explicit Webhook(const WebhookOptions& options)
      : url_(options.url),
        secret_(options.secret),
        name_(options.name.empty() ? HostOf(options.url) : options.name),
        client_(ClientOptions(options)) {
    bool is_http = url_.starts_with("https://") || url_.starts_with("http://");
    if (!is_http || HostOf(url_).empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("the webhook {} has no URL to send to", name_))
          .WithHint("It is https://HOST/PATH.");
    }
  }

  const std::string& name() const override { return name_; }

  void Send(const EventOutbox::Stored& event) override {
    std::string seconds = std::to_string(NowMillis() / 1000);
    io::HttpRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Content-Type", "application/json"},
                       {"User-Agent", "eider"},
                       {"webhook-id", event.id},
                       {"webhook-timestamp", seconds}};
    if (!secret_.empty()) {
      request.headers.push_back(
          {"webhook-signature", WebhookSignature(secret_, event.id, seconds, event.json)});
    }
    request.body = event.json;
    io::HttpResponse response = client_.Send(request);
    if (response.ok()) return;
    throw Error(ErrorCode::kIo, fmt::format("{} answers {}", HostOf(url_), response.status));
  }

 private:
  std::string url_;
  std::string secret_;
  std::string name_;
  io::HttpClient client_;
};

}  // namespace

std::unique_ptr<EventSink> OpenEventFile(const std::string& path) {
  return std::make_unique<EventFile>(path);
}

std::unique_ptr<EventSink> OpenWebhook(const WebhookOptions& options) {
  return std::make_unique<Webhook>(options);
}

std::string WebhookSignature(const std::string& secret, const std::string& id,
                             const std::string& seconds, const std::string& body) {
  std::string key = secret;
  if (secret.starts_with(kSecretPrefix)) {
    auto bytes = FromBase64(std::string_view(secret).substr(kSecretPrefix.size()));
    if (bytes) key = *bytes;
  }
  return "v1," + Base64(HmacSha256(key, id + "." + seconds + "." + body));
}

}  // namespace eider::server
