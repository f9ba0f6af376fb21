#include "catalog/kept_answers.h"

#include "base/clock.h"
#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class KeptAnswersTest : public EveryStoreTest {
 protected:
  static CommitRequest Keyed(CommitRequest request, const std::string& key,
                             const std::string& body) {
    request.idempotency_key = key;
    request.answer = [body](const CommitResult&) { return KeptAnswer{"hash", 200, body}; };
    return request;
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, KeptAnswersTest, kEveryStore, StoreName);

TEST_P(KeptAnswersTest, OfCommitsWithOneKeyOneLands) {
  auto catalog = Open();
  CommitResult first = catalog->Commit(Keyed(CreateSchema("s"), "k", "first"));
  EXPECT_FALSE(first.earlier);
  // Another process, to which the key is as new as the schema.
  CommitResult second = Open()->Commit(Keyed(CreateSchema("s"), "k", "second"));
  ASSERT_TRUE(second.earlier);
  EXPECT_EQ(second.earlier->body, "first");
  EXPECT_EQ(Open()->FindAnswer("k")->body, "first");
  EXPECT_FALSE(catalog->FindAnswer("other"));
}

TEST_P(KeptAnswersTest, ACommitThatFailsLeavesNoAnswer) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Keyed(CreateSchema("s"), "k", "x")); }),
            ErrorCode::kAlreadyExists);
  EXPECT_FALSE(catalog->FindAnswer("k"));
}

TEST_P(KeptAnswersTest, ACommitThatIsAnsweredFromBeforeLeavesNoFiles) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Keyed(Tables({CreateChange(*catalog, t_)}), "k", "first"));
  size_t files = files_.ListRecursive(warehouse_ + "/s").size();
  CommitRequest again = Tables({PropertyChange(t_, "k", "v")});
  ASSERT_TRUE(catalog->Commit(Keyed(again, "k", "second")).earlier);
  EXPECT_EQ(Property(*catalog, t_, "k"), "");
  EXPECT_EQ(files_.ListRecursive(warehouse_ + "/s").size(), files);
}

TEST_P(KeptAnswersTest, ARefusalIsKeptUnlessThereIsAnAnswer) {
  auto catalog = Open();
  EXPECT_EQ(catalog->KeepAnswer("k", {"hash", 409, "no"}).status, 409);
  EXPECT_EQ(catalog->KeepAnswer("k", {"hash", 404, "gone"}).status, 409);
  EXPECT_EQ(Open()->FindAnswer("k")->body, "no");
  EXPECT_TRUE(catalog->Commit(Keyed(CreateSchema("s"), "k", "yes")).earlier);
  EXPECT_TRUE(catalog->Snapshot()->namespaces.empty());
}

TEST_P(KeptAnswersTest, AnAnswerExpires) {
  Open()->KeepAnswer("old", {"hash", 409, "no"});
  Open()->KeepAnswer("new", {"hash", 409, "no"});
  int64_t day = 24LL * 60 * 60 * 1000;
  Database()->Execute(
      "UPDATE eider_idempotency SET created_at_ms = CAST(? AS BIGINT) WHERE idempotency_key = "
      "'old'",
      {std::to_string(NowMillis() - day)});
  auto catalog = Open();
  EXPECT_FALSE(catalog->FindAnswer("old"));
  EXPECT_TRUE(catalog->FindAnswer("new"));
  catalog->Commit(Keyed(CreateSchema("s"), "another", "yes"));
  EXPECT_EQ(Rows("SELECT 1 FROM eider_idempotency").size(), 2U);
  EXPECT_FALSE(catalog->Commit(Keyed(CreateSchema("t"), "old", "yes")).earlier);
}

}  // namespace
}  // namespace eider::catalog
