// What a host exposes to templates beyond plain data, and the arguments of calls.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/value.h"

namespace eider::jinja {

// The arguments of one call.
struct Arguments {
  ValueList positional;
  std::vector<std::pair<std::string, Value>> keyword;

  // The keyword argument `name`, or null.
  const Value* Keyword(std::string_view name) const;
};

// Arguments bound to the parameters of a host function, with Python's rules and messages: a
// missing, doubled or unknown argument throws kInvalidArgument naming `function`.
class BoundArguments {
 public:
  // The first `required` of `parameters` must be given.
  BoundArguments(std::string_view function, const Arguments& arguments,
                 std::initializer_list<std::string_view> parameters, size_t required = 0);

  bool Has(size_t index) const { return values_[index] != nullptr; }
  // The argument; None when it was not given.
  const Value& operator[](size_t index) const;
  Value Or(size_t index, Value fallback) const;
  // Typed access; a wrong type throws kInvalidArgument.
  std::string String(size_t index, std::string_view fallback = "") const;
  int64_t Int(size_t index, int64_t fallback = 0) const;
  bool Bool(size_t index, bool fallback = false) const;

 private:
  std::string function_;
  std::vector<std::string_view> parameters_;
  std::vector<const Value*> values_;
};

enum class BinaryOperator : uint8_t { kAdd, kSub, kMul, kDiv, kFloorDiv, kMod, kPow };

// A host object. All members but TypeName have the behaviour of a bare Python object.
class Object : public std::enable_shared_from_this<Object> {
 public:
  virtual ~Object() = default;

  virtual std::string TypeName() const = 0;
  // Python's repr; Str is what `{{ x }}` prints.
  virtual std::string Repr() const;
  virtual std::string Str() const { return Repr(); }
  virtual bool Truthy() const { return true; }
  virtual bool Equals(const Value& other) const;
  virtual size_t Hash() const;
  // The order against `other`, or nothing when there is none.
  virtual std::optional<int> Compare(const Value& other) const;

  // x.name; nothing when there is no such attribute. `x.name` then tries GetItem, as in Jinja2.
  virtual std::optional<Value> GetAttribute(State& state, std::string_view name);
  // x[key]; nothing when there is no such item. `x['a']` then tries GetAttribute.
  virtual std::optional<Value> GetItem(State& state, const Value& key);
  // `{% set x.name = value %}` and `{% set x[..] %}` are only for namespaces in Jinja2; an object
  // that returns true takes the assignment.
  virtual bool SetAttribute(std::string_view name, Value value);

  virtual bool IsCallable() const { return false; }
  virtual Value Call(State& state, const Arguments& arguments);
  // Runs method `name` directly, sparing a bound-method value. Nothing: look the attribute up.
  virtual std::optional<Value> CallMethod(State& state, std::string_view name,
                                          const Arguments& arguments);

  virtual bool IsMapping() const { return false; }
  virtual bool IsSequence() const { return false; }
  virtual bool IsIterable() const { return false; }
  virtual ValueList Iterate();
  virtual std::optional<int64_t> Length() const;
  // `needle in x`; nothing: the items are searched.
  virtual std::optional<bool> Contains(const Value& needle);
  // `x op other`, or `other op x` when `reflected`. Nothing: unsupported operand.
  virtual std::optional<Value> Binary(BinaryOperator op, const Value& other, bool reflected);
  // For tojson and Value::ToJson; nothing: not serializable.
  virtual std::optional<Json> ToJson() const;
};

// A one-pass iterable: what map(), select() and the like give. Iterating it empties it.
class Generator final : public Object {
 public:
  explicit Generator(ValueList items, std::string type_name = "generator")
      : items_(std::move(items)), type_name_(std::move(type_name)) {}
  std::string TypeName() const override { return type_name_; }
  bool IsIterable() const override { return true; }
  ValueList Iterate() override { return std::exchange(items_, {}); }

 private:
  ValueList items_;
  std::string type_name_;
};

// namespace(): attributes that templates may set from inner scopes.
class Namespace final : public Object {
 public:
  std::string TypeName() const override { return "Namespace"; }
  std::string Repr() const override;
  std::optional<Value> GetAttribute(State& state, std::string_view name) override;
  std::optional<Value> GetItem(State& state, const Value& key) override;
  bool SetAttribute(std::string_view name, Value value) override;
  Dict& attributes() { return attributes_; }

 private:
  Dict attributes_;
};

}  // namespace eider::jinja
