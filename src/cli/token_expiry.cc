#include "cli/token_expiry.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <map>

#include "base/error.h"

namespace eider::cli {

namespace {

Error NoExpiry(const std::string& text) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no time for a token to end", text))
      .WithHint(
          "It is a time from now such as 12h, 90d or 4w, a day such as 2027-03-31, or never.");
}

// The digits from `begin` to `end`, all of them.
int Number(const char* begin, const char* end, const std::string& text) {
  int number = 0;
  auto [rest, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || rest != end || number < 0) throw NoExpiry(text);
  return number;
}

int64_t EndOfDay(const std::string& text) {
  const char* begin = text.data();
  std::chrono::year_month_day day{
      std::chrono::year(Number(begin, begin + 4, text)),
      std::chrono::month(static_cast<unsigned>(Number(begin + 5, begin + 7, text))),
      std::chrono::day(static_cast<unsigned>(Number(begin + 8, begin + 10, text)))};
  if (!day.ok()) throw NoExpiry(text);
  std::chrono::milliseconds end =
      (std::chrono::sys_days(day) + std::chrono::days(1)).time_since_epoch();
  return end.count();
}

}  // namespace

int64_t ParseTokenExpiry(const std::string& text, int64_t now_ms) {
  static const std::map<char, std::chrono::milliseconds> kUnits = {
      {'s', std::chrono::seconds(1)}, {'m', std::chrono::minutes(1)},
      {'h', std::chrono::hours(1)},   {'d', std::chrono::days(1)},
      {'w', std::chrono::weeks(1)},   {'y', std::chrono::days(365)}};
  if (text == "never") return 0;
  int64_t end = 0;
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    end = EndOfDay(text);
  } else {
    auto unit = text.empty() ? kUnits.end() : kUnits.find(text.back());
    if (unit == kUnits.end()) throw NoExpiry(text);
    end = now_ms + Number(text.data(), text.data() + text.size() - 1, text) * unit->second.count();
  }
  if (end <= now_ms) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a token that ends at {} would be of no use", text));
  }
  return end;
}

}  // namespace eider::cli
