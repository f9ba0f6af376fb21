#include "jinja/operators.h"

#include <algorithm>
#include <cmath>

#include "jinja/environment.h"
#include "jinja/format.h"
#include "jinja/number.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

const char* Symbol(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::kAdd:
      return "+";
    case BinaryOperator::kSub:
      return "-";
    case BinaryOperator::kMul:
      return "*";
    case BinaryOperator::kDiv:
      return "/";
    case BinaryOperator::kFloorDiv:
      return "//";
    case BinaryOperator::kMod:
      return "%";
    case BinaryOperator::kPow:
      return "** or pow()";
  }
  return "?";
}

bool IsIntegral(const Value& value) { return value.IsInt() || value.IsBool(); }

int64_t Integral(const Value& value) {
  return value.IsInt() ? value.AsInt() : static_cast<int64_t>(value.AsBool());
}

double AsDouble(const Value& value) {
  return value.IsFloat() ? value.AsFloat() : static_cast<double>(Integral(value));
}

Value BinaryIntegers(BinaryOperator op, int64_t a, int64_t b) {
  switch (op) {
    case BinaryOperator::kAdd:
      return AddIntegers(a, b);
    case BinaryOperator::kSub:
      return SubtractIntegers(a, b);
    case BinaryOperator::kMul:
      return MultiplyIntegers(a, b);
    case BinaryOperator::kDiv:
      if (b == 0) Throw("division by zero");
      return static_cast<double>(a) / static_cast<double>(b);
    case BinaryOperator::kFloorDiv:
      if (b == 0) Throw("integer division or modulo by zero");
      return FloorDivide(a, b);
    case BinaryOperator::kMod:
      if (b == 0) Throw("integer modulo by zero");
      return FloorModulo(a, b);
    case BinaryOperator::kPow:
      if (b >= 0) return PowerOfIntegers(a, b);
      if (a == 0) Throw("0.0 cannot be raised to a negative power");
      return std::pow(static_cast<double>(a), static_cast<double>(b));
  }
  return {};
}

Value BinaryFloats(BinaryOperator op, double a, double b) {
  switch (op) {
    case BinaryOperator::kAdd:
      return a + b;
    case BinaryOperator::kSub:
      return a - b;
    case BinaryOperator::kMul:
      return a * b;
    case BinaryOperator::kDiv:
      if (b == 0) Throw("float division by zero");
      return a / b;
    case BinaryOperator::kFloorDiv: {
      if (b == 0) Throw("float floor division by zero");
      double quotient = (a - FloorModulo(a, b)) / b;
      double floored = std::floor(quotient);
      return quotient - floored > 0.5 ? floored + 1 : floored;
    }
    case BinaryOperator::kMod:
      if (b == 0) Throw("float modulo");
      return FloorModulo(a, b);
    case BinaryOperator::kPow: {
      if (a == 0 && b < 0) Throw("0.0 cannot be raised to a negative power");
      if (a < 0 && std::isfinite(b) && std::floor(b) != b) {
        Throw("a negative number to a fractional power is a complex number");
      }
      double result = std::pow(a, b);
      if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) {
        Throw("Numerical result out of range");
      }
      return result;
    }
  }
  return {};
}

Value Repeat(const Value& sequence, const Value& count_value) {
  int64_t count = std::max<int64_t>(0, Integral(count_value));
  if (sequence.IsString()) {
    const std::string& text = sequence.AsString();
    CheckRepetition(text.size(), count);
    std::string out;
    out.reserve(text.size() * static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) out += text;
    return sequence.IsSafe() ? Value::Safe(std::move(out)) : Value(std::move(out));
  }
  const ValueList& items = *sequence.Items();
  CheckRepetition(items.size() * sizeof(Value), count);
  ValueList out;
  out.reserve(items.size() * static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) out.insert(out.end(), items.begin(), items.end());
  return sequence.IsList() ? Value::List(std::move(out)) : Value::Tuple(std::move(out));
}

Value Joined(const ValueList& a, const ValueList& b, bool list) {
  ValueList out;
  out.reserve(a.size() + b.size());
  out.insert(out.end(), a.begin(), a.end());
  out.insert(out.end(), b.begin(), b.end());
  return list ? Value::List(std::move(out)) : Value::Tuple(std::move(out));
}

bool IsRepeatable(const Value& value) { return value.IsString() || value.Items(); }

}  // namespace

void CheckRepetition(size_t size, int64_t count) {
  constexpr size_t kLimit = size_t{1} << 30;
  if (size > 0 && count > 0 && static_cast<size_t>(count) > kLimit / size) {
    Throw("a value of " + std::to_string(count) + " x " + std::to_string(size) +
          " bytes is too large for a template");
  }
}

Value ApplyBinary(State& state, BinaryOperator op, const Value& left, const Value& right) {
  if (IsIntegral(left) && IsIntegral(right)) {
    return BinaryIntegers(op, Integral(left), Integral(right));
  }
  if (left.IsNumber() && right.IsNumber()) {
    return BinaryFloats(op, AsDouble(left), AsDouble(right));
  }
  if (op == BinaryOperator::kAdd && left.IsString() && right.IsString()) {
    if (left.IsSafe() || right.IsSafe()) {
      return Value::Safe(EscapedText(left) + EscapedText(right));
    }
    const std::string& a = left.AsString();
    const std::string& b = right.AsString();
    std::string out;
    out.reserve(a.size() + b.size());
    return out.append(a).append(b);
  }
  if (left.IsObject()) {
    if (auto result = left.AsObject()->Binary(op, right, false)) return std::move(*result);
  }
  if (right.IsObject()) {
    if (auto result = right.AsObject()->Binary(op, left, true)) return std::move(*result);
  }
  if (op == BinaryOperator::kMod && left.IsString()) return PercentFormat(state, left, right);
  if (left.IsUndefined()) Throw(left.AsUndefined().message);
  if (right.IsUndefined()) Throw(right.AsUndefined().message);
  if (op == BinaryOperator::kAdd) {
    if (left.Items() && right.type() == left.type()) {
      return Joined(*left.Items(), *right.Items(), left.IsList());
    }
    if (left.IsString() || left.Items()) {
      std::string name = left.TypeName();
      Throw("can only concatenate " + name + " (not \"" + right.TypeName() + "\") to " + name);
    }
  }
  if (op == BinaryOperator::kMul) {
    if (IsRepeatable(left) && IsIntegral(right)) return Repeat(left, right);
    if (IsRepeatable(right) && IsIntegral(left)) return Repeat(right, left);
    if (IsRepeatable(left) || IsRepeatable(right)) {
      Throw("can't multiply sequence by non-int of type '" +
            (IsRepeatable(left) ? right : left).TypeName() + "'");
    }
  }
  Throw(std::string("unsupported operand type(s) for ") + Symbol(op) + ": '" + left.TypeName() +
        "' and '" + right.TypeName() + "'");
}

Value Negative(const Value& value) {
  if (IsIntegral(value)) return SubtractIntegers(0, Integral(value));
  if (value.IsFloat()) return -value.AsFloat();
  if (value.IsUndefined()) Throw(value.AsUndefined().message);
  if (value.IsObject()) {
    if (auto result = value.AsObject()->Binary(BinaryOperator::kMul, Value(-1), false)) {
      return std::move(*result);
    }
  }
  Throw("bad operand type for unary -: '" + value.TypeName() + "'");
}

Value Positive(const Value& value) {
  if (IsIntegral(value)) return Integral(value);
  if (value.IsFloat()) return value;
  if (value.IsUndefined()) Throw(value.AsUndefined().message);
  if (value.IsObject()) {
    if (auto result = value.AsObject()->Binary(BinaryOperator::kMul, Value(1), false)) {
      return std::move(*result);
    }
  }
  Throw("bad operand type for unary +: '" + value.TypeName() + "'");
}

bool IsContained(const Value& needle, const Value& container) {
  switch (container.type()) {
    case Value::Type::kString:
      if (!needle.IsString()) {
        Throw("'in <string>' requires string as left operand, not " + needle.TypeName());
      }
      return container.AsString().find(needle.AsString()) != std::string::npos;
    case Value::Type::kDict:
      return container.AsDict().Contains(needle);
    case Value::Type::kList:
    case Value::Type::kTuple: {
      const ValueList& items = *container.Items();
      // By index: comparing may run host code that changes the list.
      for (size_t i = 0; i < items.size(); ++i) {
        if (items[i].Equals(needle)) return true;
      }
      return false;
    }
    case Value::Type::kObject: {
      if (auto contained = container.AsObject()->Contains(needle)) return *contained;
      if (!container.IsIterable()) break;
      ValueList items = container.Iterate();
      return std::any_of(items.begin(), items.end(),
                         [&](const Value& item) { return item.Equals(needle); });
    }
    case Value::Type::kUndefined:
      if (container.AsUndefined().mode == UndefinedMode::kStrict) {
        Throw(container.AsUndefined().message);
      }
      return false;
    default:
      break;
  }
  Throw("argument of type '" + container.TypeName() + "' is not iterable");
}

int64_t ItemPosition(int64_t index, int64_t length) {
  if (index < 0) index += length;
  return index >= 0 && index < length ? index : -1;
}

Value SliceOf(const Value& container, const Value& start, const Value& stop, const Value& step) {
  auto part = [](const Value& value, int64_t fallback) {
    if (value.IsNone()) return fallback;
    if (!IsIntegral(value)) {
      if (value.IsUndefined()) Throw(value.AsUndefined().message);
      Throw("slice indices must be integers or None or have an __index__ method");
    }
    return Integral(value);
  };
  int64_t by = part(step, 1);
  if (by == 0) Throw("slice step cannot be zero");

  std::u32string characters;
  ValueList sequence;
  const ValueList* items = container.Items();
  int64_t length;
  bool ascii = false;
  if (container.IsString()) {
    ascii = IsAscii(container.AsString());
    if (!ascii) characters = DecodeUtf8(container.AsString());
    length = static_cast<int64_t>(ascii ? container.AsString().size() : characters.size());
  } else {
    if (!items) {
      if (!container.IsObject() || !container.AsObject()->IsSequence()) {
        Throw("'" + container.TypeName() + "' object is not subscriptable");
      }
      sequence = container.Iterate();
      items = &sequence;
    }
    length = static_cast<int64_t>(items->size());
  }

  // A huge step must not run over the range of the index.
  by = std::clamp(by, -length - 1, length + 1);
  // Python's rule: the ends are clipped to the sequence, or to one before it when going back.
  int64_t low = by > 0 ? 0 : -1;
  int64_t high = by > 0 ? length : length - 1;
  auto clip = [&](int64_t index) {
    if (index < 0) index = index < -length ? low : index + length;
    return std::clamp(index, low, high);
  };
  int64_t from = start.IsNone() ? (by > 0 ? low : high) : clip(part(start, 0));
  int64_t to = stop.IsNone() ? (by > 0 ? high : low) : clip(part(stop, 0));

  if (container.IsString()) {
    std::string text;
    if (ascii && by == 1) {
      if (to > from) {
        text =
            container.AsString().substr(static_cast<size_t>(from), static_cast<size_t>(to - from));
      }
    } else {
      for (int64_t i = from; by > 0 ? i < to : i > to; i += by) {
        if (ascii) {
          text += container.AsString()[static_cast<size_t>(i)];
        } else {
          AppendUtf8(text, characters[static_cast<size_t>(i)]);
        }
      }
    }
    return container.IsSafe() ? Value::Safe(std::move(text)) : Value(std::move(text));
  }
  ValueList out;
  for (int64_t i = from; by > 0 ? i < to : i > to; i += by) {
    out.push_back((*items)[static_cast<size_t>(i)]);
  }
  return container.IsTuple() ? Value::Tuple(std::move(out)) : Value::List(std::move(out));
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
}

std::string EscapedText(const Value& value) {
  if (value.IsSafe()) return value.AsString();
  std::string out;
  AppendEscaped(out, value.IsString() ? value.AsString() : value.Str());
  return out;
}

}  // namespace eider::jinja
