#include "dbt/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "dbt/decimal.h"
#include "dbt/python_datetime.h"
#include "dbt/secret.h"
#include "jinja/json_text.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::Dict;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

constexpr const char* kCutMark = "...";
constexpr int kMaxPrecision = 3;

bool IsNumberType(std::string_view type) {
  return type.starts_with("DECIMAL") || type == "DOUBLE" || type == "FLOAT" || type == "float8";
}

// Left-aligned when printed.
bool IsTextType(std::string_view type) {
  return type == "VARCHAR" || type == "text" || type == "UUID" || type == "JSON" ||
         type == "BLOB" || type.ends_with("]") || type.starts_with("STRUCT") ||
         type.starts_with("MAP") || type.starts_with("ENUM") || type.starts_with("UNION");
}

// The length of UTF-8 text in characters.
size_t CharacterCount(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string FirstCharacters(const std::string& text, size_t count) {
  size_t position = 0;
  for (; position < text.size(); ++position) {
    bool begins = (static_cast<unsigned char>(text[position]) & 0xC0) != 0x80;
    if (begins && count-- == 0) break;
  }
  return text.substr(0, position);
}

std::string Cut(const std::string& text, size_t width) {
  if (CharacterCount(text) <= width) return text;
  return FirstCharacters(text, width - std::min<size_t>(width, 3)) + kCutMark;
}

// The digits after the point that a number needs, without trailing zeros.
int DecimalPlaces(const std::string& text) {
  size_t point = text.find('.');
  if (point == text.npos || text.find_first_of("eEnN") != text.npos) return 0;
  size_t last = text.find_last_not_of('0');
  return last <= point ? 0 : static_cast<int>(last - point);
}

// 1234.5 -> "1,234.50".
std::string GroupedNumber(double number, int places, bool cut) {
  if (!std::isfinite(number)) return fmt::format("{}", number);
  std::string text = fmt::format("{:.{}f}", std::fabs(number), places);
  size_t end = text.find('.');
  if (end == text.npos) end = text.size();
  for (size_t i = end; i > 3; i -= 3) text.insert(i - 3, ",");
  if (cut) text += "…";
  return number < 0 ? "-" + text : text;
}

double AsDouble(const Value& value) {
  if (value.IsFloat()) return value.AsFloat();
  if (value.IsInt()) return static_cast<double>(value.AsInt());
  if (const auto* decimal = value.As<DecimalValue>()) return decimal->real();
  return 0;
}

// Either the rows or the columns of a table: by position or by name.
class MappedSequence final : public jinja::Object {
 public:
  // `type` is agate's class: "Row" or "MappedSequence".
  MappedSequence(std::string type, ValueList items, std::vector<std::string> names)
      : type_(std::move(type)), items_(std::move(items)), names_(std::move(names)) {}

  std::string TypeName() const override { return type_; }
  std::string Repr() const override {
    constexpr size_t kShown = 5;
    std::vector<std::string> shown;
    for (size_t i = 0; i < std::min(items_.size(), kShown); ++i) shown.push_back(items_[i].Repr());
    if (items_.size() > kShown) shown.emplace_back(kCutMark);
    return "<agate." + type_ + ": (" + Join(shown, ", ") + ")>";
  }
  bool Truthy() const override { return !items_.empty(); }
  bool IsSequence() const override { return true; }
  bool IsIterable() const override { return true; }
  ValueList Iterate() override { return items_; }
  std::optional<int64_t> Length() const override { return static_cast<int64_t>(items_.size()); }

  std::optional<Value> GetItem(State&, const Value& key) override {
    if (key.IsInt()) {
      int64_t index = key.AsInt();
      if (index < 0) index += static_cast<int64_t>(items_.size());
      if (index < 0 || index >= static_cast<int64_t>(items_.size())) return std::nullopt;
      return items_[static_cast<size_t>(index)];
    }
    if (!key.IsString()) return std::nullopt;
    auto found = std::find(names_.begin(), names_.end(), key.AsString());
    if (found == names_.end()) return std::nullopt;
    return items_[static_cast<size_t>(found - names_.begin())];
  }

  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    auto self = std::static_pointer_cast<MappedSequence>(shared_from_this());
    auto method = [&](std::function<Value(State&, const Arguments&)> body) {
      return Value::Function(std::string(name), std::move(body));
    };
    if (name == "values") {
      return method([self](State&, const Arguments&) { return Value::Tuple(self->items_); });
    }
    if (name == "keys") {
      return method([self](State&, const Arguments&) {
        return Value::Tuple(ValueList(self->names_.begin(), self->names_.end()));
      });
    }
    if (name == "items") {
      return method([self](State&, const Arguments&) {
        ValueList pairs;
        for (size_t i = 0; i < self->names_.size() && i < self->items_.size(); ++i) {
          pairs.push_back(Value::Tuple({Value(self->names_[i]), self->items_[i]}));
        }
        return Value::List(std::move(pairs));
      });
    }
    if (name == "dict") {
      return method([self](State&, const Arguments&) {
        Dict out;
        for (size_t i = 0; i < self->names_.size() && i < self->items_.size(); ++i) {
          out.Set(Value(self->names_[i]), self->items_[i]);
        }
        return Value(std::move(out));
      });
    }
    if (name == "get") {
      return method([self](State& state, const Arguments& arguments) {
        BoundArguments bound("get", arguments, {"key", "default"}, 1);
        return self->GetItem(state, bound[0]).value_or(bound[1]);
      });
    }
    return std::nullopt;
  }

  std::optional<Json> ToJson() const override { return Value::List(items_).ToJson(); }

 private:
  std::string type_;
  ValueList items_;
  std::vector<std::string> names_;
};

class TableColumn final : public jinja::Object {
 public:
  TableColumn(std::string name, std::string type, size_t index, ValueList values)
      : name_(std::move(name)), type_(std::move(type)), index_(index), values_(std::move(values)) {}

  std::string TypeName() const override { return "Column"; }
  std::string Repr() const override { return "<agate.Column: " + name_ + ">"; }
  bool IsSequence() const override { return true; }
  bool IsIterable() const override { return true; }
  ValueList Iterate() override { return values_; }
  std::optional<int64_t> Length() const override { return static_cast<int64_t>(values_.size()); }

  std::optional<Value> GetItem(State&, const Value& key) override {
    if (!key.IsInt()) return std::nullopt;
    int64_t index = key.AsInt();
    if (index < 0) index += static_cast<int64_t>(values_.size());
    if (index < 0 || index >= static_cast<int64_t>(values_.size())) return std::nullopt;
    return values_[static_cast<size_t>(index)];
  }

  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "name") return Value(name_);
    if (name == "index") return Value(index_);
    if (name == "data_type") return Value(type_);
    auto self = std::static_pointer_cast<TableColumn>(shared_from_this());
    auto method = [&](std::function<ValueList(ValueList)> change) {
      return Value::Function(std::string(name), [self, change](State&, const Arguments&) {
        return Value::Tuple(change(self->values_));
      });
    };
    auto without_nulls = [](ValueList values) {
      std::erase_if(values, [](const Value& value) { return value.IsNone(); });
      return values;
    };
    auto sorted = [](ValueList values) {
      std::stable_sort(values.begin(), values.end(), [](const Value& a, const Value& b) {
        if (a.IsNone() || b.IsNone()) return !a.IsNone() && b.IsNone();
        return a.Compare(b) < 0;
      });
      return values;
    };
    if (name == "values") return method([](ValueList values) { return values; });
    if (name == "values_without_nulls") return method(without_nulls);
    if (name == "values_sorted") return method(sorted);
    if (name == "values_without_nulls_sorted") {
      return method([=](ValueList values) { return sorted(without_nulls(std::move(values))); });
    }
    if (name == "values_distinct") {
      return method([](ValueList values) {
        Dict seen;
        for (const auto& value : values) seen.Set(value, Value(true));
        ValueList out;
        for (const auto& entry : seen) out.push_back(entry.key);
        return out;
      });
    }
    return std::nullopt;
  }

 private:
  std::string name_;
  std::string type_;
  size_t index_;
  ValueList values_;
};

Value RowValue(const Table& table, const ValueList& row) {
  return Value(std::make_shared<MappedSequence>("Row", row, table.column_names()));
}

std::vector<std::string> UniqueNames(const std::vector<engine::Column>& columns) {
  std::vector<std::string> names;
  std::map<std::string, int> seen;
  for (const auto& column : columns) {
    int count = ++seen[column.name];
    names.push_back(count == 1 ? column.name : column.name + "_" + std::to_string(count));
  }
  return names;
}

// A selection of columns, by names that must exist.
std::shared_ptr<Table> SelectColumns(const Table& table, const std::vector<std::string>& names) {
  std::vector<size_t> positions;
  std::vector<std::string> types;
  for (const auto& name : names) {
    int position = table.FindColumn(name);
    if (position < 0) {
      throw Error(ErrorCode::kInvalidArgument, "the table has no column '" + name + "'")
          .WithHint("It has: " + Join(table.column_names(), ", "));
    }
    positions.push_back(static_cast<size_t>(position));
    types.push_back(table.column_types()[static_cast<size_t>(position)]);
  }
  std::vector<ValueList> rows;
  for (const auto& row : table.rows()) {
    ValueList selected;
    for (size_t position : positions) selected.push_back(row[position]);
    rows.push_back(std::move(selected));
  }
  return std::make_shared<Table>(names, std::move(types), std::move(rows));
}

// One name, or a list of them.
std::vector<std::string> NameList(const Value& value) {
  std::vector<std::string> names;
  if (const ValueList* items = value.Items()) {
    for (const auto& item : *items) names.push_back(item.Str());
  } else {
    names.push_back(value.Str());
  }
  return names;
}

size_t LimitArgument(const Value& value, size_t fallback) {
  return value.IsInt() && value.AsInt() >= 0 ? static_cast<size_t>(value.AsInt()) : fallback;
}

}  // namespace

Table::Table(std::vector<std::string> column_names, std::vector<std::string> column_types,
             std::vector<ValueList> rows)
    : column_names_(std::move(column_names)),
      column_types_(std::move(column_types)),
      rows_(std::move(rows)) {}

std::shared_ptr<Table> Table::FromResult(engine::Result& result) {
  std::vector<std::string> types;
  for (const auto& column : result.columns()) types.push_back(column.type);
  std::vector<ValueList> rows;
  std::vector<engine::Cell> cells;
  while (result.Next(cells)) {
    ValueList row;
    row.reserve(cells.size());
    for (const auto& cell : cells) row.push_back(CellValue(cell));
    rows.push_back(std::move(row));
  }
  return std::make_shared<Table>(UniqueNames(result.columns()), std::move(types), std::move(rows));
}

std::shared_ptr<Table> Table::Empty() {
  return std::make_shared<Table>(std::vector<std::string>{}, std::vector<std::string>{},
                                 std::vector<ValueList>{});
}

int Table::FindColumn(std::string_view name) const {
  auto found = std::find(column_names_.begin(), column_names_.end(), name);
  return found == column_names_.end() ? -1 : static_cast<int>(found - column_names_.begin());
}

ValueList Table::Iterate() {
  ValueList rows;
  rows.reserve(rows_.size());
  for (const auto& row : rows_) rows.push_back(RowValue(*this, row));
  return rows;
}

std::optional<Value> Table::GetItem(State&, const Value& key) {
  if (!key.IsInt()) return std::nullopt;
  int64_t index = key.AsInt();
  if (index < 0) index += static_cast<int64_t>(rows_.size());
  if (index < 0 || index >= static_cast<int64_t>(rows_.size())) return std::nullopt;
  return RowValue(*this, rows_[static_cast<size_t>(index)]);
}

std::optional<Value> Table::GetAttribute(State&, std::string_view name) {
  auto self = std::static_pointer_cast<Table>(shared_from_this());
  auto method = [&](std::function<Value(const Arguments&)> body) {
    return Value::Function(
        std::string(name),
        [body = std::move(body)](State&, const Arguments& arguments) { return body(arguments); });
  };
  if (name == "rows") {
    return Value(
        std::make_shared<MappedSequence>("MappedSequence", Iterate(), std::vector<std::string>{}));
  }
  if (name == "columns") {
    ValueList columns;
    for (size_t i = 0; i < column_names_.size(); ++i) {
      ValueList values;
      values.reserve(rows_.size());
      for (const auto& row : rows_) values.push_back(row[i]);
      columns.emplace_back(
          std::make_shared<TableColumn>(column_names_[i], column_types_[i], i, std::move(values)));
    }
    return Value(
        std::make_shared<MappedSequence>("MappedSequence", std::move(columns), column_names_));
  }
  if (name == "column_names") {
    return Value::Tuple(ValueList(column_names_.begin(), column_names_.end()));
  }
  if (name == "column_types") {
    return Value::Tuple(ValueList(column_types_.begin(), column_types_.end()));
  }
  if (name == "select") {
    return method([self](const Arguments& arguments) {
      BoundArguments bound("select", arguments, {"key"}, 1);
      return Value(SelectColumns(*self, NameList(bound[0])));
    });
  }
  if (name == "exclude") {
    return method([self](const Arguments& arguments) {
      BoundArguments bound("exclude", arguments, {"key"}, 1);
      auto dropped = NameList(bound[0]);
      std::vector<std::string> kept;
      for (const auto& column : self->column_names_) {
        if (std::find(dropped.begin(), dropped.end(), column) == dropped.end()) {
          kept.push_back(column);
        }
      }
      return Value(SelectColumns(*self, kept));
    });
  }
  if (name == "rename") {
    return method([self](const Arguments& arguments) {
      BoundArguments bound("rename", arguments, {"column_names"}, 1);
      auto names = self->column_names_;
      if (const ValueList* items = bound[0].Items()) {
        for (size_t i = 0; i < items->size() && i < names.size(); ++i) names[i] = (*items)[i].Str();
      } else if (bound[0].IsDict()) {
        for (auto& column : names) {
          if (const Value* to = bound[0].AsDict().Find(std::string_view(column)))
            column = to->Str();
        }
      }
      return Value(std::make_shared<Table>(std::move(names), self->column_types_, self->rows_));
    });
  }
  if (name == "limit") {
    return method([self](const Arguments& arguments) {
      BoundArguments bound("limit", arguments, {"start_or_stop"}, 1);
      auto rows = self->rows_;
      rows.resize(std::min(rows.size(), LimitArgument(bound[0], rows.size())));
      return Value(
          std::make_shared<Table>(self->column_names_, self->column_types_, std::move(rows)));
    });
  }
  if (name == "print_table") {
    return method([self](const Arguments& arguments) {
      BoundArguments bound("print_table", arguments,
                           {"max_rows", "max_columns", "output", "max_column_width"});
      auto option = [&](size_t index, size_t fallback) {
        if (!bound.Has(index)) return fallback;
        return LimitArgument(bound[index], SIZE_MAX);
      };
      std::string text = ScrubSecrets(self->Print(option(0, 20), option(1, 6), option(3, 20)));
      std::fwrite(text.data(), 1, text.size(), stdout);
      return Value();
    });
  }
  return std::nullopt;
}

std::string Table::Print(size_t max_rows, size_t max_columns, size_t max_width) const {
  size_t columns = std::min(column_names_.size(), max_columns);
  size_t shown = std::min(rows_.size(), max_rows);
  bool columns_cut = columns < column_names_.size();

  std::vector<std::vector<std::string>> lines(1);
  for (size_t j = 0; j < columns; ++j) lines[0].push_back(Cut(column_names_[j], max_width));
  if (columns_cut) lines[0].push_back(kCutMark);

  std::vector<int> places(columns, -1);
  for (size_t j = 0; j < columns; ++j) {
    if (!IsNumberType(column_types_[j])) continue;
    places[j] = 0;
    for (size_t i = 0; i < shown; ++i) {
      places[j] = std::max(places[j], DecimalPlaces(rows_[i][j].Str()));
    }
  }
  for (size_t i = 0; i < shown; ++i) {
    std::vector<std::string> line;
    for (size_t j = 0; j < columns; ++j) {
      const Value& value = rows_[i][j];
      std::string text;
      if (value.IsNone()) {
        text = "";
      } else if (places[j] >= 0) {
        text = GroupedNumber(AsDouble(value), std::min(places[j], kMaxPrecision),
                             places[j] > kMaxPrecision);
      } else {
        text = value.Str();
      }
      line.push_back(Cut(text, max_width));
    }
    if (columns_cut) line.push_back(kCutMark);
    lines.push_back(std::move(line));
  }
  if (shown < rows_.size()) lines.emplace_back(lines[0].size(), kCutMark);

  std::vector<size_t> widths(lines[0].size(), 0);
  for (const auto& line : lines) {
    for (size_t j = 0; j < line.size(); ++j)
      widths[j] = std::max(widths[j], CharacterCount(line[j]));
  }
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    out += '|';
    for (size_t j = 0; j < lines[i].size(); ++j) {
      std::string padding(widths[j] - CharacterCount(lines[i][j]), ' ');
      bool left = IsTextType(column_types_[j]);
      out += ' ' + (left ? lines[i][j] + padding : padding + lines[i][j]) + " |";
    }
    out += '\n';
    if (i > 0) continue;
    out += '|';
    for (size_t width : widths) out += ' ' + std::string(width, '-') + " |";
    out += '\n';
  }
  return out;
}

Json Table::ToRowObjects() const {
  Json out = Json::array();
  for (const auto& row : rows_) {
    Json object = Json::object();
    for (size_t i = 0; i < column_names_.size(); ++i) {
      const auto* datetime = row[i].As<PythonDatetime>();
      object[column_names_[i]] = datetime ? Json(datetime->IsoFormat()) : row[i].ToJson();
    }
    out.push_back(std::move(object));
  }
  return out;
}

Value CellValue(const engine::Cell& cell) {
  using Kind = engine::Cell::Kind;
  switch (cell.kind) {
    case Kind::kNull:
      return Value();
    case Kind::kBoolean:
      return Value(cell.integer != 0);
    case Kind::kInteger:
      // A HUGEINT may be wider than the template language's integers.
      if (cell.text != std::to_string(cell.integer)) return DecimalValue::Make(cell.text);
      return Value(cell.integer);
    case Kind::kReal:
      return Value(cell.real);
    case Kind::kDecimal:
      return DecimalValue::Make(cell.text);
    case Kind::kDate:
    case Kind::kTimestamp:
    case Kind::kTimestampTz:
      return ReadDuckDbDatetime(cell.text).value_or(Value(cell.text));
    case Kind::kNested:
      return Value(jinja::JsonText(Value::FromJson(cell.ToJson())));
    default:
      return Value(cell.text);
  }
}

}  // namespace eider::dbt
