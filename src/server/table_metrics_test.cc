#include "server/table_metrics.h"

#include <gmock/gmock.h>

#include "base/temporary_folder.h"
#include "catalog/warehouse_testing.h"

namespace eider::server {

namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

class TableMetricsTest : public testing::Test {
 protected:
  void SetUp() override {
    catalog_ = catalog::OpenCatalog(folder_.path() + "/w", {.name = "w"});
    catalog_->Commit(catalog::CreateSchema("s"));
  }
  void Create(const std::string& name) {
    catalog::Writer writer(*catalog_);
    writer.Create({{"s"}, name}, "a row");
    writer.Commit();
  }
  void Append(const std::string& name) {
    catalog::Writer writer(*catalog_);
    writer.Append({{"s"}, name}, "another");
    writer.Commit();
  }
  std::string Text(size_t tables = 100, milliseconds patience = std::chrono::seconds(10)) {
    PrometheusText text;
    metrics_.Write(text, {{"w", catalog_}}, tables, patience);
    return text.text();
  }
  static std::string Line(const std::string& family, const std::string& table, int64_t value) {
    return "\n" + family + "{warehouse=\"w\",namespace=\"s\",table=\"" + table + "\"} " +
           std::to_string(value) + "\n";
  }

  TemporaryFolder folder_;
  std::shared_ptr<catalog::Catalog> catalog_;
  TableMetrics metrics_;
};

TEST_F(TableMetricsTest, FiguresFollowTheTable) {
  Create("t");
  Append("t");
  std::string text = Text();
  EXPECT_THAT(text, HasSubstr(Line("eider_table_snapshots", "t", 2)));
  EXPECT_THAT(text, HasSubstr(Line("eider_table_records", "t", 2)));
  EXPECT_THAT(text, HasSubstr(Line("eider_table_data_files", "t", 2)));
  EXPECT_THAT(text, HasSubstr(Line("eider_table_delete_files", "t", 0)));
  int64_t bytes = 0;
  int64_t metadata_bytes = 0;
  std::string location = catalog_->Find({{"s"}, "t"})->metadata_location;
  auto table = catalog_->LoadTable(location);
  for (const io::FileInfo& file : catalog_->files().List(table->location + "/data")) {
    bytes += file.size;
  }
  metadata_bytes += catalog_->files().Stat(location).size;
  metadata_bytes += catalog_->files().Stat(table->CurrentSnapshot()->manifest_list).size;
  for (const io::FileInfo& file : catalog_->files().List(table->location + "/metadata")) {
    if (file.path.ends_with("-m0.avro")) metadata_bytes += file.size;
  }
  EXPECT_THAT(text, HasSubstr(Line("eider_table_file_bytes", "t", bytes)));
  EXPECT_THAT(text, HasSubstr(Line("eider_table_metadata_bytes", "t", metadata_bytes)));
  EXPECT_THAT(text, HasSubstr("eider_catalog_entries{warehouse=\"w\",kind=\"table\"} 1\n"));

  Append("t");
  EXPECT_THAT(Text(), HasSubstr(Line("eider_table_snapshots", "t", 3)));
  catalog_->Commit(catalog::Tables({catalog::DropChange({{"s"}, "t"})}));
  EXPECT_THAT(Text(), Not(HasSubstr("table=\"t\"")));
}

TEST_F(TableMetricsTest, ATableWithoutSnapshotsHasFiguresToo) {
  catalog_->Commit(catalog::Tables({catalog::CreateChange(*catalog_, {{"s"}, "t"})}));
  EXPECT_THAT(Text(), HasSubstr(Line("eider_table_data_files", "t", 0)));
}

TEST_F(TableMetricsTest, NoMoreThanSoMany) {
  for (const char* name : {"a", "b", "c"}) Create(name);
  std::string text = Text(2);
  EXPECT_THAT(text, HasSubstr("table=\"b\""));
  EXPECT_THAT(text, Not(HasSubstr("table=\"c\"")));
  EXPECT_THAT(text, HasSubstr("kind=\"table\"} 3\n"));
  EXPECT_THAT(Text(0), Not(HasSubstr("table=\"a\"")));
}

TEST_F(TableMetricsTest, WithoutPatienceTheFiguresOfBeforeStand) {
  Create("t");
  EXPECT_THAT(Text(100, milliseconds(0)), Not(HasSubstr("table=\"t\"")));
  Text();
  Append("t");
  EXPECT_THAT(Text(100, milliseconds(0)), HasSubstr(Line("eider_table_snapshots", "t", 1)));
  EXPECT_THAT(Text(), HasSubstr(Line("eider_table_snapshots", "t", 2)));
}

TEST_F(TableMetricsTest, ADamagedTableDoesNotHideTheOthers) {
  for (const char* name : {"a", "b"}) Create(name);
  catalog_->files().Remove(catalog_->Find({{"s"}, "a"})->metadata_location);
  catalog_ = catalog::OpenCatalog(folder_.path() + "/w");
  EXPECT_THAT(Text(), HasSubstr(Line("eider_table_snapshots", "b", 1)));
}

}  // namespace

}  // namespace eider::server
