#include "catalog/folder_owner.h"

#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class FolderOwnerTest : public EveryStoreTest {
 protected:
  void SetUp() override {
    EveryStoreTest::SetUp();
    if (IsSkipped()) return;
    catalog_ = Open({.name = "c"});
    catalog_->Commit(CreateSchema("s"));
    catalog_->Commit(Tables({CreateChange(*catalog_, t_)}));
    database_ = Database();
  }

  std::string OwnerOf(const std::string& location, const TableIdentifier& self) {
    auto owner = OwnerAround(*database_, "c", catalog_->warehouse(), location, self);
    return owner ? owner->identifier.ToString() : "nobody";
  }

  std::shared_ptr<Catalog> catalog_;
  std::unique_ptr<SqlDatabase> database_;
};

INSTANTIATE_TEST_SUITE_P(Stores, FolderOwnerTest, kEveryStore, StoreName);

TEST_P(FolderOwnerTest, IsFoundInTheFolderBelowItAndAroundIt) {
  std::string location = "file://" + warehouse_ + "/s/t";
  EXPECT_EQ(OwnerOf(location, u_), "s.t");
  EXPECT_EQ(OwnerOf(warehouse_ + "/s/t", u_), "s.t");
  EXPECT_EQ(OwnerOf("file:" + warehouse_ + "/s/t", u_), "s.t");
  EXPECT_EQ(OwnerOf(location + "/deep/below", u_), "s.t");
  EXPECT_EQ(OwnerOf("file://" + warehouse_ + "/s", u_), "s.t");
  EXPECT_EQ(OwnerOf(location, t_), "nobody");
  EXPECT_EQ(OwnerOf(location + "2", u_), "nobody");
  EXPECT_EQ(OwnerOf("file://" + warehouse_ + "/s/u", u_), "nobody");
  std::string metadata = location + "/metadata";
  EXPECT_TRUE(OwnerOfMetadataFolder(*database_, "c", metadata, u_));
  EXPECT_FALSE(OwnerOfMetadataFolder(*database_, "c", metadata, t_));
}

TEST_P(FolderOwnerTest, ATableCalledMetadataDoesNotOwnItsSchema) {
  TableIdentifier odd{{"s"}, "metadata"};
  catalog_->Commit(Tables({CreateChange(*catalog_, odd)}));
  EXPECT_EQ(OwnerOf("file://" + warehouse_ + "/s/u", u_), "nobody");
  catalog_->Commit(Tables({CreateChange(*catalog_, u_)}));
}

}  // namespace
}  // namespace eider::catalog
