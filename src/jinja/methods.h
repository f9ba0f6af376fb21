// The attributes and methods Python's str, list, tuple, dict, int and float have, as templates call
// them.
#pragma once

#include <optional>
#include <string_view>

#include "jinja/object.h"
#include "jinja/value.h"

namespace eider::jinja {

struct Method {
  using Function = Value (*)(State& state, const Value& self, const Arguments& arguments);
  Function function;
  bool takes_keywords = false;

  Value Call(State& state, const Value& self, const Arguments& arguments) const;
};

// The method `name` of the built-in type of `self`, or null.
const Method* FindMethod(const Value& self, std::string_view name);
const Method* FindStringMethod(std::string_view name);
const Method* FindListMethod(std::string_view name);
const Method* FindTupleMethod(std::string_view name);
const Method* FindDictMethod(std::string_view name);

// x.name for a built-in type: a method bound to `self`, or a plain attribute.
std::optional<Value> BuiltinAttribute(const Value& self, std::string_view name);

// dict.keys(), dict.values() and dict.items() of one dict, which they keep and follow.
enum class DictPart : uint8_t { kKeys, kValues, kItems };
Value MakeDictView(const Value& dict, DictPart part);

// dict.update(source): the entries of a mapping, or of an iterable of pairs.
void UpdateDict(State& state, Dict& dict, const Value& source);

}  // namespace eider::jinja
