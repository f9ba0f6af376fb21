#include "server/event_delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/error.h"

namespace eider::server {

namespace {

// Between two notes of how far a sink has come. A crash sends these again.
constexpr size_t kBatch = 100;

}  // namespace

EventDelivery::EventDelivery(std::shared_ptr<EventOutbox> outbox, std::unique_ptr<EventSink> sink,
                             std::chrono::milliseconds pause)
    : outbox_(std::move(outbox)), sink_(std::move(sink)), first_pause_(pause) {
  thread_ = std::thread([this] { Run(); });
}

EventDelivery::~EventDelivery() {
  stopping_ = true;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_.notify_all();
  }
  outbox_->Wake();
  thread_.join();
}

EventDelivery::Counts EventDelivery::counts() const { return {delivered_, failures_, failing_}; }

void EventDelivery::Run() {
  std::chrono::milliseconds pause = first_pause_;
  while (true) {
    bool stopping = stopping_;
    if (stopping && !sink_->is_local()) return;
    bool taken = SendSome();
    if (taken) {
      pause = first_pause_;
      if (stopping && outbox_->BacklogOf(sink_->name()).waiting == 0) return;
      continue;
    }
    if (stopping) return;
    Pause(pause);
    pause = std::min<std::chrono::milliseconds>(2 * pause, kLongestPause);
  }
}

bool EventDelivery::SendSome() {
  int64_t taken = 0;
  bool ended_well = true;
  try {
    for (const EventOutbox::Stored& event :
         outbox_->Next(sink_->name(), kBatch, [this] { return stopping_.load(); })) {
      sink_->Send(event);
      taken = event.number;
      ++delivered_;
      failing_ = false;
      if (stopping_ && !sink_->is_local()) break;
    }
  } catch (const Error& error) {
    ended_well = false;
    ++failures_;
    // Once for each time that it begins to fail.
    if (!failing_.exchange(true)) {
      std::fputs(fmt::format("Events to '{}' wait: {}\n", sink_->name(), error.message()).c_str(),
                 stderr);
    }
  }
  if (taken == 0) return ended_well;
  try {
    sink_->Flush();
    outbox_->Delivered(sink_->name(), taken);
  } catch (const Error&) {
    // They are sent once more.
    ended_well = false;
  }
  return ended_well;
}

void EventDelivery::Pause(std::chrono::milliseconds time) {
  std::unique_lock<std::mutex> lock(mutex_);
  stop_.wait_for(lock, time, [this] { return stopping_.load(); });
}

}  // namespace eider::server
