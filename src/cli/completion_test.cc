#include "cli/completion.h"

#include <gtest/gtest.h>

#include "cli/line_editor.h"

namespace eider::cli {
namespace {

using Words = std::vector<std::string>;

SqlCompletion Sample() {
  SqlCompletion completion;
  completion.AddKeyword("select");
  completion.AddKeyword("semi");
  completion.AddTable("marts", "customers", {"customer_id", "first_name"});
  completion.AddTable("staging", "stg_orders", {"order_id"});
  return completion;
}

TEST(CompletionTest, KeywordsFollowTheCaseOfWhatWasTyped) {
  EXPECT_EQ(Sample().Complete("se"), (Words{"select", "semi"}));
  EXPECT_EQ(Sample().Complete("SEL"), (Words{"SELECT"}));
}

TEST(CompletionTest, ADotLeadsToTablesAndColumns) {
  EXPECT_EQ(Sample().Complete("select * from marts."), (Words{"marts.customers"}));
  EXPECT_EQ(Sample().Complete("select customers.f"), (Words{"customers.first_name"}));
  EXPECT_EQ(Sample().Complete("select marts.customers.c"), (Words{"marts.customers.customer_id"}));
}

TEST(CompletionTest, WordsMayBeSchemasTablesOrColumns) {
  EXPECT_EQ(Sample().Complete("select customer"), (Words{"customer_id", "customers"}));
  EXPECT_EQ(Sample().Complete("from st"), (Words{"staging", "stg_orders"}));
  EXPECT_TRUE(Sample().Complete("select ").empty());
}

TEST(CompletionTest, CommonPrefix) {
  EXPECT_EQ(CommonPrefix({"customers", "customer_id"}), "customer");
  EXPECT_EQ(CommonPrefix({"a", "b"}), "");
  EXPECT_EQ(CommonPrefix({}), "");
}

}  // namespace
}  // namespace eider::cli
