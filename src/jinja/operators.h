// Python's operators on values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "jinja/object.h"
#include "jinja/value.h"

namespace eider::jinja {

Value ApplyBinary(State& state, BinaryOperator op, const Value& left, const Value& right);
Value Negative(const Value& value);
Value Positive(const Value& value);

// `needle in container`.
bool IsContained(const Value& needle, const Value& container);

// container[start:stop:step]; None for a part that is not given.
Value SliceOf(const Value& container, const Value& start, const Value& stop, const Value& step);
// The position that `index` means in `length` items, counting from the end when negative; -1 when
// it lies outside.
int64_t ItemPosition(int64_t index, int64_t length);

// `value` as the host's sized text: throws when `count` copies of `size` bytes are unreasonable.
void CheckRepetition(size_t size, int64_t count);

// The four characters and the quotes that HTML reserves, as entities.
void AppendEscaped(std::string& out, std::string_view text);
// Text that may stand in HTML: a safe string as it is, else str(value) escaped.
std::string EscapedText(const Value& value);

}  // namespace eider::jinja
