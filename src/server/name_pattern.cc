#include "server/name_pattern.h"

#include <fmt/format.h>

#include "base/error.h"

namespace eider::server {

NamePattern::NamePattern(std::string_view pattern) : literals_(1) {
  if (pattern.empty()) throw Error(ErrorCode::kInvalidArgument, "a pattern for names is empty");
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      literals_.emplace_back();
      continue;
    }
    if (pattern[i] == '\\' && ++i == pattern.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("the pattern '{}' ends with a backslash", pattern));
    }
    literals_.back() += pattern[i];
  }
}

bool NamePattern::Matches(std::string_view name) const {
  if (literals_.size() == 1) return name == literals_[0];
  const std::string& first = literals_.front();
  const std::string& last = literals_.back();
  if (name.size() < first.size() + last.size() || !name.starts_with(first) ||
      !name.ends_with(last)) {
    return false;
  }
  name.remove_prefix(first.size());
  name.remove_suffix(last.size());
  // The leftmost place of each is as good as any other.
  for (size_t i = 1; i + 1 < literals_.size(); ++i) {
    size_t place = name.find(literals_[i]);
    if (place == std::string_view::npos) return false;
    name.remove_prefix(place + literals_[i].size());
  }
  return true;
}

std::vector<std::string> SplitUnescaped(std::string_view text, char separator, size_t most) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == separator && parts.size() < most) {
      parts.emplace_back();
      continue;
    }
    parts.back() += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) parts.back() += text[++i];
  }
  return parts;
}

}  // namespace eider::server
