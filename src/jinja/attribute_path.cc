#include "jinja/attribute_path.h"

#include "base/text.h"
#include "jinja/number.h"
#include "jinja/unicode.h"

namespace eider::jinja {

Value IgnoreCase(const Value& value) {
  return value.IsString() ? Value(LowerText(value.AsString())) : value;
}

AttributePath::AttributePath(const Value& attribute) {
  if (attribute.IsNone()) return;
  if (!attribute.IsString()) {
    parts_.push_back(attribute);
    return;
  }
  for (std::string& part : Split(attribute.AsString(), '.')) {
    bool digits = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    auto index = digits ? ParseInteger(part) : std::nullopt;
    parts_.push_back(index ? Value(*index) : Value(std::move(part)));
  }
}

Value AttributePath::Get(State& state, const Value& item, const Value& fallback) const {
  Value value = item;
  for (const Value& part : parts_) {
    value = state.GetItem(value, part);
    if (value.IsUndefined() && !fallback.IsNone()) value = fallback;
  }
  return value;
}

std::vector<AttributePath> SplitAttributePaths(const Value& attribute) {
  std::vector<AttributePath> paths;
  if (!attribute.IsString()) {
    paths.emplace_back(attribute);
    return paths;
  }
  for (std::string& path : Split(attribute.AsString(), ',')) {
    paths.emplace_back(Value(std::move(path)));
  }
  return paths;
}

}  // namespace eider::jinja
