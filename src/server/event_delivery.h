// Takes events from the outbox to one sink, in order, each until the sink has taken it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "server/event_outbox.h"
#include "server/event_sink.h"

namespace eider::server {

class EventDelivery {
 public:
  struct Counts {
    uint64_t delivered = 0;
    uint64_t failures = 0;  // tries that came to nothing
    bool failing = false;   // the last one did
  };

  // A try that fails is repeated after `pause`, the next after twice that, up to kLongestPause.
  EventDelivery(std::shared_ptr<EventOutbox> outbox, std::unique_ptr<EventSink> sink,
                std::chrono::milliseconds pause = std::chrono::seconds(1));
  // Ends the try under way; what waits for a sink on this machine is sent first.
  ~EventDelivery();
  EventDelivery(const EventDelivery&) = delete;
  EventDelivery& operator=(const EventDelivery&) = delete;

  static constexpr std::chrono::minutes kLongestPause{5};

  const std::string& sink() const { return sink_->name(); }
  Counts counts() const;

 private:
  void Run();
  // Whether all that waited was taken.
  bool SendSome();
  void Pause(std::chrono::milliseconds time);

  std::shared_ptr<EventOutbox> outbox_;
  std::unique_ptr<EventSink> sink_;
  std::chrono::milliseconds first_pause_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> delivered_ = 0;
  std::atomic<uint64_t> failures_ = 0;
  std::atomic<bool> failing_ = false;
  std::mutex mutex_;
  std::condition_variable stop_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace eider::server
