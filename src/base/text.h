// Small operations on text that the standard library lacks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eider {

std::vector<std::string> Split(std::string_view text, char separator);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view Trim(std::string_view text);  // ASCII white space, both ends
std::string Lower(std::string_view text);      // ASCII only
std::string Upper(std::string_view text);      // ASCII only
std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);  // ASCII only

// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
std::string PercentEncode(std::string_view text);
// The reverse; nullopt where a '%' is not followed by two hexadecimal digits.
std::optional<std::string> PercentDecode(std::string_view text);

// The candidate nearest to `word` by edit distance, or "" when none is near enough to be what was
// meant. For "did you mean" hints.
std::string ClosestMatch(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace eider
