// The rows of a query as templates see them: the part of agate's Table that dbt projects use.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/session.h"
#include "jinja/object.h"

namespace eider::dbt {

// columns, column_names, column_types, rows, print_table(), print_csv(), print_json(), select(),
// exclude(), rename(), where(), limit(), order_by(), distinct(); a column has name, values(),
// values_distinct(), values_without_nulls(); a row has values(), keys(), items(), get(), dict().
class Table final : public jinja::Object {
 public:
  Table(std::vector<std::string> column_names, std::vector<std::string> column_types,
        std::vector<jinja::ValueList> rows);
  // Reads `result` to its end. Repeated names become "a_2", as agate has them.
  static std::shared_ptr<Table> FromResult(engine::Result& result);
  static std::shared_ptr<Table> Empty();

  const std::vector<std::string>& column_names() const { return column_names_; }
  // DuckDB's type names.
  const std::vector<std::string>& column_types() const { return column_types_; }
  const std::vector<jinja::ValueList>& rows() const { return rows_; }
  // Position of a column, or -1.
  int FindColumn(std::string_view name) const;
  // The first `max_rows` rows as agate's print_table draws them, each text cut at `max_width`
  // characters.
  std::string Print(size_t max_rows = 20, size_t max_columns = 6, size_t max_width = 20) const;
  // The rows as a JSON array of objects, as agate's to_json writes them.
  Json ToRowObjects() const;

  std::string TypeName() const override { return "Table"; }
  std::string Str() const override { return Print(); }
  bool Truthy() const override { return !rows_.empty(); }
  bool IsSequence() const override { return true; }
  bool IsIterable() const override { return true; }
  jinja::ValueList Iterate() override;  // the rows
  std::optional<int64_t> Length() const override { return static_cast<int64_t>(rows_.size()); }
  std::optional<jinja::Value> GetAttribute(jinja::State& state, std::string_view name) override;
  std::optional<jinja::Value> GetItem(jinja::State& state, const jinja::Value& key) override;

 private:
  std::vector<std::string> column_names_;
  std::vector<std::string> column_types_;
  std::vector<jinja::ValueList> rows_;
};

// A cell as templates see it: numbers as numbers (decimals as Decimal), dates and times as
// datetime objects, the rest as text.
jinja::Value CellValue(const engine::Cell& cell);

}  // namespace eider::dbt
