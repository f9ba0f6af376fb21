#include "iceberg/delete_index.h"

#include <gtest/gtest.h>

#include <limits>

namespace eider::iceberg {
namespace {

using Strings = std::vector<std::string>;

constexpr int32_t kFilePathId = 2147483546;

class DeleteIndexTest : public ::testing::Test {
 protected:
  DeleteIndexTest() {
    Schema schema;
    NestedField number;
    number.id = 1;
    number.name = "number";
    number.type = Type::Primitive(TypeId::kInt);
    NestedField region;
    region.id = 2;
    region.name = "region";
    region.type = Type::Primitive(TypeId::kString);
    schema.fields = {number, region};
    metadata_.schemas = {schema};
    PartitionField field;
    field.source_id = 2;
    field.field_id = 1000;
    field.name = "region";
    PartitionSpec partitioned;
    partitioned.spec_id = 1;
    partitioned.fields = {field};
    metadata_.partition_specs = {PartitionSpec(), partitioned};
  }

  DataFile& Add(const std::string& path, FileContent content, int64_t sequence_number,
                int32_t spec_id = 0, std::vector<Literal> partition = {}) {
    auto file = std::make_shared<DataFile>();
    file->file_path = path;
    file->content = content;
    file->partition = std::move(partition);
    if (content == FileContent::kEqualityDeletes) file->equality_ids = {1};
    deletes_.push_back({file, sequence_number, spec_id});
    return *file;
  }

  static void Bound(DataFile& file, int64_t lower, int64_t upper) {
    const TypePtr number = Type::Primitive(TypeId::kInt);
    file.lower_bounds[1] = LiteralToBytes(*number, Literal{lower});
    file.upper_bounds[1] = LiteralToBytes(*number, Literal{upper});
  }

  FileScanTask Task(const DataFile& file, int64_t sequence_number, int32_t spec_id = 0) {
    FileScanTask task;
    task.file = std::make_shared<const DataFile>(file);
    task.sequence_number = sequence_number;
    task.spec_id = spec_id;
    DeleteIndex(metadata_, deletes_).AddDeletes(task);
    return task;
  }

  Strings For(const DataFile& file, int64_t sequence_number, int32_t spec_id = 0) {
    Strings paths;
    for (const auto& each : Task(file, sequence_number, spec_id).deletes) {
      paths.push_back(each->file_path);
    }
    return paths;
  }

  static DataFile Data(const std::string& path, std::vector<Literal> partition = {}) {
    DataFile file;
    file.file_path = path;
    file.partition = std::move(partition);
    return file;
  }

  TableMetadata metadata_;
  std::vector<DeleteFile> deletes_;
};

TEST_F(DeleteIndexTest, NoDeletes) {
  EXPECT_TRUE(DeleteIndex(metadata_, {}).empty());
  EXPECT_EQ(For(Data("/a"), 1), Strings{});
}

TEST_F(DeleteIndexTest, PositionsStayInTheirPartition) {
  Add("/eu", FileContent::kPositionDeletes, 5, 1, {Literal{std::string("eu")}});
  Add("/none", FileContent::kPositionDeletes, 5, 1, {Literal{}});
  Add("/unpartitioned", FileContent::kPositionDeletes, 5);
  EXPECT_EQ(For(Data("/a", {Literal{std::string("eu")}}), 5, 1), Strings{"/eu"});
  EXPECT_EQ(For(Data("/a", {Literal{}}), 1, 1), Strings{"/none"});
  EXPECT_EQ(For(Data("/a", {Literal{std::string("us")}}), 1, 1), Strings{});
  EXPECT_EQ(For(Data("/a"), 1), Strings{"/unpartitioned"});
  EXPECT_EQ(For(Data("/a"), 6), Strings{});
}

TEST_F(DeleteIndexTest, PartitionsOfNan) {
  double nan = std::numeric_limits<double>::quiet_NaN();
  Add("/nan", FileContent::kPositionDeletes, 5, 1, {Literal{nan}});
  EXPECT_EQ(For(Data("/a", {Literal{-nan}}), 5, 1), Strings{"/nan"});
}

TEST_F(DeleteIndexTest, BoundsOfTheFilePath) {
  auto bound = [](DataFile& file, const std::string& lower, const std::string& upper) {
    file.lower_bounds[kFilePathId] = lower;
    file.upper_bounds[kFilePathId] = upper;
  };
  DataFile& one = Add("/one", FileContent::kPositionDeletes, 5);
  bound(one, "/data/b", "/data/b");
  bound(Add("/some", FileContent::kPositionDeletes, 5), "/data/b", "/data/d");
  EXPECT_EQ(ReferencedDataFile(one), "/data/b");
  EXPECT_EQ(For(Data("/data/a"), 1), Strings{});
  EXPECT_EQ(For(Data("/data/b"), 1), (Strings{"/one", "/some"}));
  EXPECT_EQ(For(Data("/data/c"), 1), Strings{"/some"});
  EXPECT_EQ(For(Data("/data/e"), 1), Strings{});
}

TEST_F(DeleteIndexTest, AVectorStandsForThePositionDeletesBeforeIt) {
  Add("/positions", FileContent::kPositionDeletes, 4);
  DataFile& vector = Add("/vector", FileContent::kPositionDeletes, 5);
  vector.file_format = "PUFFIN";
  vector.referenced_data_file = "/a";
  Add("/equality", FileContent::kEqualityDeletes, 5);
  EXPECT_EQ(For(Data("/a"), 4), (Strings{"/vector", "/equality"}));
  EXPECT_EQ(For(Data("/b"), 4), (Strings{"/positions", "/equality"}));
  EXPECT_EQ(For(Data("/a"), 5), Strings{"/vector"});
}

TEST_F(DeleteIndexTest, EqualityDeletesWithoutPartitionReachAllPartitions) {
  Add("/global", FileContent::kEqualityDeletes, 5);
  Add("/eu", FileContent::kEqualityDeletes, 5, 1, {Literal{std::string("eu")}});
  EXPECT_EQ(For(Data("/a", {Literal{std::string("eu")}}), 4, 1), (Strings{"/global", "/eu"}));
  EXPECT_EQ(For(Data("/a", {Literal{std::string("us")}}), 4, 1), Strings{"/global"});
  EXPECT_EQ(For(Data("/a", {Literal{std::string("us")}}), 5, 1), Strings{});
}

TEST_F(DeleteIndexTest, GroupsHoldAllOfAPartitionByTheSameColumns) {
  Add("/one", FileContent::kEqualityDeletes, 5);
  Add("/two", FileContent::kEqualityDeletes, 3);
  Add("/other", FileContent::kEqualityDeletes, 5).equality_ids = {2};
  Add("/eu", FileContent::kEqualityDeletes, 5, 1, {Literal{std::string("eu")}});
  FileScanTask task = Task(Data("/a", {Literal{std::string("eu")}}), 4, 1);
  EXPECT_EQ(task.deletes.size(), 3u);
  ASSERT_EQ(task.equality_groups.size(), 3u);
  EXPECT_EQ(task.equality_groups[0]->files.size(), 2u);
  EXPECT_EQ(task.equality_groups[0]->files[1].sequence_number, 3);
  EXPECT_EQ(task.equality_groups[1]->files.size(), 1u);
  EXPECT_NE(task.equality_groups[1]->identity, task.equality_groups[2]->identity);
  EXPECT_TRUE(Task(Data("/a"), 5).equality_groups.empty());
}

TEST_F(DeleteIndexTest, EqualityDeletesOfValuesTheFileDoesNotHold) {
  Bound(Add("/small", FileContent::kEqualityDeletes, 5), 1, 9);
  DataFile& nulls = Add("/nulls", FileContent::kEqualityDeletes, 5);
  nulls.value_counts[1] = nulls.null_value_counts[1] = 2;
  DataFile file = Data("/a");
  EXPECT_EQ(For(file, 4), (Strings{"/small", "/nulls"}));
  Bound(file, 10, 20);
  file.value_counts[1] = 3;
  file.null_value_counts[1] = 0;
  EXPECT_EQ(For(file, 4), Strings{});
  file.null_value_counts[1] = 1;
  // What is unknown of the one file may be null.
  EXPECT_EQ(For(file, 4), (Strings{"/small", "/nulls"}));
  deletes_.clear();
  DataFile& known = Add("/small", FileContent::kEqualityDeletes, 5);
  Bound(known, 1, 10);
  known.null_value_counts[1] = 0;
  EXPECT_EQ(For(file, 4), Strings{"/small"});
  Bound(known, 1, 9);
  EXPECT_EQ(For(file, 4), Strings{});
}

}  // namespace
}  // namespace eider::iceberg
