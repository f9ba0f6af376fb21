// Python's arithmetic on 64-bit integers and doubles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eider::jinja {

// Each throws kInvalidArgument when the result does not fit 64 bits.
int64_t AddIntegers(int64_t a, int64_t b);
int64_t SubtractIntegers(int64_t a, int64_t b);
int64_t MultiplyIntegers(int64_t a, int64_t b);
int64_t PowerOfIntegers(int64_t base, int64_t exponent);  // exponent >= 0
// Rounding toward minus infinity, the remainder with the divisor's sign. b must not be 0.
int64_t FloorDivide(int64_t a, int64_t b);
int64_t FloorModulo(int64_t a, int64_t b);
double FloorModulo(double a, double b);

// repr(float): the shortest text that reads back the same, always with a point or exponent.
std::string FloatRepr(double value);
// C's %.<precision><conversion> with Python's spelling of inf and nan. `conversion` is one of
// eEfFgG; `alternate` is C's flag #, which keeps the point and %g's zeros.
std::string FormatFloat(double value, int precision, char conversion, bool alternate = false);

// The digits of `value` in `base`, 2 to 16, lower case.
std::string ToBase(uint64_t value, unsigned base);

// int(text, base) and float(text), with white space around and underscores between digits. Base 0
// reads the prefix.
std::optional<int64_t> ParseInteger(std::string_view text, int base = 10);
std::optional<double> ParseFloat(std::string_view text);

// Half to even at `digits` decimals, as round() does on floats.
double RoundHalfEven(double value, int digits);

}  // namespace eider::jinja
