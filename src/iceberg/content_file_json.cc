#include "iceberg/content_file_json.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/text.h"
#include "iceberg/literal_json.h"

namespace eider::iceberg {

namespace {

template <typename Numbers>
void AppendNumbers(const char* name, const Numbers& numbers, std::string& text) {
  fmt::format_to(std::back_inserter(text), ",\"{}\":[{}]", name, fmt::join(numbers, ","));
}

void AppendNumber(const char* name, int64_t number, std::string& text) {
  fmt::format_to(std::back_inserter(text), ",\"{}\":{}", name, number);
}

const char* ContentName(FileContent content) {
  switch (content) {
    case FileContent::kData:
      return "data";
    case FileContent::kPositionDeletes:
      return "position-deletes";
    case FileContent::kEqualityDeletes:
      return "equality-deletes";
  }
  return "data";
}

}  // namespace

ContentFileWriter::ContentFileWriter(const TableMetadata& metadata, const Schema& schema,
                                     std::set<int32_t> counted)
    : counted_(std::move(counted)) {
  for (const PartitionSpec& spec : metadata.partition_specs) {
    std::vector<TypePtr>& types = partition_types_[spec.spec_id];
    for (const PartitionField& field : spec.fields) {
      const NestedField* source = metadata.CurrentSchema().FindField(field.source_id);
      if (source == nullptr) source = schema.FindField(field.source_id);
      bool is_known = source != nullptr && field.transform.kind != Transform::Kind::kVoid;
      types.push_back(is_known ? ResultType(field.transform, source->type) : nullptr);
    }
  }
}

void ContentFileWriter::AppendPartition(const DataFile& file, int32_t spec_id,
                                        std::string& text) const {
  text += ",\"partition\":[";
  auto types = partition_types_.find(spec_id);
  for (size_t i = 0; types != partition_types_.end() && i < types->second.size(); ++i) {
    if (i > 0) text += ',';
    const TypePtr& type = types->second[i];
    if (type == nullptr || i >= file.partition.size()) {
      text += "null";
    } else {
      AppendLiteral(*type, file.partition[i], text);
    }
  }
  text += ']';
}

void ContentFileWriter::AppendCounts(const char* name, const std::map<int32_t, int64_t>& counts,
                                     std::string& text) const {
  std::vector<int64_t> keys;
  std::vector<int64_t> values;
  for (int32_t id : counted_) {
    auto count = counts.find(id);
    if (count == counts.end()) continue;
    keys.push_back(id);
    values.push_back(count->second);
  }
  if (keys.empty()) return;
  fmt::format_to(std::back_inserter(text), ",\"{}\":{{\"keys\":[{}],\"values\":[{}]}}", name,
                 fmt::join(keys, ","), fmt::join(values, ","));
}

void ContentFileWriter::Append(const DataFile& file, int32_t spec_id, std::string& text) const {
  fmt::format_to(std::back_inserter(text),
                 "{{\"spec-id\":{},\"content\":\"{}\",\"file-path\":", spec_id,
                 ContentName(file.content));
  AppendJsonString(file.file_path, text);
  text += ",\"file-format\":\"" + Lower(file.file_format) + '"';
  AppendPartition(file, spec_id, text);
  AppendNumber("file-size-in-bytes", file.file_size_in_bytes, text);
  AppendNumber("record-count", file.record_count, text);
  if (file.content == FileContent::kData && !counted_.empty()) {
    AppendCounts("column-sizes", file.column_sizes, text);
    AppendCounts("value-counts", file.value_counts, text);
    AppendCounts("null-value-counts", file.null_value_counts, text);
    AppendCounts("nan-value-counts", file.nan_value_counts, text);
  }
  if (file.key_metadata) {
    text += ",\"key-metadata\":";
    AppendLiteral(*Type::Primitive(TypeId::kBinary), Literal{*file.key_metadata}, text);
  }
  if (!file.split_offsets.empty()) AppendNumbers("split-offsets", file.split_offsets, text);
  if (!file.equality_ids.empty()) AppendNumbers("equality-ids", file.equality_ids, text);
  if (file.sort_order_id) AppendNumber("sort-order-id", *file.sort_order_id, text);
  if (file.first_row_id) AppendNumber("first-row-id", *file.first_row_id, text);
  if (file.referenced_data_file) {
    text += ",\"referenced-data-file\":";
    AppendJsonString(*file.referenced_data_file, text);
  }
  if (file.content_offset) AppendNumber("content-offset", *file.content_offset, text);
  if (file.content_size_in_bytes) {
    AppendNumber("content-size-in-bytes", *file.content_size_in_bytes, text);
  }
  text += '}';
}

}  // namespace eider::iceberg
