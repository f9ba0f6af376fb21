// A cache of what takes long to load: threads that want the same at once load it once.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/lru_cache.h"

namespace eider {

template <typename Value>
class LoadedOnce {
 public:
  explicit LoadedOnce(size_t capacity) : slots_(capacity) {}

  // The value of `key`, loaded by `load` where it is not held. What a load throws is passed on, and
  // the next one tries again.
  template <typename Load>
  std::shared_ptr<const Value> Get(const std::string& key, size_t cost, Load&& load) {
    std::shared_ptr<const Slot> slot = slots_.Get(key);
    if (!slot) {
      slots_.Put(key, std::make_shared<const Slot>(), cost);
      slot = slots_.Get(key);
      // Where the cache is too small to hold even this one.
      if (!slot) slot = std::make_shared<const Slot>();
    }
    std::lock_guard<std::mutex> lock(slot->mutex);
    if (!slot->value) slot->value = std::make_shared<const Value>(load());
    return slot->value;
  }

 private:
  struct Slot {
    mutable std::mutex mutex;
    mutable std::shared_ptr<const Value> value;
  };
  LruCache<Slot> slots_;
};

}  // namespace eider
