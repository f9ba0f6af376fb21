// Watches warehouses and passes on what happens in them: to the outbox of events, to /ui, to
// /metrics. A thread of its own looks a few times a second; commits never wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "server/commit_event.h"
#include "server/commit_watch.h"
#include "server/event_outbox.h"

namespace eider::server {

class CommitFeed {
 public:
  struct Numbered {
    uint64_t number = 0;  // counts up from 1 in this process
    CommitEvent event;
  };
  // How many, by warehouse, type ("table.update") and whether it came through this server.
  using Counts = std::map<std::tuple<std::string, std::string, bool>, uint64_t>;

  explicit CommitFeed(std::chrono::milliseconds period = std::chrono::milliseconds(250));
  // Looks a last time.
  ~CommitFeed();
  CommitFeed(const CommitFeed&) = delete;
  CommitFeed& operator=(const CommitFeed&) = delete;

  // From now on these are watched, and their events go to the outbox, if there is one. A watch that
  // has not begun takes up where the outbox left off.
  void Watch(std::vector<std::shared_ptr<CommitWatch>> watches,
             std::shared_ptr<EventOutbox> outbox);

  // The latest events after that number, newest first.
  std::vector<Numbered> Latest(uint64_t after, size_t count) const;
  uint64_t newest() const;
  Counts counts() const;

  // Looks now, as the thread does.
  void Look();

 private:
  struct Watched {
    std::shared_ptr<CommitWatch> watch;
    std::vector<CommitEvent> unsaved;
    bool complained = false;
  };

  void Run();
  void LookAt(Watched& watched);
  void Record(const std::vector<CommitEvent>& events);

  std::chrono::milliseconds period_;

  std::mutex look_mutex_;  // guards these two, while somebody looks
  std::vector<Watched> watched_;
  std::shared_ptr<EventOutbox> outbox_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable stop_;
  bool stopping_ = false;
  std::deque<Numbered> latest_;  // newest first
  uint64_t newest_ = 0;
  Counts counts_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace eider::server
