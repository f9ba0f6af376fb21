#pragma once

#include <string>
#include <string_view>

namespace eider {

// Lower-case hexadecimal digests.
std::string Md5Hex(std::string_view data);
std::string Sha1Hex(std::string_view data);
std::string Sha256Hex(std::string_view data);

// Digests as their bytes.
std::string Sha256(std::string_view data);
std::string HmacSha256(std::string_view key, std::string_view data);

// Whether two secrets are equal. How long it takes tells their lengths, and nothing of where they
// differ.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace eider
