#include "catalog/check.h"

#include <filesystem>

#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class CheckTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    catalog_ = Open();
    catalog_->Commit(CreateSchema("s"));
    Create(*catalog_, t_, "1");
    Append(*catalog_, t_, "2");
    catalog_->Commit(Tables({ViewChange(*catalog_, {{"s"}, "v"}, "SELECT 1 AS id")}));
  }

  // "kind object path-below-the-warehouse size".
  std::vector<std::string> Findings(const CheckOptions& options = {}) {
    std::vector<std::string> lines;
    report_ = CheckWarehouse(warehouse_, options);
    for (const Finding& finding : report_.findings) {
      EXPECT_TRUE(finding.path.starts_with(warehouse_ + "/")) << finding.path;
      lines.push_back(std::string(FindingKindName(finding.kind)) + "|" + finding.object + "|" +
                      finding.path.substr(warehouse_.size() + 1) + "|" +
                      std::to_string(finding.size));
    }
    return lines;
  }
  std::string Below(const std::string& path) { return path.substr(warehouse_.size() + 1); }
  const iceberg::TableMetadata& Metadata() {
    metadata_ = catalog_->LoadTable(catalog_->Find(t_)->metadata_location);
    return *metadata_;
  }
  std::string ManifestList() { return io::LocalPath(Metadata().CurrentSnapshot()->manifest_list); }
  iceberg::ManifestFile Manifest() {
    return iceberg::ReadManifestList(files_.Read(ManifestList()), "list").front();
  }
  std::string DataFile() {
    iceberg::ManifestFile manifest = Manifest();
    auto entries = iceberg::ReadManifest(files_.Read(manifest.manifest_path), manifest);
    return io::LocalPath(entries.front().file.file_path);
  }
  // The only finding, with its detail.
  Finding Single() {
    CheckReport report = CheckWarehouse(warehouse_);
    EXPECT_EQ(report.findings.size(), 1U);
    return report.findings.empty() ? Finding() : report.findings[0];
  }

  std::shared_ptr<Catalog> catalog_;
  iceberg::TableMetadataPtr metadata_;
  CheckReport report_;
};

using Lines = std::vector<std::string>;

TEST_F(CheckTest, HealthyWarehouseHasNoFindings) {
  EXPECT_EQ(Findings(), Lines{});
  EXPECT_EQ(report_.tables, 1);
  EXPECT_EQ(report_.views, 1);
  // Of the table: three metadata files would be too many, there are two; two lists, two manifests,
  // two data files. Of the view: one.
  EXPECT_EQ(report_.files, 9);
  EXPECT_GT(report_.bytes, 1000);
  EXPECT_FALSE(report_.has_damage());
}

TEST_F(CheckTest, LeftoversAreListedWithPathAndSizeAndKept) {
  files_.WriteNew(warehouse_ + "/s/t/data/left.parquet", "12345");
  files_.WriteNew(warehouse_ + "/s/t/metadata/left-m0.avro", "1");
  files_.WriteNew(warehouse_ + "/s/t/metadata/00009-left.metadata.json", "12");
  files_.WriteNew(warehouse_ + "/s/t/metadata/version-hint.text.x.tmp", "");
  files_.WriteNew(warehouse_ + "/s/gone/data/left.parquet", "123");
  EXPECT_EQ(Findings(), (Lines{"leftover-file||s/gone/data/left.parquet|3",
                               "leftover-file|table s.t|s/t/data/left.parquet|5",
                               "leftover-file|table s.t|s/t/metadata/00009-left.metadata.json|2",
                               "leftover-file|table s.t|s/t/metadata/left-m0.avro|1",
                               "leftover-file|table s.t|s/t/metadata/version-hint.text.x.tmp|0"}));
  EXPECT_EQ(report_.leftover_bytes, 11);
  EXPECT_FALSE(report_.has_damage());
  EXPECT_GT(report_.findings[0].modified_micros, 0);
  EXPECT_EQ(Findings().size(), 5U);
}

TEST_F(CheckTest, ChecksumsOfHadoopGoWithTheirFiles) {
  std::string metadata = catalog::PathOf(catalog_->Find(t_)->metadata_location);
  files_.WriteNew(ChecksumFileOf(metadata), "crc");
  EXPECT_EQ(BaseName(ChecksumFileOf(metadata)), "." + BaseName(metadata) + ".crc");
  EXPECT_EQ(Findings(), Lines{});
  files_.WriteNew(warehouse_ + "/s/t/data/.left.parquet.crc", "1234");
  files_.WriteNew(warehouse_ + "/s/gone/data/.left.parquet.crc", "1234");
  files_.WriteNew(warehouse_ + "/seeds/data/.raw.csv.crc", "1234");
  EXPECT_EQ(Findings(), (Lines{"leftover-file||s/gone/data/.left.parquet.crc|4",
                               "leftover-file|table s.t|s/t/data/.left.parquet.crc|4"}));
}

TEST_F(CheckTest, WhatIsNotOfTablesIsNoLeftover) {
  files_.WriteNew(warehouse_ + "/dbt_project.yml", "");
  files_.WriteNew(warehouse_ + "/models/staging/stg.sql", "");
  files_.WriteNew(warehouse_ + "/seeds/data/raw.csv", "");
  files_.WriteNew(warehouse_ + "/catalog.db.old-1", "");
  EXPECT_EQ(Findings(), Lines{});
}

TEST_F(CheckTest, DroppedTableLeavesLeftoversUntilPurged) {
  Entry entry = *catalog_->Find(t_);
  catalog_->Commit(Tables({DropChange(t_)}));
  Findings();
  EXPECT_FALSE(report_.has_damage());
  EXPECT_GE(report_.findings.size(), 8U);
  catalog_->Purge(t_, entry);
  EXPECT_EQ(Findings(), Lines{});
}

TEST_F(CheckTest, PointerToNothingIsNamed) {
  std::string path = PathOf(*catalog_, t_);
  files_.Remove(path);
  Finding finding = Single();
  EXPECT_EQ(finding.kind, FindingKind::kBrokenPointer);
  EXPECT_EQ(finding.object, "table s.t");
  EXPECT_EQ(finding.path, path);
  EXPECT_EQ(finding.size, -1);
  EXPECT_TRUE(IsDamage(finding.kind));
}

TEST_F(CheckTest, DamagedMetadataIsNamedWithItsReason) {
  std::string path = PathOf(*catalog_, t_);
  files_.Replace(path, "{\"format-version\": 2, ");
  Finding finding = Single();
  EXPECT_EQ(finding.kind, FindingKind::kDamagedFile);
  EXPECT_EQ(finding.path, path);
  EXPECT_FALSE(finding.detail.empty());
}

TEST_F(CheckTest, MissingAndDamagedManifestListAndManifestAreNamed) {
  std::string list = ManifestList();
  std::string manifest = io::LocalPath(Manifest().manifest_path);
  std::string list_content = files_.Read(list);
  std::string manifest_content = files_.Read(manifest);
  for (const auto& [path, content] :
       {std::pair(list, list_content), {manifest, manifest_content}}) {
    files_.Remove(path);
    EXPECT_EQ(Findings(), (Lines{"missing-file|table s.t|" + Below(path) + "|-1"}));
    std::string cut = content.substr(0, content.size() - 7);
    files_.WriteNew(path, cut);
    EXPECT_EQ(Findings(),
              (Lines{"damaged-file|table s.t|" + Below(path) + "|" + std::to_string(cut.size())}));
    files_.Replace(path, content);
    EXPECT_EQ(Findings(), Lines{});
  }
}

TEST_F(CheckTest, MissingAndDamagedDataFilesAreNamed) {
  std::string path = DataFile();
  std::string content = files_.Read(path);
  files_.Remove(path);
  EXPECT_EQ(Findings(), (Lines{"missing-file|table s.t|" + Below(path) + "|-1"}));
  files_.WriteNew(path, content + "x");
  EXPECT_EQ(Findings(), (Lines{"damaged-file|table s.t|" + Below(path) + "|" +
                               std::to_string(content.size() + 1)}));
  files_.Replace(path, std::string(content.size(), 'x'));
  EXPECT_EQ(Findings().size(), 1U);
  CheckOptions quick;
  quick.data_files = false;
  EXPECT_EQ(Findings(quick), Lines{});
}

TEST_F(CheckTest, NothingOfADamagedTableIsCalledLeftover) {
  std::string path = ManifestList();
  files_.Replace(path, "x");
  Finding finding = Single();
  EXPECT_EQ(finding.path, path);
}

TEST_F(CheckTest, FolderBehindItsCatalogIsNamed) {
  std::string hint = warehouse_ + "/s/t/metadata/version-hint.text";
  std::string entry = warehouse_ + "/s/v/metadata/catalog-entry.json";
  files_.Replace(hint, "0");
  files_.Remove(entry);
  EXPECT_EQ(Findings(), (Lines{"projection-lag|table s.t|" + Below(hint) + "|1",
                               "projection-lag|view s.v|" + Below(entry) + "|-1"}));
  EXPECT_NE(report_.findings[0].detail.find("version 0"), std::string::npos);
  EXPECT_FALSE(report_.has_damage());
  // Looking at it has changed nothing.
  EXPECT_EQ(files_.Read(hint), "0");
}

TEST_F(CheckTest, DamagedOrLostCatalogIsAFinding) {
  catalog_.reset();
  std::string path = warehouse_ + "/catalog.db";
  std::string content = files_.Read(path);
  files_.Replace(path, std::string(content.size(), 'x'));
  Finding finding = Single();
  EXPECT_EQ(finding.kind, FindingKind::kDamagedCatalog);
  EXPECT_EQ(finding.path, path);
  EXPECT_NE(finding.detail.find("rebuild"), std::string::npos) << finding.detail;
  // A page in the middle.
  std::string torn = content;
  for (size_t i = 4096; i < 8192; ++i) torn[i] = 'x';
  files_.Replace(path, torn);
  EXPECT_EQ(Single().kind, FindingKind::kDamagedCatalog);
  files_.Remove(path);
  EXPECT_EQ(Single().kind, FindingKind::kDamagedCatalog);
  EXPECT_EQ(CodeOf([&] { CheckWarehouse(root_ + "/nowhere"); }), ErrorCode::kNotFound);
}

TEST_F(CheckTest, AMovedWarehouseIsOneFinding) {
  catalog_.reset();
  std::string original = warehouse_;
  warehouse_ = root_ + "/moved";
  std::filesystem::rename(original, warehouse_);
  files_.WriteNew(warehouse_ + "/s/gone/data/left.parquet", "123");
  CheckReport report = CheckWarehouse(warehouse_);
  ASSERT_EQ(report.findings.size(), 2U);
  const Finding& moved = report.findings[0];
  EXPECT_EQ(moved.kind, FindingKind::kMovedWarehouse);
  EXPECT_EQ(moved.path, warehouse_ + "/catalog.db");
  EXPECT_EQ(moved.detail, "table s.t belongs to the warehouse " + original + ", of which " +
                              warehouse_ +
                              " is a new place: its metadata names files by their full path; so it "
                              "is with view s.v. Move the folder back, or give it its old name "
                              "too: ln -s " +
                              warehouse_ + " " + original);
  EXPECT_EQ(report.findings[1].kind, FindingKind::kLeftoverFile);
  EXPECT_TRUE(report.has_damage());
  // The advice helps.
  std::filesystem::create_directory_symlink(warehouse_, original);
  EXPECT_FALSE(CheckWarehouse(warehouse_).has_damage());
}

TEST_F(CheckTest, ACopiedWarehouseIsOneFindingAndItsOwnTablesAreChecked) {
  catalog_.reset();
  std::string original = warehouse_;
  warehouse_ = root_ + "/copied";
  std::filesystem::copy(original, warehouse_, std::filesystem::copy_options::recursive);
  catalog_ = Open();
  Create(*catalog_, u_, "1");
  files_.Remove(PathOf(*catalog_, u_));
  CheckReport report = CheckWarehouse(warehouse_);
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].kind, FindingKind::kMovedWarehouse);
  EXPECT_NE(report.findings[0].detail.find("is a copy"), std::string::npos);
  EXPECT_EQ(report.findings[1].kind, FindingKind::kBrokenPointer);
  EXPECT_EQ(report.findings[1].object, "table s.u");
}

}  // namespace
}  // namespace eider::catalog
