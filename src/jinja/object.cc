#include "jinja/object.h"

#include <algorithm>
#include <functional>

#include "jinja/throw.h"

namespace eider::jinja {

namespace {

const Value kNone;

class Function final : public Object {
 public:
  Function(std::string name, NativeFunction function)
      : name_(std::move(name)), function_(std::move(function)) {}
  std::string TypeName() const override { return "function"; }
  std::string Repr() const override { return "<function " + name_ + ">"; }
  bool IsCallable() const override { return true; }
  Value Call(State& state, const Arguments& arguments) override {
    return function_(state, arguments);
  }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "name" || name == "__name__") return Value(name_);
    return std::nullopt;
  }

 private:
  std::string name_;
  NativeFunction function_;
};

std::string Quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

}  // namespace

Value Value::Function(std::string name, NativeFunction function) {
  return Value(std::make_shared<jinja::Function>(std::move(name), std::move(function)));
}

const Value* Arguments::Keyword(std::string_view name) const {
  auto it = std::find_if(keyword.begin(), keyword.end(),
                         [&](const auto& entry) { return entry.first == name; });
  return it == keyword.end() ? nullptr : &it->second;
}

BoundArguments::BoundArguments(std::string_view function, const Arguments& arguments,
                               std::initializer_list<std::string_view> parameters, size_t required)
    : function_(function), parameters_(parameters), values_(parameters.size(), nullptr) {
  if (arguments.positional.size() > parameters_.size()) {
    Throw(function_ + "() takes " + (required == parameters_.size() ? "" : "at most ") +
          std::to_string(parameters_.size()) +
          (parameters_.size() == 1 ? " positional argument but " : " positional arguments but ") +
          std::to_string(arguments.positional.size()) +
          (arguments.positional.size() == 1 ? " was given" : " were given"));
  }
  for (size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = &arguments.positional[i];
  for (const auto& [name, value] : arguments.keyword) {
    auto it = std::find(parameters_.begin(), parameters_.end(), name);
    if (it == parameters_.end()) {
      Throw(function_ + "() got an unexpected keyword argument " + Quoted(name));
    }
    const Value*& slot = values_[static_cast<size_t>(it - parameters_.begin())];
    if (slot) Throw(function_ + "() got multiple values for argument " + Quoted(name));
    slot = &value;
  }
  for (size_t i = 0; i < required; ++i) {
    if (!values_[i]) {
      Throw(function_ + "() missing 1 required positional argument: " + Quoted(parameters_[i]));
    }
  }
}

const Value& BoundArguments::operator[](size_t index) const {
  return values_[index] ? *values_[index] : kNone;
}

Value BoundArguments::Or(size_t index, Value fallback) const {
  return values_[index] ? *values_[index] : fallback;
}

std::string BoundArguments::String(size_t index, std::string_view fallback) const {
  if (!values_[index]) return std::string(fallback);
  if (!values_[index]->IsString()) {
    Throw(function_ + "() argument " + Quoted(parameters_[index]) + " must be str, not " +
          values_[index]->TypeName());
  }
  return values_[index]->AsString();
}

int64_t BoundArguments::Int(size_t index, int64_t fallback) const {
  if (!values_[index]) return fallback;
  if (values_[index]->IsBool()) return values_[index]->AsBool();
  if (!values_[index]->IsInt()) {
    Throw(function_ + "() argument " + Quoted(parameters_[index]) + " must be int, not " +
          values_[index]->TypeName());
  }
  return values_[index]->AsInt();
}

bool BoundArguments::Bool(size_t index, bool fallback) const {
  return values_[index] ? values_[index]->Truthy() : fallback;
}

std::string Object::Repr() const { return "<" + TypeName() + " object>"; }

bool Object::Equals(const Value& other) const {
  return other.IsObject() && other.AsObject().get() == this;
}

size_t Object::Hash() const { return std::hash<const void*>()(this); }

std::optional<int> Object::Compare(const Value&) const { return std::nullopt; }

std::optional<Value> Object::GetAttribute(State&, std::string_view) { return std::nullopt; }

std::optional<Value> Object::GetItem(State&, const Value&) { return std::nullopt; }

bool Object::SetAttribute(std::string_view, Value) { return false; }

Value Object::Call(State&, const Arguments&) {
  Throw("'" + TypeName() + "' object is not callable");
}

std::optional<Value> Object::CallMethod(State&, std::string_view, const Arguments&) {
  return std::nullopt;
}

ValueList Object::Iterate() { Throw("'" + TypeName() + "' object is not iterable"); }

std::optional<int64_t> Object::Length() const { return std::nullopt; }

std::optional<bool> Object::Contains(const Value&) { return std::nullopt; }

std::optional<Value> Object::Binary(BinaryOperator, const Value&, bool) { return std::nullopt; }

std::optional<Json> Object::ToJson() const { return std::nullopt; }

std::string Namespace::Repr() const {
  std::string out = "<Namespace {";
  bool first = true;
  for (const auto& [key, value] : attributes_) {
    if (!first) out += ", ";
    first = false;
    out += key.Repr() + ": " + value.Repr();
  }
  return out + "}>";
}

std::optional<Value> Namespace::GetAttribute(State&, std::string_view name) {
  const Value* value = attributes_.Find(name);
  return value ? std::optional<Value>(*value) : std::nullopt;
}

std::optional<Value> Namespace::GetItem(State&, const Value& key) {
  const Value* value = attributes_.Find(key);
  return value ? std::optional<Value>(*value) : std::nullopt;
}

bool Namespace::SetAttribute(std::string_view name, Value value) {
  attributes_.Set(Value(name), std::move(value));
  return true;
}

}  // namespace eider::jinja
