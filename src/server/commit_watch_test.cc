#include "server/commit_watch.h"

#include <gmock/gmock.h>

#include "base/temporary_folder.h"
#include "catalog/warehouse_testing.h"

namespace eider::server {

namespace {

using catalog::CreateChange;
using catalog::DropChange;
using catalog::PropertyChange;
using catalog::RenameChange;
using catalog::Tables;
using testing::ElementsAre;
using testing::IsEmpty;

const catalog::TableIdentifier kTable = {{"s"}, "t"};

class CommitWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    catalog_ = catalog::OpenCatalog(folder_.path() + "/w", {.name = "w"});
    catalog_->Commit(catalog::CreateSchema("s"));
    watch_ = std::make_unique<CommitWatch>("w", catalog_);
    EXPECT_THAT(Look(), IsEmpty());
  }

  // "table.create s.t" of each event; a rename says where to, an author stands in brackets.
  std::vector<std::string> Look() {
    events_.clear();
    watch_->Look(events_);
    std::vector<std::string> texts;
    for (const CommitEvent& event : events_) {
      EXPECT_EQ(event.warehouse, "w");
      EXPECT_TRUE(IsUuid(event.id));
      std::string text = event.type() + " " + catalog::NamespaceText(event.identifier.name_space);
      if (!event.identifier.name.empty()) text += "." + event.identifier.name;
      if (!event.new_identifier.name.empty()) text += " to " + event.new_identifier.ToString();
      if (!event.author.principal.empty()) text += " (" + event.author.principal + ")";
      texts.push_back(text);
    }
    return texts;
  }

  // As a route does it.
  void Commit(const std::string& author, const catalog::CommitRequest& request) {
    CommitWatch::Attempt attempt(watch_.get(), {author, "id"}, request);
    attempt.Landed(catalog_->Commit(request));
  }
  void Set(const std::string& author, const std::string& key) {
    Commit(author, Tables({PropertyChange(kTable, key, "v")}));
  }
  // As another process does it.
  void SetPast(const std::string& key) {
    catalog_->Commit(Tables({PropertyChange(kTable, key, "v")}));
  }
  std::string Location() { return catalog_->Find(kTable)->metadata_location; }

  TemporaryFolder folder_;
  std::shared_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<CommitWatch> watch_;
  std::vector<CommitEvent> events_;
};

TEST_F(CommitWatchTest, EachCommitOfOthersIsTold) {
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  EXPECT_THAT(Look(), ElementsAre("table.create s.t"));
  std::vector<std::string> locations;
  for (const char* key : {"a", "b", "c"}) {
    SetPast(key);
    locations.push_back(Location());
  }
  EXPECT_THAT(Look(), ElementsAre("table.update s.t", "table.update s.t", "table.update s.t"));
  for (size_t i = 0; i < locations.size(); ++i) {
    EXPECT_EQ(events_[i].metadata_location, locations[i]);
  }
  EXPECT_THAT(Look(), IsEmpty());
  catalog_->Commit(Tables({RenameChange(kTable, {{"s"}, "u"})}));
  EXPECT_THAT(Look(), ElementsAre("table.rename s.t to s.u"));
  catalog_->Commit(Tables({DropChange({{"s"}, "u"})}));
  EXPECT_THAT(Look(), ElementsAre("table.drop s.u"));
}

TEST_F(CommitWatchTest, ANewTableIsToldWithAllItsCommits) {
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  std::string first = Location();
  SetPast("a");
  EXPECT_THAT(Look(), ElementsAre("table.create s.t", "table.update s.t"));
  EXPECT_EQ(events_[0].metadata_location, first);
}

TEST_F(CommitWatchTest, SnapshotsAreToldOfTheCommitThatAddedThem) {
  catalog::Writer writer(*catalog_);
  writer.Create(kTable, "one");
  writer.Commit();
  EXPECT_THAT(Look(), ElementsAre("table.create s.t"));
  EXPECT_EQ(events_[0].operation, "append");
  EXPECT_EQ(events_[0].sequence_number, 1);
  EXPECT_EQ(events_[0].snapshot_id, catalog_->LoadTable(Location())->current_snapshot_id);
  EXPECT_EQ(events_[0].summary.at("added-data-files"), "1");
  EXPECT_EQ(events_[0].summary.count("operation"), 0);
  SetPast("a");
  EXPECT_THAT(Look(), ElementsAre("table.update s.t"));
  EXPECT_EQ(events_[0].operation, "");
  EXPECT_TRUE(events_[0].snapshot_id.has_value());
}

TEST_F(CommitWatchTest, NamespacesAndViews) {
  catalog::CommitRequest request = catalog::CreateSchema("n");
  catalog_->Commit(request);
  EXPECT_THAT(Look(), ElementsAre("namespace.create n"));
  request.namespaces[0].kind = catalog::NamespaceChange::Kind::kSetProperties;
  request.namespaces[0].properties = {{"k", "v"}};
  Commit("Ada", request);
  EXPECT_THAT(Look(), ElementsAre("namespace.update n (Ada)"));
  EXPECT_EQ(events_[0].properties, request.namespaces[0].properties);
  catalog::TableIdentifier view = {{"n"}, "v"};
  catalog_->Commit(Tables({catalog::ViewChange(*catalog_, view, "SELECT 1")}));
  catalog_->Commit(Tables({catalog::ViewChange(*catalog_, view, "SELECT 2")}));
  EXPECT_THAT(Look(), ElementsAre("view.create n.v"));
  Commit("Ada", Tables({DropChange(view, catalog::EntityKind::kView)}));
  request.namespaces[0].kind = catalog::NamespaceChange::Kind::kDrop;
  Commit("Ada", request);
  EXPECT_THAT(Look(), ElementsAre("view.drop n.v (Ada)", "namespace.drop n (Ada)"));
}

TEST_F(CommitWatchTest, EveryCommitHasItsOwnAuthor) {
  Commit("Ada", Tables({CreateChange(*catalog_, kTable)}));
  Set("Bob", "a");
  SetPast("b");
  Set("Cyd", "c");
  SetPast("d");
  Commit("Dan", Tables({DropChange(kTable)}));
  EXPECT_THAT(Look(),
              ElementsAre("table.create s.t (Ada)", "table.update s.t (Bob)", "table.update s.t",
                          "table.update s.t (Cyd)", "table.update s.t", "table.drop s.t (Dan)"));
  EXPECT_THAT(Look(), IsEmpty());
  EXPECT_THAT(watch_->known().entries, IsEmpty());
}

TEST_F(CommitWatchTest, WhatIsGoneBeforeTheNextLookIsTold) {
  for (int i = 0; i < 2; ++i) {
    Commit("Ada", Tables({CreateChange(*catalog_, kTable)}));
    Commit("Bob", Tables({DropChange(kTable)}));
  }
  EXPECT_THAT(Look(), ElementsAre("table.create s.t (Ada)", "table.drop s.t (Bob)",
                                  "table.create s.t (Ada)", "table.drop s.t (Bob)"));
}

TEST_F(CommitWatchTest, ATableReplacedByOneOfItsNameIsDroppedFirst) {
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  Look();
  catalog_->Commit(Tables({DropChange(kTable)}));
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  EXPECT_THAT(Look(), ElementsAre("table.drop s.t", "table.create s.t"));
}

TEST_F(CommitWatchTest, ACommitThatIsStillUnderWayWaitsForItsAuthor) {
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  Look();
  auto request = Tables({PropertyChange(kTable, "a", "v")});
  {
    CommitWatch::Attempt attempt(watch_.get(), {"Ada", "id"}, request);
    catalog::CommitResult result = catalog_->Commit(request);
    EXPECT_THAT(Look(), IsEmpty());
    attempt.Landed(result);
    EXPECT_THAT(Look(), ElementsAre("table.update s.t (Ada)"));
  }
  EXPECT_THAT(Look(), IsEmpty());
}

TEST_F(CommitWatchTest, CommitsThatReportLateAreToldOnce) {
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  Look();
  auto first = Tables({PropertyChange(kTable, "a", "v")});
  CommitWatch::Attempt early(watch_.get(), {"Ada", "id"}, first);
  catalog::CommitResult result = catalog_->Commit(first);
  Set("Bob", "b");
  early.Landed(result);
  EXPECT_THAT(Look(), ElementsAre("table.update s.t (Ada)", "table.update s.t (Bob)"));
  // So late that the other was told already.
  catalog::CommitResult again = catalog_->Commit(first);
  Set("Bob", "c");
  EXPECT_THAT(Look(), ElementsAre("table.update s.t", "table.update s.t (Bob)"));
  early.Landed(again);
  EXPECT_THAT(Look(), IsEmpty());
}

TEST_F(CommitWatchTest, ACommitThatFailsIsNotToldAndOneOfUnknownOutcomeIsWhereItLanded) {
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  Look();
  auto request = Tables({PropertyChange(kTable, "a", "v")});
  { CommitWatch::Attempt failed(watch_.get(), {"Ada", "id"}, request); }
  EXPECT_THAT(Look(), IsEmpty());
  {
    CommitWatch::Attempt unknown(watch_.get(), {"Ada", "id"}, request);
    catalog_->Commit(request);
  }
  EXPECT_THAT(Look(), ElementsAre("table.update s.t"));
}

TEST_F(CommitWatchTest, WhatHappenedWhileNobodyWatchedIsMadeUpFor) {
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  Look();
  catalog::CatalogSnapshot known = watch_->known();
  SetPast("a");
  SetPast("b");
  catalog_->Commit(Tables({RenameChange(kTable, {{"s"}, "u"})}));
  catalog_->Commit(Tables({CreateChange(*catalog_, {{"s"}, "other"})}));
  watch_ = std::make_unique<CommitWatch>("w", catalog_);
  watch_->Begin(known, 0);
  EXPECT_THAT(Look(), ElementsAre("table.rename s.t to s.u", "table.update s.u", "table.update s.u",
                                  "table.create s.other"));
}

TEST_F(CommitWatchTest, ATableWhoseMetadataIsGoneIsToldWithoutIt) {
  catalog_->Commit(Tables({CreateChange(*catalog_, kTable)}));
  Look();
  auto other = catalog::OpenCatalog(folder_.path() + "/w");
  other->Commit(Tables({PropertyChange(kTable, "a", "v")}));
  std::string location = Location();
  catalog_->files().Remove(location);
  EXPECT_THAT(Look(), ElementsAre("table.update s.t"));
  EXPECT_EQ(events_[0].metadata_location, location);
  EXPECT_FALSE(events_[0].snapshot_id.has_value());
}

TEST_F(CommitWatchTest, Json) {
  catalog::Writer writer(*catalog_);
  writer.Create(kTable, "one");
  writer.Commit();
  Look();
  Json json = ToJson(events_[0]);
  EXPECT_EQ(json["type"], "table.create");
  EXPECT_EQ(json["namespace"], Json({"s"}));
  EXPECT_EQ(json["name"], "t");
  EXPECT_EQ(json["operation"], "append");
  EXPECT_EQ(json["summary"]["added-data-files"], "1");
  EXPECT_FALSE(json.contains("principal"));
  EXPECT_FALSE(json.contains("new-name"));
}

}  // namespace

}  // namespace eider::server
