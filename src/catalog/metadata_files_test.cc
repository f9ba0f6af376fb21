#include "catalog/metadata_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/error.h"

namespace eider::catalog {
namespace {

TEST(MetadataFilesTest, VersionIsReadFromEveryKnownName) {
  EXPECT_EQ(MetadataVersion("file:///w/t/metadata/00000-uuid.metadata.json"), 0);
  EXPECT_EQ(MetadataVersion("file:///w/t/metadata/00123-uuid.metadata.json"), 123);
  EXPECT_EQ(MetadataVersion("/w/t/metadata/123456-uuid.gz.metadata.json"), 123456);
  EXPECT_EQ(MetadataVersion("v7.metadata.json"), 7);
  EXPECT_EQ(MetadataVersion("/w/t/metadata/version-hint.text"), -1);
  EXPECT_EQ(MetadataVersion("/w/t/metadata/deadbeef-m0.avro"), -1);
  EXPECT_EQ(MetadataVersion("/w/t/metadata/"), -1);
  EXPECT_EQ(MetadataVersion(""), -1);
}

TEST(MetadataFilesTest, NewLocationsCountUpAndNeverRepeat) {
  std::string first = NewMetadataLocation("file:///w/t", "");
  EXPECT_EQ(first.rfind("file:///w/t/metadata/00000-", 0), 0U) << first;
  std::string second = NewMetadataLocation("file:///w/t", first);
  EXPECT_EQ(second.rfind("file:///w/t/metadata/00001-", 0), 0U) << second;
  EXPECT_NE(second, NewMetadataLocation("file:///w/t", first));
  EXPECT_EQ(MetadataVersion(NewMetadataLocation("file:///w/t", "/x/99999-u.metadata.json")),
            100000);
}

TEST(MetadataFilesTest, FolderNamesCannotLeaveTheirFolder) {
  EXPECT_EQ(FolderName("customers"), "customers");
  EXPECT_EQ(FolderName("a-b_c.d"), "a-b_c.d");
  EXPECT_EQ(FolderName(".."), "%2E.");
  EXPECT_EQ(FolderName("."), "%2E");
  EXPECT_EQ(FolderName("a/b"), "a%2Fb");
  EXPECT_EQ(FolderName("100%"), "100%25");
  EXPECT_EQ(FolderName("größe"), "gr%C3%B6%C3%9Fe");
  EXPECT_EQ(FolderName(std::string("a\0b", 3)), "a%00b");
  for (const char* name : {"customers", "..", "a/b", "100%", "größe", "%2F", "a%", "a%zz"}) {
    EXPECT_EQ(NameOfFolder(FolderName(name)), name);
  }
  EXPECT_EQ(NameOfFolder("100%"), "100%") << "made by another tool";
}

class MetadataFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/eider_metadata_XXXXXX";
    root_ = ::mkdtemp(name);
  }
  void TearDown() override { io::LocalFileSystem().RemoveTree(root_); }
  std::string root_;
};

TEST_F(MetadataFileTest, ZippedMetadataIsUnpacked) {
  // gzip of {"a":1}
  const unsigned char zipped[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                  0x03, 0xab, 0x56, 0x4a, 0x54, 0xb2, 0x32, 0xac, 0x05,
                                  0x00, 0xaf, 0xac, 0x1b, 0x56, 0x07, 0x00, 0x00, 0x00};
  std::string data(reinterpret_cast<const char*>(zipped), sizeof(zipped));
  io::FileSystem& files = io::LocalFileSystem();
  files.WriteNew(root_ + "/1.gz.metadata.json", data);
  EXPECT_EQ(ReadMetadataFile(files, root_ + "/1.gz.metadata.json"), "{\"a\":1}");
  files.WriteNew(root_ + "/2.gz.metadata.json", data.substr(0, 15));
  try {
    ReadMetadataFile(files, root_ + "/2.gz.metadata.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(error.message().find("2.gz.metadata.json"), std::string::npos);
  }
  files.WriteNew(root_ + "/3.metadata.json", "{}");
  EXPECT_EQ(ReadMetadataFile(files, root_ + "/3.metadata.json"), "{}");
}

}  // namespace
}  // namespace eider::catalog
