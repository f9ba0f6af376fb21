// Events that are still to be sent, and what they follow from, in one SQLite file: an event is
// there exactly when what it tells of counts as known, so that a crash loses none and each keeps
// its id.
//
// Every sink (the events file, a webhook) takes the events in their order at its own pace. When one
// falls behind by more than the capacity, it loses the oldest.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"
#include "server/commit_event.h"

namespace eider::server {

// Safe from any thread.
class EventOutbox {
 public:
  struct Stored {
    int64_t number = 0;
    std::string id;
    std::string json;
  };
  struct Known {
    catalog::CatalogSnapshot snapshot;
    int64_t as_of_ms = 0;
  };
  struct Backlog {
    size_t waiting = 0;
    uint64_t lost = 0;  // since the process began
  };

  // Makes the file where it is absent. Throws what SqliteDatabase does.
  EventOutbox(std::string file, size_t capacity);

  const std::string& file() const { return file_; }
  size_t capacity() const { return capacity_; }

  // What events have told of a warehouse so far; nullopt for one that is new here.
  std::optional<Known> FindKnown(const std::string& warehouse);
  void SetKnown(const std::string& warehouse, const Known& known);
  // `events` of one warehouse, after which it is known as of that time.
  void Add(const std::string& warehouse, const std::vector<CommitEvent>& events, int64_t as_of_ms);

  // From now on there are these sinks. A new one gets what happens from here on.
  void SetSinks(const std::vector<std::string>& sinks);
  // The next events for a sink, in order; waits for one until `stop` holds (see Wake) or some time
  // has passed.
  std::vector<Stored> Next(const std::string& sink, size_t count,
                           const std::function<bool()>& stop);
  // It has taken all up to this one.
  void Delivered(const std::string& sink, int64_t number);
  // Lets those that wait look at their `stop`.
  void Wake();

  Backlog BacklogOf(const std::string& sink);

 private:
  void AddOne(const CommitEvent& event);
  void Forget();
  std::vector<Stored> Read(const std::string& sink, size_t count);

  std::string file_;
  size_t capacity_;
  std::mutex mutex_;
  std::condition_variable added_;
  catalog::SqliteDatabase database_;
  std::map<std::string, uint64_t> lost_;
};

}  // namespace eider::server
