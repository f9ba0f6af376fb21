// Filters on sequences and mappings.
#include <algorithm>
#include <memory>
#include <random>
#include <utility>

#include "jinja/attribute_path.h"
#include "jinja/builtins.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

Value Generated(ValueList items) { return Value(std::make_shared<Generator>(std::move(items))); }

Value Missing(State& state, std::string message) {
  return Value::Undefined("", std::move(message), state.environment().options().undefined);
}

Value First(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("first", arguments, {});
  if (const ValueList* items = value.Items(); items && !items->empty()) return items->front();
  ValueList items = value.Iterate();
  if (items.empty()) return Missing(state, "No first item, sequence was empty.");
  return items.front();
}

Value Last(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("last", arguments, {});
  if (value.As<Generator>()) Throw("'" + value.TypeName() + "' object is not reversible");
  if (!value.IsIterable() && !value.IsUndefined()) {
    Throw("'" + value.TypeName() + "' object is not reversible");
  }
  ValueList items = value.Iterate();
  if (items.empty()) return Missing(state, "No last item, sequence was empty.");
  return items.back();
}

Value Random(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("random", arguments, {});
  thread_local std::mt19937_64 generator{std::random_device{}()};
  ValueList items = value.Iterate();
  if (items.empty()) return Missing(state, "No random item, sequence was empty.");
  return items[std::uniform_int_distribution<size_t>(0, items.size() - 1)(generator)];
}

Value Length(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("length", arguments, {});
  return value.Length();
}

Value ToList(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("list", arguments, {});
  return Value::List(value.Iterate());
}

Value Reverse(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("reverse", arguments, {});
  if (value.IsString()) return SliceOf(value, Value(), Value(), Value(-1));
  if (!value.IsIterable() && !value.IsUndefined()) Throw("argument must be iterable");
  bool lazily = !value.As<Generator>();
  ValueList items = value.Iterate();
  std::reverse(items.begin(), items.end());
  if (!lazily) return Value::List(std::move(items));
  return Value(
      std::make_shared<Generator>(std::move(items), value.TypeName() + "_reverseiterator"));
}

Value Join(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("join", arguments, {"d", "attribute"});
  ValueList taken;
  const ValueList* items = value.Items();
  if (!items) {
    taken = value.Iterate();
    items = &taken;
  }
  if (bound.Has(1) && !bound[1].IsNone()) {
    AttributePath path(bound[1]);
    ValueList mapped;
    for (const Value& item : *items) mapped.push_back(path.Get(state, item));
    taken = std::move(mapped);
    items = &taken;
  }
  Value separator = bound.Or(0, Value(""));
  bool safe = state.autoescape() &&
              (separator.IsSafe() || std::any_of(items->begin(), items->end(),
                                                 [](const Value& item) { return item.IsSafe(); }));
  std::string out;
  std::string between = safe ? EscapedText(separator) : separator.Str();
  bool first = true;
  for (const Value& item : *items) {
    if (!std::exchange(first, false)) out += between;
    if (safe) {
      out += EscapedText(item);
    } else {
      item.AppendStr(out);
    }
  }
  return safe ? Value::Safe(std::move(out)) : Value(std::move(out));
}

// Sorts `items` by their keys, which stand beside them; equal ones keep their order.
using Keyed = std::vector<std::pair<Value, Value>>;

void SortByKey(Keyed& items, bool reverse) {
  std::stable_sort(items.begin(), items.end(), [&](const auto& a, const auto& b) {
    return reverse ? b.first.Compare(a.first) < 0 : a.first.Compare(b.first) < 0;
  });
}

Value Sort(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  std::vector<AttributePath> paths = SplitAttributePaths(bound[2]);
  bool case_sensitive = bound.Bool(1);
  Keyed items;
  for (Value& item : value.Iterate()) {
    ValueList keys;
    for (const AttributePath& path : paths) {
      Value key = path.Get(state, item);
      keys.push_back(case_sensitive ? std::move(key) : IgnoreCase(key));
    }
    // A list even of one: lists tell that their first items are equal before they order them.
    items.emplace_back(Value::List(std::move(keys)), std::move(item));
  }
  SortByKey(items, bound.Bool(0));
  ValueList sorted;
  for (auto& [key, item] : items) sorted.push_back(std::move(item));
  return Value::List(std::move(sorted));
}

Value DictSort(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  std::string by = bound.String(1, "key");
  if (by != "key" && by != "value") Throw("You can only sort by either \"key\" or \"value\"");
  if (!value.IsMapping()) {
    if (value.IsUndefined()) Throw(value.AsUndefined().message);
    Throw("'" + value.TypeName() + "' object has no attribute 'items'");
  }
  bool case_sensitive = bound.Bool(0);
  Keyed items;
  for (const Value& key : value.Iterate()) {
    Value item = state.GetItem(value, key);
    Value by_value = by == "key" ? key : item;
    items.emplace_back(case_sensitive ? by_value : IgnoreCase(by_value),
                       Value::Tuple({key, std::move(item)}));
  }
  SortByKey(items, bound.Bool(2));
  ValueList sorted;
  for (auto& [key, item] : items) sorted.push_back(std::move(item));
  return Value::List(std::move(sorted));
}

Value Items(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("items", arguments, {});
  if (value.IsUndefined()) return Generated({});
  if (!value.IsMapping()) Throw("Can only get item pairs from a mapping.");
  ValueList items;
  for (const Value& key : value.Iterate()) {
    items.push_back(Value::Tuple({key, state.GetItem(value, key)}));
  }
  return Generated(std::move(items));
}

Value Unique(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("unique", arguments, {"case_sensitive", "attribute"});
  AttributePath path(bound[1]);
  bool case_sensitive = bound.Bool(0);
  Dict seen;
  ValueList unique;
  for (Value& item : value.Iterate()) {
    Value key = path.Get(state, item);
    if (!case_sensitive) key = IgnoreCase(key);
    if (seen.Contains(key)) continue;
    seen.Set(std::move(key), Value(true));
    unique.push_back(std::move(item));
  }
  return Generated(std::move(unique));
}

Value Extreme(State& state, const char* name, const Value& value, const Arguments& arguments,
              int sign) {
  BoundArguments bound(name, arguments, {"case_sensitive", "attribute"});
  ValueList items = value.Iterate();
  if (items.empty()) return Missing(state, "No aggregated item, sequence was empty.");
  AttributePath path(bound[1]);
  auto key_of = [&](const Value& item) {
    Value key = path.Get(state, item);
    return bound.Bool(0) ? key : IgnoreCase(key);
  };
  size_t best = 0;
  Value best_key = key_of(items[0]);
  for (size_t i = 1; i < items.size(); ++i) {
    Value key = key_of(items[i]);
    if (key.Compare(best_key) * sign <= 0) continue;
    best = i;
    best_key = std::move(key);
  }
  return items[best];
}

Value Min(State& state, const Value& value, const Arguments& arguments) {
  return Extreme(state, "min", value, arguments, -1);
}
Value Max(State& state, const Value& value, const Arguments& arguments) {
  return Extreme(state, "max", value, arguments, 1);
}

Value Sum(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("sum", arguments, {"attribute", "start"});
  AttributePath path(bound[0]);
  Value total = bound.Or(1, Value(0));
  if (total.IsString()) Throw("sum() can't sum strings [use ''.join(seq) instead]");
  for (const Value& item : value.Iterate()) {
    total = ApplyBinary(state, BinaryOperator::kAdd, total, path.Get(state, item));
  }
  return total;
}

// --- groups

// (grouper, list): a tuple whose two items have names.
class Group final : public Object {
 public:
  Group(Value grouper, Value list) : items_{std::move(grouper), std::move(list)} {}
  std::string TypeName() const override { return "_GroupTuple"; }
  std::string Repr() const override { return Value::Tuple(items_).Repr(); }
  bool IsSequence() const override { return true; }
  bool IsIterable() const override { return true; }
  ValueList Iterate() override { return items_; }
  std::optional<int64_t> Length() const override { return 2; }
  bool Equals(const Value& other) const override {
    if (const auto* group = other.As<Group>()) return items_ == group->items_;
    return other.IsTuple() && other.AsTuple() == items_;
  }
  size_t Hash() const override { return Value::Tuple(items_).Hash(); }
  std::optional<int> Compare(const Value& other) const override {
    if (const auto* group = other.As<Group>()) {
      return Value::Tuple(items_).Compare(Value::Tuple(group->items_));
    }
    if (!other.IsTuple()) return std::nullopt;
    return Value::Tuple(items_).Compare(other);
  }
  std::optional<Json> ToJson() const override { return Value::Tuple(items_).ToJson(); }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "grouper") return items_[0];
    if (name == "list") return items_[1];
    return std::nullopt;
  }
  std::optional<Value> GetItem(State&, const Value& key) override {
    if (!key.IsInt()) return std::nullopt;
    int64_t at = ItemPosition(key.AsInt(), 2);
    return at < 0 ? std::nullopt : std::optional<Value>(items_[static_cast<size_t>(at)]);
  }

 private:
  ValueList items_;
};

Value GroupBy(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  AttributePath path(bound[0]);
  bool case_sensitive = bound.Bool(2);
  Keyed items;
  for (Value& item : value.Iterate()) {
    Value key = path.Get(state, item, bound[1]);
    items.emplace_back(case_sensitive ? std::move(key) : IgnoreCase(key), std::move(item));
  }
  SortByKey(items, false);
  ValueList groups;
  for (size_t i = 0; i < items.size();) {
    ValueList members;
    size_t begin = i;
    for (; i < items.size() && items[i].first.Equals(items[begin].first); ++i) {
      members.push_back(items[i].second);
    }
    // The group goes by the name its first member has, in that member's case.
    Value grouper =
        case_sensitive ? items[begin].first : path.Get(state, items[begin].second, bound[1]);
    groups.push_back(
        Value(std::make_shared<Group>(std::move(grouper), Value::List(std::move(members)))));
  }
  return Value::List(std::move(groups));
}

// --- map and select

Arguments Rest(const Arguments& arguments, size_t count) {
  Arguments rest;
  rest.positional.assign(arguments.positional.begin() + static_cast<ptrdiff_t>(count),
                         arguments.positional.end());
  rest.keyword = arguments.keyword;
  return rest;
}

std::string CalledName(const Value& name) {
  if (name.IsUndefined()) Throw(name.AsUndefined().message);
  return name.Str();
}

Value Map(State& state, const Value& value, const Arguments& arguments) {
  if (!value.Truthy()) return Generated({});
  ValueList mapped;
  if (arguments.positional.empty() && arguments.Keyword("attribute")) {
    BoundArguments bound("map", arguments, {"attribute", "default"});
    AttributePath path(bound[0]);
    for (const Value& item : value.Iterate()) {
      mapped.push_back(path.Get(state, item, bound[1]));
    }
    return Generated(std::move(mapped));
  }
  if (arguments.positional.empty()) Throw("map requires a filter argument");
  std::string name = CalledName(arguments.positional[0]);
  Arguments rest = Rest(arguments, 1);
  for (const Value& item : value.Iterate()) mapped.push_back(state.CallFilter(name, item, rest));
  return Generated(std::move(mapped));
}

// The items for which the test, on the item or on an attribute of it, gives `wanted`.
Value SelectItems(State& state, const Value& value, const Arguments& arguments, bool wanted,
                  bool by_attribute) {
  if (!value.Truthy()) return Generated({});
  size_t offset = by_attribute ? 1 : 0;
  if (by_attribute && arguments.positional.empty()) Throw("Missing parameter for attribute name");
  AttributePath path(by_attribute ? arguments.positional[0] : Value());
  bool has_test = arguments.positional.size() > offset;
  std::string test = has_test ? CalledName(arguments.positional[offset]) : "";
  Arguments rest = has_test ? Rest(arguments, offset + 1) : Arguments();
  ValueList selected;
  for (Value& item : value.Iterate()) {
    Value subject = path.Get(state, item);
    bool result = has_test ? state.CallTest(test, subject, rest) : subject.Truthy();
    if (result == wanted) selected.push_back(std::move(item));
  }
  return Generated(std::move(selected));
}

Value Select(State& state, const Value& value, const Arguments& arguments) {
  return SelectItems(state, value, arguments, true, false);
}
Value Reject(State& state, const Value& value, const Arguments& arguments) {
  return SelectItems(state, value, arguments, false, false);
}
Value SelectAttr(State& state, const Value& value, const Arguments& arguments) {
  return SelectItems(state, value, arguments, true, true);
}
Value RejectAttr(State& state, const Value& value, const Arguments& arguments) {
  return SelectItems(state, value, arguments, false, true);
}

Value Attr(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("attr", arguments, {"name"}, 1);
  std::string name = bound[0].Str();
  std::optional<Value> found;
  if (value.IsUndefined()) return state.GetAttribute(value, name);
  if (value.IsObject()) {
    found = value.AsObject()->GetAttribute(state, name);
  } else {
    found = BuiltinAttribute(value, name);
  }
  if (found) return std::move(*found);
  return Missing(state, "'" + (value.IsNone() ? "None" : value.TypeName() + " object") +
                            "' has no attribute " + Value(name).Repr());
}

// --- parts

Value Batch(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("batch", arguments, {"linecount", "fill_with"}, 1);
  ValueList lines;
  ValueList line;
  for (Value& item : value.Iterate()) {
    if (Value(line.size()).Equals(bound[0])) {
      lines.push_back(Value::List(std::exchange(line, {})));
    }
    line.push_back(std::move(item));
  }
  if (!line.empty()) {
    if (!bound[1].IsNone()) {
      int64_t missing = std::max<int64_t>(0, bound.Int(0) - static_cast<int64_t>(line.size()));
      CheckRepetition(sizeof(Value), missing);
      line.insert(line.end(), static_cast<size_t>(missing), bound[1]);
    }
    lines.push_back(Value::List(std::move(line)));
  }
  return Generated(std::move(lines));
}

Value Slice(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("slice", arguments, {"slices", "fill_with"}, 1);
  int64_t count = bound.Int(0);
  ValueList items = value.Iterate();
  if (count == 0) Throw("integer division or modulo by zero");
  CheckRepetition(sizeof(Value), count);
  ValueList slices;
  int64_t length = static_cast<int64_t>(items.size());
  auto next = items.begin();
  for (int64_t i = 0; i < count; ++i) {
    bool longer = i < length % count;
    int64_t size = length / count + (longer ? 1 : 0);
    ValueList part(next, next + size);
    next += size;
    if (!bound[1].IsNone() && !longer) part.push_back(bound[1]);
    slices.push_back(Value::List(std::move(part)));
  }
  return Generated(std::move(slices));
}

Value Default(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("default", arguments, {"default_value", "boolean"});
  bool replaced = value.IsUndefined() || (bound.Bool(1) && !value.Truthy());
  return replaced ? bound.Or(0, Value("")) : value;
}

}  // namespace

void AddSequenceFilters(Environment& environment) {
  environment.SetFilter("attr", Attr);
  environment.SetFilter("batch", Batch);
  environment.SetFilter("count", Length);
  environment.SetFilter("d", Default);
  environment.SetFilter("default", Default);
  environment.SetFilter("dictsort", DictSort);
  environment.SetFilter("first", First);
  environment.SetFilter("groupby", GroupBy);
  environment.SetFilter("items", Items);
  environment.SetFilter("join", Join);
  environment.SetFilter("last", Last);
  environment.SetFilter("length", Length);
  environment.SetFilter("list", ToList);
  environment.SetFilter("map", Map);
  environment.SetFilter("max", Max);
  environment.SetFilter("min", Min);
  environment.SetFilter("random", Random);
  environment.SetFilter("reject", Reject);
  environment.SetFilter("rejectattr", RejectAttr);
  environment.SetFilter("reverse", Reverse);
  environment.SetFilter("select", Select);
  environment.SetFilter("selectattr", SelectAttr);
  environment.SetFilter("slice", Slice);
  environment.SetFilter("sort", Sort);
  environment.SetFilter("sum", Sum);
  environment.SetFilter("unique", Unique);
}

}  // namespace eider::jinja
