#include "iceberg/snapshot_producer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/temporary_folder.h"
#include "iceberg/manifest_cache.h"
#include "iceberg/metadata_builder.h"
#include "iceberg/scan.h"

namespace eider::iceberg {
namespace {

using Mode = SnapshotProducer::Mode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SnapshotProducerTest : public testing::Test {
 protected:
  TableMetadata NewTable(std::map<std::string, std::string> properties = {}) {
    NestedField field;
    field.id = 1;
    field.name = "a";
    field.type = Type::Primitive(TypeId::kInt);
    Schema schema;
    schema.fields = {field};
    return Apply(nullptr, CreateTableUpdates(schema, {}, "file://" + folder_, properties));
  }

  static TableMetadata Apply(const TableMetadata* base, const std::vector<TableUpdate>& updates) {
    TableMetadataBuilder builder = base != nullptr ? TableMetadataBuilder(*base, "")
                                                   : TableMetadataBuilder(FormatVersionOf(updates));
    for (const TableUpdate& update : updates) builder.Apply(update);
    return builder.Build(0);
  }

  DataFile File(const std::string& name, int64_t records = 10) {
    DataFile file;
    file.file_path = "file://" + folder_ + "/data/" + name;
    file.record_count = records;
    file.file_size_in_bytes = 100;
    return file;
  }

  TableMetadata Append(const TableMetadata& base, const std::string& name, int64_t records = 10) {
    SnapshotProducer producer(Mode::kAppend, {File(name, records)});
    return Apply(&base, producer.Produce(base, files_));
  }

  std::vector<std::string> LiveFiles(const TableMetadata& table) {
    std::vector<std::string> names;
    for (const FileScanTask& task :
         PlanFiles(table, *table.CurrentSnapshot(), table.CurrentSchema(), {}, files_)) {
      names.push_back(std::filesystem::path(task.file->file_path).filename());
    }
    return names;
  }

  TemporaryFolder temporary_folder_;
  std::string folder_ = temporary_folder_.path();
  io::FileSystem& files_ = io::LocalFileSystem();
};

TEST_F(SnapshotProducerTest, AppendsOneAfterTheOther) {
  TableMetadata table = Append(NewTable(), "x");
  EXPECT_EQ(table.CurrentSnapshot()->parent_snapshot_id, std::nullopt);
  EXPECT_EQ(table.CurrentSnapshot()->sequence_number, 1);
  int64_t first = table.CurrentSnapshot()->snapshot_id;
  table = Append(table, "y", 5);
  const Snapshot& snapshot = *table.CurrentSnapshot();
  EXPECT_EQ(snapshot.parent_snapshot_id, first);
  EXPECT_EQ(snapshot.operation(), "append");
  EXPECT_EQ(snapshot.summary.at("added-records"), "5");
  EXPECT_EQ(snapshot.summary.at("total-records"), "15");
  EXPECT_EQ(snapshot.summary.at("total-data-files"), "2");
  EXPECT_EQ(snapshot.summary.at("total-files-size"), "200");
  EXPECT_THAT(LiveFiles(table), testing::UnorderedElementsAre("x", "y"));
  auto manifests = LoadManifestList(snapshot, files_);
  ASSERT_THAT(*manifests, SizeIs(2));
  EXPECT_EQ((*manifests)[0].sequence_number, 2);
  EXPECT_EQ((*manifests)[1].added_snapshot_id, first);
}

TEST_F(SnapshotProducerTest, AnOverwriteDeletesWhatWasThere) {
  TableMetadata table = Append(Append(NewTable(), "x"), "y");
  SnapshotProducer producer(Mode::kOverwrite, {File("z", 3)});
  table = Apply(&table, producer.Produce(table, files_));
  const Snapshot& snapshot = *table.CurrentSnapshot();
  EXPECT_EQ(snapshot.operation(), "overwrite");
  EXPECT_EQ(snapshot.summary.at("deleted-records"), "20");
  EXPECT_EQ(snapshot.summary.at("total-records"), "3");
  EXPECT_THAT(LiveFiles(table), ElementsAre("z"));
  SnapshotProducer emptier(Mode::kOverwrite, {});
  table = Apply(&table, emptier.Produce(table, files_));
  EXPECT_EQ(table.CurrentSnapshot()->operation(), "delete");
  EXPECT_THAT(LiveFiles(table), IsEmpty());
}

TEST_F(SnapshotProducerTest, RowLevelDeletesAreCounted) {
  TableMetadata table = Append(NewTable(), "x");
  auto& summary = table.snapshots.back().summary;
  summary["total-delete-files"] = "2";
  summary["total-position-deletes"] = "5";
  summary["total-equality-deletes"] = "1";
  table = Append(table, "y");
  EXPECT_EQ(table.CurrentSnapshot()->summary.at("total-delete-files"), "2");
  EXPECT_EQ(table.CurrentSnapshot()->summary.at("total-position-deletes"), "5");
  SnapshotProducer producer(Mode::kOverwrite, {File("z")});
  table = Apply(&table, producer.Produce(table, files_));
  const auto& after = table.CurrentSnapshot()->summary;
  EXPECT_EQ(after.at("total-delete-files"), "0");
  EXPECT_EQ(after.at("removed-delete-files"), "2");
  EXPECT_EQ(after.at("removed-position-deletes"), "5");
  EXPECT_EQ(after.at("removed-equality-deletes"), "1");
}

TEST_F(SnapshotProducerTest, NoFilesMakeAnEmptySnapshot) {
  TableMetadata table = NewTable();
  SnapshotProducer producer(Mode::kAppend, {});
  table = Apply(&table, producer.Produce(table, files_));
  EXPECT_EQ(table.CurrentSnapshot()->summary.at("total-records"), "0");
  EXPECT_THAT(LiveFiles(table), IsEmpty());
  EXPECT_THAT(producer.written_files(), SizeIs(1));
}

TEST_F(SnapshotProducerTest, ASecondTryKeepsTheManifestAndGivesUpTheList) {
  TableMetadata table = NewTable();
  SnapshotProducer producer(Mode::kAppend, {File("mine")});
  producer.Produce(table, files_);
  EXPECT_THAT(producer.superseded_files(), IsEmpty());
  std::vector<std::string> first_try = producer.written_files();
  ASSERT_THAT(first_try, SizeIs(2));
  table = Append(table, "theirs");
  table = Apply(&table, producer.Produce(table, files_));
  EXPECT_THAT(producer.superseded_files(), ElementsAre(first_try[1]));
  EXPECT_THAT(producer.written_files(), SizeIs(3));
  EXPECT_THAT(LiveFiles(table), testing::UnorderedElementsAre("mine", "theirs"));
  EXPECT_EQ(table.CurrentSnapshot()->sequence_number, 2);
}

TEST_F(SnapshotProducerTest, SmallManifestsAreMerged) {
  TableMetadata table = NewTable({{"commit.manifest.min-count-to-merge", "4"}});
  std::vector<std::string> names;
  for (int i = 0; i < 6; ++i) {
    names.push_back("f" + std::to_string(i));
    table = Append(table, names.back());
  }
  auto manifests = LoadManifestList(*table.CurrentSnapshot(), files_);
  ASSERT_THAT(*manifests, SizeIs(3));
  const ManifestFile& merged = (*manifests)[2];
  EXPECT_EQ(merged.existing_files_count, 4);
  EXPECT_EQ(merged.added_files_count, 0);
  EXPECT_EQ(merged.existing_rows_count, 40);
  EXPECT_EQ(merged.sequence_number, 5);
  EXPECT_EQ(merged.min_sequence_number, 1);
  EXPECT_THAT(LiveFiles(table), testing::UnorderedElementsAreArray(names));
  // Files keep the snapshot and the sequence number they came with.
  auto entries = LoadManifest(merged, files_);
  for (const ManifestEntry& entry : *entries) {
    EXPECT_EQ(entry.status, ManifestEntry::Status::kExisting);
    EXPECT_EQ(table.SnapshotById(*entry.snapshot_id)->sequence_number, entry.sequence_number);
    EXPECT_EQ(entry.file_sequence_number, entry.sequence_number);
  }
}

TEST_F(SnapshotProducerTest, MergedManifestsStayBelowTheirTargetSize) {
  TableMetadata probe = Append(NewTable(), "probe");
  int64_t one = LoadManifestList(*probe.CurrentSnapshot(), files_)->front().manifest_length;
  TableMetadata table =
      NewTable({{"commit.manifest.min-count-to-merge", "4"},
                {"commit.manifest.target-size-bytes", std::to_string(one * 5 / 2)}});
  for (int i = 0; i < 5; ++i) table = Append(table, "f" + std::to_string(i));
  EXPECT_THAT(*LoadManifestList(*table.CurrentSnapshot(), files_), SizeIs(3));
  EXPECT_THAT(LiveFiles(table), SizeIs(5));
}

TEST_F(SnapshotProducerTest, MergingCanBeTurnedOff) {
  TableMetadata table = NewTable(
      {{"commit.manifest.min-count-to-merge", "2"}, {"commit.manifest-merge.enabled", "false"}});
  for (int i = 0; i < 4; ++i) table = Append(table, "f" + std::to_string(i));
  EXPECT_THAT(*LoadManifestList(*table.CurrentSnapshot(), files_), SizeIs(4));
}

TEST_F(SnapshotProducerTest, RowsOfVersion3HaveIds) {
  TableMetadata table = Append(NewTable(), "before", 7);
  table = Apply(&table, {UpgradeFormatVersion{3}});
  table = Append(table, "x", 10);
  // The rows of the version 2 file get theirs as well.
  EXPECT_EQ(table.next_row_id, 17);
  EXPECT_EQ(table.CurrentSnapshot()->extra["first-row-id"], 0);
  EXPECT_EQ(table.CurrentSnapshot()->extra["added-rows"], 17);
  table = Append(table, "y", 5);
  EXPECT_EQ(table.next_row_id, 22);
  auto manifests = LoadManifestList(*table.CurrentSnapshot(), files_);
  ASSERT_THAT(*manifests, SizeIs(3));
  EXPECT_EQ((*manifests)[0].first_row_id, 17);
  EXPECT_EQ((*manifests)[1].first_row_id, 0);
  EXPECT_EQ((*manifests)[2].first_row_id, 10);
}

TEST_F(SnapshotProducerTest, TheTableSaysWhereAndHowMetadataIsWritten) {
  TableMetadata table = NewTable({{"write.metadata.path", "file://" + folder_ + "/elsewhere"},
                                  {"write.avro.compression-codec", "zstd"}});
  table = Append(table, "x");
  EXPECT_THAT(table.CurrentSnapshot()->manifest_list, testing::HasSubstr("/elsewhere/snap-"));
  EXPECT_THAT(files_.Read(table.CurrentSnapshot()->manifest_list), testing::HasSubstr("zstandard"));
}

}  // namespace
}  // namespace eider::iceberg
