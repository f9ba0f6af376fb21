// The dynamic value of the template language: Python's data model as far as templates can see it.
//
// A Value is cheap to copy. Strings and tuples are immutable and shared; lists, dicts and objects
// are shared by reference, so that a change through one copy is seen through all, as in Python.
// Integers are 64 bits wide: an operation that leaves that range throws kInvalidArgument.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"

namespace eider::jinja {

class Dict;
class Object;
class State;
class Value;
struct Arguments;

using ValueList = std::vector<Value>;
using NativeFunction = std::function<Value(State&, const Arguments&)>;

// What an undefined value does when it is used; jinja2's Undefined classes.
enum class UndefinedMode : uint8_t {
  kDefault,  // prints as "", is false and empty; an attribute, item, call or arithmetic is an error
  kChainable,   // as kDefault, but its attributes and items are undefined too
  kPermissive,  // as kChainable, and a call of it gives it back
  kStrict,      // every use but `is defined` and default() is an error
};

struct UndefinedInfo {
  std::string name;     // the variable, attribute or key that was looked for
  std::string message;  // what to say when it is used: "'x' is undefined"
  UndefinedMode mode = UndefinedMode::kDefault;
};

class Value {
 public:
  enum class Type : uint8_t {
    kNone,
    kUndefined,
    kBool,
    kInt,
    kFloat,
    kString,
    kList,
    kTuple,
    kDict,
    kObject,
  };

  Value() = default;  // None
  Value(std::nullptr_t) {}
  // Only a real bool: a pointer must not turn into one.
  template <std::same_as<bool> T>
  Value(T value) : data_(value) {}
  Value(int value) : data_(static_cast<int64_t>(value)) {}
  Value(int64_t value) : data_(value) {}
  Value(size_t value) : data_(static_cast<int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(std::string text);
  Value(Dict dict);
  Value(std::shared_ptr<Dict> dict) : data_(std::move(dict)) {}
  template <typename T>
  requires std::is_base_of_v<Object, T> Value(std::shared_ptr<T> object)
      : data_(std::shared_ptr<Object>(std::move(object))) {}

  static Value List(ValueList items = {});
  static Value Tuple(ValueList items = {});
  // Text that escaping filters leave alone (markupsafe.Markup).
  static Value Safe(std::string text);
  static Value Undefined(std::string name, std::string message = "",
                         UndefinedMode mode = UndefinedMode::kDefault);
  // A host function. `name` is shown in errors and in its repr.
  static Value Function(std::string name, NativeFunction function);

  Type type() const { return static_cast<Type>(data_.index()); }
  bool IsNone() const { return type() == Type::kNone; }
  bool IsUndefined() const { return type() == Type::kUndefined; }
  bool IsBool() const { return type() == Type::kBool; }
  bool IsInt() const { return type() == Type::kInt; }  // a bool is not one here
  bool IsFloat() const { return type() == Type::kFloat; }
  bool IsNumber() const { return IsInt() || IsFloat() || IsBool(); }
  bool IsString() const { return type() == Type::kString; }
  bool IsSafe() const;
  bool IsList() const { return type() == Type::kList; }
  bool IsTuple() const { return type() == Type::kTuple; }
  bool IsDict() const { return type() == Type::kDict; }
  bool IsObject() const { return type() == Type::kObject; }
  bool IsCallable() const;
  bool IsMapping() const;   // a dict, or an object that says it is one
  bool IsSequence() const;  // has a length and items: str, list, tuple, dict, such objects
  bool IsIterable() const;

  // The payload; the type must be the one asked for.
  bool AsBool() const { return std::get<bool>(data_); }
  int64_t AsInt() const { return std::get<int64_t>(data_); }
  double AsFloat() const { return std::get<double>(data_); }
  const std::string& AsString() const;
  ValueList& AsList() const;
  const ValueList& AsTuple() const;
  Dict& AsDict() const;
  const std::shared_ptr<Object>& AsObject() const {
    return std::get<std::shared_ptr<Object>>(data_);
  }
  const UndefinedInfo& AsUndefined() const;
  // The object as a `T`, or null when the value is anything else.
  template <typename T>
  T* As() const {
    auto object = std::get_if<std::shared_ptr<Object>>(&data_);
    return object ? dynamic_cast<T*>(object->get()) : nullptr;
  }

  // The items of a list or tuple, or null.
  const ValueList* Items() const;

  // Python's type(x).__name__.
  std::string TypeName() const;
  // str(x) and repr(x). A strict undefined throws.
  std::string Str() const;
  std::string Repr() const;
  void AppendStr(std::string& out) const;
  void AppendRepr(std::string& out) const;

  bool Truthy() const;
  bool Equals(const Value& other) const;  // ==
  bool Is(const Value& other) const;      // same object, as `is` has it
  // < 0, 0, > 0. Throws kInvalidArgument for types that Python does not order.
  int Compare(const Value& other) const;
  // Throws kInvalidArgument "unhashable type" for lists and dicts.
  size_t Hash() const;

  // len(x). Throws for what has none.
  int64_t Length() const;
  // The items a `for` goes through: characters, items, keys. Throws for what is not iterable.
  ValueList Iterate() const;

  static Value FromJson(const Json& json);
  // Throws kInvalidArgument "Object of type x is not JSON serializable" as Python does. Keys that
  // are None, bools or numbers become strings as Python's json does.
  Json ToJson() const;

  friend bool operator==(const Value& a, const Value& b) { return a.Equals(b); }

 private:
  struct StringData {
    std::string text;
    bool safe = false;
  };
  using Data = std::variant<std::monostate, std::shared_ptr<const UndefinedInfo>, bool, int64_t,
                            double, std::shared_ptr<const StringData>, std::shared_ptr<ValueList>,
                            std::shared_ptr<const ValueList>, std::shared_ptr<Dict>,
                            std::shared_ptr<Object>>;
  explicit Value(Data data) : data_(std::move(data)) {}

  Data data_;
};

// A hash map that keeps the order of insertion, as Python's dict.
class Dict {
 public:
  struct Entry {
    Value key;
    Value value;
  };

  Dict() = default;
  Dict(std::initializer_list<std::pair<std::string_view, Value>> entries);

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  const Entry& at(size_t position) const { return entries_[position]; }

  // The value at `key`, or null. Valid until the dict changes.
  Value* Find(const Value& key);
  Value* Find(std::string_view key);
  const Value* Find(const Value& key) const { return const_cast<Dict*>(this)->Find(key); }
  const Value* Find(std::string_view key) const { return const_cast<Dict*>(this)->Find(key); }
  bool Contains(const Value& key) const { return Find(key) != nullptr; }
  // The value at `key`, or `fallback`.
  Value Get(std::string_view key, Value fallback = {}) const;
  void Set(Value key, Value value);
  bool Erase(const Value& key);
  void Clear();

 private:
  size_t Position(const Value& key, size_t hash) const;
  void Reindex();

  std::vector<Entry> entries_;
  std::vector<size_t> hashes_;     // of entries_, same order
  std::vector<uint32_t> buckets_;  // open addressing over entries_; empty while the dict is small
};

}  // namespace eider::jinja
