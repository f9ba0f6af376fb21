// Base64 (RFC 4648): the usual alphabet with padding, and the one for URLs, without.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eider {

std::string Base64(std::string_view data);
std::string Base64Url(std::string_view data);

// nullopt for what no encoder writes: another letter, white space, padding that is not due, bits
// set where none are. One value has one text, so that texts can be compared in place of values.
std::optional<std::string> FromBase64(std::string_view text);
std::optional<std::string> FromBase64Url(std::string_view text);

}  // namespace eider
