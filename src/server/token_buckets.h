// How often something may happen: a bucket of tokens for each key, filled at a steady rate, from
// which each happening takes one.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace eider::server {

// Safe from any thread.
class TokenBuckets {
 public:
  using Clock = std::chrono::steady_clock;

  // `per_second` happenings in the long run, `burst` at once. 0 per second: there is no limit.
  TokenBuckets(double per_second, double burst);

  // Takes one. nullopt where there was one, else how long until there is; then nothing is taken.
  std::optional<std::chrono::milliseconds> Take(const std::string& key,
                                                Clock::time_point now = Clock::now());
  // Whether there is none to take, and for how long; takes nothing.
  std::optional<std::chrono::milliseconds> Look(const std::string& key,
                                                Clock::time_point now = Clock::now());

  // Keys that are remembered; beyond it the one used longest ago starts with a full bucket again.
  static constexpr size_t kMostKeys = 65'536;

 private:
  struct Bucket {
    std::string key;
    double level;
    Clock::time_point filled;
  };

  // The bucket as it is now, in the first place.
  Bucket& BucketOf(const std::string& key, Clock::time_point now);
  std::optional<std::chrono::milliseconds> WaitOf(const Bucket& bucket) const;

  double per_second_;
  double burst_;
  std::mutex mutex_;
  std::list<Bucket> buckets_;  // the last used first
  std::unordered_map<std::string, std::list<Bucket>::iterator> index_;
};

}  // namespace eider::server
