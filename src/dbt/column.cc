#include "dbt/column.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "dbt/relation.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

// dbt's columns have no width on DuckDB; this is the one it makes up.
constexpr int64_t kStringSize = 256;

template <size_t N>
bool IsOneOf(const std::string& dtype, const std::array<std::string_view, N>& names) {
  std::string lower = Lower(dtype);
  return std::find(names.begin(), names.end(), lower) != names.end();
}

std::string StringType(int64_t size) { return "character varying(" + std::to_string(size) + ")"; }

std::string TranslateType(const std::string& dtype) {
  return EqualsIgnoreCase(dtype, "string") ? "TEXT" : dtype;
}

bool IsStruct(const std::string& dtype) { return Lower(dtype).starts_with("struct"); }

// "STRUCT(a INTEGER, b STRUCT(c DATE))" -> a: INTEGER, b: STRUCT(c DATE).
std::vector<std::pair<std::string, std::string>> StructFields(const std::string& dtype) {
  std::vector<std::pair<std::string, std::string>> fields;
  size_t open = dtype.find('(');
  if (open == dtype.npos || dtype.back() != ')') return fields;
  std::string_view content = std::string_view(dtype).substr(open + 1, dtype.size() - open - 2);
  int depth = 0;
  bool quoted = false;
  size_t begin = 0;
  auto add = [&](size_t end) {
    std::string_view field = Trim(content.substr(begin, end - begin));
    size_t name_end = field.starts_with('"') ? field.find('"', 1) + 1 : field.find(' ');
    if (name_end == field.npos || name_end == 0) return;
    std::string_view name = field.substr(0, name_end);
    if (name.size() > 1 && name.front() == '"') name = name.substr(1, name.size() - 2);
    fields.emplace_back(name, Trim(field.substr(name_end)));
  };
  for (size_t i = 0; i < content.size(); ++i) {
    char c = content[i];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) {
      add(i);
      begin = i + 1;
    }
  }
  if (begin < content.size()) add(content.size());
  return fields;
}

void FlattenInto(const std::string& name, const std::string& dtype, ValueList& out) {
  if (!IsStruct(dtype)) {
    out.push_back(ColumnValue::Make(name, dtype));
    return;
  }
  for (const auto& [field, type] : StructFields(dtype)) FlattenInto(name + "." + field, type, out);
}

class ColumnClassObject final : public jinja::Object {
 public:
  std::string TypeName() const override { return "type"; }
  std::string Repr() const override { return "<class 'DuckDBColumn'>"; }
  bool IsCallable() const override { return true; }

  Value Call(State&, const Arguments& arguments) override {
    BoundArguments bound(
        "Column", arguments,
        {"column", "dtype", "char_size", "numeric_precision", "numeric_scale", "fields"}, 2);
    return ColumnValue::Make(bound[0].Str(), bound[1].Str());
  }

  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "create") {
      return Value::Function("create", [](State&, const Arguments& arguments) {
        BoundArguments bound("create", arguments, {"name", "label_or_dtype"}, 2);
        return ColumnValue::Make(bound[0].Str(), TranslateType(bound[1].Str()));
      });
    }
    if (name == "translate_type") {
      return Value::Function("translate_type", [](State&, const Arguments& arguments) {
        BoundArguments bound("translate_type", arguments, {"dtype"}, 1);
        return Value(TranslateType(bound[0].Str()));
      });
    }
    if (name == "string_type") {
      return Value::Function("string_type", [](State&, const Arguments& arguments) {
        BoundArguments bound("string_type", arguments, {"size"}, 1);
        return Value("character varying(" + bound[0].Str() + ")");
      });
    }
    if (name == "numeric_type") {
      return Value::Function("numeric_type", [](State&, const Arguments& arguments) {
        BoundArguments bound("numeric_type", arguments, {"dtype", "precision", "scale"}, 3);
        if (bound[1].IsNone() || bound[2].IsNone()) return bound[0];
        return Value(bound[0].Str() + "(" + bound[1].Str() + "," + bound[2].Str() + ")");
      });
    }
    if (name == "from_description") {
      return Value::Function("from_description", [](State&, const Arguments& arguments) {
        BoundArguments bound("from_description", arguments, {"name", "raw_data_type"}, 2);
        return ColumnValue::Make(bound[0].Str(), bound[1].Str());
      });
    }
    return std::nullopt;
  }
};

}  // namespace

Value ColumnValue::Make(std::string name, std::string dtype) {
  return Value(std::make_shared<ColumnValue>(std::move(name), std::move(dtype)));
}

bool ColumnValue::is_string() const {
  return IsOneOf(
      dtype_, std::array<std::string_view, 4>{"text", "character varying", "character", "varchar"});
}

bool ColumnValue::is_float() const {
  return IsOneOf(dtype_,
                 std::array<std::string_view, 5>{"real", "float", "float4", "float8", "double"});
}

bool ColumnValue::is_integer() const {
  return IsOneOf(dtype_, std::array<std::string_view, 17>{
                             "tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint",
                             "usmallint", "uinteger", "ubigint", "int1", "int2", "int4", "int8",
                             "short", "int", "signed", "long"});
}

bool ColumnValue::is_numeric() const {
  return IsOneOf(dtype_, std::array<std::string_view, 2>{"numeric", "decimal"});
}

std::string ColumnValue::data_type() const {
  return is_string() ? StringType(kStringSize) : dtype_;
}

ValueList ColumnValue::Flatten() const {
  ValueList columns;
  FlattenInto(name_, dtype_, columns);
  return columns;
}

std::string ColumnValue::Repr() const {
  return "<DuckDBColumn " + name_ + " (" + data_type() + ")>";
}

bool ColumnValue::Equals(const Value& other) const {
  const auto* theirs = other.As<ColumnValue>();
  return theirs && theirs->name_ == name_ && theirs->dtype_ == dtype_;
}

size_t ColumnValue::Hash() const { return std::hash<std::string>()(name_ + '\0' + dtype_); }

std::optional<Value> ColumnValue::GetAttribute(State& state, std::string_view name) {
  if (name == "name" || name == "column") return Value(name_);
  if (name == "dtype") return Value(dtype_);
  if (name == "data_type" || name == "expanded_data_type") return Value(data_type());
  if (name == "quoted") return Value(QuotedIdentifier(name_));
  if (name == "char_size" || name == "numeric_precision" || name == "numeric_scale") {
    return Value();
  }
  auto method = [&](auto body) {
    auto self = std::static_pointer_cast<ColumnValue>(shared_from_this());
    return Value::Function(std::string(name), [self, body](State&, const Arguments& arguments) {
      return body(*self, arguments);
    });
  };
  using Self = const ColumnValue;
  if (name == "is_string") {
    return method([](Self& self, const Arguments&) { return Value(self.is_string()); });
  }
  if (name == "is_number") {
    return method([](Self& self, const Arguments&) { return Value(self.is_number()); });
  }
  if (name == "is_float") {
    return method([](Self& self, const Arguments&) { return Value(self.is_float()); });
  }
  if (name == "is_integer") {
    return method([](Self& self, const Arguments&) { return Value(self.is_integer()); });
  }
  if (name == "is_numeric") {
    return method([](Self& self, const Arguments&) { return Value(self.is_numeric()); });
  }
  if (name == "is_struct") {
    return method([](Self& self, const Arguments&) { return Value(IsStruct(self.dtype_)); });
  }
  if (name == "string_size") {
    return method([](Self& self, const Arguments&) {
      if (!self.is_string()) {
        throw Error(ErrorCode::kInvalidArgument, "Called string_size() on non-string field!");
      }
      return Value(kStringSize);
    });
  }
  if (name == "can_expand_to") {
    return method([](Self&, const Arguments&) { return Value(false); });
  }
  if (name == "literal") {
    return method([](Self& self, const Arguments& arguments) {
      BoundArguments bound("literal", arguments, {"value"}, 1);
      return Value(bound[0].Str() + "::" + self.data_type());
    });
  }
  if (name == "flatten") {
    return method([](Self& self, const Arguments&) { return Value::List(self.Flatten()); });
  }
  if (name == "fields") {
    ValueList fields;
    for (const auto& [field, type] : StructFields(dtype_)) fields.push_back(Make(field, type));
    return Value::List(std::move(fields));
  }
  // Class methods are reached through a column too.
  if (const auto& type = ColumnClass(); name.ends_with("_type")) {
    return type.AsObject()->GetAttribute(state, name);
  }
  return std::nullopt;
}

Value ColumnClass() {
  static const Value kClass(std::make_shared<ColumnClassObject>());
  return kClass;
}

}  // namespace eider::dbt
