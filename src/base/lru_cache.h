// A bounded map from text to shared immutable values; the one used longest ago leaves first. Safe
// from any thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace eider {

template <typename Value>
class LruCache {
 public:
  // `capacity` counts in whatever unit Put's cost is given.
  explicit LruCache(size_t capacity) : capacity_(capacity) {}

  // nullptr where the key is not held.
  std::shared_ptr<const Value> Get(const std::string& key) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, it->second);
    return it->second->value;
  }

  void Put(const std::string& key, std::shared_ptr<const Value> value, size_t cost) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (index_.count(key) > 0) return;
    entries_.push_front({key, std::move(value), cost});
    index_[key] = entries_.begin();
    total_ += cost;
    while (total_ > capacity_ && entries_.size() > 1) {
      total_ -= entries_.back().cost;
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

  // Whether the key was held.
  bool Remove(const std::string& key) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto it = index_.find(key);
    if (it == index_.end()) return false;
    total_ -= it->second->cost;
    entries_.erase(it->second);
    index_.erase(it);
    return true;
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    size_t cost;
  };

  std::mutex mutex_;
  size_t capacity_;
  size_t total_ = 0;
  std::list<Entry> entries_;
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace eider
