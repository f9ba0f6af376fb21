#include "engine/row_lineage.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"

namespace eider::engine {

namespace {

using duckdb::LogicalType;
using duckdb::MultiFileColumnDefinition;

struct LineageColumn {
  duckdb::column_t id;
  int32_t field_id;
  const char* name;
};

// DuckDB's own virtual columns have the ids next to the first one.
constexpr duckdb::column_t kFirstVirtual = duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILENAME;
constexpr LineageColumn kRowId{kFirstVirtual + 2'000, 2147483540, "_row_id"};
constexpr LineageColumn kLastUpdated{kFirstVirtual + 2'001, 2147483539,
                                     "_last_updated_sequence_number"};

const LineageColumn* Find(duckdb::column_t id) {
  if (id == kRowId.id) return &kRowId;
  if (id == kLastUpdated.id) return &kLastUpdated;
  return nullptr;
}

MultiFileColumnDefinition Definition(const LineageColumn& column) {
  MultiFileColumnDefinition definition(column.name, LogicalType::BIGINT);
  definition.identifier = duckdb::Value::INTEGER(column.field_id);
  definition.default_expression =
      duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(LogicalType::BIGINT));
  return definition;
}

bool FileHolds(const duckdb::BaseFileReader& reader, const LineageColumn& column) {
  auto identifier = duckdb::Value::INTEGER(column.field_id);
  return std::any_of(reader.columns.begin(), reader.columns.end(),
                     [&](const MultiFileColumnDefinition& local) {
                       // Row numbers that are read along have none.
                       return !local.identifier.IsNull() && local.identifier == identifier;
                     });
}

duckdb::unique_ptr<duckdb::Expression> Constant(const std::optional<int64_t>& value) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(
      value ? duckdb::Value::BIGINT(*value) : duckdb::Value(LogicalType::BIGINT));
}

duckdb::unique_ptr<duckdb::Expression> Add(duckdb::ClientContext& context, int64_t first,
                                           duckdb::unique_ptr<duckdb::Expression> row_number) {
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> terms;
  terms.push_back(Constant(first));
  terms.push_back(std::move(row_number));
  duckdb::ErrorData error;
  auto sum = duckdb::FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, "+",
                                                                std::move(terms), error, true);
  if (!sum) throw Error(ErrorCode::kInternal, error.Message());
  return sum;
}

// The row numbers of the file, read besides the columns that are mapped.
duckdb::unique_ptr<duckdb::Expression> ReadRowNumbers(duckdb::BaseFileReader& reader) {
  duckdb::MultiFileLocalColumnId local_id(reader.columns.size());
  auto index = reader.column_ids.size();
  reader.columns.emplace_back("file_row_number", LogicalType::BIGINT);
  reader.AddVirtualColumn(duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER);
  reader.column_ids.push_back(local_id);
  reader.column_indexes.emplace_back(local_id.GetId());
  return duckdb::make_uniq<duckdb::BoundReferenceExpression>(LogicalType::BIGINT, index);
}

}  // namespace

bool IsLineageColumn(duckdb::column_t column) { return Find(column) != nullptr; }

void AddLineageColumns(duckdb::virtual_column_map_t& columns) {
  for (const LineageColumn& column : {kRowId, kLastUpdated}) {
    columns.insert({column.id, duckdb::TableColumn(column.name, LogicalType::BIGINT)});
  }
}

duckdb::unique_ptr<duckdb::Expression> MapLineageColumn(
    const duckdb::MultiFileReaderData& reader_data, duckdb::column_t& column,
    duckdb::MultiFileLocalIndex local_index,
    duckdb::optional_ptr<MultiFileColumnDefinition>& file_column) {
  // The mapper only reads them.
  static MultiFileColumnDefinition row_id = Definition(kRowId);
  static MultiFileColumnDefinition last_updated = Definition(kLastUpdated);
  bool is_row_id = column == kRowId.id;
  if (FileHolds(*reader_data.reader, is_row_id ? kRowId : kLastUpdated)) {
    file_column = is_row_id ? row_id : last_updated;
    return nullptr;
  }
  if (!is_row_id) return Constant(std::nullopt);
  column = duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER;
  return duckdb::make_uniq<duckdb::BoundReferenceExpression>(LogicalType::BIGINT,
                                                             local_index.GetIndex());
}

bool ReadsLineage(const duckdb::LogicalGet& get, const duckdb::Expression& filter) {
  bool reads = false;
  const auto& ids = get.GetColumnIds();
  duckdb::ExpressionIterator::VisitExpression<duckdb::BoundColumnRefExpression>(
      filter, [&](const duckdb::BoundColumnRefExpression& column) {
        reads = reads || (column.binding.table_index == get.table_index &&
                          column.binding.column_index < ids.size() &&
                          IsLineageColumn(ids[column.binding.column_index].GetPrimaryIndex()));
      });
  return reads;
}

void KeepLineageFilterAbove(const duckdb::LogicalGet& get,
                            duckdb::unique_ptr<duckdb::Expression>& filter) {
  if (filter->GetExpressionType() == duckdb::ExpressionType::OPERATOR_COALESCE ||
      !ReadsLineage(get, *filter)) {
    return;
  }
  // A filter drops a row for null as it does for false.
  auto either = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
      duckdb::ExpressionType::OPERATOR_COALESCE, LogicalType::BOOLEAN);
  either->children.push_back(std::move(filter));
  either->children.push_back(
      duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BOOLEAN(false)));
  filter = std::move(either);
}

duckdb::unique_ptr<duckdb::TableFilterSet> WithoutLineageFilters(
    const duckdb::vector<duckdb::ColumnIndex>& column_ids, const duckdb::TableFilterSet& filters) {
  auto is_lineage = [&](duckdb::idx_t index) {
    return index < column_ids.size() && IsLineageColumn(column_ids[index].GetPrimaryIndex());
  };
  if (std::none_of(filters.filters.begin(), filters.filters.end(),
                   [&](const auto& filter) { return is_lineage(filter.first); })) {
    return nullptr;
  }
  auto kept = duckdb::make_uniq<duckdb::TableFilterSet>();
  for (const auto& [index, filter] : filters.filters) {
    if (!is_lineage(index)) kept->filters.emplace(index, filter->Copy());
  }
  return kept;
}

void FinishLineage(duckdb::ClientContext& context, const iceberg::FileScanTask& task,
                   const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                   duckdb::MultiFileReaderData& reader_data) {
  duckdb::BaseFileReader& reader = *reader_data.reader;
  const std::optional<int64_t>& first_row_id = task.file->first_row_id;
  for (duckdb::idx_t i = 0; i < column_ids.size(); ++i) {
    const LineageColumn* column = Find(column_ids[i].GetPrimaryIndex());
    if (column == nullptr) continue;
    bool is_row_id = column->id == kRowId.id;
    bool in_file = FileHolds(reader, *column);
    auto& expression = reader_data.expressions[i];
    duckdb::unique_ptr<duckdb::Expression> inherited;
    if (!is_row_id) {
      inherited = Constant(task.sequence_number);
    } else if (!first_row_id) {
      inherited = Constant(std::nullopt);
    } else {
      inherited =
          Add(context, *first_row_id, in_file ? ReadRowNumbers(reader) : std::move(expression));
    }
    if (!in_file) {
      expression = std::move(inherited);
      continue;
    }
    auto either = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
        duckdb::ExpressionType::OPERATOR_COALESCE, LogicalType::BIGINT);
    either->children.push_back(std::move(expression));
    either->children.push_back(std::move(inherited));
    expression = std::move(either);
  }
}

}  // namespace eider::engine
