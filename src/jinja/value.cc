#include "jinja/value.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "jinja/number.h"
#include "jinja/object.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

// Containers may hold themselves; Python's own limit is of the same order.
constexpr int kMaxNesting = 400;
thread_local int nesting = 0;

struct Nesting {
  Nesting() {
    if (++nesting > kMaxNesting) {
      --nesting;
      Throw("a list or dict is nested too deeply, or contains itself");
    }
  }
  ~Nesting() { --nesting; }
};

double NumberAsDouble(const Value& value) {
  if (value.IsFloat()) return value.AsFloat();
  return value.IsInt() ? static_cast<double>(value.AsInt()) : (value.AsBool() ? 1 : 0);
}

bool IsIntegral(const Value& value) { return value.IsInt() || value.IsBool(); }

int64_t IntegralValue(const Value& value) {
  return value.IsInt() ? value.AsInt() : static_cast<int64_t>(value.AsBool());
}

int Sign(int64_t a, int64_t b) { return a < b ? -1 : a > b ? 1 : 0; }

void CheckStrict(const UndefinedInfo& info) {
  if (info.mode == UndefinedMode::kStrict) Throw(info.message);
}

void AppendStringRepr(std::string& out, std::string_view text) {
  bool has_single = text.find('\'') != std::string_view::npos;
  bool has_double = text.find('"') != std::string_view::npos;
  char quote = has_single && !has_double ? '"' : '\'';
  out += quote;
  for (char32_t c : DecodeUtf8(text)) {
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (IsPrintable(c)) {
      AppendUtf8(out, c);
    } else {
      AppendEscape(out, c);
    }
  }
  out += quote;
}

}  // namespace

Value::Value(std::string text)
    : data_(std::make_shared<const StringData>(StringData{std::move(text)})) {}

Value::Value(Dict dict) : data_(std::make_shared<Dict>(std::move(dict))) {}

Value Value::List(ValueList items) {
  return Value(Data(std::make_shared<ValueList>(std::move(items))));
}

Value Value::Tuple(ValueList items) {
  return Value(Data(std::make_shared<const ValueList>(std::move(items))));
}

Value Value::Safe(std::string text) {
  return Value(Data(std::make_shared<const StringData>(StringData{std::move(text), true})));
}

Value Value::Undefined(std::string name, std::string message, UndefinedMode mode) {
  if (message.empty()) message = "'" + name + "' is undefined";
  return Value(Data(std::make_shared<const UndefinedInfo>(
      UndefinedInfo{std::move(name), std::move(message), mode})));
}

bool Value::IsSafe() const {
  return IsString() && std::get<std::shared_ptr<const StringData>>(data_)->safe;
}

bool Value::IsCallable() const {
  if (IsUndefined()) return true;  // Undefined has __call__, which throws
  return IsObject() && AsObject()->IsCallable();
}

bool Value::IsMapping() const { return IsDict() || (IsObject() && AsObject()->IsMapping()); }

bool Value::IsSequence() const {
  switch (type()) {
    case Type::kString:
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
      return true;
    case Type::kUndefined:
      return AsUndefined().mode != UndefinedMode::kStrict;
    case Type::kObject:
      return AsObject()->IsSequence() || AsObject()->IsMapping();
    default:
      return false;
  }
}

bool Value::IsIterable() const {
  if (IsObject()) {
    return AsObject()->IsIterable() || AsObject()->IsSequence() || AsObject()->IsMapping();
  }
  return IsSequence();
}

const std::string& Value::AsString() const {
  return std::get<std::shared_ptr<const StringData>>(data_)->text;
}

ValueList& Value::AsList() const { return *std::get<std::shared_ptr<ValueList>>(data_); }

const ValueList& Value::AsTuple() const {
  return *std::get<std::shared_ptr<const ValueList>>(data_);
}

Dict& Value::AsDict() const { return *std::get<std::shared_ptr<Dict>>(data_); }

const UndefinedInfo& Value::AsUndefined() const {
  return *std::get<std::shared_ptr<const UndefinedInfo>>(data_);
}

const ValueList* Value::Items() const {
  if (IsList()) return &AsList();
  return IsTuple() ? &AsTuple() : nullptr;
}

std::string Value::TypeName() const {
  switch (type()) {
    case Type::kNone:
      return "NoneType";
    case Type::kUndefined:
      switch (AsUndefined().mode) {
        case UndefinedMode::kStrict:
          return "StrictUndefined";
        case UndefinedMode::kChainable:
          return "ChainableUndefined";
        default:
          return "Undefined";
      }
    case Type::kBool:
      return "bool";
    case Type::kInt:
      return "int";
    case Type::kFloat:
      return "float";
    case Type::kString:
      return IsSafe() ? "Markup" : "str";
    case Type::kList:
      return "list";
    case Type::kTuple:
      return "tuple";
    case Type::kDict:
      return "dict";
    case Type::kObject:
      return AsObject()->TypeName();
  }
  return "object";
}

std::string Value::Str() const {
  std::string out;
  AppendStr(out);
  return out;
}

std::string Value::Repr() const {
  std::string out;
  AppendRepr(out);
  return out;
}

void Value::AppendStr(std::string& out) const {
  switch (type()) {
    case Type::kUndefined:
      CheckStrict(AsUndefined());
      return;
    case Type::kString:
      out += AsString();
      return;
    case Type::kObject:
      out += AsObject()->Str();
      return;
    default:
      AppendRepr(out);
  }
}

void Value::AppendRepr(std::string& out) const {
  switch (type()) {
    case Type::kNone:
      out += "None";
      return;
    case Type::kUndefined:
      out += "Undefined";
      return;
    case Type::kBool:
      out += AsBool() ? "True" : "False";
      return;
    case Type::kInt:
      out += std::to_string(AsInt());
      return;
    case Type::kFloat:
      out += FloatRepr(AsFloat());
      return;
    case Type::kString:
      if (IsSafe()) out += "Markup(";
      AppendStringRepr(out, AsString());
      if (IsSafe()) out += ")";
      return;
    case Type::kList:
    case Type::kTuple: {
      Nesting guard;
      const ValueList& items = *Items();
      out += IsList() ? '[' : '(';
      for (size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += ", ";
        items[i].AppendRepr(out);
      }
      if (IsTuple() && items.size() == 1) out += ',';
      out += IsList() ? ']' : ')';
      return;
    }
    case Type::kDict: {
      Nesting guard;
      out += '{';
      bool first = true;
      for (const auto& [key, value] : AsDict()) {
        if (!first) out += ", ";
        first = false;
        key.AppendRepr(out);
        out += ": ";
        value.AppendRepr(out);
      }
      out += '}';
      return;
    }
    case Type::kObject:
      out += AsObject()->Repr();
      return;
  }
}

bool Value::Truthy() const {
  switch (type()) {
    case Type::kNone:
      return false;
    case Type::kUndefined:
      CheckStrict(AsUndefined());
      return false;
    case Type::kBool:
      return AsBool();
    case Type::kInt:
      return AsInt() != 0;
    case Type::kFloat:
      return AsFloat() != 0;
    case Type::kString:
      return !AsString().empty();
    case Type::kList:
    case Type::kTuple:
      return !Items()->empty();
    case Type::kDict:
      return !AsDict().empty();
    case Type::kObject:
      return AsObject()->Truthy();
  }
  return false;
}

bool Value::Equals(const Value& other) const {
  if (IsNumber() && other.IsNumber()) {
    if (IsIntegral(*this) && IsIntegral(other)) return IntegralValue(*this) == IntegralValue(other);
    return NumberAsDouble(*this) == NumberAsDouble(other);
  }
  if (IsObject()) return AsObject()->Equals(other);
  if (other.IsObject()) return other.AsObject()->Equals(*this);
  if (IsUndefined()) CheckStrict(AsUndefined());
  if (other.IsUndefined()) CheckStrict(other.AsUndefined());
  if (type() != other.type()) return false;
  switch (type()) {
    case Type::kString:
      return AsString() == other.AsString();
    case Type::kList:
    case Type::kTuple: {
      Nesting guard;
      return *Items() == *other.Items();
    }
    case Type::kDict: {
      Nesting guard;
      const Dict& a = AsDict();
      const Dict& b = other.AsDict();
      if (a.size() != b.size()) return false;
      return std::all_of(a.begin(), a.end(), [&](const Dict::Entry& entry) {
        const Value* match = b.Find(entry.key);
        return match && entry.value.Equals(*match);
      });
    }
    default:
      return true;  // None, undefined
  }
}

bool Value::Is(const Value& other) const {
  if (type() != other.type()) return false;
  switch (type()) {
    case Type::kList:
      return &AsList() == &other.AsList();
    case Type::kTuple:
      return &AsTuple() == &other.AsTuple();
    case Type::kDict:
      return &AsDict() == &other.AsDict();
    case Type::kObject:
      return AsObject() == other.AsObject();
    case Type::kUndefined:
      return &AsUndefined() == &other.AsUndefined();
    default:
      return Equals(other);
  }
}

int Value::Compare(const Value& other) const {
  if (IsNumber() && other.IsNumber()) {
    if (IsIntegral(*this) && IsIntegral(other))
      return Sign(IntegralValue(*this), IntegralValue(other));
    double a = NumberAsDouble(*this);
    double b = NumberAsDouble(other);
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (IsString() && other.IsString()) {
    // Byte order of UTF-8 is code point order.
    int order = AsString().compare(other.AsString());
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  if (type() == other.type() && Items()) {
    Nesting guard;
    const ValueList& a = *Items();
    const ValueList& b = *other.Items();
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (!a[i].Equals(b[i])) return a[i].Compare(b[i]);
    }
    return Sign(static_cast<int64_t>(a.size()), static_cast<int64_t>(b.size()));
  }
  if (IsObject()) {
    if (auto order = AsObject()->Compare(other)) return *order;
  }
  if (other.IsObject()) {
    if (auto order = other.AsObject()->Compare(*this)) return -*order;
  }
  if (IsUndefined()) Throw(AsUndefined().message);
  if (other.IsUndefined()) Throw(other.AsUndefined().message);
  Throw("'<' not supported between instances of '" + TypeName() + "' and '" + other.TypeName() +
        "'");
}

size_t Value::Hash() const {
  switch (type()) {
    case Type::kNone:
    case Type::kUndefined:
      return static_cast<size_t>(type()) + 1;
    case Type::kBool:
    case Type::kInt:
      return std::hash<int64_t>()(IntegralValue(*this));
    case Type::kFloat: {
      double value = AsFloat();
      if (std::trunc(value) == value && std::abs(value) < 9e18) {
        return std::hash<int64_t>()(static_cast<int64_t>(value));
      }
      return std::hash<double>()(value);
    }
    case Type::kString:
      return std::hash<std::string_view>()(AsString());
    case Type::kTuple: {
      size_t hash = 0x345678;
      for (const Value& item : AsTuple()) hash = hash * 1000003 ^ item.Hash();
      return hash;
    }
    case Type::kObject:
      return AsObject()->Hash();
    default:
      Throw("unhashable type: '" + TypeName() + "'");
  }
}

int64_t Value::Length() const {
  switch (type()) {
    case Type::kUndefined:
      CheckStrict(AsUndefined());
      return 0;
    case Type::kString:
      return static_cast<int64_t>(CodePointCount(AsString()));
    case Type::kList:
    case Type::kTuple:
      return static_cast<int64_t>(Items()->size());
    case Type::kDict:
      return static_cast<int64_t>(AsDict().size());
    case Type::kObject:
      if (auto length = AsObject()->Length()) return *length;
      break;
    default:
      break;
  }
  Throw("object of type '" + TypeName() + "' has no len()");
}

ValueList Value::Iterate() const {
  switch (type()) {
    case Type::kUndefined:
      CheckStrict(AsUndefined());
      return {};
    case Type::kString: {
      const std::string& text = AsString();
      ValueList out;
      for (size_t i = 0; i < text.size();) {
        size_t size = CodePointSize(text, i);
        out.emplace_back(text.substr(i, size));
        i += size;
      }
      return out;
    }
    case Type::kList:
    case Type::kTuple:
      return *Items();
    case Type::kDict: {
      ValueList out;
      out.reserve(AsDict().size());
      for (const auto& entry : AsDict()) out.push_back(entry.key);
      return out;
    }
    case Type::kObject:
      if (IsIterable()) return AsObject()->Iterate();
      break;
    default:
      break;
  }
  Throw("'" + TypeName() + "' object is not iterable");
}

Value Value::FromJson(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return json.get<int64_t>();
    case Json::value_t::number_unsigned: {
      auto value = json.get<uint64_t>();
      if (value > static_cast<uint64_t>(INT64_MAX)) return static_cast<double>(value);
      return static_cast<int64_t>(value);
    }
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return json.get_ref<const std::string&>();
    case Json::value_t::array: {
      ValueList items;
      items.reserve(json.size());
      for (const Json& item : json) items.push_back(FromJson(item));
      return List(std::move(items));
    }
    case Json::value_t::object: {
      Dict dict;
      for (const auto& [key, value] : json.items()) dict.Set(Value(key), FromJson(value));
      return dict;
    }
    default:
      return {};
  }
}

Json Value::ToJson() const {
  switch (type()) {
    case Type::kNone:
      return nullptr;
    case Type::kBool:
      return AsBool();
    case Type::kInt:
      return AsInt();
    case Type::kFloat:
      return AsFloat();
    case Type::kString:
      return AsString();
    case Type::kList:
    case Type::kTuple: {
      Nesting guard;
      Json out = Json::array();
      for (const Value& item : *Items()) out.push_back(item.ToJson());
      return out;
    }
    case Type::kDict: {
      Nesting guard;
      Json out = Json::object();
      for (const auto& [key, value] : AsDict()) {
        std::string name;
        if (key.IsString()) {
          name = key.AsString();
        } else if (key.IsNone()) {
          name = "null";
        } else if (key.IsBool()) {
          name = key.AsBool() ? "true" : "false";
        } else if (key.IsNumber()) {
          name = key.Repr();
        } else {
          Throw("keys must be str, int, float, bool or None, not " + key.TypeName());
        }
        out[name] = value.ToJson();
      }
      return out;
    }
    case Type::kObject:
      if (auto json = AsObject()->ToJson()) return *json;
      break;
    default:
      break;
  }
  Throw("Object of type " + TypeName() + " is not JSON serializable");
}

// Up to this many entries are found by a scan of their hashes, without an index.
constexpr size_t kScanned = 8;

Dict::Dict(std::initializer_list<std::pair<std::string_view, Value>> entries) {
  for (const auto& [key, value] : entries) Set(Value(key), value);
}

Value* Dict::Find(const Value& key) {
  size_t position = Position(key, key.Hash());
  return position < entries_.size() ? &entries_[position].value : nullptr;
}

Value* Dict::Find(std::string_view key) {
  size_t hash = std::hash<std::string_view>()(key);
  auto matches = [&](size_t i) {
    return hashes_[i] == hash && entries_[i].key.IsString() && entries_[i].key.AsString() == key;
  };
  if (buckets_.empty()) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (matches(i)) return &entries_[i].value;
    }
    return nullptr;
  }
  size_t mask = buckets_.size() - 1;
  for (size_t b = hash & mask; buckets_[b] != 0; b = (b + 1) & mask) {
    if (matches(buckets_[b] - 1)) return &entries_[buckets_[b] - 1].value;
  }
  return nullptr;
}

Value Dict::Get(std::string_view key, Value fallback) const {
  const Value* value = Find(key);
  return value ? *value : fallback;
}

void Dict::Set(Value key, Value value) {
  size_t hash = key.Hash();
  size_t position = Position(key, hash);
  if (position < entries_.size()) {
    entries_[position].value = std::move(value);
    return;
  }
  entries_.push_back({std::move(key), std::move(value)});
  hashes_.push_back(hash);
  if (buckets_.empty() ? entries_.size() > kScanned : entries_.size() * 2 > buckets_.size()) {
    Reindex();
  } else if (!buckets_.empty()) {
    size_t mask = buckets_.size() - 1;
    size_t b = hash & mask;
    while (buckets_[b] != 0) b = (b + 1) & mask;
    buckets_[b] = static_cast<uint32_t>(entries_.size());
  }
}

bool Dict::Erase(const Value& key) {
  size_t position = Position(key, key.Hash());
  if (position >= entries_.size()) return false;
  entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(position));
  hashes_.erase(hashes_.begin() + static_cast<ptrdiff_t>(position));
  if (!buckets_.empty()) Reindex();
  return true;
}

void Dict::Clear() {
  entries_.clear();
  hashes_.clear();
  buckets_.clear();
}

size_t Dict::Position(const Value& key, size_t hash) const {
  auto matches = [&](size_t i) { return hashes_[i] == hash && entries_[i].key.Equals(key); };
  if (buckets_.empty()) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (matches(i)) return i;
    }
    return entries_.size();
  }
  size_t mask = buckets_.size() - 1;
  for (size_t b = hash & mask; buckets_[b] != 0; b = (b + 1) & mask) {
    if (matches(buckets_[b] - 1)) return buckets_[b] - 1;
  }
  return entries_.size();
}

void Dict::Reindex() {
  size_t size = 32;
  while (size < entries_.size() * 4) size *= 2;
  buckets_.assign(size, 0);
  for (size_t i = 0; i < entries_.size(); ++i) {
    size_t b = hashes_[i] & (size - 1);
    while (buckets_[b] != 0) b = (b + 1) & (size - 1);
    buckets_[b] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace eider::jinja
