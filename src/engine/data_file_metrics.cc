#include "engine/data_file_metrics.h"

#include <charconv>
#include <string_view>

#include "duckdb/common/types/value.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "engine/type_mapping.h"
#include "io/file_system.h"

namespace eider::engine {

namespace {

using iceberg::NestedField;
using iceberg::TypeId;

// How much is kept of a column.
struct MetricsMode {
  bool counts = true;
  bool bounds = true;
  int length = 16;  // code points or bytes of a bound; 0: all
};

MetricsMode ParseMode(std::string_view text) {
  if (text == "none") return {false, false, 0};
  if (text == "counts") return {true, false, 0};
  if (text == "full") return {true, true, 0};
  constexpr std::string_view kTruncate = "truncate(";
  int length = 0;
  if (text.substr(0, kTruncate.size()) == kTruncate && text.back() == ')') {
    text.remove_prefix(kTruncate.size());
    std::from_chars(text.data(), text.data() + text.size(), length);
  }
  return length > 0 ? MetricsMode{true, true, length} : MetricsMode{};
}

std::string HexToBytes(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::optional<iceberg::Literal> ReadBound(const iceberg::Type& type, const std::string& text) {
  if (type.id == TypeId::kBinary || type.id == TypeId::kFixed) {
    iceberg::Literal literal;
    literal.value = HexToBytes(text);
    return literal;
  }
  std::optional<iceberg::Literal> literal = ToLiteral(type, duckdb::Value(text));
  if (literal && literal->is_null()) return std::nullopt;
  return literal;
}

// -0.0 comes before 0.0 in the spec's order, while to the writer both are the same: where a bound
// is zero, either may be among the values.
void WidenZero(const iceberg::Type& type, iceberg::Literal& bound, double zero) {
  if (type.id != TypeId::kFloat && type.id != TypeId::kDouble) return;
  if (std::get<double>(bound.value) == 0) bound.value = zero;
}

class Describer {
 public:
  Describer(const WrittenFile& written, const std::map<std::string, std::string>& properties,
            iceberg::DataFile* file)
      : written_(written), properties_(properties), file_(file) {}

  // `path` names the field in the Parquet schema, `name` in the table's.
  void Describe(const NestedField& field, const std::string& path, const std::string& name,
                bool repeated) {
    const iceberg::Type& type = *field.type;
    if (!type.is_nested()) {
      auto column = written_.columns.find(path);
      if (column != written_.columns.end()) DescribeLeaf(field, column->second, name, repeated);
      return;
    }
    bool children_repeated = repeated || type.id != TypeId::kStruct;
    for (const NestedField& child : type.fields) {
      Describe(child, path + "." + duckdb::KeywordHelper::WriteQuoted(child.name, '"'),
               name + "." + child.name, children_repeated);
    }
  }

 private:
  MetricsMode ModeOf(const std::string& name) const {
    auto mode = properties_.find("write.metadata.metrics.column." + name);
    if (mode == properties_.end()) mode = properties_.find("write.metadata.metrics.default");
    return mode == properties_.end() ? MetricsMode{} : ParseMode(mode->second);
  }

  void DescribeLeaf(const NestedField& field, const WrittenColumn& column, const std::string& name,
                    bool repeated) {
    MetricsMode mode = ModeOf(name);
    if (column.size_bytes) file_->column_sizes[field.id] = *column.size_bytes;
    if (!mode.counts) return;
    if (column.value_count) file_->value_counts[field.id] = *column.value_count;
    if (column.null_count) file_->null_value_counts[field.id] = *column.null_count;
    bool floating = field.type->id == TypeId::kFloat || field.type->id == TypeId::kDouble;
    // How many there are the writer does not count; where there is one it keeps no bounds either.
    if (floating && !column.has_nan) file_->nan_value_counts[field.id] = 0;
    // A bound of a repeated field says nothing of a row.
    if (!mode.bounds || repeated) return;
    DescribeBounds(field, column, mode.length);
  }

  void DescribeBounds(const NestedField& field, const WrittenColumn& column, int length) {
    const iceberg::Type& type = *field.type;
    if (column.min) {
      if (std::optional<iceberg::Literal> lower = ReadBound(type, *column.min)) {
        WidenZero(type, *lower, -0.0);
        if (length > 0) lower = iceberg::TruncateLower(type, *lower, length);
        file_->lower_bounds[field.id] = iceberg::LiteralToBytes(type, *lower);
      }
    }
    if (column.max) {
      std::optional<iceberg::Literal> upper = ReadBound(type, *column.max);
      if (upper) WidenZero(type, *upper, 0.0);
      if (upper && length > 0) upper = iceberg::TruncateUpper(type, *upper, length);
      if (upper) file_->upper_bounds[field.id] = iceberg::LiteralToBytes(type, *upper);
    }
  }

  const WrittenFile& written_;
  const std::map<std::string, std::string>& properties_;
  iceberg::DataFile* file_;
};

}  // namespace

std::string ParquetPath(const NestedField& column) {
  return duckdb::KeywordHelper::WriteQuoted(column.name, '"');
}

iceberg::DataFile DescribeDataFile(const WrittenFile& written, const iceberg::Schema& schema,
                                   const std::map<std::string, std::string>& properties) {
  iceberg::DataFile file;
  file.file_path = io::ToLocation(written.path);
  file.record_count = written.row_count;
  file.file_size_in_bytes = written.size_bytes;
  Describer describer(written, properties, &file);
  for (const NestedField& field : schema.fields) {
    describer.Describe(field, ParquetPath(field), field.name, false);
  }
  return file;
}

}  // namespace eider::engine
