// JSON, on nlohmann's library. Objects keep the order of their keys, so that files we rewrite
// differ only where their content does.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace eider {

using Json = nlohmann::ordered_json;

// Parses `text`; `source` (a file or URL) is named in the error. Throws kSyntax with line and
// column.
Json ParseJson(std::string_view text, const std::string& source);

// Typed access to a member of `object`. Each throws kCorrupt naming `what` (the thing described,
// such as "table metadata s3://..") and the key when the member is missing or of another type.
const Json& RequireMember(const Json& object, const char* key, std::string_view what);
std::string RequireString(const Json& object, const char* key, std::string_view what);
int64_t RequireInteger(const Json& object, const char* key, std::string_view what);
const Json& RequireArray(const Json& object, const char* key, std::string_view what);

}  // namespace eider
