#include "dbt/python_set.h"

#include <algorithm>

#include "base/error.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

constexpr std::string_view kMethods[] = {
    "add",
    "clear",
    "copy",
    "difference",
    "discard",
    "intersection",
    "isdisjoint",
    "issubset",
    "issuperset",
    "remove",
    "symmetric_difference",
    "union",
    "update",
};

bool IsMethod(std::string_view name) {
  return std::find(std::begin(kMethods), std::end(kMethods), name) != std::end(kMethods);
}

}  // namespace

Value PythonSet::Make(const Value& items) {
  auto set = std::make_shared<PythonSet>();
  for (const auto& item : items.Iterate()) set->items_.Set(item, Value(true));
  return Value(std::move(set));
}

std::string PythonSet::Repr() const {
  if (items_.empty()) return "set()";
  std::string out = "{";
  for (const auto& item : items_) {
    if (out.size() > 1) out += ", ";
    item.key.AppendRepr(out);
  }
  return out + "}";
}

bool PythonSet::Equals(const Value& other) const {
  const auto* set = other.As<PythonSet>();
  return set && set->items_.size() == items_.size() && Includes(*set);
}

ValueList PythonSet::Iterate() {
  ValueList items;
  for (const auto& item : items_) items.push_back(item.key);
  return items;
}

std::optional<bool> PythonSet::Contains(const Value& needle) { return items_.Contains(needle); }

bool PythonSet::Includes(const PythonSet& other) const {
  for (const auto& item : other.items_) {
    if (!items_.Contains(item.key)) return false;
  }
  return true;
}

std::optional<Value> PythonSet::Binary(jinja::BinaryOperator op, const Value& other,
                                       bool reflected) {
  const auto* set = other.As<PythonSet>();
  if (op != jinja::BinaryOperator::kSub || reflected || !set) return std::nullopt;
  auto out = std::make_shared<PythonSet>();
  for (const auto& item : items_) {
    if (!set->items_.Contains(item.key)) out->items_.Set(item.key, Value(true));
  }
  return Value(std::move(out));
}

std::optional<Value> PythonSet::GetAttribute(State&, std::string_view name) {
  if (!IsMethod(name)) return std::nullopt;
  auto self = std::static_pointer_cast<PythonSet>(shared_from_this());
  std::string method(name);
  return Value::Function(method, [self, method](State& state, const Arguments& arguments) {
    return *self->CallMethod(state, method, arguments);
  });
}

bool PythonSet::Change(std::string_view method, const Arguments& arguments) {
  if (method == "clear") {
    BoundArguments bound(method, arguments, {});
    items_.Clear();
  } else if (method == "update") {
    for (const auto& items : arguments.positional) {
      for (const auto& item : items.Iterate()) items_.Set(item, Value(true));
    }
  } else if (method == "add" || method == "discard" || method == "remove") {
    BoundArguments bound(method, arguments, {"element"}, 1);
    if (method == "add") {
      items_.Set(bound[0], Value(true));
    } else if (!items_.Erase(bound[0]) && method == "remove") {
      throw Error(ErrorCode::kInvalidArgument, "KeyError: " + bound[0].Repr());
    }
  } else {
    return false;
  }
  return true;
}

std::optional<Value> PythonSet::CallMethod(State&, std::string_view name,
                                           const Arguments& arguments) {
  if (!IsMethod(name)) return std::nullopt;
  if (Change(name, arguments)) return Value();

  auto out = std::make_shared<PythonSet>();
  out->items_ = items_;
  if (name == "copy") {
    BoundArguments bound(name, arguments, {});
    return Value(std::move(out));
  }
  if (name == "union") {
    out->Change("update", arguments);
    return Value(std::move(out));
  }
  if (name == "difference" || name == "intersection") {
    bool keep = name == "intersection";
    for (const auto& items : arguments.positional) {
      Value other = Make(items);
      for (const auto& item : Iterate()) {
        if (other.As<PythonSet>()->items_.Contains(item) != keep) out->items_.Erase(item);
      }
    }
    return Value(std::move(out));
  }

  BoundArguments bound(name, arguments, {"other"}, 1);
  Value value = Make(bound[0]);
  const auto& other = *value.As<PythonSet>();
  if (name == "issubset") return Value(other.Includes(*this));
  if (name == "issuperset") return Value(Includes(other));
  if (name == "isdisjoint") {
    for (const auto& item : other.items_) {
      if (items_.Contains(item.key)) return Value(false);
    }
    return Value(true);
  }
  // symmetric_difference
  for (const auto& item : other.items_) {
    if (!out->items_.Erase(item.key)) out->items_.Set(item.key, Value(true));
  }
  return Value(std::move(out));
}

}  // namespace eider::dbt
