// The one line at the bottom of a terminal that says how far a run is.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dbt/events.h"

namespace eider::cli {

class ProgressLine {
 public:
  // Takes note of nodes that start and end.
  void Note(const dbt::Event& event);

  // "12 of 28 | running 2: customers 3s, orders 1s", at most `width` columns; "" while nothing
  // runs. Nodes that run longest come first. `now` is in microseconds.
  std::string Text(int64_t now, size_t width) const;

 private:
  struct Running {
    std::string name;
    int64_t since = 0;
  };

  std::map<std::string, Running> running_;  // by unique id
  int64_t total_ = 0;
  int64_t done_ = 0;
};

}  // namespace eider::cli
