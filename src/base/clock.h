// Wall-clock time. Instants are microseconds or milliseconds since 1970-01-01T00:00:00Z.
#pragma once

#include <cstdint>
#include <string>

namespace eider {

int64_t NowMicros();
int64_t NowMillis();

// "2026-11-24T16:20:31.123456Z", the form dbt's artifacts use.
std::string FormatInstant(int64_t micros);

// "16:20:31" in the machine's time zone, as at the head of a log line.
std::string FormatLocalTime(int64_t micros);

}  // namespace eider
