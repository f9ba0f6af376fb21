// logs/dbt.log.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace eider::cli {

// Appends to a file and keeps it below a size: a full one is renamed to dbt.log.1, that to
// dbt.log.2, and so on up to dbt.log.5. Used by one thread at a time.
class LogFile {
 public:
  // `max_bytes` 0 is without limit. What is written before Open is kept and written then.
  explicit LogFile(int64_t max_bytes) : max_bytes_(max_bytes) {}
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Creates the folder where it is missing. Returns false, with the reason in `problem`, when the
  // file cannot be written; what is written from then on is dropped.
  bool Open(const std::filesystem::path& folder, std::string* problem);
  void Write(std::string_view text);
  void Flush();

 private:
  void Rotate();

  int64_t max_bytes_;
  std::filesystem::path path_;
  FILE* file_ = nullptr;
  int64_t size_ = 0;
  bool failed_ = false;
  std::string waiting_;
};

}  // namespace eider::cli
