#include "base/clock.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

namespace eider {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

}  // namespace

int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int64_t NowMillis() { return NowMicros() / 1000; }

std::string FormatInstant(int64_t micros) {
  int64_t fraction = ((micros % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond;
  auto seconds = static_cast<std::time_t>((micros - fraction) / kMicrosPerSecond);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, fraction);
}

std::string FormatLocalTime(int64_t micros) {
  auto seconds = static_cast<std::time_t>(micros / kMicrosPerSecond);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

}  // namespace eider
