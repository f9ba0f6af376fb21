// JSON, on nlohmann's library. Objects keep the order of their keys, so that files we rewrite
// differ only where their content does.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eider {

using Json = nlohmann::ordered_json;

// How deep arrays and objects may lie in each other. To copy a value and to write it goes down by
// recursion, and the depth of a file or a request is its author's choice.
constexpr int kDeepestJson = 500;

// Whether `text` is nested deeper than that; of what is no JSON, anything.
bool IsNestedDeeper(std::string_view text, int deepest);

// Parses `text`; `source` (a file or URL) is named in the error. Throws kSyntax with line and
// column.
Json ParseJson(std::string_view text, const std::string& source, int deepest = kDeepestJson);
// The same, but a discarded value (Json::is_discarded) where `text` is no JSON or nested too
// deeply.
Json TryParseJson(std::string_view text);

// Typed access to a member of `object`. Each throws kCorrupt naming `what` (the thing described,
// such as "table metadata s3://..") and the key when the member is missing or of another type.
const Json& RequireMember(const Json& object, const char* key, std::string_view what);
std::string RequireString(const Json& object, const char* key, std::string_view what);
int64_t RequireInteger(const Json& object, const char* key, std::string_view what);
int32_t RequireInt32(const Json& object, const char* key, std::string_view what);
// nullopt where the member is missing, or null, which some writers put for "none".
std::optional<int64_t> FindInteger(const Json& object, const char* key, std::string_view what);
std::optional<int32_t> FindInt32(const Json& object, const char* key, std::string_view what);
const Json& RequireArray(const Json& object, const char* key, std::string_view what);

// The integer, or the integers of an array, that a value is. Throws kCorrupt naming `what` (the
// value itself) where it is no integer or too large for the type: Json::get would convert silently.
int64_t ToInt64(const Json& value, std::string_view what);
int32_t ToInt32(const Json& value, std::string_view what);
std::vector<int64_t> ToInt64s(const Json& array, std::string_view what);
std::vector<int32_t> ToInt32s(const Json& array, std::string_view what);

}  // namespace eider
