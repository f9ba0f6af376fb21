#include "base/error.h"

#include <utility>

namespace eider {

Error::Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {
  Render();
}

Error& Error::WithHint(std::string hint) {
  hint_ = std::move(hint);
  Render();
  return *this;
}

Error& Error::At(std::string file, int line, int column) {
  file_ = std::move(file);
  line_ = line;
  column_ = column;
  Render();
  return *this;
}

Error& Error::WithContext(std::string_view lead) {
  message_ = std::string(lead) + ": " + message_;
  Render();
  return *this;
}

void Error::Render() {
  what_.clear();
  if (!file_.empty()) {
    what_ += file_;
    if (line_ > 0) what_ += ":" + std::to_string(line_);
    if (line_ > 0 && column_ > 0) what_ += ":" + std::to_string(column_);
    what_ += ": ";
  }
  what_ += message_;
  if (!hint_.empty()) what_ += "\n" + hint_;
}

}  // namespace eider
