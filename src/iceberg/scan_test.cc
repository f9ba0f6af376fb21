#include "iceberg/scan.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "base/uuid.h"

namespace eider::iceberg {
namespace {

class ScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    NestedField field;
    field.id = 1;
    field.name = "number";
    field.type = Type::Primitive(TypeId::kInt);
    Schema schema;
    schema.fields = {field};
    metadata_.schemas = {schema};
    metadata_.partition_specs = {PartitionSpec()};
    snapshot_.snapshot_id = 1;
    snapshot_.sequence_number = 1;
  }

  static ManifestEntry Entry(const std::string& path, int64_t lower, int64_t upper) {
    ManifestEntry entry;
    entry.file.file_path = path;
    entry.file.record_count = 10;
    const TypePtr number = Type::Primitive(TypeId::kInt);
    entry.file.lower_bounds[1] = LiteralToBytes(*number, Literal{lower});
    entry.file.upper_bounds[1] = LiteralToBytes(*number, Literal{upper});
    return entry;
  }

  void AddManifest(const std::vector<ManifestEntry>& entries, int64_t sequence_number = 1,
                   bool is_deletes = false) {
    const PartitionSpec& spec = metadata_.partition_specs.back();
    std::string bytes = WriteManifest(metadata_, spec, is_deletes, entries, avro::Codec::kDeflate);
    ManifestFile manifest = SummarizeManifest(metadata_, spec, is_deletes, entries);
    manifest.manifest_path = root_ + "/" + NewUuid() + ".avro";
    manifest.manifest_length = static_cast<int64_t>(bytes.size());
    manifest.partition_spec_id = spec.spec_id;
    manifest.sequence_number = sequence_number;
    manifest.added_snapshot_id = sequence_number;
    io::LocalFileSystem().WriteNew(manifest.manifest_path, bytes);
    manifests_.push_back(manifest);
  }

  std::vector<FileScanTask> Plan(const Predicate& predicate = {}) {
    snapshot_.manifest_list = root_ + "/" + NewUuid() + ".avro";
    io::LocalFileSystem().WriteNew(
        snapshot_.manifest_list,
        WriteManifestList(snapshot_, 2, manifests_, avro::Codec::kDeflate));
    return PlanFiles(metadata_, snapshot_, metadata_.schemas[0], predicate, io::LocalFileSystem());
  }

  static std::vector<std::string> Paths(const std::vector<FileScanTask>& tasks) {
    std::vector<std::string> paths;
    for (const FileScanTask& task : tasks) paths.push_back(task.file->file_path);
    return paths;
  }

  static Predicate NumberIs(int64_t value) {
    Predicate predicate;
    predicate.kind = Predicate::Kind::kEqual;
    predicate.field_id = 1;
    predicate.values = {Literal{value}};
    return predicate;
  }

  TemporaryFolder temporary_folder_;
  std::string root_ = temporary_folder_.path();
  TableMetadata metadata_;
  Snapshot snapshot_;
  std::vector<ManifestFile> manifests_;
};

using Strings = std::vector<std::string>;

TEST_F(ScanTest, LiveFilesInTheOrderOfTheManifests) {
  ManifestEntry deleted = Entry("/gone", 0, 9);
  deleted.status = ManifestEntry::Status::kDeleted;
  deleted.snapshot_id = 1;
  deleted.sequence_number = 1;
  deleted.file_sequence_number = 1;
  AddManifest({Entry("/a", 0, 9), deleted, Entry("/b", 10, 19)});
  AddManifest({Entry("/c", 20, 29)}, 2);
  auto tasks = Plan();
  EXPECT_EQ(Paths(tasks), (Strings{"/a", "/b", "/c"}));
  EXPECT_EQ(tasks[0].sequence_number, 1);
  EXPECT_EQ(tasks[2].sequence_number, 2);
}

TEST_F(ScanTest, BoundsPruneAndOrdinalsStay) {
  AddManifest({Entry("/a", 0, 9), Entry("/b", 10, 19)});
  AddManifest({Entry("/c", 15, 29)}, 2);
  auto all = Plan();
  auto some = Plan(NumberIs(17));
  EXPECT_EQ(Paths(some), (Strings{"/b", "/c"}));
  EXPECT_EQ(some[0].ordinal, all[1].ordinal);
  EXPECT_EQ(some[1].ordinal, all[2].ordinal);
  std::set<uint64_t> ordinals;
  for (const FileScanTask& task : all) ordinals.insert(task.ordinal);
  EXPECT_EQ(ordinals.size(), 3u);
  EXPECT_TRUE(Plan(NumberIs(99)).empty());
}

TEST_F(ScanTest, ManifestsWhosePartitionsCannotMatchAreNotRead) {
  PartitionField field;
  field.source_id = 1;
  field.field_id = 1000;
  field.name = "number";
  metadata_.partition_specs[0].fields = {field};
  ManifestEntry one = Entry("/one", 1, 1);
  one.file.partition = {Literal{int64_t{1}}};
  ManifestEntry two = Entry("/two", 2, 2);
  two.file.partition = {Literal{int64_t{2}}};
  AddManifest({one});
  AddManifest({two});
  std::filesystem::remove(manifests_[1].manifest_path);
  EXPECT_EQ(Paths(Plan(NumberIs(1))), Strings{"/one"});
  try {
    Plan(NumberIs(2));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(error.message().find(manifests_[1].manifest_path), std::string::npos);
  }
}

TEST_F(ScanTest, PositionDeletesReachFilesOfTheirCommitAndOlderOnes) {
  AddManifest({Entry("/old", 0, 9)}, 1);
  AddManifest({Entry("/same", 0, 9)}, 2);
  AddManifest({Entry("/new", 0, 9)}, 3);
  ManifestEntry deletes = Entry("/deletes", 0, 9);
  deletes.file.content = FileContent::kPositionDeletes;
  AddManifest({deletes}, 2, true);
  auto tasks = Plan();
  ASSERT_EQ(tasks.size(), 3u);
  EXPECT_EQ(tasks[0].deletes.size(), 1u);
  EXPECT_EQ(tasks[1].deletes.size(), 1u);
  EXPECT_TRUE(tasks[2].deletes.empty());
}

TEST_F(ScanTest, EqualityDeletesReachOlderFilesOnly) {
  AddManifest({Entry("/old", 0, 9)}, 1);
  AddManifest({Entry("/same", 0, 9)}, 2);
  ManifestEntry deletes = Entry("/deletes", 0, 9);
  deletes.file.content = FileContent::kEqualityDeletes;
  deletes.file.equality_ids = {1};
  AddManifest({deletes}, 2, true);
  auto tasks = Plan();
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].deletes.size(), 1u);
  EXPECT_EQ(tasks[0].deletes[0]->file_path, "/deletes");
  EXPECT_TRUE(tasks[1].deletes.empty());
}

TEST_F(ScanTest, DeletesOfOneFileReachThatFile) {
  AddManifest({Entry("/a", 0, 9), Entry("/b", 0, 9)}, 1);
  ManifestEntry deletes = Entry("/deletes", 0, 9);
  deletes.file.content = FileContent::kPositionDeletes;
  deletes.file.referenced_data_file = "/b";
  AddManifest({deletes}, 2, true);
  auto tasks = Plan();
  EXPECT_TRUE(tasks[0].deletes.empty());
  EXPECT_EQ(tasks[1].deletes.size(), 1u);
}

TEST_F(ScanTest, UnknownSpecIsNamed) {
  AddManifest({Entry("/a", 0, 9)});
  manifests_[0].partition_spec_id = 7;
  try {
    Plan();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(error.message().find("partition spec 7"), std::string::npos);
  }
}

TEST_F(ScanTest, DamagedManifestListIsNamed) {
  snapshot_.manifest_list = root_ + "/damaged.avro";
  io::LocalFileSystem().WriteNew(snapshot_.manifest_list, "Obj\1 no more");
  try {
    PlanFiles(metadata_, snapshot_, metadata_.schemas[0], {}, io::LocalFileSystem());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(std::string(error.what()).find("damaged.avro"), std::string::npos);
  }
}

}  // namespace
}  // namespace eider::iceberg
