// Where events go: a file of JSON lines, or a webhook.
#pragma once

#include <memory>
#include <string>

#include "io/http_client.h"
#include "server/event_outbox.h"

namespace eider::server {

class EventSink {
 public:
  virtual ~EventSink() = default;
  // Tells it from all others, and tells nothing that is secret.
  virtual const std::string& name() const = 0;
  // Throws Error where the event was not taken, or it is not known whether it was: then it is sent
  // again.
  virtual void Send(const EventOutbox::Stored& event) = 0;
  // Before what was sent counts as taken. Throws Error where it may be lost after all.
  virtual void Flush() {}
  // Whether what waits is worth being sent even while the server stops.
  virtual bool is_local() const { return false; }
};

// A line each, appended, and on disk before it counts as taken. Throws kInvalidArgument where the
// file cannot be opened.
std::unique_ptr<EventSink> OpenEventFile(const std::string& path);

struct WebhookOptions {
  std::string name;  // "" for the URL's host
  std::string url;
  std::string secret;  // "" to sign nothing
  std::string ca_file;
  // May it be at an address that is none of the public internet?
  bool allow_private_addresses = false;
};

// A POST each, in the headers and signature of the Standard Webhooks specification. Any 2xx means
// that it was taken. Throws kInvalidArgument for a URL that is none.
std::unique_ptr<EventSink> OpenWebhook(const WebhookOptions& options);

// "v1,<base64>": HMAC-SHA256 of "id.seconds.body". A secret "whsec_<base64>" stands for its bytes.
std::string WebhookSignature(const std::string& secret, const std::string& id,
                             const std::string& seconds, const std::string& body);

}  // namespace eider::server
