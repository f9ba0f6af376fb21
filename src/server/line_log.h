// A file to which lines are appended, from any thread.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace eider::server {

// `text` as a JSON string, its beginning where it is long. Pure ASCII: whatever a client sent, it
// cannot break the line, and no sequence of bytes reaches a terminal that shows the log.
std::string QuotedForLog(std::string_view text);

class LineLog {
 public:
  // A file that is made where there is none, or "-" for standard output. `what` names it in
  // messages: "access log". Throws kInvalidArgument where it cannot be written.
  LineLog(std::string path, std::string what);
  ~LineLog();
  LineLog(const LineLog&) = delete;
  LineLog& operator=(const LineLog&) = delete;

  // `line` has no line end. One that cannot be written is told of once on standard error: requests
  // are served all the same.
  void Write(std::string line);

 private:
  std::string path_;
  std::string what_;
  int file_ = -1;
  std::mutex mutex_;
  bool complained_ = false;
};

}  // namespace eider::server
