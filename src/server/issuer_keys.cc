#include "server/issuer_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

namespace eider::server {

namespace {

std::vector<JsonWebKey> Matching(const std::vector<JsonWebKey>& keys, const std::string& id) {
  if (id.empty()) return keys;
  std::vector<JsonWebKey> matching;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(matching),
               [&](const JsonWebKey& key) { return key.id == id; });
  return matching;
}

}  // namespace

IssuerKeys::IssuerKeys(std::string name, std::function<std::string()> fetch,
                       std::function<Clock::time_point()> now)
    : name_(std::move(name)), fetch_(std::move(fetch)), now_(std::move(now)) {}

std::vector<JsonWebKey> IssuerKeys::Find(const std::string& id) {
  auto keys = Usable();
  std::vector<JsonWebKey> found = keys ? Matching(*keys, id) : Keys();
  if (!MayFetch(found.empty())) return found;
  std::unique_lock<std::mutex> lock(fetching_, std::defer_lock);
  // One waits for the issuer. The others do where there are no keys at all; else anybody could have
  // all of them wait, with tokens of keys that do not exist.
  if (!keys) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return found;
  }
  // Another thread may have been faster.
  if (MayFetch(found.empty())) Fetch();
  keys = Usable();
  return keys ? Matching(*keys, id) : Keys();
}

std::shared_ptr<const IssuerKeys::Keys> IssuerKeys::Usable() {
  std::lock_guard<std::mutex> lock(mutex_);
  return keys_ && now_() - fetched_ < kUsable ? keys_ : nullptr;
}

bool IssuerKeys::MayFetch(bool needed) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto now = now_();
  if (tried_ && now - tried_at_ < kPause) return false;
  return needed || !keys_ || now - fetched_ >= kFresh;
}

void IssuerKeys::Fetch() {
  try {
    auto keys = std::make_shared<const Keys>(ParseJsonWebKeys(fetch_()));
    std::lock_guard<std::mutex> lock(mutex_);
    keys_ = std::move(keys);
    tried_ = true;
    fetched_ = tried_at_ = now_();
  } catch (const std::exception& error) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      tried_ = true;
      tried_at_ = now_();
    }
    std::fputs(fmt::format("The keys of '{}' cannot be fetched: {}\n", name_, error.what()).c_str(),
               stderr);
  }
}

}  // namespace eider::server
