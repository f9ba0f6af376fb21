#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace eider {

bool IsNestedDeeper(std::string_view text, int deepest) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > deepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Json TryParseJson(std::string_view text) {
  if (IsNestedDeeper(text, kDeepestJson)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}

Json ParseJson(std::string_view text, const std::string& source, int deepest) {
  if (IsNestedDeeper(text, deepest)) {
    throw Error(ErrorCode::kSyntax,
                fmt::format("JSON that is nested deeper than {} levels is not read", deepest))
        .At(source);
  }
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
  } catch (const Json::exception&) {
    // A number that no double can hold; what the library says of it is "number overflow".
    throw Error(ErrorCode::kSyntax, "not valid JSON: a number in it is too large").At(source);
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
  return ToInt64(RequireMember(object, key, what), fmt::format("{}: \"{}\"", what, key));
}

int32_t RequireInt32(const Json& object, const char* key, std::string_view what) {
  return ToInt32(RequireMember(object, key, what), fmt::format("{}: \"{}\"", what, key));
}

std::optional<int64_t> FindInteger(const Json& object, const char* key, std::string_view what) {
  auto it = object.find(key);
  if (it == object.end() || it->is_null()) return std::nullopt;
  return RequireInteger(object, key, what);
}

std::optional<int32_t> FindInt32(const Json& object, const char* key, std::string_view what) {
  auto it = object.find(key);
  if (it == object.end() || it->is_null()) return std::nullopt;
  return RequireInt32(object, key, what);
}

const Json& RequireArray(const Json& object, const char* key, std::string_view what) {
  const Json& member = RequireMember(object, key, what);
  if (!member.is_array()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: \"{}\" must be an array", what, key));
  }
  return member;
}

int64_t ToInt64(const Json& value, std::string_view what) {
  if (!value.is_number_integer()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{} must be an integer", what));
  }
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{} is too large: {}", what, value.dump()));
  }
  return value.get<int64_t>();
}

int32_t ToInt32(const Json& value, std::string_view what) {
  int64_t integer = ToInt64(value, what);
  if (integer != static_cast<int32_t>(integer)) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{} is too large: {}", what, integer));
  }
  return static_cast<int32_t>(integer);
}

namespace {

template <typename Integer>
std::vector<Integer> ToIntegers(const Json& array, std::string_view what,
                                Integer (*convert)(const Json&, std::string_view)) {
  if (!array.is_array()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{} must be an array", what));
  }
  std::vector<Integer> integers;
  integers.reserve(array.size());
  for (const Json& value : array) integers.push_back(convert(value, what));
  return integers;
}

}  // namespace

std::vector<int64_t> ToInt64s(const Json& array, std::string_view what) {
  return ToIntegers(array, what, ToInt64);
}

std::vector<int32_t> ToInt32s(const Json& array, std::string_view what) {
  return ToIntegers(array, what, ToInt32);
}

}  // namespace eider
