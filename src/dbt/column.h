// A column of a relation as templates see it (dbt's Column objects).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jinja/object.h"

namespace eider::dbt {

// name, column, dtype, data_type, quoted, char_size, numeric_precision, numeric_scale, is_string(),
// is_number(), is_float(), is_integer(), is_numeric(), string_size(), can_expand_to(), literal(),
// string_type(), numeric_type(), is_struct(), flatten(), fields.
class ColumnValue final : public jinja::Object {
 public:
  ColumnValue(std::string name, std::string dtype)
      : name_(std::move(name)), dtype_(std::move(dtype)) {}
  static jinja::Value Make(std::string name, std::string dtype);

  const std::string& name() const { return name_; }
  const std::string& dtype() const { return dtype_; }
  // The type in SQL: DuckDB's own name.
  std::string data_type() const;
  bool is_string() const;
  bool is_number() const { return is_float() || is_integer() || is_numeric(); }
  bool is_float() const;
  bool is_integer() const;
  bool is_numeric() const;
  // A struct as one column a field, "a.b"; any other column as itself.
  jinja::ValueList Flatten() const;

  std::string TypeName() const override { return "DuckDBColumn"; }
  std::string Repr() const override;
  bool Equals(const jinja::Value& other) const override;
  size_t Hash() const override;
  std::optional<jinja::Value> GetAttribute(jinja::State& state, std::string_view name) override;

 private:
  std::string name_;
  std::string dtype_;
};

// `api.Column`, `adapter.Column`: create(name, label_or_dtype), translate_type(), string_type(),
// numeric_type(), and callable as Column(column, dtype).
jinja::Value ColumnClass();

}  // namespace eider::dbt
