#include "catalog/projection.h"

#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class ProjectionTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    location_ = "file://" + warehouse_;
    entry_.metadata_location = location_ + "/s/t/metadata/00007-x.metadata.json";
    files_.WriteNew(entry_.metadata_location, "{}");
    folder_ = warehouse_ + "/s/t/metadata";
  }
  std::string location_;
  std::string folder_;
  Entry entry_;
};

TEST_F(ProjectionTest, TableIsShownByHintAndLinkAlone) {
  EXPECT_FALSE(ShowsEntry(files_, location_, t_, entry_));
  for (int i = 0; i < 2; ++i) {
    ProjectEntry(files_, location_, t_, entry_);
    EXPECT_TRUE(ShowsEntry(files_, location_, t_, entry_));
    EXPECT_EQ(files_.Read(folder_ + "/version-hint.text"), "7");
    EXPECT_EQ(files_.Read(folder_ + "/v7.metadata.json"), "{}");
    EXPECT_EQ(files_.List(folder_).size(), 3U);
  }
  EXPECT_EQ(ReadProjectedEntry(files_, folder_).version, 7);
}

TEST_F(ProjectionTest, NameIsToldWhereTheFolderDoesNotSpellIt) {
  ProjectEntry(files_, location_, u_, entry_);
  EXPECT_TRUE(ShowsEntry(files_, location_, u_, entry_));
  EXPECT_FALSE(ShowsEntry(files_, location_, t_, entry_));
  EXPECT_EQ(ReadProjectedEntry(files_, folder_).identifier, u_);
  // Renamed back.
  ProjectEntry(files_, location_, t_, entry_);
  EXPECT_FALSE(ReadProjectedEntry(files_, folder_).identifier);
}

TEST_F(ProjectionTest, ViewsAreToldByNameAndFileAndHaveNoHint) {
  entry_.kind = EntityKind::kView;
  ProjectEntry(files_, location_, t_, entry_);
  EXPECT_TRUE(ShowsEntry(files_, location_, t_, entry_));
  ProjectedEntry shown = ReadProjectedEntry(files_, folder_);
  EXPECT_FALSE(shown.version);
  EXPECT_EQ(shown.kind, EntityKind::kView);
  EXPECT_EQ(shown.metadata_file, "00007-x.metadata.json");
}

TEST_F(ProjectionTest, DropTakesTheHintAndIsTold) {
  ProjectEntry(files_, location_, t_, entry_);
  EXPECT_FALSE(ShowsDrop(files_, folder_));
  ProjectDrop(files_, t_, folder_);
  EXPECT_TRUE(ShowsDrop(files_, folder_));
  EXPECT_TRUE(ShowsDrop(files_, warehouse_ + "/s/nothing/metadata"));
  ProjectedEntry shown = ReadProjectedEntry(files_, folder_);
  EXPECT_FALSE(shown.version);
  EXPECT_TRUE(shown.dropped);
  EXPECT_EQ(shown.identifier, t_);
  // Where nothing is left, no folder comes back.
  ProjectDrop(files_, u_, warehouse_ + "/s/u/metadata");
  EXPECT_FALSE(files_.Exists(warehouse_ + "/s/u"));
}

TEST_F(ProjectionTest, DamageIsReportedAndShowsNothing) {
  ProjectEntry(files_, location_, t_, entry_);
  for (const char* hint : {"", "x", "7x", "-1", "99999999999999999999"}) {
    files_.Replace(folder_ + "/version-hint.text", hint);
    EXPECT_FALSE(ShowsEntry(files_, location_, t_, entry_)) << hint;
    ProjectedEntry shown = ReadProjectedEntry(files_, folder_);
    EXPECT_FALSE(shown.version) << hint;
    EXPECT_NE(shown.damage.find("version-hint.text"), std::string::npos) << hint;
  }
  files_.Replace(folder_ + "/version-hint.text", "7\n");
  EXPECT_EQ(ReadProjectedEntry(files_, folder_).version, 7) << "as Hadoop writes it";
  for (const char* text : {"", "{}", "[]", R"({"type":"view","namespace":["s"],"name":"t"})",
                           R"({"type":"table","namespace":[1],"name":"t"})"}) {
    files_.Replace(folder_ + "/catalog-entry.json", text);
    EXPECT_NE(ReadProjectedEntry(files_, folder_).damage, "") << text;
  }
}

TEST_F(ProjectionTest, MetadataWithoutANumberHasNoHint) {
  entry_.metadata_location = location_ + "/s/t/metadata/theirs.metadata.json";
  ProjectEntry(files_, location_, t_, entry_);
  EXPECT_FALSE(files_.Exists(folder_ + "/version-hint.text"));
  EXPECT_TRUE(ShowsEntry(files_, location_, t_, entry_));
}

TEST_F(ProjectionTest, OnlyItsOwnFilesAreItsFiles) {
  for (const char* name :
       {"version-hint.text", "catalog-entry.json", "v0.metadata.json", "v12.metadata.json"}) {
    EXPECT_TRUE(IsProjectionFile(name)) << name;
  }
  for (const char* name : {"00001-x.metadata.json", "v.metadata.json", "vx.metadata.json",
                           "version-hint.text.tmp", "snap-1.avro"}) {
    EXPECT_FALSE(IsProjectionFile(name)) << name;
  }
}

TEST(NewLocationTest, IsKnownByTheName) {
  auto may_be = [](const std::string& location, const Namespace& schema = {"s"}) {
    return MayBeNewLocation("s3://lake/w", {schema, "t"}, location);
  };
  EXPECT_TRUE(may_be("s3://lake/w/s/t"));
  EXPECT_TRUE(may_be("s3://lake/w/s/t-0123abcd"));
  EXPECT_TRUE(may_be("s3://lake/w/s-0123abcd/t"));
  EXPECT_TRUE(may_be("s3://lake/w/a.b-0123abcd/t", {"a", "b"}));
  for (const char* location :
       {"s3://lake/w/s/u", "s3://lake/w/s", "s3://lake/w/s/t-0123abcg", "s3://lake/w/s/t-0123abc",
        "s3://lake/w/s/t-0123abcd-0123abcd", "s3://lake/w/s/t/u", "s3://lake/x/s/t",
        "s3://lake/w/x-0123abcd/t", "s3://lake/w/s-0123abcd/u", "", "/", "t-0123abcd"}) {
    EXPECT_FALSE(may_be(location)) << location;
  }
}

}  // namespace
}  // namespace eider::catalog
