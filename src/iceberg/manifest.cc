#include "iceberg/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "iceberg/manifest_schema.h"

namespace eider::iceberg {

namespace {

using avro::Decoder;
using avro::Encoder;

std::vector<TypePtr> PartitionTypes(const TableMetadata& metadata, const PartitionSpec& spec) {
  std::vector<TypePtr> types;
  for (const PartitionField& field : spec.fields) {
    types.push_back(PartitionFieldType(metadata, field));
  }
  return types;
}

template <typename Value, typename Write>
void WriteMap(Encoder& out, const std::map<int32_t, Value>& map, Write write) {
  if (map.empty()) {
    out.Null();
    return;
  }
  out.NotNull();
  out.Long(static_cast<int64_t>(map.size()));
  for (const auto& [key, value] : map) {
    out.Long(key);
    write(value);
  }
  out.Long(0);
}

void WriteLongMap(Encoder& out, const std::map<int32_t, int64_t>& map) {
  WriteMap(out, map, [&](int64_t value) { out.Long(value); });
}

void WriteBytesMap(Encoder& out, const std::map<int32_t, std::string>& map) {
  WriteMap(out, map, [&](const std::string& value) { out.Bytes(value); });
}

template <typename T>
void WriteOptionalLong(Encoder& out, const std::optional<T>& value) {
  if (value) {
    out.NotNull();
    out.Long(*value);
  } else {
    out.Null();
  }
}

void WriteOptionalBytes(Encoder& out, const std::optional<std::string>& value) {
  if (value) {
    out.NotNull();
    out.Bytes(*value);
  } else {
    out.Null();
  }
}

template <typename T>
void WriteList(Encoder& out, const std::vector<T>& list) {
  if (list.empty()) {
    out.Null();
    return;
  }
  out.NotNull();
  out.Long(static_cast<int64_t>(list.size()));
  for (T item : list) out.Long(item);
  out.Long(0);
}

void WritePartitionValue(Encoder& out, const Type& type, const Literal& value) {
  if (value.is_null()) {
    out.Null();
    return;
  }
  out.NotNull();
  switch (type.id) {
    case TypeId::kBoolean:
      out.Boolean(std::get<bool>(value.value));
      break;
    case TypeId::kFloat:
      out.Float(static_cast<float>(std::get<double>(value.value)));
      break;
    case TypeId::kDouble:
      out.Double(std::get<double>(value.value));
      break;
    case TypeId::kDecimal: {
      std::string bytes = LiteralToBytes(type, value);
      auto size = static_cast<size_t>(DecimalRequiredBytes(type.precision));
      char fill = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0 ? '\xFF' : '\0';
      if (bytes.size() < size) bytes.insert(0, size - bytes.size(), fill);
      out.Fixed(bytes);
      break;
    }
    case TypeId::kUuid:
    case TypeId::kFixed:
      out.Fixed(std::get<std::string>(value.value));
      break;
    case TypeId::kString:
    case TypeId::kBinary:
      out.Bytes(std::get<std::string>(value.value));
      break;
    default:
      out.Long(std::get<int64_t>(value.value));
      break;
  }
}

// A value whose form is not its type's would shift all that follows it in the file.
void RequireForm(const Type& type, const Literal& value, const PartitionField& field) {
  if (value.is_null()) return;
  bool fits = false;
  switch (type.id) {
    case TypeId::kBoolean:
      fits = std::holds_alternative<bool>(value.value);
      break;
    case TypeId::kFloat:
    case TypeId::kDouble:
      fits = std::holds_alternative<double>(value.value);
      break;
    case TypeId::kDecimal:
      fits = std::holds_alternative<Int128>(value.value) &&
             LiteralToBytes(type, value).size() <=
                 static_cast<size_t>(DecimalRequiredBytes(type.precision));
      break;
    case TypeId::kString:
    case TypeId::kBinary:
      fits = std::holds_alternative<std::string>(value.value);
      break;
    case TypeId::kUuid:
    case TypeId::kFixed: {
      const auto* bytes = std::get_if<std::string>(&value.value);
      fits = bytes != nullptr &&
             bytes->size() == (type.id == TypeId::kUuid ? 16U : static_cast<size_t>(type.length));
      break;
    }
    default:
      fits = std::holds_alternative<int64_t>(value.value);
      break;
  }
  if (fits && field.transform.kind != Transform::Kind::kUnknown) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("a value of the partition field {} ({}) cannot be written as {}",
                          field.name, field.transform.ToString(), type.ToString()));
}

void WriteDataFile(Encoder& out, const DataFile& file, const std::vector<TypePtr>& partition_types,
                   int format_version) {
  out.Long(static_cast<int64_t>(file.content));
  out.Bytes(file.file_path);
  out.Bytes(file.file_format);
  for (size_t i = 0; i < partition_types.size(); ++i) {
    WritePartitionValue(out, *partition_types[i],
                        i < file.partition.size() ? file.partition[i] : Literal{});
  }
  out.Long(file.record_count);
  out.Long(file.file_size_in_bytes);
  WriteLongMap(out, file.column_sizes);
  WriteLongMap(out, file.value_counts);
  WriteLongMap(out, file.null_value_counts);
  WriteLongMap(out, file.nan_value_counts);
  WriteBytesMap(out, file.lower_bounds);
  WriteBytesMap(out, file.upper_bounds);
  WriteOptionalBytes(out, file.key_metadata);
  WriteList(out, file.split_offsets);
  WriteList(out, file.equality_ids);
  WriteOptionalLong(out, file.sort_order_id);
  if (format_version >= 3) WriteOptionalLong(out, file.first_row_id);
  WriteOptionalBytes(out, file.referenced_data_file);
  if (format_version >= 3) {
    WriteOptionalLong(out, file.content_offset);
    WriteOptionalLong(out, file.content_size_in_bytes);
  }
}

std::optional<int64_t> ReadLong(Decoder& in, const avro::Schema& schema) {
  const avro::Schema* branch = in.Branch(schema);
  if (branch == nullptr) return std::nullopt;
  if (branch->kind != avro::Schema::Kind::kInt && branch->kind != avro::Schema::Kind::kLong) {
    in.Corrupt("a number was expected");
  }
  return in.Long();
}

int64_t ReadLongOr(Decoder& in, const avro::Schema& schema, int64_t fallback) {
  return ReadLong(in, schema).value_or(fallback);
}

std::optional<std::string> ReadBytes(Decoder& in, const avro::Schema& schema) {
  const avro::Schema* branch = in.Branch(schema);
  if (branch == nullptr) return std::nullopt;
  if (branch->kind == avro::Schema::Kind::kFixed) return std::string(in.Fixed(branch->size));
  if (branch->kind != avro::Schema::Kind::kBytes && branch->kind != avro::Schema::Kind::kString) {
    in.Corrupt("text was expected");
  }
  return std::string(in.Bytes());
}

// Maps are arrays of key-value records (or, from some writers, Avro maps with text keys).
template <typename ReadValue>
void ReadMap(Decoder& in, const avro::Schema& schema, ReadValue read_value) {
  const avro::Schema* branch = in.Branch(schema);
  if (branch == nullptr) return;
  bool is_map = branch->kind == avro::Schema::Kind::kMap;
  if (!is_map && branch->kind != avro::Schema::Kind::kArray) in.Corrupt("a map was expected");
  const avro::Schema& item = *branch->children[0];
  if (!is_map && (item.kind != avro::Schema::Kind::kRecord || item.fields.size() != 2)) {
    in.Corrupt("a map's items must be pairs");
  }
  for (int64_t count = in.BlockCount(); count != 0; count = in.BlockCount()) {
    for (int64_t i = 0; i < count; ++i) {
      if (is_map) {
        auto key = static_cast<int32_t>(std::atoi(std::string(in.Bytes()).c_str()));
        read_value(key, item);
      } else {
        auto key = static_cast<int32_t>(ReadLongOr(in, *item.fields[0].schema, 0));
        read_value(key, *item.fields[1].schema);
      }
    }
  }
}

void ReadLongMap(Decoder& in, const avro::Schema& schema, std::map<int32_t, int64_t>& map) {
  ReadMap(in, schema, [&](int32_t key, const avro::Schema& value) {
    map.emplace_hint(map.end(), key, ReadLongOr(in, value, 0));
  });
}

void ReadBytesMap(Decoder& in, const avro::Schema& schema, std::map<int32_t, std::string>& map) {
  ReadMap(in, schema, [&](int32_t key, const avro::Schema& value) {
    auto bytes = ReadBytes(in, value);
    if (bytes) map.emplace_hint(map.end(), key, std::move(*bytes));
  });
}

template <typename T>
void ReadList(Decoder& in, const avro::Schema& schema, std::vector<T>& list) {
  const avro::Schema* branch = in.Branch(schema);
  if (branch == nullptr) return;
  if (branch->kind != avro::Schema::Kind::kArray) in.Corrupt("a list was expected");
  for (int64_t count = in.BlockCount(); count != 0; count = in.BlockCount()) {
    for (int64_t i = 0; i < count; ++i) {
      list.push_back(static_cast<T>(ReadLongOr(in, *branch->children[0], 0)));
    }
  }
}

Int128 BigEndianDecimal(std::string_view bytes) {
  auto literal = LiteralFromBytes(*Type::Decimal(38, 0), bytes);
  return literal ? std::get<Int128>(literal->value) : Int128{0};
}

Literal ReadPartitionValue(Decoder& in, const avro::Schema& schema) {
  Literal literal;
  const avro::Schema* branch = in.Branch(schema);
  if (branch == nullptr) return literal;
  switch (branch->kind) {
    case avro::Schema::Kind::kBoolean:
      literal.value = in.Boolean();
      break;
    case avro::Schema::Kind::kInt:
    case avro::Schema::Kind::kLong:
      literal.value = in.Long();
      break;
    case avro::Schema::Kind::kFloat:
      literal.value = double{in.Float()};
      break;
    case avro::Schema::Kind::kDouble:
      literal.value = in.Double();
      break;
    case avro::Schema::Kind::kBytes:
    case avro::Schema::Kind::kString:
    case avro::Schema::Kind::kFixed: {
      std::string_view bytes =
          branch->kind == avro::Schema::Kind::kFixed ? in.Fixed(branch->size) : in.Bytes();
      if (branch->logical_type == "decimal") {
        literal.value = BigEndianDecimal(bytes);
      } else {
        literal.value = std::string(bytes);
      }
      break;
    }
    default:
      in.Corrupt("a partition value has an unknown type");
  }
  return literal;
}

DataFile ReadDataFile(Decoder& in, const avro::Schema& schema) {
  DataFile file;
  for (const avro::Schema::Field& field : schema.fields) {
    const avro::Schema& type = *field.schema;
    switch (field.field_id) {
      case 134: {
        int64_t content = ReadLongOr(in, type, 0);
        if (content < 0 || content > 2) in.Corrupt("a file has an unknown kind of content");
        file.content = static_cast<FileContent>(content);
        break;
      }
      case 100:
        file.file_path = ReadBytes(in, type).value_or("");
        break;
      case 101:
        file.file_format = Upper(ReadBytes(in, type).value_or(""));
        break;
      case 102: {
        const avro::Schema* record = in.Branch(type);
        if (record == nullptr || record->kind != avro::Schema::Kind::kRecord) {
          in.Corrupt("a partition is not a record");
        }
        for (const avro::Schema::Field& value : record->fields) {
          file.partition.push_back(ReadPartitionValue(in, *value.schema));
        }
        break;
      }
      case 103:
        file.record_count = ReadLongOr(in, type, 0);
        break;
      case 104:
        file.file_size_in_bytes = ReadLongOr(in, type, 0);
        break;
      case 108:
        ReadLongMap(in, type, file.column_sizes);
        break;
      case 109:
        ReadLongMap(in, type, file.value_counts);
        break;
      case 110:
        ReadLongMap(in, type, file.null_value_counts);
        break;
      case 137:
        ReadLongMap(in, type, file.nan_value_counts);
        break;
      case 125:
        ReadBytesMap(in, type, file.lower_bounds);
        break;
      case 128:
        ReadBytesMap(in, type, file.upper_bounds);
        break;
      case 131:
        file.key_metadata = ReadBytes(in, type);
        break;
      case 132:
        ReadList(in, type, file.split_offsets);
        break;
      case 135:
        ReadList(in, type, file.equality_ids);
        break;
      case 140:
        if (auto id = ReadLong(in, type)) file.sort_order_id = static_cast<int32_t>(*id);
        break;
      case 142:
        file.first_row_id = ReadLong(in, type);
        break;
      case 143:
        file.referenced_data_file = ReadBytes(in, type);
        break;
      case 144:
        file.content_offset = ReadLong(in, type);
        break;
      case 145:
        file.content_size_in_bytes = ReadLong(in, type);
        break;
      default:
        in.Skip(type);
    }
  }
  return file;
}

ManifestEntry ReadEntry(Decoder& in, const avro::Schema& schema, const ManifestFile& manifest) {
  ManifestEntry entry;
  for (const avro::Schema::Field& field : schema.fields) {
    switch (field.field_id) {
      case 0: {
        int64_t status = ReadLongOr(in, *field.schema, 0);
        if (status < 0 || status > 2) in.Corrupt("an entry has an unknown status");
        entry.status = static_cast<ManifestEntry::Status>(status);
        break;
      }
      case 1:
        entry.snapshot_id = ReadLong(in, *field.schema);
        break;
      case 3:
        entry.sequence_number = ReadLong(in, *field.schema);
        break;
      case 4:
        entry.file_sequence_number = ReadLong(in, *field.schema);
        break;
      case 2: {
        const avro::Schema* record = in.Branch(*field.schema);
        if (record == nullptr || record->kind != avro::Schema::Kind::kRecord) {
          in.Corrupt("an entry has no data file");
        }
        entry.file = ReadDataFile(in, *record);
        break;
      }
      default:
        in.Skip(*field.schema);
    }
  }
  // As where a writer left out the field ids: to go on would lose rows.
  if (entry.file.file_path.empty()) in.Corrupt("an entry names no file");
  if (!entry.snapshot_id) entry.snapshot_id = manifest.added_snapshot_id;
  bool added = entry.status == ManifestEntry::Status::kAdded;
  // Version 1 manifests know no sequence numbers: theirs is 0.
  if (!entry.sequence_number && (added || manifest.sequence_number == 0)) {
    entry.sequence_number = manifest.sequence_number;
  }
  if (!entry.file_sequence_number && (added || manifest.sequence_number == 0)) {
    entry.file_sequence_number = manifest.sequence_number;
  }
  return entry;
}

bool IsNan(const Literal& literal) {
  const auto* real = std::get_if<double>(&literal.value);
  return real != nullptr && std::isnan(*real);
}

}  // namespace

std::string WriteManifest(const TableMetadata& metadata, const PartitionSpec& spec, bool is_deletes,
                          const std::vector<ManifestEntry>& entries, avro::Codec codec) {
  std::vector<TypePtr> types = PartitionTypes(metadata, spec);
  Encoder out;
  for (const ManifestEntry& entry : entries) {
    for (size_t i = 0; i < types.size() && i < entry.file.partition.size(); ++i) {
      RequireForm(*types[i], entry.file.partition[i], spec.fields[i]);
    }
    out.Long(static_cast<int64_t>(entry.status));
    WriteOptionalLong(out, entry.snapshot_id);
    WriteOptionalLong(out, entry.sequence_number);
    WriteOptionalLong(out, entry.file_sequence_number);
    WriteDataFile(out, entry.file, types, metadata.format_version);
  }
  std::map<std::string, std::string> properties;
  properties["schema"] = SchemaToJson(metadata.CurrentSchema()).dump();
  properties["schema-id"] = std::to_string(metadata.current_schema_id);
  properties["partition-spec"] = PartitionSpecToJson(spec)["fields"].dump();
  properties["partition-spec-id"] = std::to_string(spec.spec_id);
  properties["format-version"] = std::to_string(std::max(2, metadata.format_version));
  properties["content"] = is_deletes ? "deletes" : "data";
  return avro::WriteContainer(ManifestEntrySchema(metadata, spec), properties, codec, out.bytes(),
                              static_cast<int64_t>(entries.size()));
}

ManifestFile SummarizeManifest(const TableMetadata& metadata, const PartitionSpec& spec,
                               bool is_deletes, const std::vector<ManifestEntry>& entries) {
  ManifestFile manifest;
  manifest.partition_spec_id = spec.spec_id;
  manifest.is_deletes = is_deletes;
  manifest.added_files_count = manifest.existing_files_count = manifest.deleted_files_count = 0;
  manifest.added_rows_count = manifest.existing_rows_count = manifest.deleted_rows_count = 0;
  std::vector<TypePtr> types = PartitionTypes(metadata, spec);
  manifest.partitions.resize(spec.fields.size());
  std::vector<std::optional<Literal>> lower(spec.fields.size());
  std::vector<std::optional<Literal>> upper(spec.fields.size());
  for (const ManifestEntry& entry : entries) {
    switch (entry.status) {
      case ManifestEntry::Status::kAdded:
        ++manifest.added_files_count;
        manifest.added_rows_count += entry.file.record_count;
        break;
      case ManifestEntry::Status::kExisting:
        ++manifest.existing_files_count;
        manifest.existing_rows_count += entry.file.record_count;
        break;
      case ManifestEntry::Status::kDeleted:
        ++manifest.deleted_files_count;
        manifest.deleted_rows_count += entry.file.record_count;
        break;
    }
    for (size_t i = 0; i < spec.fields.size() && i < entry.file.partition.size(); ++i) {
      const Literal& value = entry.file.partition[i];
      PartitionFieldSummary& summary = manifest.partitions[i];
      if (!summary.contains_nan) summary.contains_nan = false;
      if (value.is_null()) {
        summary.contains_null = true;
      } else if (IsNan(value)) {
        summary.contains_nan = true;
      } else {
        if (!lower[i] || CompareLiterals(*types[i], value, *lower[i]) < 0) lower[i] = value;
        if (!upper[i] || CompareLiterals(*types[i], value, *upper[i]) > 0) upper[i] = value;
      }
    }
  }
  for (size_t i = 0; i < spec.fields.size(); ++i) {
    if (lower[i]) manifest.partitions[i].lower_bound = LiteralToBytes(*types[i], *lower[i]);
    if (upper[i]) manifest.partitions[i].upper_bound = LiteralToBytes(*types[i], *upper[i]);
  }
  return manifest;
}

std::vector<ManifestEntry> ReadManifest(std::string_view bytes, const ManifestFile& file) {
  avro::Container container = avro::ReadContainer(bytes, file.manifest_path);
  Decoder in(container.records, file.manifest_path);
  if (container.schema->kind != avro::Schema::Kind::kRecord) in.Corrupt("it is no manifest");
  std::vector<ManifestEntry> entries;
  // "First Row ID Inheritance": rows are numbered on from the manifest's first.
  std::optional<int64_t> next_row_id = file.is_deletes ? std::nullopt : file.first_row_id;
  for (int64_t i = 0; i < container.count; ++i) {
    ManifestEntry entry = ReadEntry(in, *container.schema, file);
    if (next_row_id && !entry.file.first_row_id &&
        entry.status != ManifestEntry::Status::kDeleted) {
      entry.file.first_row_id = next_row_id;
      *next_row_id += entry.file.record_count;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string WriteManifestList(const Snapshot& snapshot, int format_version,
                              const std::vector<ManifestFile>& manifests, avro::Codec codec) {
  Encoder out;
  for (const ManifestFile& manifest : manifests) {
    out.Bytes(manifest.manifest_path);
    out.Long(manifest.manifest_length);
    out.Long(manifest.partition_spec_id);
    out.Long(manifest.is_deletes ? 1 : 0);
    out.Long(manifest.sequence_number);
    out.Long(manifest.min_sequence_number);
    out.Long(manifest.added_snapshot_id);
    out.Long(std::max(0, manifest.added_files_count));
    out.Long(std::max(0, manifest.existing_files_count));
    out.Long(std::max(0, manifest.deleted_files_count));
    out.Long(std::max<int64_t>(0, manifest.added_rows_count));
    out.Long(std::max<int64_t>(0, manifest.existing_rows_count));
    out.Long(std::max<int64_t>(0, manifest.deleted_rows_count));
    if (manifest.partitions.empty()) {
      out.Null();
    } else {
      out.NotNull();
      out.Long(static_cast<int64_t>(manifest.partitions.size()));
      for (const PartitionFieldSummary& summary : manifest.partitions) {
        out.Boolean(summary.contains_null);
        if (summary.contains_nan) {
          out.NotNull();
          out.Boolean(*summary.contains_nan);
        } else {
          out.Null();
        }
        WriteOptionalBytes(out, summary.lower_bound);
        WriteOptionalBytes(out, summary.upper_bound);
      }
      out.Long(0);
    }
    WriteOptionalBytes(out, manifest.key_metadata);
    if (format_version >= 3) WriteOptionalLong(out, manifest.first_row_id);
  }
  std::map<std::string, std::string> properties;
  properties["snapshot-id"] = std::to_string(snapshot.snapshot_id);
  properties["parent-snapshot-id"] =
      snapshot.parent_snapshot_id ? std::to_string(*snapshot.parent_snapshot_id) : "null";
  properties["sequence-number"] = std::to_string(snapshot.sequence_number);
  properties["format-version"] = std::to_string(std::max(2, format_version));
  return avro::WriteContainer(ManifestListSchema(format_version), properties, codec, out.bytes(),
                              static_cast<int64_t>(manifests.size()));
}

std::vector<ManifestFile> ReadManifestList(std::string_view bytes, const std::string& path) {
  avro::Container container = avro::ReadContainer(bytes, path);
  Decoder in(container.records, path);
  if (container.schema->kind != avro::Schema::Kind::kRecord) in.Corrupt("it is no manifest list");
  std::vector<ManifestFile> manifests;
  for (int64_t i = 0; i < container.count; ++i) {
    ManifestFile manifest;
    for (const avro::Schema::Field& field : container.schema->fields) {
      const avro::Schema& type = *field.schema;
      auto integer = [&] { return static_cast<int32_t>(ReadLongOr(in, type, -1)); };
      switch (field.field_id) {
        case 500:
          manifest.manifest_path = ReadBytes(in, type).value_or("");
          break;
        case 501:
          manifest.manifest_length = ReadLongOr(in, type, 0);
          break;
        case 502:
          manifest.partition_spec_id = integer();
          break;
        case 517:
          manifest.is_deletes = integer() == 1;
          break;
        case 515:
          manifest.sequence_number = ReadLongOr(in, type, 0);
          break;
        case 516:
          manifest.min_sequence_number = ReadLongOr(in, type, 0);
          break;
        case 503:
          manifest.added_snapshot_id = ReadLongOr(in, type, 0);
          break;
        case 504:
          manifest.added_files_count = integer();
          break;
        case 505:
          manifest.existing_files_count = integer();
          break;
        case 506:
          manifest.deleted_files_count = integer();
          break;
        case 512:
          manifest.added_rows_count = ReadLongOr(in, type, -1);
          break;
        case 513:
          manifest.existing_rows_count = ReadLongOr(in, type, -1);
          break;
        case 514:
          manifest.deleted_rows_count = ReadLongOr(in, type, -1);
          break;
        case 507: {
          const avro::Schema* list = in.Branch(type);
          if (list == nullptr) break;
          if (list->kind != avro::Schema::Kind::kArray ||
              list->children[0]->kind != avro::Schema::Kind::kRecord) {
            in.Corrupt("partition summaries are not a list of records");
          }
          for (int64_t count = in.BlockCount(); count != 0; count = in.BlockCount()) {
            for (int64_t item = 0; item < count; ++item) {
              PartitionFieldSummary summary;
              for (const avro::Schema::Field& part : list->children[0]->fields) {
                const avro::Schema* branch = in.Branch(*part.schema);
                if (branch == nullptr) continue;
                if (part.field_id == 509) {
                  summary.contains_null = in.Boolean();
                } else if (part.field_id == 518) {
                  summary.contains_nan = in.Boolean();
                } else if (part.field_id == 510) {
                  summary.lower_bound = std::string(in.Bytes());
                } else if (part.field_id == 511) {
                  summary.upper_bound = std::string(in.Bytes());
                } else {
                  in.Skip(*branch);
                }
              }
              manifest.partitions.push_back(std::move(summary));
            }
          }
          break;
        }
        case 519:
          manifest.key_metadata = ReadBytes(in, type);
          break;
        case 520:
          manifest.first_row_id = ReadLong(in, type);
          break;
        default:
          in.Skip(type);
      }
    }
    if (manifest.manifest_path.empty()) in.Corrupt("an entry names no manifest");
    manifests.push_back(std::move(manifest));
  }
  return manifests;
}

}  // namespace eider::iceberg
