// The keys of a token issuer, fetched from where it publishes them and kept. Issuers change their
// keys whenever they like, and announce none: a token that names a key not known yet makes them
// be fetched again, but only so often, since anybody can make up such a token.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/json_web_key.h"

namespace eider::server {

// Safe from any thread.
class IssuerKeys {
 public:
  using Clock = std::chrono::steady_clock;

  // `fetch` returns the text of a key set or throws; `name` is the issuer's in messages.
  IssuerKeys(std::string name, std::function<std::string()> fetch,
             std::function<Clock::time_point()> now = Clock::now);

  // Those that may have signed a token which names this key ("" for none: all of them).
  std::vector<JsonWebKey> Find(const std::string& id);

  // How old keys may be when they are used; how old they become where the issuer cannot be reached;
  // how long after a fetch the next may follow.
  static constexpr std::chrono::minutes kFresh{10};
  static constexpr std::chrono::hours kUsable{24};
  static constexpr std::chrono::seconds kPause{30};

 private:
  using Keys = std::vector<JsonWebKey>;

  // The keys there are; nullptr where there are none, or they are too old.
  std::shared_ptr<const Keys> Usable();
  bool MayFetch(bool needed);
  void Fetch();

  std::string name_;
  std::function<std::string()> fetch_;
  std::function<Clock::time_point()> now_;
  std::mutex fetching_;  // held by the one thread that fetches
  std::mutex mutex_;     // of what follows
  std::shared_ptr<const Keys> keys_;
  Clock::time_point fetched_;
  bool tried_ = false;
  Clock::time_point tried_at_;
};

}  // namespace eider::server
