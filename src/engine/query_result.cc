#include "engine/query_result.h"

#include <cmath>
#include <utility>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/value.hpp"
#include "duckdb/execution/executor.hpp"
#include "duckdb/main/stream_query_result.hpp"
#include "engine/duckdb_error.h"

namespace eider::engine {

namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;

Cell MakeCell(const Value& value);

// Numbers JSON cannot hold (NaN, infinities) are written as text, as DuckDB's own JSON writer does.
Json RealToJson(double real, const std::string& text) {
  if (std::isfinite(real)) return real;
  return text;
}

void AddElements(const Value& value, Cell& cell) {
  cell.kind = Cell::Kind::kNested;
  switch (value.type().id()) {
    case LogicalTypeId::STRUCT: {
      cell.has_keys = true;
      const auto& children = duckdb::StructValue::GetChildren(value);
      for (size_t i = 0; i < children.size(); ++i) {
        cell.keys.push_back(duckdb::StructType::GetChildName(value.type(), i));
        cell.elements.push_back(MakeCell(children[i]));
      }
      break;
    }
    case LogicalTypeId::MAP:
      cell.has_keys = true;
      for (const Value& entry : duckdb::MapValue::GetChildren(value)) {
        const auto& pair = duckdb::StructValue::GetChildren(entry);
        cell.keys.push_back(pair[0].ToString());
        cell.elements.push_back(MakeCell(pair[1]));
      }
      break;
    case LogicalTypeId::ARRAY:
      for (const Value& child : duckdb::ArrayValue::GetChildren(value)) {
        cell.elements.push_back(MakeCell(child));
      }
      break;
    default:
      for (const Value& child : duckdb::ListValue::GetChildren(value)) {
        cell.elements.push_back(MakeCell(child));
      }
  }
}

std::string JsonText(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Cell MakeCell(const Value& value) {
  Cell cell;
  if (value.IsNull()) return cell;
  cell.text = value.ToString();
  switch (value.type().id()) {
    case LogicalTypeId::BOOLEAN:
      cell.kind = Cell::Kind::kBoolean;
      cell.integer = value.GetValue<bool>() ? 1 : 0;
      break;
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
      cell.kind = Cell::Kind::kInteger;
      cell.integer = value.GetValue<int64_t>();
      break;
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT: {
      cell.kind = Cell::Kind::kInteger;
      Value narrow = value;
      if (narrow.DefaultTryCastAs(duckdb::LogicalType::BIGINT)) {
        cell.integer = narrow.GetValue<int64_t>();
      }
      break;
    }
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      cell.kind = Cell::Kind::kReal;
      cell.real = value.GetValue<double>();
      break;
    case LogicalTypeId::DECIMAL:
      cell.kind = Cell::Kind::kDecimal;
      cell.real = value.GetValue<double>();
      break;
    case LogicalTypeId::BLOB:
    case LogicalTypeId::BIT:
      cell.kind = Cell::Kind::kBlob;
      break;
    case LogicalTypeId::DATE:
      cell.kind = Cell::Kind::kDate;
      break;
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIME_TZ:
    case LogicalTypeId::TIME_NS:
      cell.kind = Cell::Kind::kTime;
      break;
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
      cell.kind = Cell::Kind::kTimestamp;
      break;
    case LogicalTypeId::TIMESTAMP_TZ:
      cell.kind = Cell::Kind::kTimestampTz;
      break;
    case LogicalTypeId::INTERVAL:
      cell.kind = Cell::Kind::kInterval;
      break;
    case LogicalTypeId::UUID:
      cell.kind = Cell::Kind::kUuid;
      break;
    case LogicalTypeId::UNION:
      return MakeCell(duckdb::UnionValue::GetValue(value));
    case LogicalTypeId::STRUCT:
    case LogicalTypeId::MAP:
    case LogicalTypeId::LIST:
    case LogicalTypeId::ARRAY:
      AddElements(value, cell);
      break;
    default:
      cell.kind = Cell::Kind::kText;
      break;
  }
  return cell;
}

class DuckResult : public Result {
 public:
  explicit DuckResult(duckdb::unique_ptr<duckdb::QueryResult> result) : result_(std::move(result)) {
    for (size_t i = 0; i < result_->names.size(); ++i) {
      columns_.push_back({result_->names[i], result_->types[i].ToString()});
    }
    switch (result_->properties.return_type) {
      case duckdb::StatementReturnType::QUERY_RESULT:
        returns_rows_ = true;
        break;
      case duckdb::StatementReturnType::CHANGED_ROWS: {
        std::vector<Cell> row;
        if (Next(row) && !row.empty()) rows_changed_ = row[0].integer;
        break;
      }
      case duckdb::StatementReturnType::NOTHING:
        break;
    }
  }

  const std::vector<Column>& columns() const override { return columns_; }
  bool returns_rows() const override { return returns_rows_; }
  std::optional<int64_t> rows_changed() const override { return rows_changed_; }

  bool Next(std::vector<Cell>& row) override {
    if (!chunk_ || position_ >= chunk_->size()) {
      if (finished_ || !FetchChunk()) return false;
    }
    row.resize(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) row[i] = MakeCell(chunk_->GetValue(i, position_));
    ++position_;
    return true;
  }

 private:
  // What fails in one of DuckDB's threads interrupts the others, and Fetch may then tell of the
  // interrupt and forget the failure. Here the failure can still be asked for.
  void AwaitChunk() {
    if (result_->type != duckdb::QueryResultType::STREAM_RESULT || result_->HasError()) return;
    auto& stream = result_->Cast<duckdb::StreamQueryResult>();
    if (!stream.IsOpen()) return;
    duckdb::ErrorData failure;
    try {
      while (true) {
        duckdb::StreamExecutionResult state = stream.ExecuteTask();
        if (duckdb::StreamQueryResult::IsChunkReady(state)) return;
        if (state == duckdb::StreamExecutionResult::BLOCKED) stream.WaitForTask();
      }
    } catch (const std::exception& e) {
      failure = duckdb::ErrorData(e);
      if (failure.Type() == duckdb::ExceptionType::INTERRUPT) {
        duckdb::Executor& executor = stream.context->GetExecutor();
        if (executor.HasError()) failure = executor.GetError();
      }
    }
    result_->Fetch();  // ends the query, which the failure has left open
    failure.Throw();
  }

  bool FetchChunk() {
    try {
      do {
        AwaitChunk();
        chunk_ = result_->Fetch();
      } while (chunk_ && chunk_->size() == 0);
    } catch (const std::exception& e) {
      throw FromDuckDB(duckdb::ErrorData(e));
    }
    if (result_->HasError()) throw FromDuckDB(result_->GetErrorObject());
    position_ = 0;
    finished_ = !chunk_;
    return !finished_;
  }

  duckdb::unique_ptr<duckdb::QueryResult> result_;
  std::vector<Column> columns_;
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;
  size_t position_ = 0;
  bool finished_ = false;
  bool returns_rows_ = false;
  std::optional<int64_t> rows_changed_;
};

}  // namespace

std::unique_ptr<Result> MakeResult(duckdb::unique_ptr<duckdb::QueryResult> result) {
  return std::make_unique<DuckResult>(std::move(result));
}

Json Cell::ToJson() const {
  switch (kind) {
    case Kind::kNull:
      return nullptr;
    case Kind::kBoolean:
      return integer != 0;
    case Kind::kInteger:
      // Beyond 64 bits JSON numbers lose digits in most readers.
      return text == std::to_string(integer) ? Json(integer) : Json(text);
    case Kind::kReal:
      return RealToJson(real, text);
    case Kind::kDecimal:
      return real;
    case Kind::kNested: {
      Json json = has_keys ? Json::object() : Json::array();
      for (size_t i = 0; i < elements.size(); ++i) {
        if (has_keys) {
          json[keys[i]] = elements[i].ToJson();
        } else {
          json.push_back(elements[i].ToJson());
        }
      }
      return json;
    }
    default:
      return text;
  }
}

std::string Cell::ToJsonText() const {
  if (kind == Kind::kDecimal) return text;
  if (kind != Kind::kNested) return JsonText(ToJson());
  std::string out(1, has_keys ? '{' : '[');
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += ',';
    if (has_keys) out += JsonText(keys[i]) + ':';
    out += elements[i].ToJsonText();
  }
  return out + (has_keys ? '}' : ']');
}

}  // namespace eider::engine
