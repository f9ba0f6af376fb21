#include "server/access_right.h"

#include <gmock/gmock.h>

#include "base/error_testing.h"

namespace eider::server {
namespace {

const AccessObject kServer;
const AccessObject kWarehouse{"w"};
const AccessObject kNamespace{"w", {"a"}};
const AccessObject kBelow{"w", {"a", "b"}};
const AccessObject kTable{"w", {"a"}, "t"};
const AccessObject kTableBelow{"w", {"a", "b"}, "t"};
const AccessObject kAll[] = {kServer, kWarehouse, kNamespace, kBelow, kTable, kTableBelow};

std::vector<std::string> Covered(std::string_view grant, Right right = Right::kRead) {
  std::vector<std::string> covered;
  for (const AccessObject& object : kAll) {
    if (Grant(grant).Covers(right, object)) covered.push_back(object.ToString());
  }
  return covered;
}

std::vector<std::string> Reached(std::string_view grant) {
  std::vector<std::string> reached;
  for (const AccessObject& object : kAll) {
    if (Grant(grant).Reaches(object)) reached.push_back(object.ToString());
  }
  return reached;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(GrantTest, HoldsForWhatItNamesAndAllBelow) {
  EXPECT_THAT(Covered("read"), ElementsAre("the server", "w", "w/a", "w/a.b", "w/a/t", "w/a.b/t"));
  EXPECT_THAT(Covered("read:w"), ElementsAre("w", "w/a", "w/a.b", "w/a/t", "w/a.b/t"));
  EXPECT_THAT(Covered("read:w/a"), ElementsAre("w/a", "w/a.b", "w/a/t", "w/a.b/t"));
  EXPECT_THAT(Covered("read:w/a.b"), ElementsAre("w/a.b", "w/a.b/t"));
  EXPECT_THAT(Covered("read:w/a/t"), ElementsAre("w/a/t"));
  EXPECT_THAT(Covered("read:w/a.b/t"), ElementsAre("w/a.b/t"));
  EXPECT_THAT(Covered("read:v"), IsEmpty());
  EXPECT_THAT(Covered("read:w/b"), IsEmpty());
}

TEST(GrantTest, ReachesWhatLeadsToIt) {
  EXPECT_THAT(Reached("read:w/a.b/t"), ElementsAre("the server", "w", "w/a", "w/a.b", "w/a.b/t"));
  EXPECT_THAT(Reached("read:w/a/t"), ElementsAre("the server", "w", "w/a", "w/a/t"));
  EXPECT_THAT(Reached("read:w/a.b"), ElementsAre("the server", "w", "w/a", "w/a.b", "w/a.b/t"));
  EXPECT_THAT(Reached("read:v"), ElementsAre("the server"));
}

TEST(GrantTest, ARightIncludesTheLesserOnes) {
  EXPECT_THAT(Covered("write:w/a/t", Right::kRead), ElementsAre("w/a/t"));
  EXPECT_THAT(Covered("write:w/a/t", Right::kWrite), ElementsAre("w/a/t"));
  EXPECT_THAT(Covered("write:w/a/t", Right::kAdmin), IsEmpty());
  EXPECT_THAT(Covered("admin:w/a/t", Right::kWrite), ElementsAre("w/a/t"));
  EXPECT_THAT(Covered("read:w/a/t", Right::kWrite), IsEmpty());
}

TEST(GrantTest, StarsStandForNamesOfOneLevel) {
  EXPECT_THAT(Covered("read:*/*/t"), ElementsAre("w/a/t"));
  EXPECT_THAT(Covered("read:w/*.*/t"), ElementsAre("w/a.b/t"));
  EXPECT_THAT(Covered("read:w/*"), ElementsAre("w/a", "w/a.b", "w/a/t", "w/a.b/t"));
  EXPECT_THAT(Covered("read:*"), ElementsAre("w", "w/a", "w/a.b", "w/a/t", "w/a.b/t"));
}

// That hole has had CVEs elsewhere.
TEST(GrantTest, NoNameOfATableWidensARight) {
  Grant grant("read:w/a/orders");
  for (const char* name : {"*", "order*", "orders*", "%", "orders%", "?rders", "orders/",
                           "orders/x", "/", "../a/orders", "orders\"", "'orders'", "orders\\",
                           "\\orders", "orders.", "ORDERS", " orders", "orders "}) {
    EXPECT_FALSE(grant.Covers(Right::kRead, {"w", {"a"}, name})) << name;
  }
  for (const char* level : {"*", "a*", "a/orders", "a.b", "%", "a\\"}) {
    EXPECT_FALSE(grant.Covers(Right::kRead, {"w", {level}, "orders"})) << level;
    EXPECT_FALSE(grant.Reaches({"w", {level}})) << level;
  }
  EXPECT_FALSE(grant.Covers(Right::kRead, {"*", {"a"}, "orders"}));
  EXPECT_FALSE(grant.Covers(Right::kRead, {"w", {}, "orders"}));
  // And a table that is called so can be meant alone.
  Grant star("read:w/a/\\*");
  EXPECT_TRUE(star.Covers(Right::kRead, {"w", {"a"}, "*"}));
  EXPECT_FALSE(star.Covers(Right::kRead, {"w", {"a"}, "orders"}));
  Grant slash("read:w/a\\/b/c/d");
  EXPECT_TRUE(slash.Covers(Right::kRead, {"w", {"a/b"}, "c/d"}));
  EXPECT_FALSE(slash.Covers(Right::kRead, {"w", {"a", "b"}, "c/d"}));
}

TEST(GrantTest, WhatIsNoGrantIsRefused) {
  for (const char* text : {"", "reader", "READ", " read", "read:", "read:w/", "read:w//t",
                           "read:/a", "read:w/a./t", "read:w/a/", "read:w\\", ":w"}) {
    EXPECT_EQ(CodeOf([&] { Grant grant(text); }), ErrorCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(InvalidArgumentMessage([] { Grant("own:w"); }),
            "'own:w' grants nothing: there is no right 'own'");
}

}  // namespace
}  // namespace eider::server
