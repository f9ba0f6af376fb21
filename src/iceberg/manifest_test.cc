#include "iceberg/manifest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "base/error.h"
#include "iceberg/manifest_schema.h"

namespace eider::iceberg {
namespace {

// Written by PyIceberg 0.12: two files of a table partitioned by a decimal and by month.
std::string TestData(const std::string& name) {
  auto path = std::filesystem::path(__FILE__).parent_path() / "testdata" / name;
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

NestedField Column(int32_t id, const std::string& name, TypePtr type) {
  NestedField field;
  field.id = id;
  field.name = name;
  field.type = std::move(type);
  return field;
}

// One column of every type that a partition may be made of, partitioned by each.
TableMetadata Partitioned(int format_version) {
  TableMetadata metadata;
  metadata.format_version = format_version;
  Schema schema;
  const std::vector<TypePtr> types = {
      Type::Primitive(TypeId::kBoolean),
      Type::Primitive(TypeId::kInt),
      Type::Primitive(TypeId::kLong),
      Type::Primitive(TypeId::kFloat),
      Type::Primitive(TypeId::kDouble),
      Type::Decimal(9, 2),
      Type::Decimal(38, 0),
      Type::Primitive(TypeId::kDate),
      Type::Primitive(TypeId::kTimestamp),
      Type::Primitive(TypeId::kString),
      Type::Primitive(TypeId::kUuid),
      Type::Fixed(3),
      Type::Primitive(TypeId::kBinary),
  };
  PartitionSpec spec;
  for (size_t i = 0; i < types.size(); ++i) {
    auto id = static_cast<int32_t>(i + 1);
    schema.fields.push_back(Column(id, "c" + std::to_string(id), types[i]));
    PartitionField field;
    field.source_id = id;
    field.field_id = 999 + id;
    field.name = "p" + std::to_string(id);
    spec.fields.push_back(field);
  }
  metadata.schemas = {schema};
  metadata.partition_specs = {spec};
  return metadata;
}

std::vector<Literal> PartitionValues() {
  return {Literal{true},
          Literal{int64_t{-7}},
          Literal{int64_t{1} << 40},
          Literal{1.5},
          Literal{-2.25},
          Literal{Int128{-150}},
          Literal{Int128{1} << 100},
          Literal{int64_t{20454}},
          Literal{int64_t{1767225600000000}},
          Literal{std::string("text")},
          Literal{std::string("0123456789abcdef")},
          Literal{std::string("\x00\xFFz", 3)},
          Literal{std::string("")}};
}

DataFile FullFile() {
  DataFile file;
  file.file_path = "s3://b/data/1.parquet";
  file.partition = PartitionValues();
  file.record_count = 10;
  file.file_size_in_bytes = 1234;
  file.column_sizes = {{1, 5}, {2, 6}};
  file.value_counts = {{1, 10}};
  file.null_value_counts = {{1, 0}, {70000, 3}};
  file.nan_value_counts = {{4, 1}};
  file.lower_bounds = {{1, std::string("\0", 1)}};
  file.upper_bounds = {{1, "\1"}, {2, ""}};
  file.key_metadata = "key";
  file.split_offsets = {4, 400};
  file.equality_ids = {1, 2};
  file.sort_order_id = 3;
  file.referenced_data_file = "s3://b/data/0.parquet";
  return file;
}

void ExpectSame(const DataFile& a, const DataFile& b) {
  EXPECT_EQ(a.content, b.content);
  EXPECT_EQ(a.file_path, b.file_path);
  EXPECT_EQ(a.file_format, b.file_format);
  EXPECT_EQ(a.partition, b.partition);
  EXPECT_EQ(a.record_count, b.record_count);
  EXPECT_EQ(a.file_size_in_bytes, b.file_size_in_bytes);
  EXPECT_EQ(a.column_sizes, b.column_sizes);
  EXPECT_EQ(a.value_counts, b.value_counts);
  EXPECT_EQ(a.null_value_counts, b.null_value_counts);
  EXPECT_EQ(a.nan_value_counts, b.nan_value_counts);
  EXPECT_EQ(a.lower_bounds, b.lower_bounds);
  EXPECT_EQ(a.upper_bounds, b.upper_bounds);
  EXPECT_EQ(a.key_metadata, b.key_metadata);
  EXPECT_EQ(a.split_offsets, b.split_offsets);
  EXPECT_EQ(a.equality_ids, b.equality_ids);
  EXPECT_EQ(a.sort_order_id, b.sort_order_id);
  EXPECT_EQ(a.first_row_id, b.first_row_id);
  EXPECT_EQ(a.referenced_data_file, b.referenced_data_file);
  EXPECT_EQ(a.content_offset, b.content_offset);
  EXPECT_EQ(a.content_size_in_bytes, b.content_size_in_bytes);
}

ManifestFile Listed(int64_t sequence_number, int64_t snapshot_id) {
  ManifestFile manifest;
  manifest.manifest_path = "m0.avro";
  manifest.sequence_number = sequence_number;
  manifest.added_snapshot_id = snapshot_id;
  return manifest;
}

ManifestEntry Entry(ManifestEntry::Status status, DataFile file) {
  ManifestEntry entry;
  entry.status = status;
  entry.file = std::move(file);
  return entry;
}

TEST(Manifest, EveryMemberAndPartitionTypeIsReadBack) {
  TableMetadata metadata = Partitioned(2);
  for (avro::Codec codec : {avro::Codec::kNull, avro::Codec::kDeflate, avro::Codec::kZstandard}) {
    DataFile nothing;
    nothing.file_path = "s3://b/data/2.parquet";
    nothing.partition.resize(metadata.DefaultSpec().fields.size());
    ManifestEntry existing = Entry(ManifestEntry::Status::kExisting, nothing);
    existing.snapshot_id = 5;
    existing.sequence_number = 2;
    existing.file_sequence_number = 1;
    std::string bytes =
        WriteManifest(metadata, metadata.DefaultSpec(), false,
                      {Entry(ManifestEntry::Status::kAdded, FullFile()), existing}, codec);
    std::vector<ManifestEntry> read = ReadManifest(bytes, Listed(9, 77));
    ASSERT_EQ(read.size(), 2u);
    ExpectSame(read[0].file, FullFile());
    EXPECT_EQ(read[0].snapshot_id, 77) << "inherited";
    EXPECT_EQ(read[0].sequence_number, 9);
    EXPECT_EQ(read[0].file_sequence_number, 9);
    ExpectSame(read[1].file, nothing);
    EXPECT_EQ(read[1].snapshot_id, 5);
    EXPECT_EQ(read[1].sequence_number, 2);
    EXPECT_EQ(read[1].file_sequence_number, 1);
  }
}

TEST(Manifest, VersionThreeKeepsDeletionVectorsAndRowIds) {
  TableMetadata metadata = Partitioned(3);
  DataFile vector = FullFile();
  vector.content = FileContent::kPositionDeletes;
  vector.file_format = "PUFFIN";
  vector.content_offset = 4;
  vector.content_size_in_bytes = 40;
  vector.first_row_id = 100;
  std::string bytes =
      WriteManifest(metadata, metadata.DefaultSpec(), true,
                    {Entry(ManifestEntry::Status::kAdded, vector)}, avro::Codec::kDeflate);
  ExpectSame(ReadManifest(bytes, Listed(1, 1)).at(0).file, vector);
}

TEST(Manifest, RowIdsAreInheritedFromTheManifest) {
  TableMetadata metadata = Partitioned(3);
  std::vector<ManifestEntry> entries(4, Entry(ManifestEntry::Status::kAdded, FullFile()));
  entries[1].status = ManifestEntry::Status::kDeleted;
  entries[2].file.first_row_id = 7;
  ManifestFile listed = Listed(1, 1);
  listed.first_row_id = 1000;
  std::vector<ManifestEntry> read = ReadManifest(
      WriteManifest(metadata, metadata.DefaultSpec(), false, entries, avro::Codec::kNull), listed);
  EXPECT_EQ(read[0].file.first_row_id, 1000);
  EXPECT_EQ(read[1].file.first_row_id, std::nullopt);
  EXPECT_EQ(read[2].file.first_row_id, 7);
  EXPECT_EQ(read[3].file.first_row_id, 1010);
}

TEST(Manifest, TheHeaderSaysWhatTheSpecAsksFor) {
  TableMetadata metadata = Partitioned(2);
  metadata.current_schema_id = 0;
  std::string bytes = WriteManifest(metadata, metadata.DefaultSpec(), true, {}, avro::Codec::kNull);
  auto header = avro::ReadContainer(bytes, "m").metadata;
  EXPECT_EQ(Json::parse(header.at("schema")), SchemaToJson(metadata.CurrentSchema()));
  EXPECT_EQ(header.at("schema-id"), "0");
  EXPECT_EQ(Json::parse(header.at("partition-spec")).size(), 13u);
  EXPECT_EQ(header.at("partition-spec-id"), "0");
  EXPECT_EQ(header.at("format-version"), "2");
  EXPECT_EQ(header.at("content"), "deletes");
}

// Readers other than ours take the size of a decimal from its precision.
TEST(Manifest, DecimalsTakeAsManyBytesAsTheirPrecisionNeeds) {
  EXPECT_EQ(DecimalRequiredBytes(1), 1);
  EXPECT_EQ(DecimalRequiredBytes(2), 1);
  EXPECT_EQ(DecimalRequiredBytes(3), 2);
  EXPECT_EQ(DecimalRequiredBytes(4), 2);
  EXPECT_EQ(DecimalRequiredBytes(9), 4);
  EXPECT_EQ(DecimalRequiredBytes(10), 5);
  EXPECT_EQ(DecimalRequiredBytes(18), 8);
  EXPECT_EQ(DecimalRequiredBytes(38), 16);
}

TEST(Manifest, PartitionNamesAreMadeFitForAvro) {
  EXPECT_EQ(AvroName("plain_1"), "plain_1");
  EXPECT_EQ(AvroName("1st"), "_1st");
  EXPECT_EQ(AvroName("a b.c"), "a_x20b_x2Ec");
  EXPECT_EQ(AvroName("\xC3\xA9"), "_xE9");
  EXPECT_EQ(AvroName("\xF0\x9F\xA6\x86"), "_xD83E_xDD86");
  TableMetadata metadata = Partitioned(2);
  metadata.partition_specs[0].fields[0].name = "my field";
  Json schema = ManifestEntrySchema(metadata, metadata.DefaultSpec());
  const Json& field = schema["fields"][4]["type"]["fields"][3]["type"]["fields"][0];
  EXPECT_EQ(field["name"], "my_x20field");
  EXPECT_EQ(field["iceberg-field-name"], "my field");
}

TEST(Manifest, ASpecOutlivesItsColumn) {
  TableMetadata metadata = Partitioned(2);
  Schema narrower;
  narrower.schema_id = 1;
  narrower.fields = {metadata.schemas[0].fields[0]};
  metadata.schemas.push_back(narrower);
  metadata.current_schema_id = 1;
  std::string bytes =
      WriteManifest(metadata, metadata.DefaultSpec(), false,
                    {Entry(ManifestEntry::Status::kAdded, FullFile())}, avro::Codec::kNull);
  EXPECT_EQ(ReadManifest(bytes, Listed(1, 1)).at(0).file.partition, PartitionValues());
}

TEST(Manifest, AValueOfAnotherTypeIsRefused) {
  TableMetadata metadata = Partitioned(2);
  DataFile file = FullFile();
  file.partition[1] = Literal{std::string("not a number")};
  EXPECT_THROW(WriteManifest(metadata, metadata.DefaultSpec(), false,
                             {Entry(ManifestEntry::Status::kAdded, file)}, avro::Codec::kNull),
               Error);
  file = FullFile();
  file.partition[11] = Literal{std::string("four")};
  EXPECT_THROW(WriteManifest(metadata, metadata.DefaultSpec(), false,
                             {Entry(ManifestEntry::Status::kAdded, file)}, avro::Codec::kNull),
               Error);
}

TEST(Manifest, TheSummaryCountsFilesRowsAndPartitions) {
  TableMetadata metadata = Partitioned(2);
  DataFile later = FullFile();
  later.partition[1] = Literal{int64_t{8}};
  later.partition[4] = Literal{std::nan("")};
  DataFile null = FullFile();
  null.partition[1] = Literal{};
  ManifestFile manifest = SummarizeManifest(
      metadata, metadata.DefaultSpec(), false,
      {Entry(ManifestEntry::Status::kAdded, FullFile()),
       Entry(ManifestEntry::Status::kAdded, later), Entry(ManifestEntry::Status::kExisting, null),
       Entry(ManifestEntry::Status::kDeleted, FullFile())});
  EXPECT_EQ(manifest.added_files_count, 2);
  EXPECT_EQ(manifest.added_rows_count, 20);
  EXPECT_EQ(manifest.existing_files_count, 1);
  EXPECT_EQ(manifest.deleted_files_count, 1);
  EXPECT_EQ(manifest.deleted_rows_count, 10);
  EXPECT_TRUE(manifest.partitions[1].contains_null);
  EXPECT_EQ(manifest.partitions[1].lower_bound, std::string("\xF9\xFF\xFF\xFF", 4));
  EXPECT_EQ(manifest.partitions[1].upper_bound, std::string("\x08\0\0\0", 4));
  EXPECT_EQ(manifest.partitions[4].contains_nan, true);
  EXPECT_EQ(manifest.partitions[4].lower_bound, manifest.partitions[4].upper_bound);
}

TEST(ManifestList, EveryMemberIsReadBack) {
  for (int version : {2, 3}) {
    ManifestFile manifest;
    manifest.manifest_path = "s3://b/m.avro";
    manifest.manifest_length = 4321;
    manifest.partition_spec_id = 2;
    manifest.is_deletes = true;
    manifest.sequence_number = 9;
    manifest.min_sequence_number = 3;
    manifest.added_snapshot_id = int64_t{1} << 60;
    manifest.added_files_count = 1;
    manifest.existing_files_count = 2;
    manifest.deleted_files_count = 3;
    manifest.added_rows_count = 10;
    manifest.existing_rows_count = 20;
    manifest.deleted_rows_count = 30;
    manifest.partitions.resize(2);
    manifest.partitions[0].contains_null = true;
    manifest.partitions[0].contains_nan = false;
    manifest.partitions[1].lower_bound = "a";
    manifest.partitions[1].upper_bound = "b";
    manifest.key_metadata = "k";
    if (version == 3) manifest.first_row_id = 55;
    Snapshot snapshot;
    snapshot.snapshot_id = 12;
    snapshot.sequence_number = 9;
    std::string bytes = WriteManifestList(snapshot, version, {manifest}, avro::Codec::kDeflate);
    ManifestFile read = ReadManifestList(bytes, "l.avro").at(0);
    EXPECT_EQ(read.manifest_path, manifest.manifest_path);
    EXPECT_EQ(read.manifest_length, manifest.manifest_length);
    EXPECT_EQ(read.partition_spec_id, 2);
    EXPECT_TRUE(read.is_deletes);
    EXPECT_EQ(read.sequence_number, 9);
    EXPECT_EQ(read.min_sequence_number, 3);
    EXPECT_EQ(read.added_snapshot_id, manifest.added_snapshot_id);
    EXPECT_EQ(read.added_files_count, 1);
    EXPECT_EQ(read.existing_files_count, 2);
    EXPECT_EQ(read.deleted_files_count, 3);
    EXPECT_EQ(read.added_rows_count, 10);
    EXPECT_EQ(read.existing_rows_count, 20);
    EXPECT_EQ(read.deleted_rows_count, 30);
    ASSERT_EQ(read.partitions.size(), 2u);
    EXPECT_TRUE(read.partitions[0].contains_null);
    EXPECT_EQ(read.partitions[0].contains_nan, false);
    EXPECT_EQ(read.partitions[0].lower_bound, std::nullopt);
    EXPECT_EQ(read.partitions[1].contains_nan, std::nullopt);
    EXPECT_EQ(read.partitions[1].upper_bound, "b");
    EXPECT_EQ(read.key_metadata, "k");
    EXPECT_EQ(read.first_row_id, manifest.first_row_id);
    auto header = avro::ReadContainer(bytes, "l").metadata;
    EXPECT_EQ(header.at("snapshot-id"), "12");
    EXPECT_EQ(header.at("parent-snapshot-id"), "null");
    EXPECT_EQ(header.at("sequence-number"), "9");
    EXPECT_EQ(header.at("format-version"), std::to_string(version));
  }
}

TEST(ForeignManifest, PyIcebergsFilesAreRead) {
  TableMetadata metadata =
      ParseTableMetadata(TestData("pyiceberg.metadata.json"), "pyiceberg.metadata.json");
  std::vector<ManifestFile> list =
      ReadManifestList(TestData("pyiceberg_manifest_list.avro"), "list.avro");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].manifest_length, 4983);
  EXPECT_EQ(list[0].added_files_count, 2);
  EXPECT_EQ(list[0].added_rows_count, 3);
  EXPECT_EQ(list[0].added_snapshot_id, metadata.current_snapshot_id);
  ASSERT_EQ(list[0].partitions.size(), 2u);
  EXPECT_TRUE(list[0].partitions[0].contains_null);
  EXPECT_EQ(list[0].partitions[0].lower_bound, "\xFFj");
  EXPECT_EQ(list[0].partitions[1].upper_bound, std::string("\xA0\x02\0\0", 4));

  std::vector<ManifestEntry> entries = ReadManifest(TestData("pyiceberg_manifest.avro"), list[0]);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].status, ManifestEntry::Status::kAdded);
  EXPECT_EQ(entries[0].snapshot_id, metadata.current_snapshot_id);
  EXPECT_EQ(entries[0].sequence_number, 1);
  EXPECT_EQ(entries[0].file.record_count, 2);
  EXPECT_EQ(entries[0].file.partition,
            (std::vector<Literal>{Literal{Int128{-150}}, Literal{int64_t{672}}}));
  EXPECT_EQ(entries[0].file.lower_bounds.at(2), "\xFFj");
  EXPECT_EQ(entries[0].file.split_offsets, (std::vector<int64_t>{4}));
  EXPECT_EQ(entries[1].file.partition, (std::vector<Literal>{Literal{}, Literal{int64_t{-1}}}));
  EXPECT_EQ(entries[1].file.null_value_counts.at(1), 1);
  EXPECT_EQ(entries[1].file.lower_bounds.count(1), 0u);
}

// Every damaged manifest and list is read or refused by name; none crashes.
TEST(ForeignManifest, DamagedFilesAreReadOrRefused) {
  std::mt19937 random(7);
  const std::string manifest = TestData("pyiceberg_manifest.avro");
  TableMetadata metadata = Partitioned(2);
  const std::string ours =
      WriteManifest(metadata, metadata.DefaultSpec(), false,
                    std::vector<ManifestEntry>(3, Entry(ManifestEntry::Status::kAdded, FullFile())),
                    avro::Codec::kNull);
  const std::string list = TestData("pyiceberg_manifest_list.avro");
  int refused = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string damaged = round % 3 == 0 ? manifest : round % 3 == 1 ? ours : list;
    if (round % 5 == 0) {
      damaged.resize(random() % damaged.size());
    } else {
      for (unsigned i = 0; i <= random() % 3; ++i) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
    }
    try {
      if (round % 3 == 2) {
        ReadManifestList(damaged, "m0.avro");
      } else {
        ReadManifest(damaged, Listed(1, 1));
      }
    } catch (const Error& e) {
      ++refused;
      EXPECT_TRUE(e.code() == ErrorCode::kCorrupt || e.code() == ErrorCode::kUnsupported)
          << e.what();
      EXPECT_NE(e.message().find("m0.avro"), std::string::npos) << e.message();
    }
  }
  EXPECT_GT(refused, 1500);
}

}  // namespace
}  // namespace eider::iceberg
