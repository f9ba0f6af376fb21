// The methods of list, tuple and dict, and the attributes of numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <unordered_map>

#include "jinja/environment.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/throw.h"

namespace eider::jinja {

namespace {

// --- list

Value ListAppend(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.append", arguments, {"object"}, 1);
  self.AsList().push_back(bound[0]);
  return {};
}

Value ListExtend(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.extend", arguments, {"iterable"}, 1);
  ValueList items = bound[0].Iterate();
  self.AsList().insert(self.AsList().end(), items.begin(), items.end());
  return {};
}

Value ListInsert(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.insert", arguments, {"index", "object"}, 2);
  ValueList& items = self.AsList();
  int64_t size = static_cast<int64_t>(items.size());
  int64_t at = bound.Int(0);
  if (at < 0) at = std::max<int64_t>(0, at + size);
  items.insert(items.begin() + std::min(at, size), bound[1]);
  return {};
}

Value ListPop(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.pop", arguments, {"index"});
  ValueList& items = self.AsList();
  if (items.empty()) Throw("pop from empty list");
  int64_t at = ItemPosition(bound.Int(0, -1), static_cast<int64_t>(items.size()));
  if (at < 0) Throw("pop index out of range");
  Value item = std::move(items[static_cast<size_t>(at)]);
  items.erase(items.begin() + at);
  return item;
}

Value ListRemove(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.remove", arguments, {"value"}, 1);
  ValueList& items = self.AsList();
  auto it = std::find(items.begin(), items.end(), bound[0]);
  if (it == items.end()) Throw("list.remove(x): x not in list");
  items.erase(it);
  return {};
}

Value ListClear(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.clear", arguments, {});
  self.AsList().clear();
  return {};
}

Value ListReverse(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.reverse", arguments, {});
  std::reverse(self.AsList().begin(), self.AsList().end());
  return {};
}

Value ListCopy(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.copy", arguments, {});
  return Value::List(self.AsList());
}

Value ListSort(State& state, const Value& self, const Arguments& arguments) {
  BoundArguments bound("list.sort", arguments, {"key", "reverse"});
  if (!arguments.positional.empty()) Throw("sort() takes no positional arguments");
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : self.AsList()) {
    Arguments one;
    one.positional.push_back(item);
    keyed.emplace_back(bound[0].IsNone() ? item : state.Call(bound[0], one), item);
  }
  bool reverse = bound.Bool(1);
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return reverse ? b.first.Compare(a.first) < 0 : a.first.Compare(b.first) < 0;
  });
  ValueList& items = self.AsList();
  items.clear();
  for (auto& [key, item] : keyed) items.push_back(std::move(item));
  return {};
}

Value SequenceIndex(const char* name, const Value& self, const Arguments& arguments) {
  BoundArguments bound(name, arguments, {"value", "start", "stop"}, 1);
  const ValueList& items = *self.Items();
  int64_t size = static_cast<int64_t>(items.size());
  auto clip = [&](int64_t index) {
    return index < 0 ? std::max<int64_t>(0, index + size) : std::min(index, size);
  };
  int64_t stop = clip(bound.Int(2, size));
  for (int64_t i = clip(bound.Int(1, 0)); i < stop; ++i) {
    if (items[static_cast<size_t>(i)].Equals(bound[0])) return i;
  }
  if (self.IsTuple()) Throw("tuple.index(x): x not in tuple");
  Throw(bound[0].Repr() + " is not in list");
}

Value SequenceCount(const char* name, const Value& self, const Arguments& arguments) {
  BoundArguments bound(name, arguments, {"value"}, 1);
  const ValueList& items = *self.Items();
  return static_cast<int64_t>(std::count(items.begin(), items.end(), bound[0]));
}

Value ListIndex(State&, const Value& self, const Arguments& arguments) {
  return SequenceIndex("list.index", self, arguments);
}
Value ListCount(State&, const Value& self, const Arguments& arguments) {
  return SequenceCount("list.count", self, arguments);
}
Value TupleIndex(State&, const Value& self, const Arguments& arguments) {
  return SequenceIndex("tuple.index", self, arguments);
}
Value TupleCount(State&, const Value& self, const Arguments& arguments) {
  return SequenceCount("tuple.count", self, arguments);
}

// --- dict

class DictView final : public Object {
 public:
  DictView(Value dict, DictPart part) : dict_(std::move(dict)), part_(part) {}

  std::string TypeName() const override {
    return part_ == DictPart::kKeys     ? "dict_keys"
           : part_ == DictPart::kValues ? "dict_values"
                                        : "dict_items";
  }
  std::string Repr() const override { return TypeName() + "(" + Value::List(Items()).Repr() + ")"; }
  bool Truthy() const override { return !dict_.AsDict().empty(); }
  bool IsIterable() const override { return true; }
  ValueList Iterate() override { return Items(); }
  std::optional<int64_t> Length() const override {
    return static_cast<int64_t>(dict_.AsDict().size());
  }
  std::optional<bool> Contains(const Value& needle) override {
    if (part_ == DictPart::kKeys) return dict_.AsDict().Contains(needle);
    return std::nullopt;
  }
  bool Equals(const Value& other) const override {
    const auto* view = other.As<DictView>();
    if (!view || part_ == DictPart::kValues || view->part_ == DictPart::kValues) {
      return view == this;
    }
    ValueList mine = Items();
    ValueList theirs = view->Items();
    return mine.size() == theirs.size() &&
           std::all_of(mine.begin(), mine.end(), [&](const Value& item) {
             return std::find(theirs.begin(), theirs.end(), item) != theirs.end();
           });
  }

 private:
  ValueList Items() const {
    ValueList items;
    items.reserve(dict_.AsDict().size());
    for (const auto& [key, value] : dict_.AsDict()) {
      items.push_back(part_ == DictPart::kKeys     ? key
                      : part_ == DictPart::kValues ? value
                                                   : Value::Tuple({key, value}));
    }
    return items;
  }

  Value dict_;
  DictPart part_;
};

Value DictKeys(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("dict.keys", arguments, {});
  return MakeDictView(self, DictPart::kKeys);
}
Value DictValues(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("dict.values", arguments, {});
  return MakeDictView(self, DictPart::kValues);
}
Value DictItems(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("dict.items", arguments, {});
  return MakeDictView(self, DictPart::kItems);
}

Value DictGet(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("get", arguments, {"key", "default"}, 1);
  const Value* value = self.AsDict().Find(bound[0]);
  return value ? *value : bound[1];
}

Value DictPop(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("pop", arguments, {"key", "default"}, 1);
  const Value* found = self.AsDict().Find(bound[0]);
  if (!found) {
    if (!bound.Has(1)) Throw(bound[0].Repr());
    return bound[1];
  }
  Value value = *found;
  self.AsDict().Erase(bound[0]);
  return value;
}

Value DictPopitem(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("popitem", arguments, {});
  Dict& dict = self.AsDict();
  if (dict.empty()) Throw("popitem(): dictionary is empty");
  Dict::Entry last = dict.at(dict.size() - 1);
  dict.Erase(last.key);
  return Value::Tuple({last.key, last.value});
}

Value DictSetdefault(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("setdefault", arguments, {"key", "default"}, 1);
  const Value* value = self.AsDict().Find(bound[0]);
  if (value) return *value;
  self.AsDict().Set(bound[0], bound[1]);
  return bound[1];
}

Value DictUpdate(State& state, const Value& self, const Arguments& arguments) {
  if (arguments.positional.size() > 1) {
    Throw("update expected at most 1 argument, got " + std::to_string(arguments.positional.size()));
  }
  for (const Value& source : arguments.positional) UpdateDict(state, self.AsDict(), source);
  for (const auto& [name, value] : arguments.keyword) self.AsDict().Set(Value(name), value);
  return {};
}

Value DictClear(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("clear", arguments, {});
  self.AsDict().Clear();
  return {};
}

Value DictCopy(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("copy", arguments, {});
  return Value(Dict(self.AsDict()));
}

Value DictFromkeys(State&, const Value&, const Arguments& arguments) {
  BoundArguments bound("fromkeys", arguments, {"iterable", "value"}, 1);
  Dict dict;
  for (Value& key : bound[0].Iterate()) dict.Set(std::move(key), bound[1]);
  return Value(std::move(dict));
}

// A method on its object, taken as a value.
class BoundMethod final : public Object {
 public:
  BoundMethod(Value self, std::string name, const Method* method)
      : self_(std::move(self)), name_(std::move(name)), method_(method) {}
  std::string TypeName() const override { return "builtin_function_or_method"; }
  std::string Repr() const override {
    return "<built-in method " + name_ + " of " + self_.TypeName() + " object at " +
           fmt::format("{}", fmt::ptr(this)) + ">";
  }
  bool IsCallable() const override { return true; }
  Value Call(State& state, const Arguments& arguments) override {
    return method_->Call(state, self_, arguments);
  }
  bool Equals(const Value& other) const override {
    const auto* bound = other.As<BoundMethod>();
    return bound && bound->method_ == method_ && bound->self_.Is(self_);
  }

 private:
  Value self_;
  std::string name_;
  const Method* method_;
};

Value FloatIsInteger(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("float.is_integer", arguments, {});
  return Value(std::isfinite(self.AsFloat()) && std::floor(self.AsFloat()) == self.AsFloat());
}

Value IntBitLength(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("int.bit_length", arguments, {});
  int64_t value = self.IsInt() ? self.AsInt() : static_cast<int64_t>(self.AsBool());
  uint64_t magnitude = value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
  int64_t bits = 0;
  for (; magnitude > 0; magnitude >>= 1) ++bits;
  return bits;
}

Value NumberConjugate(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("conjugate", arguments, {});
  return Positive(self);
}

}  // namespace

Value MakeDictView(const Value& dict, DictPart part) {
  return Value(std::make_shared<DictView>(dict, part));
}

void UpdateDict(State& state, Dict& dict, const Value& source) {
  if (source.IsDict()) {
    if (&source.AsDict() == &dict) return;
    for (const auto& [key, value] : source.AsDict()) dict.Set(key, value);
  } else if (source.IsMapping()) {
    for (const Value& key : source.Iterate()) dict.Set(key, state.GetItem(source, key));
  } else {
    int64_t position = 0;
    for (const Value& pair : source.Iterate()) {
      ValueList items = pair.Iterate();
      if (items.size() != 2) {
        Throw("dictionary update sequence element #" + std::to_string(position) + " has length " +
              std::to_string(items.size()) + "; 2 is required");
      }
      dict.Set(items[0], items[1]);
      ++position;
    }
  }
}

const Method* FindListMethod(std::string_view name) {
  static const std::unordered_map<std::string_view, Method> kMethods = {
      {"append", {ListAppend}},   {"clear", {ListClear}},     {"copy", {ListCopy}},
      {"count", {ListCount}},     {"extend", {ListExtend}},   {"index", {ListIndex}},
      {"insert", {ListInsert}},   {"pop", {ListPop}},         {"remove", {ListRemove}},
      {"reverse", {ListReverse}}, {"sort", {ListSort, true}},
  };
  auto it = kMethods.find(name);
  return it == kMethods.end() ? nullptr : &it->second;
}

const Method* FindTupleMethod(std::string_view name) {
  static const Method kIndex{TupleIndex};
  static const Method kCount{TupleCount};
  if (name == "index") return &kIndex;
  return name == "count" ? &kCount : nullptr;
}

const Method* FindDictMethod(std::string_view name) {
  static const std::unordered_map<std::string_view, Method> kMethods = {
      {"clear", {DictClear}},
      {"copy", {DictCopy}},
      {"fromkeys", {DictFromkeys}},
      {"get", {DictGet}},
      {"items", {DictItems}},
      {"keys", {DictKeys}},
      {"pop", {DictPop}},
      {"popitem", {DictPopitem}},
      {"setdefault", {DictSetdefault}},
      {"update", {DictUpdate, true}},
      {"values", {DictValues}},
  };
  auto it = kMethods.find(name);
  return it == kMethods.end() ? nullptr : &it->second;
}

Value Method::Call(State& state, const Value& self, const Arguments& arguments) const {
  if (!takes_keywords && !arguments.keyword.empty()) {
    Throw("the method of '" + self.TypeName() + "' takes no keyword arguments, but got '" +
          arguments.keyword[0].first + "'");
  }
  return function(state, self, arguments);
}

const Method* FindMethod(const Value& self, std::string_view name) {
  static const Method kBitLength{IntBitLength};
  static const Method kIsInteger{FloatIsInteger};
  static const Method kConjugate{NumberConjugate};
  switch (self.type()) {
    case Value::Type::kString:
      return FindStringMethod(name);
    case Value::Type::kList:
      return FindListMethod(name);
    case Value::Type::kTuple:
      return FindTupleMethod(name);
    case Value::Type::kDict:
      return FindDictMethod(name);
    case Value::Type::kBool:
    case Value::Type::kInt:
      if (name == "bit_length") return &kBitLength;
      return name == "conjugate" ? &kConjugate : nullptr;
    case Value::Type::kFloat:
      if (name == "is_integer") return &kIsInteger;
      return name == "conjugate" ? &kConjugate : nullptr;
    default:
      return nullptr;
  }
}

std::optional<Value> BuiltinAttribute(const Value& self, std::string_view name) {
  if (const Method* method = FindMethod(self, name)) {
    return Value(std::make_shared<BoundMethod>(self, std::string(name), method));
  }
  if (!self.IsNumber()) return std::nullopt;
  if (name == "real") return Positive(self);
  if (name == "imag") return self.IsFloat() ? Value(0.0) : Value(0);
  if (self.IsFloat()) return std::nullopt;
  if (name == "numerator") return Positive(self);
  if (name == "denominator") return Value(1);
  return std::nullopt;
}

}  // namespace eider::jinja
