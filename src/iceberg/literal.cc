#include "iceberg/literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "iceberg/calendar.h"

namespace eider::iceberg {

namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;

template <typename T>
std::string LittleEndian(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

template <typename T>
std::optional<T> FromLittleEndian(std::string_view bytes) {
  if (bytes.size() != sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// Two's complement, big-endian, in as few bytes as hold the value.
std::string MinimalBigEndian(Int128 value) {
  std::string bytes;
  for (int shift = 120; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<unsigned char>(value >> shift));
  }
  size_t skip = 0;
  while (skip + 1 < bytes.size()) {
    auto first = static_cast<unsigned char>(bytes[skip]);
    bool next_negative = (static_cast<unsigned char>(bytes[skip + 1]) & 0x80) != 0;
    if ((first == 0 && !next_negative) || (first == 0xFF && next_negative)) {
      ++skip;
    } else {
      break;
    }
  }
  return bytes.substr(skip);
}

std::optional<Int128> FromBigEndian(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > 16) return std::nullopt;
  Int128 value = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0 ? -1 : 0;
  for (char c : bytes) {
    value = static_cast<Int128>(static_cast<unsigned __int128>(value) << 8) |
            static_cast<unsigned char>(c);
  }
  return value;
}

std::string DateText(int64_t days) {
  CalendarDate date = DateOfDay(days);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string TimeText(int64_t micros) {
  std::string text = fmt::format("{:02}:{:02}:{:02}", micros / 3'600'000'000,
                                 micros / 60'000'000 % 60, micros / 1'000'000 % 60);
  if (micros % 1'000'000 != 0) text += fmt::format(".{:06}", micros % 1'000'000);
  return text;
}

std::string TimestampText(int64_t micros) {
  int64_t days = micros / kMicrosPerDay;
  if (micros % kMicrosPerDay < 0) --days;
  return DateText(days) + " " + TimeText(micros - days * kMicrosPerDay);
}

// Where the code point that holds byte `position` begins.
size_t CodePointStart(std::string_view text, size_t position) {
  while (position > 0 && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80) --position;
  return position;
}

size_t PrefixLength(std::string_view text, int code_points) {
  size_t position = 0;
  for (int i = 0; i < code_points && position < text.size(); ++i) {
    ++position;
    while (position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80) {
      ++position;
    }
  }
  return position;
}

uint32_t DecodeCodePoint(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first;
  uint32_t value = first >= 0xF0 ? first & 0x07U : first >= 0xE0 ? first & 0x0FU : first & 0x1FU;
  for (size_t i = 1; i < text.size(); ++i) {
    value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return value;
}

std::string EncodeCodePoint(uint32_t c) {
  std::string text;
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | (c >> 6));
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | (c >> 12));
    text += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | (c >> 18));
    text += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    text += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  }
  return text;
}

}  // namespace

std::string LiteralToBytes(const Type& type, const Literal& literal) {
  switch (type.id) {
    case TypeId::kBoolean:
      return std::string(1, std::get<bool>(literal.value) ? '\1' : '\0');
    case TypeId::kInt:
    case TypeId::kDate:
      return LittleEndian(static_cast<int32_t>(std::get<int64_t>(literal.value)));
    case TypeId::kFloat:
      return LittleEndian(static_cast<float>(std::get<double>(literal.value)));
    case TypeId::kDouble:
      return LittleEndian(std::get<double>(literal.value));
    case TypeId::kDecimal:
      return MinimalBigEndian(std::get<Int128>(literal.value));
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kFixed:
    case TypeId::kUuid:
      return std::get<std::string>(literal.value);
    default:
      return LittleEndian(std::get<int64_t>(literal.value));
  }
}

std::optional<Literal> LiteralFromBytes(const Type& type, std::string_view bytes) {
  Literal literal;
  switch (type.id) {
    case TypeId::kBoolean:
      if (bytes.size() != 1) return std::nullopt;
      literal.value = bytes[0] != '\0';
      return literal;
    case TypeId::kInt:
    case TypeId::kDate: {
      auto value = FromLittleEndian<int32_t>(bytes);
      if (!value) return std::nullopt;
      literal.value = int64_t{*value};
      return literal;
    }
    case TypeId::kFloat: {
      auto value = FromLittleEndian<float>(bytes);
      if (!value) return std::nullopt;
      literal.value = double{*value};
      return literal;
    }
    case TypeId::kDouble: {
      // A column promoted from float keeps the float bounds of its older files.
      if (auto narrow = FromLittleEndian<float>(bytes)) {
        literal.value = double{*narrow};
        return literal;
      }
      auto value = FromLittleEndian<double>(bytes);
      if (!value) return std::nullopt;
      literal.value = *value;
      return literal;
    }
    case TypeId::kDecimal: {
      auto value = FromBigEndian(bytes);
      if (!value) return std::nullopt;
      literal.value = *value;
      return literal;
    }
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kFixed:
    case TypeId::kUuid:
      literal.value = std::string(bytes);
      return literal;
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs: {
      // As above, for int promoted to long and date promoted to timestamp.
      if (auto narrow = FromLittleEndian<int32_t>(bytes)) {
        int64_t unit = 1;
        if (type.id == TypeId::kTimestamp) unit = kMicrosPerDay;
        if (type.id == TypeId::kTimestampNs) unit = kMicrosPerDay * 1000;
        if (__builtin_mul_overflow(int64_t{*narrow}, unit, &unit)) return std::nullopt;
        literal.value = unit;
        return literal;
      }
      auto value = FromLittleEndian<int64_t>(bytes);
      if (!value) return std::nullopt;
      literal.value = *value;
      return literal;
    }
    default:
      return std::nullopt;
  }
}

std::weak_ordering CompareLiterals(const Type& type, const Literal& a, const Literal& b) {
  if (type.id == TypeId::kFloat || type.id == TypeId::kDouble) {
    double x = std::get<double>(a.value);
    double y = std::get<double>(b.value);
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) <=> std::isnan(y);
    if (x < y) return std::weak_ordering::less;
    return x > y ? std::weak_ordering::greater : std::weak_ordering::equivalent;
  }
  if (a.value < b.value) return std::weak_ordering::less;
  return b.value < a.value ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

std::string Int128ToText(Int128 value, int scale) {
  bool negative = value < 0;
  auto magnitude =
      negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    magnitude /= 10;
  } while (magnitude > 0);
  if (scale > 0) {
    while (digits.size() <= static_cast<size_t>(scale)) digits.insert(digits.begin(), '0');
    digits.insert(digits.size() - static_cast<size_t>(scale), ".");
  }
  return (negative ? "-" : "") + digits;
}

std::string LiteralToText(const Type& type, const Literal& literal) {
  if (literal.is_null()) return "null";
  switch (type.id) {
    case TypeId::kBoolean:
      return std::get<bool>(literal.value) ? "true" : "false";
    case TypeId::kFloat:
    case TypeId::kDouble:
      return fmt::format("{}", std::get<double>(literal.value));
    case TypeId::kDecimal:
      return Int128ToText(std::get<Int128>(literal.value), type.scale);
    case TypeId::kDate:
      return DateText(std::get<int64_t>(literal.value));
    case TypeId::kTime:
      return TimeText(std::get<int64_t>(literal.value));
    case TypeId::kTimestamp:
      return TimestampText(std::get<int64_t>(literal.value));
    case TypeId::kTimestampTz:
      return TimestampText(std::get<int64_t>(literal.value)) + "+00:00";
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      return TimestampText(std::get<int64_t>(literal.value) / 1000);
    case TypeId::kString:
      return std::get<std::string>(literal.value);
    case TypeId::kBinary:
    case TypeId::kFixed:
    case TypeId::kUuid: {
      std::string hex;
      size_t position = 0;
      for (char c : std::get<std::string>(literal.value)) {
        if (type.id == TypeId::kUuid &&
            (position == 4 || position == 6 || position == 8 || position == 10)) {
          hex += '-';
        }
        hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
        ++position;
      }
      return hex;
    }
    default:
      return std::to_string(std::get<int64_t>(literal.value));
  }
}

Literal TruncateLower(const Type& type, const Literal& literal, int length) {
  if (type.id != TypeId::kString && type.id != TypeId::kBinary) return literal;
  const auto& text = std::get<std::string>(literal.value);
  Literal truncated;
  truncated.value = type.id == TypeId::kString ? text.substr(0, PrefixLength(text, length))
                                               : text.substr(0, static_cast<size_t>(length));
  return truncated;
}

std::optional<Literal> TruncateUpper(const Type& type, const Literal& literal, int length) {
  if (type.id != TypeId::kString && type.id != TypeId::kBinary) return literal;
  const auto& text = std::get<std::string>(literal.value);
  std::string prefix = std::get<std::string>(TruncateLower(type, literal, length).value);
  if (prefix.size() == text.size()) return literal;
  // The prefix is below the value; its last part that can be raised makes it an upper bound.
  while (!prefix.empty()) {
    Literal raised;
    if (type.id == TypeId::kBinary) {
      auto last = static_cast<unsigned char>(prefix.back());
      if (last != 0xFF) {
        prefix.back() = static_cast<char>(last + 1);
        raised.value = prefix;
        return raised;
      }
      prefix.pop_back();
      continue;
    }
    size_t start = CodePointStart(prefix, prefix.size() - 1);
    uint32_t next = DecodeCodePoint(std::string_view(prefix).substr(start)) + 1;
    if (next == 0xD800) next = 0xE000;  // surrogates are no characters
    prefix.resize(start);
    if (next <= 0x10FFFF) {
      raised.value = prefix + EncodeCodePoint(next);
      return raised;
    }
  }
  return std::nullopt;
}

}  // namespace eider::iceberg
