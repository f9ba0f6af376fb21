#include "server/token_buckets.h"

#include <algorithm>
#include <cmath>

namespace eider::server {

TokenBuckets::TokenBuckets(double per_second, double burst)
    : per_second_(per_second), burst_(std::max(burst, 1.0)) {}

TokenBuckets::Bucket& TokenBuckets::BucketOf(const std::string& key, Clock::time_point now) {
  auto found = index_.find(key);
  if (found == index_.end()) {
    buckets_.push_front({key, burst_, now});
    index_[key] = buckets_.begin();
    if (buckets_.size() > kMostKeys) {
      index_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
    return buckets_.front();
  }
  buckets_.splice(buckets_.begin(), buckets_, found->second);
  Bucket& bucket = buckets_.front();
  double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  // Another thread may have looked at the clock before.
  if (seconds > 0) {
    bucket.level = std::min(burst_, bucket.level + seconds * per_second_);
    bucket.filled = now;
  }
  return bucket;
}

std::optional<std::chrono::milliseconds> TokenBuckets::WaitOf(const Bucket& bucket) const {
  if (bucket.level >= 1) return std::nullopt;
  double seconds = (1 - bucket.level) / per_second_;
  return std::chrono::milliseconds(static_cast<int64_t>(std::ceil(seconds * 1000)));
}

std::optional<std::chrono::milliseconds> TokenBuckets::Take(const std::string& key,
                                                            Clock::time_point now) {
  if (per_second_ <= 0) return std::nullopt;
  std::lock_guard<std::mutex> lock(mutex_);
  Bucket& bucket = BucketOf(key, now);
  auto wait = WaitOf(bucket);
  if (!wait) bucket.level -= 1;
  return wait;
}

std::optional<std::chrono::milliseconds> TokenBuckets::Look(const std::string& key,
                                                            Clock::time_point now) {
  if (per_second_ <= 0) return std::nullopt;
  std::lock_guard<std::mutex> lock(mutex_);
  // A key that nothing has happened to must not push out one that something has.
  if (index_.count(key) == 0) return std::nullopt;
  return WaitOf(BucketOf(key, now));
}

}  // namespace eider::server
