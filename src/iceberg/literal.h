// Single values of primitive types: partition values, column bounds, constants of predicates.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "iceberg/type.h"

namespace eider::iceberg {

__extension__ using Int128 = __int128;

// A value without its type, which always stands beside it:
//   boolean: bool; int, long, date (days), time (micros), timestamps (micros or nanos): int64_t;
//   float, double: double; decimal: Int128, unscaled; string, binary, fixed, uuid: bytes.
struct Literal {
  std::variant<std::monostate, bool, int64_t, double, Int128, std::string> value;

  bool is_null() const { return std::holds_alternative<std::monostate>(value); }
  bool operator==(const Literal& other) const = default;
};

// Appendix D, binary single-value serialization. LiteralFromBytes returns nullopt where the bytes
// do not fit the type: a bound we cannot read prunes nothing.
std::string LiteralToBytes(const Type& type, const Literal& literal);
std::optional<Literal> LiteralFromBytes(const Type& type, std::string_view bytes);

// The order of the spec: NaN is the largest floating point value, strings compare by their bytes.
// Neither may be null.
std::weak_ordering CompareLiterals(const Type& type, const Literal& a, const Literal& b);

// For people: 12.30, 2026-01-31, 'text' without quotes.
std::string LiteralToText(const Type& type, const Literal& literal);

// The first `length` code points of a lower bound, or of an upper bound the next value that is as
// short; nullopt where no such upper value exists. For string and binary; others are returned
// whole.
Literal TruncateLower(const Type& type, const Literal& literal, int length);
std::optional<Literal> TruncateUpper(const Type& type, const Literal& literal, int length);

std::string Int128ToText(Int128 value, int scale);

}  // namespace eider::iceberg
