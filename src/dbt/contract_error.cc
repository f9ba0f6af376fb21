#include "dbt/contract_error.h"

#include <algorithm>

#include "dbt/table.h"

namespace eider::dbt {

using jinja::Value;
using jinja::ValueList;

namespace {

struct ContractColumn {
  std::string name;
  std::string type;
};

std::vector<ContractColumn> ReadColumns(const Value& list) {
  std::vector<ContractColumn> columns;
  for (const auto& item : list.Iterate()) {
    columns.push_back({item.AsDict().Get("name").Str(), item.AsDict().Get("data_type").Str()});
  }
  return columns;
}

}  // namespace

std::string ContractMessage(const Value& contract_columns, const Value& query_columns) {
  auto contract = ReadColumns(contract_columns);
  auto query = ReadColumns(query_columns);
  if (contract.empty()) {
    return "This model has an enforced contract, and its 'columns' specification is missing";
  }
  auto find = [](const std::vector<ContractColumn>& columns, const std::string& name) {
    return std::find_if(columns.begin(), columns.end(),
                        [&](const ContractColumn& column) { return column.name == name; });
  };
  std::vector<ValueList> rows;
  for (const auto& column : query) {
    auto promised = find(contract, column.name);
    if (promised == contract.end()) {
      rows.push_back(
          {Value(column.name), Value(column.type), Value(""), Value("missing in contract")});
    } else if (promised->type != column.type) {
      rows.push_back({Value(column.name), Value(column.type), Value(promised->type),
                      Value("data type mismatch")});
    }
  }
  for (const auto& column : contract) {
    if (find(query, column.name) != query.end()) continue;
    rows.push_back(
        {Value(column.name), Value(""), Value(column.type), Value("missing in definition")});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const ValueList& a, const ValueList& b) {
    return a[0].AsString() < b[0].AsString();
  });
  Table table({"column_name", "definition_type", "contract_type", "mismatch_reason"},
              std::vector<std::string>(4, "VARCHAR"), std::move(rows));
  constexpr size_t kWidth = 50;
  return "This model has an enforced contract that failed.\n"
         "Please ensure the name, data_type, and number of columns in your contract match the "
         "columns in your model's definition.\n\n" +
         table.Print(SIZE_MAX, SIZE_MAX, kWidth);
}

}  // namespace eider::dbt
