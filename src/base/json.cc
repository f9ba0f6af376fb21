#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace eider {

Json ParseJson(std::string_view text, const std::string& source) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    size_t end = std::min<size_t>(e.byte > 0 ? e.byte - 1 : 0, text.size());
    std::string_view before = text.substr(0, end);
    int line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    size_t last_newline = before.rfind('\n');
    int column =
        static_cast<int>(last_newline == std::string_view::npos ? end + 1 : end - last_newline);
    throw Error(ErrorCode::kSyntax, "not valid JSON").At(source, line, column);
  }
}

const Json& RequireMember(const Json& object, const char* key, std::string_view what) {
  if (!object.is_object()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: expected a JSON object", what));
  }
  auto it = object.find(key);
  if (it == object.end()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: \"{}\" is missing", what, key));
  }
  return *it;
}

std::string RequireString(const Json& object, const char* key, std::string_view what) {
  const Json& member = RequireMember(object, key, what);
  if (!member.is_string()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: \"{}\" must be a string", what, key));
  }
  return member.get<std::string>();
}

int64_t RequireInteger(const Json& object, const char* key, std::string_view what) {
  const Json& member = RequireMember(object, key, what);
  if (!member.is_number_integer()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: \"{}\" must be an integer", what, key));
  }
  return member.get<int64_t>();
}

const Json& RequireArray(const Json& object, const char* key, std::string_view what) {
  const Json& member = RequireMember(object, key, what);
  if (!member.is_array()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: \"{}\" must be an array", what, key));
  }
  return member;
}

}  // namespace eider
