#include "iceberg/manifest_cache.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "base/uuid.h"
#include "iceberg/metadata_builder.h"

namespace eider::iceberg {
namespace {

class ManifestCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    Schema schema;
    NestedField field;
    field.name = "id";
    field.type = Type::Primitive(TypeId::kLong);
    schema.fields = {field};
    TableMetadataBuilder builder(2);
    for (const TableUpdate& update : CreateTableUpdates(schema, {}, "file://" + root_, {})) {
      builder.Apply(update);
    }
    metadata_ = builder.Build(0);
  }

  ManifestFile Write(int64_t sequence_number, int64_t snapshot_id) {
    ManifestEntry entry;
    entry.file.file_path = "file:///data.parquet";
    entry.file.record_count = 1;
    std::string bytes = WriteManifest(metadata_, {}, false, {entry}, avro::Codec::kNull);
    ManifestFile manifest = SummarizeManifest(metadata_, {}, false, {entry});
    manifest.manifest_path = root_ + "/" + NewUuid() + "-m0.avro";
    manifest.manifest_length = static_cast<int64_t>(bytes.size());
    manifest.sequence_number = sequence_number;
    manifest.added_snapshot_id = snapshot_id;
    files_.WriteNew(manifest.manifest_path, bytes);
    return manifest;
  }

  io::FileSystem& files_ = io::LocalFileSystem();
  TemporaryFolder temporary_folder_;
  std::string root_ = temporary_folder_.path();
  TableMetadata metadata_;
};

TEST_F(ManifestCacheTest, FilesAreReadOnce) {
  ManifestFile manifest = Write(3, 7);
  auto entries = LoadManifest(manifest, files_);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().sequence_number, 3);
  files_.Remove(manifest.manifest_path);
  EXPECT_EQ(LoadManifest(manifest, files_), entries);
}

TEST_F(ManifestCacheTest, OneManifestListedTwiceInheritsFromEachList) {
  ManifestFile manifest = Write(3, 7);
  EXPECT_EQ(LoadManifest(manifest, files_)->front().sequence_number, 3);
  // A commit that lost its race lists the same manifest again, under a later number.
  manifest.sequence_number = 4;
  manifest.added_snapshot_id = 8;
  auto entries = LoadManifest(manifest, files_);
  EXPECT_EQ(entries->front().sequence_number, 4);
  EXPECT_EQ(entries->front().snapshot_id, 8);
}

TEST_F(ManifestCacheTest, FailuresAreNotKept) {
  ManifestFile manifest = Write(3, 7);
  std::string bytes = files_.Read(manifest.manifest_path);
  files_.Replace(manifest.manifest_path, "damaged");
  EXPECT_THROW(LoadManifest(manifest, files_), Error);
  files_.Replace(manifest.manifest_path, bytes);
  EXPECT_EQ(LoadManifest(manifest, files_)->size(), 1U);
}

TEST_F(ManifestCacheTest, ListsAreReadOnceAndVersionOneSnapshotsNameManifestsThemselves) {
  ManifestFile manifest = Write(3, 7);
  Snapshot snapshot;
  snapshot.snapshot_id = 7;
  snapshot.sequence_number = 3;
  snapshot.manifest_list = root_ + "/snap-" + NewUuid() + ".avro";
  files_.WriteNew(snapshot.manifest_list,
                  WriteManifestList(snapshot, 2, {manifest}, avro::Codec::kDeflate));
  auto list = LoadManifestList(snapshot, files_);
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().manifest_path, manifest.manifest_path);
  files_.Remove(snapshot.manifest_list);
  EXPECT_EQ(LoadManifestList(snapshot, files_), list);

  Snapshot old;
  old.snapshot_id = 5;
  old.manifests = {manifest.manifest_path};
  auto named = LoadManifestList(old, files_);
  ASSERT_EQ(named->size(), 1U);
  EXPECT_EQ(named->front().manifest_length, manifest.manifest_length);
  EXPECT_EQ(named->front().added_snapshot_id, 5);
  old.manifests = {root_ + "/absent.avro"};
  EXPECT_THROW(LoadManifestList(old, files_), Error);
}

}  // namespace
}  // namespace eider::iceberg
