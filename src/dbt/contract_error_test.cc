#include "dbt/contract_error.h"

#include <gtest/gtest.h>

namespace eider::dbt {
namespace {

using jinja::Dict;
using jinja::Value;

Value Columns(std::initializer_list<std::pair<const char*, const char*>> columns) {
  jinja::ValueList list;
  for (const auto& [name, type] : columns) {
    list.emplace_back(Dict{{"name", Value(name)}, {"data_type", Value(type)}});
  }
  return Value::List(std::move(list));
}

// As dbt-core 1.11 prints it for the same columns.
TEST(ContractErrorTest, ShowsEveryDifferenceInATable) {
  EXPECT_EQ(ContractMessage(Columns({{"id", "VARCHAR"}, {"missing", "INTEGER"}, {"ok", "DATE"}}),
                            Columns({{"ok", "DATE"}, {"id", "INTEGER"}, {"extra", "DATE"}})),
            "This model has an enforced contract that failed.\n"
            "Please ensure the name, data_type, and number of columns in your contract match the "
            "columns in your model's definition.\n\n"
            "| column_name | definition_type | contract_type | mismatch_reason       |\n"
            "| ----------- | --------------- | ------------- | --------------------- |\n"
            "| extra       | DATE            |               | missing in contract   |\n"
            "| id          | INTEGER         | VARCHAR       | data type mismatch    |\n"
            "| missing     |                 | INTEGER       | missing in definition |\n");
}

TEST(ContractErrorTest, AContractWithoutColumns) {
  EXPECT_EQ(ContractMessage(Columns({}), Columns({{"id", "INTEGER"}})),
            "This model has an enforced contract, and its 'columns' specification is missing");
}

}  // namespace
}  // namespace eider::dbt
