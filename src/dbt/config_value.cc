#include "dbt/config_value.h"

#include "base/error.h"
#include "jinja/environment.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::State;
using jinja::Value;

namespace {

constexpr std::string_view kMethods[] = {"get",
                                         "require",
                                         "meta_get",
                                         "meta_require",
                                         "set",
                                         "persist_relation_docs",
                                         "persist_column_docs"};

void Validate(State& state, const Value& validator, const Value& value) {
  if (validator.IsNone()) return;
  Arguments call;
  call.positional = {value};
  state.Call(validator, call);
}

}  // namespace

std::optional<Value> ConfigValue::Lookup(const std::string& key, bool in_meta) const {
  const Json* object = &node_.config.values();
  if (in_meta) {
    auto meta = object->find("meta");
    if (meta == object->end() || !meta->is_object()) return std::nullopt;
    object = &*meta;
  }
  std::string name = key == "pre_hook" ? "pre-hook" : key == "post_hook" ? "post-hook" : key;
  auto found = object->find(name);
  if (found == object->end()) return std::nullopt;
  return Value::FromJson(*found);
}

Value ConfigValue::Get(State& state, const Arguments& arguments, bool in_meta) const {
  BoundArguments bound(in_meta ? "meta_get" : "get", arguments, {"name", "default", "validator"},
                       1);
  auto found = Lookup(bound[0].Str(), in_meta);
  Value value = found ? *found : bound[1];
  if (!bound[1].IsNone()) Validate(state, bound[2], value);
  return value;
}

Value ConfigValue::Require(State& state, const Arguments& arguments, bool in_meta) const {
  BoundArguments bound(in_meta ? "meta_require" : "require", arguments, {"name", "validator"}, 1);
  auto found = Lookup(bound[0].Str(), in_meta);
  if (!found) {
    throw Error(ErrorCode::kInvalidArgument, "Model '" + node_.unique_id +
                                                 "' does not define a required config parameter '" +
                                                 bound[0].Str() + "'.");
  }
  Validate(state, bound[1], *found);
  return *found;
}

std::optional<Value> ConfigValue::CallMethod(State& state, std::string_view name,
                                             const Arguments& arguments) {
  if (name == "get") return Get(state, arguments, false);
  if (name == "require") return Require(state, arguments, false);
  if (name == "meta_get") return Get(state, arguments, true);
  if (name == "meta_require") return Require(state, arguments, true);
  if (name == "set") return Value("");
  if (name == "persist_relation_docs") return Value(node_.config.persist_relation_docs());
  if (name == "persist_column_docs") return Value(node_.config.persist_column_docs());
  return std::nullopt;
}

std::optional<Value> ConfigValue::GetAttribute(State&, std::string_view name) {
  for (auto method : kMethods) {
    if (method != name) continue;
    auto self = std::static_pointer_cast<ConfigValue>(shared_from_this());
    return Value::Function(std::string(name),
                           [self, method](State& state, const Arguments& arguments) {
                             return *self->CallMethod(state, method, arguments);
                           });
  }
  if (name == "model") return Value(node_.unique_id);
  return std::nullopt;
}

}  // namespace eider::dbt
