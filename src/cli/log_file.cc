#include "cli/log_file.h"

#include <cerrno>
#include <cstring>
#include <system_error>

namespace eider::cli {

namespace fs = std::filesystem;

namespace {
constexpr int kOldFiles = 5;
}

LogFile::~LogFile() {
  if (file_) std::fclose(file_);
}

bool LogFile::Open(const fs::path& folder, std::string* problem) {
  path_ = folder / "dbt.log";
  std::error_code failure;
  fs::create_directories(folder, failure);
  file_ = std::fopen(path_.c_str(), "ae");
  if (!file_) {
    failed_ = true;
    waiting_.clear();
    *problem = path_.string() + ": " + std::strerror(errno);
    return false;
  }
  size_ = static_cast<int64_t>(fs::file_size(path_, failure));
  if (failure) size_ = 0;
  std::string waiting = std::move(waiting_);
  waiting_.clear();
  Write(waiting);
  return true;
}

void LogFile::Write(std::string_view text) {
  if (failed_ || text.empty()) return;
  if (!file_) {
    waiting_ += text;
    return;
  }
  auto length = static_cast<int64_t>(text.size());
  if (max_bytes_ > 0 && size_ > 0 && size_ + length > max_bytes_) Rotate();
  if (!file_) return;
  // A log that cannot be written (a full disk) must not stop the work it tells of.
  if (std::fwrite(text.data(), 1, text.size(), file_) == text.size()) size_ += length;
}

void LogFile::Flush() {
  if (file_) std::fflush(file_);
}

void LogFile::Rotate() {
  std::fclose(file_);
  std::error_code ignored;
  for (int i = kOldFiles; i > 0; --i) {
    fs::path from = i == 1 ? path_ : fs::path(path_.string() + "." + std::to_string(i - 1));
    fs::rename(from, path_.string() + "." + std::to_string(i), ignored);
  }
  file_ = std::fopen(path_.c_str(), "we");
  size_ = 0;
  failed_ = !file_;
}

}  // namespace eider::cli
