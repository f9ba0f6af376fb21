// The `attribute` argument of filters: "address.city", 0, "name,age".
#pragma once

#include <string_view>
#include <vector>

#include "jinja/environment.h"

namespace eider::jinja {

// Text in lower case, anything else as it is: what filters compare by unless told otherwise.
Value IgnoreCase(const Value& value);

class AttributePath {
 public:
  // None stands for the item itself.
  explicit AttributePath(const Value& attribute);
  // `fallback`, when not None, replaces what is undefined on the way.
  Value Get(State& state, const Value& item, const Value& fallback = {}) const;

 private:
  ValueList parts_;
};

// The paths that commas separate.
std::vector<AttributePath> SplitAttributePaths(const Value& attribute);

}  // namespace eider::jinja
