// The globals of every environment: range, dict, cycler, joiner, namespace, and return.
#include <memory>
#include <utility>

#include "jinja/builtins.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/throw.h"

namespace eider::jinja {

namespace {

// Longer ranges are refused, as Jinja2's sandbox does.
constexpr int64_t kMaxRange = 100000;

class Range final : public Object {
 public:
  Range(int64_t start, int64_t stop, int64_t step)
      : start_(start), stop_(stop), step_(step), length_(Count(start, stop, step)) {}

  std::string TypeName() const override { return "range"; }
  std::string Repr() const override {
    std::string out = "range(" + std::to_string(start_) + ", " + std::to_string(stop_);
    return out + (step_ == 1 ? ")" : ", " + std::to_string(step_) + ")");
  }
  bool Truthy() const override { return length_ > 0; }
  bool IsSequence() const override { return true; }
  bool IsIterable() const override { return true; }
  std::optional<int64_t> Length() const override { return length_; }
  ValueList Iterate() override {
    ValueList items;
    items.reserve(static_cast<size_t>(length_));
    for (int64_t i = 0; i < length_; ++i) items.emplace_back(start_ + i * step_);
    return items;
  }
  std::optional<Value> GetItem(State&, const Value& key) override {
    if (!key.IsInt()) return std::nullopt;
    int64_t at = ItemPosition(key.AsInt(), length_);
    return at < 0 ? std::nullopt : std::optional<Value>(start_ + at * step_);
  }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "start") return Value(start_);
    if (name == "stop") return Value(stop_);
    if (name == "step") return Value(step_);
    return std::nullopt;
  }
  std::optional<Value> CallMethod(State&, std::string_view name,
                                  const Arguments& arguments) override {
    if (name != "count" && name != "index") return std::nullopt;
    BoundArguments bound("range." + std::string(name), arguments, {"value"}, 1);
    int64_t at = Position(bound[0]);
    if (name == "count") return Value(at < 0 ? 0 : 1);
    if (at < 0) Throw(bound[0].Repr() + " is not in range");
    return Value(at);
  }
  std::optional<bool> Contains(const Value& needle) override { return Position(needle) >= 0; }
  bool Equals(const Value& other) const override {
    const auto* range = other.As<Range>();
    if (!range || range->length_ != length_) return false;
    return length_ == 0 || (range->start_ == start_ && (length_ == 1 || range->step_ == step_));
  }

  static int64_t Count(int64_t start, int64_t stop, int64_t step) {
    if (step == 0) Throw("range() arg 3 must not be zero");
    if (step > 0 ? start >= stop : start <= stop) return 0;
    // In 128 bits, since the two ends may lie far apart.
    __int128 span = static_cast<__int128>(stop) - start;
    __int128 count = (step > 0 ? span + step - 1 : span + step + 1) / step;
    if (count > kMaxRange) {
      Throw("Range too big. The sandbox blocks ranges larger than MAX_RANGE (" +
            std::to_string(kMaxRange) + ").");
    }
    return static_cast<int64_t>(count);
  }

 private:
  int64_t Position(const Value& value) const {
    for (int64_t i = 0; i < length_; ++i) {
      if (value.Equals(Value(start_ + i * step_))) return i;
    }
    return -1;
  }

  int64_t start_, stop_, step_, length_;
};

Value MakeRange(State&, const Arguments& arguments) {
  if (!arguments.keyword.empty()) Throw("range() takes no keyword arguments");
  const ValueList& given = arguments.positional;
  if (given.empty() || given.size() > 3) {
    Throw(given.empty()
              ? "range expected at least 1 argument, got 0"
              : "range expected at most 3 arguments, got " + std::to_string(given.size()));
  }
  ValueList bounds;
  for (const Value& value : given) {
    if (value.IsInt()) {
      bounds.push_back(value);
    } else if (value.IsBool()) {
      bounds.emplace_back(static_cast<int64_t>(value.AsBool()));
    } else {
      Throw("'" + value.TypeName() + "' object cannot be interpreted as an integer");
    }
  }
  int64_t step = bounds.size() == 3 ? bounds[2].AsInt() : 1;
  if (bounds.size() == 1) return Value(std::make_shared<Range>(0, bounds[0].AsInt(), 1));
  return Value(std::make_shared<Range>(bounds[0].AsInt(), bounds[1].AsInt(), step));
}

void FillDict(State& state, const char* function, const Arguments& arguments, Dict& dict) {
  if (arguments.positional.size() > 1) {
    Throw(std::string(function) + " expected at most 1 argument, got " +
          std::to_string(arguments.positional.size()));
  }
  for (const Value& source : arguments.positional) {
    if (!source.IsIterable() && !source.IsUndefined()) {
      Throw("'" + source.TypeName() + "' object is not iterable");
    }
    UpdateDict(state, dict, source);
  }
  for (const auto& [name, value] : arguments.keyword) dict.Set(Value(name), value);
}

Value MakeDict(State& state, const Arguments& arguments) {
  Dict dict;
  FillDict(state, "dict", arguments, dict);
  return Value(std::move(dict));
}

Value MakeNamespace(State& state, const Arguments& arguments) {
  auto result = std::make_shared<Namespace>();
  FillDict(state, "namespace", arguments, result->attributes());
  return Value(std::move(result));
}

class Cycler final : public Object {
 public:
  explicit Cycler(ValueList items) : items_(std::move(items)) {}
  std::string TypeName() const override { return "Cycler"; }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "current") return items_[position_];
    if (name == "pos") return Value(position_);
    if (name == "items") return Value::Tuple(items_);
    if (name != "next" && name != "reset") return std::nullopt;
    auto self = std::static_pointer_cast<Cycler>(shared_from_this());
    return Value::Function(std::string(name),
                           [self, next = name == "next"](State&, const Arguments& arguments) {
                             return self->Move(next, arguments);
                           });
  }
  std::optional<Value> CallMethod(State&, std::string_view name,
                                  const Arguments& arguments) override {
    if (name != "next" && name != "reset") return std::nullopt;
    return Move(name == "next", arguments);
  }

 private:
  Value Move(bool next, const Arguments& arguments) {
    BoundArguments bound(next ? "Cycler.next" : "Cycler.reset", arguments, {});
    if (!next) {
      position_ = 0;
      return {};
    }
    Value current = items_[position_];
    position_ = (position_ + 1) % items_.size();
    return current;
  }

  ValueList items_;
  size_t position_ = 0;
};

Value MakeCycler(State&, const Arguments& arguments) {
  if (!arguments.keyword.empty()) {
    Throw("Cycler() got an unexpected keyword argument '" + arguments.keyword[0].first + "'");
  }
  if (arguments.positional.empty()) Throw("at least one item has to be provided");
  return Value(std::make_shared<Cycler>(arguments.positional));
}

class Joiner final : public Object {
 public:
  explicit Joiner(Value separator) : separator_(std::move(separator)) {}
  std::string TypeName() const override { return "Joiner"; }
  bool IsCallable() const override { return true; }
  Value Call(State&, const Arguments& arguments) override {
    BoundArguments bound("Joiner", arguments, {});
    return std::exchange(used_, true) ? separator_ : Value("");
  }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "sep") return separator_;
    if (name == "used") return Value(used_);
    return std::nullopt;
  }

 private:
  Value separator_;
  bool used_ = false;
};

Value MakeJoiner(State&, const Arguments& arguments) {
  BoundArguments bound("Joiner", arguments, {"sep"});
  return Value(std::make_shared<Joiner>(bound.Or(0, Value(", "))));
}

Value Return(State&, const Arguments& arguments) {
  BoundArguments bound("return", arguments, {"data"});
  throw MacroReturn{bound[0]};
}

}  // namespace

void AddBuiltinGlobals(Environment& environment) {
  auto add = [&](const char* name, NativeFunction function) {
    environment.SetGlobal(name, Value::Function(name, std::move(function)));
  };
  add("range", MakeRange);
  add("dict", MakeDict);
  add("namespace", MakeNamespace);
  add("cycler", MakeCycler);
  add("joiner", MakeJoiner);
  if (environment.options().return_function) add("return", Return);
}

}  // namespace eider::jinja
