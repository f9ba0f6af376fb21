#include "server/principal.h"

#include <gtest/gtest.h>

namespace eider::server {
namespace {

TEST(PrincipalTest, MayDoWhatAnyGrantCovers) {
  Principal principal("token:x", {Grant("read:w"), Grant("write:w/a")});
  EXPECT_TRUE(principal.May(Right::kRead, {"w", {"b"}, "t"}));
  EXPECT_TRUE(principal.May(Right::kWrite, {"w", {"a"}, "t"}));
  EXPECT_FALSE(principal.May(Right::kWrite, {"w", {"b"}, "t"}));
  EXPECT_FALSE(principal.May(Right::kRead, {"v"}));
}

TEST(PrincipalTest, LimitsNarrowAndNeverWiden) {
  Principal principal("token:x", {Grant("write:w")}, {{Grant("admin:w/a")}, {Grant("read")}});
  EXPECT_TRUE(principal.May(Right::kRead, {"w", {"a"}, "t"}));
  EXPECT_FALSE(principal.May(Right::kWrite, {"w", {"a"}, "t"}));
  EXPECT_FALSE(principal.May(Right::kRead, {"w", {"b"}, "t"}));
  EXPECT_TRUE(principal.MaySee({"w"}));
  EXPECT_FALSE(principal.MaySee({"w", {"b"}}));
}

TEST(PrincipalTest, WithoutAGrantNothingIsAllowed) {
  for (const Principal& nobody : {Principal("a", {}), Principal("b", {Grant("admin")}, {{}})}) {
    EXPECT_FALSE(nobody.May(Right::kRead, {"w", {"a"}, "t"}));
    EXPECT_FALSE(nobody.MaySee({"w"}));
    EXPECT_FALSE(nobody.MaySee({}));
  }
}

TEST(PrincipalTest, ThereIsOneThatMayDoEverything) {
  EXPECT_TRUE(Principal::Anonymous()->May(Right::kAdmin, {}));
  EXPECT_TRUE(Principal::Anonymous()->May(Right::kAdmin, {"*", {"%"}, "/"}));
}

}  // namespace
}  // namespace eider::server
