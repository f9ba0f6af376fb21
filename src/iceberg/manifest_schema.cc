#include "iceberg/manifest_schema.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

namespace eider::iceberg {

namespace {

Json Field(int id, const std::string& name, Json type) {
  Json field;
  field["name"] = name;
  field["type"] = std::move(type);
  field["field-id"] = id;
  return field;
}

Json OptionalField(int id, const std::string& name, Json type) {
  Json field;
  field["name"] = name;
  field["type"] = Json::array({"null", std::move(type)});
  field["default"] = nullptr;
  field["field-id"] = id;
  return field;
}

Json Record(const std::string& name, Json fields) {
  Json record;
  record["type"] = "record";
  record["name"] = name;
  record["fields"] = std::move(fields);
  return record;
}

Json Array(int element_id, Json items) {
  Json array;
  array["type"] = "array";
  array["items"] = std::move(items);
  array["element-id"] = element_id;
  return array;
}

// Avro's maps have text keys only; the spec writes others as arrays of pairs.
Json IntMap(int key_id, int value_id, const char* value_type) {
  std::string name = "k" + std::to_string(key_id) + "_v" + std::to_string(value_id);
  Json fields = Json::array({Field(key_id, "key", "int"), Field(value_id, "value", value_type)});
  Json array;
  array["type"] = "array";
  array["logicalType"] = "map";
  array["items"] = Record(name, std::move(fields));
  return array;
}

Json Logical(const char* type, const char* logical_type) {
  Json json;
  json["type"] = type;
  json["logicalType"] = logical_type;
  return json;
}

Json PartitionValueType(const Type& type, int field_id) {
  switch (type.id) {
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kInt:
      return "int";
    case TypeId::kLong:
      return "long";
    case TypeId::kFloat:
      return "float";
    case TypeId::kDouble:
      return "double";
    case TypeId::kDate:
      return Logical("int", "date");
    case TypeId::kTime:
      return Logical("long", "time-micros");
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz: {
      Json json = Logical("long", "timestamp-micros");
      json["adjust-to-utc"] = type.id == TypeId::kTimestampTz;
      return json;
    }
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs: {
      Json json = Logical("long", "timestamp-nanos");
      json["adjust-to-utc"] = type.id == TypeId::kTimestampTzNs;
      return json;
    }
    case TypeId::kDecimal: {
      Json json;
      json["type"] = "fixed";
      json["name"] = "decimal_" + std::to_string(type.precision) + "_" +
                     std::to_string(type.scale) + "_" + std::to_string(field_id);
      json["size"] = DecimalRequiredBytes(type.precision);
      json["logicalType"] = "decimal";
      json["precision"] = type.precision;
      json["scale"] = type.scale;
      return json;
    }
    case TypeId::kUuid: {
      Json json;
      json["type"] = "fixed";
      json["name"] = "uuid_fixed_" + std::to_string(field_id);
      json["size"] = 16;
      json["logicalType"] = "uuid";
      return json;
    }
    case TypeId::kFixed: {
      Json json;
      json["type"] = "fixed";
      json["name"] = "fixed_" + std::to_string(field_id);
      json["size"] = type.length;
      return json;
    }
    case TypeId::kBinary:
      return "bytes";
    default:
      return "string";
  }
}

// The code points of UTF-8 text; bytes that are none stand for themselves.
std::vector<uint32_t> CodePoints(const std::string& text) {
  std::vector<uint32_t> points;
  for (size_t i = 0; i < text.size();) {
    auto first = static_cast<unsigned char>(text[i]);
    size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t point = length == 1 ? first : first & (0x7FU >> length);
    for (size_t k = 1; k < length && i + k < text.size(); ++k) {
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    }
    points.push_back(point);
    i += length;
  }
  return points;
}

}  // namespace

int DecimalRequiredBytes(int precision) {
  __extension__ using Uint128 = unsigned __int128;
  Uint128 largest = 1;
  for (int i = 0; i < precision; ++i) largest *= 10;
  int bytes = 1;
  while (bytes < 16 && ((Uint128{1} << (8 * bytes - 1)) < largest)) ++bytes;
  return bytes;
}

std::string AvroName(const std::string& name) {
  std::string sanitized;
  for (uint32_t c : CodePoints(name)) {
    bool digit = c >= '0' && c <= '9';
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (letter || (digit && !sanitized.empty())) {
      sanitized += static_cast<char>(c);
    } else if (digit) {
      sanitized += '_';
      sanitized += static_cast<char>(c);
    } else if (c < 0x10000) {
      sanitized += fmt::format("_x{:X}", c);
    } else {
      // As Java sees it: two UTF-16 units.
      uint32_t high = 0xD800 + ((c - 0x10000) >> 10);
      uint32_t low = 0xDC00 + ((c - 0x10000) & 0x3FF);
      sanitized += fmt::format("_x{:X}_x{:X}", high, low);
    }
  }
  return sanitized;
}

TypePtr PartitionFieldType(const TableMetadata& metadata, const PartitionField& field) {
  const NestedField* source = metadata.CurrentSchema().FindField(field.source_id);
  for (auto it = metadata.schemas.rbegin(); source == nullptr && it != metadata.schemas.rend();
       ++it) {
    source = it->FindField(field.source_id);
  }
  return ResultType(field.transform,
                    source != nullptr ? source->type : Type::Primitive(TypeId::kString));
}

Json ManifestEntrySchema(const TableMetadata& metadata, const PartitionSpec& spec) {
  Json partition = Json::array();
  for (const PartitionField& field : spec.fields) {
    std::string name = AvroName(field.name);
    Json item =
        OptionalField(field.field_id, name,
                      PartitionValueType(*PartitionFieldType(metadata, field), field.field_id));
    if (name != field.name) item["iceberg-field-name"] = field.name;
    partition.push_back(std::move(item));
  }
  Json file = Json::array();
  file.push_back(Field(134, "content", "int"));
  file.push_back(Field(100, "file_path", "string"));
  file.push_back(Field(101, "file_format", "string"));
  file.push_back(Field(102, "partition", Record("r102", std::move(partition))));
  file.push_back(Field(103, "record_count", "long"));
  file.push_back(Field(104, "file_size_in_bytes", "long"));
  file.push_back(OptionalField(108, "column_sizes", IntMap(117, 118, "long")));
  file.push_back(OptionalField(109, "value_counts", IntMap(119, 120, "long")));
  file.push_back(OptionalField(110, "null_value_counts", IntMap(121, 122, "long")));
  file.push_back(OptionalField(137, "nan_value_counts", IntMap(138, 139, "long")));
  file.push_back(OptionalField(125, "lower_bounds", IntMap(126, 127, "bytes")));
  file.push_back(OptionalField(128, "upper_bounds", IntMap(129, 130, "bytes")));
  file.push_back(OptionalField(131, "key_metadata", "bytes"));
  file.push_back(OptionalField(132, "split_offsets", Array(133, "long")));
  file.push_back(OptionalField(135, "equality_ids", Array(136, "int")));
  file.push_back(OptionalField(140, "sort_order_id", "int"));
  if (metadata.format_version >= 3) file.push_back(OptionalField(142, "first_row_id", "long"));
  file.push_back(OptionalField(143, "referenced_data_file", "string"));
  if (metadata.format_version >= 3) {
    file.push_back(OptionalField(144, "content_offset", "long"));
    file.push_back(OptionalField(145, "content_size_in_bytes", "long"));
  }
  Json entry = Json::array();
  entry.push_back(Field(0, "status", "int"));
  entry.push_back(OptionalField(1, "snapshot_id", "long"));
  entry.push_back(OptionalField(3, "sequence_number", "long"));
  entry.push_back(OptionalField(4, "file_sequence_number", "long"));
  entry.push_back(Field(2, "data_file", Record("r2", std::move(file))));
  return Record("manifest_entry", std::move(entry));
}

Json ManifestListSchema(int format_version) {
  Json summary = Json::array();
  summary.push_back(Field(509, "contains_null", "boolean"));
  summary.push_back(OptionalField(518, "contains_nan", "boolean"));
  summary.push_back(OptionalField(510, "lower_bound", "bytes"));
  summary.push_back(OptionalField(511, "upper_bound", "bytes"));
  Json fields = Json::array();
  fields.push_back(Field(500, "manifest_path", "string"));
  fields.push_back(Field(501, "manifest_length", "long"));
  fields.push_back(Field(502, "partition_spec_id", "int"));
  fields.push_back(Field(517, "content", "int"));
  fields.push_back(Field(515, "sequence_number", "long"));
  fields.push_back(Field(516, "min_sequence_number", "long"));
  fields.push_back(Field(503, "added_snapshot_id", "long"));
  fields.push_back(Field(504, "added_files_count", "int"));
  fields.push_back(Field(505, "existing_files_count", "int"));
  fields.push_back(Field(506, "deleted_files_count", "int"));
  fields.push_back(Field(512, "added_rows_count", "long"));
  fields.push_back(Field(513, "existing_rows_count", "long"));
  fields.push_back(Field(514, "deleted_rows_count", "long"));
  fields.push_back(
      OptionalField(507, "partitions", Array(508, Record("r508", std::move(summary)))));
  fields.push_back(OptionalField(519, "key_metadata", "bytes"));
  if (format_version >= 3) fields.push_back(OptionalField(520, "first_row_id", "long"));
  return Record("manifest_file", std::move(fields));
}

}  // namespace eider::iceberg
