// When a token ends, as a person says it.
#pragma once

#include <cstdint>
#include <string>

namespace eider::cli {

// "90d", "12h", "30m", "4w": so long after `now_ms`; "2027-03-31": the end of that day in UTC;
// "never": 0. Milliseconds since 1970. Throws kInvalidArgument, for what has passed already too.
int64_t ParseTokenExpiry(const std::string& text, int64_t now_ms);

}  // namespace eider::cli
