#pragma once

#include <string>
#include <string_view>

namespace eider {

// Lower-case hexadecimal digests.
std::string Md5Hex(std::string_view data);
std::string Sha1Hex(std::string_view data);
std::string Sha256Hex(std::string_view data);

}  // namespace eider
