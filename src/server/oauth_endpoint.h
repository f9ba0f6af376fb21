// The token endpoint of the REST specification (RFC 6749, section 4.4; RFC 8693): a client shows
// its name and token and gets one that lasts for a while, or has that one renewed. PyIceberg, Spark
// and Trino do this by themselves where they are given `credential=NAME:TOKEN`.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "server/authenticator.h"
#include "server/http_message.h"

namespace eider::server {

class OAuthEndpoint {
 public:
  static constexpr std::string_view kPath = "/iceberg/v1/oauth/tokens";

  // `authenticator` gives sessions, and outlives this.
  OAuthEndpoint(Authenticator& authenticator, std::chrono::seconds session_time)
      : authenticator_(authenticator), session_time_(session_time) {}

  struct Answer {
    HttpResponse response;
    std::string principal = {};  // who was given a token; "" for nobody
    bool guessed = false;        // what was shown is nobody's
  };
  Answer Handle(const HttpRequest& request) const;

  // However often it is renewed, a session ends this long after the client has last shown what it
  // was given by others than us.
  static constexpr std::chrono::hours kLongestSession{24};

 private:
  Session SessionFor(const HttpRequest& request) const;

  Authenticator& authenticator_;
  std::chrono::seconds session_time_;
};

}  // namespace eider::server
