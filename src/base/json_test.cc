#include "base/json.h"

#include <gtest/gtest.h>

#include "base/error_testing.h"

namespace eider {
namespace {

TEST(JsonTest, ObjectsKeepTheOrderOfTheirKeys) {
  EXPECT_EQ(ParseJson(R"({"b":1,"a":{"z":[],"y":null}})", "f").dump(),
            R"({"b":1,"a":{"z":[],"y":null}})");
}

TEST(JsonTest, NumbersOfSixtyFourBitsAreExact) {
  Json json = ParseJson("[9223372036854775807, -9223372036854775808]", "f");
  EXPECT_EQ(json[0].get<int64_t>(), INT64_MAX);
  EXPECT_EQ(json[1].get<int64_t>(), INT64_MIN);
}

TEST(JsonTest, SyntaxErrorsTellFileLineAndColumn) {
  Error error = ErrorOf([] { ParseJson("{\n  \"a\": 1,\n  oops\n}", "dir/file.json"); });
  EXPECT_EQ(error.code(), ErrorCode::kSyntax);
  EXPECT_EQ(error.file(), "dir/file.json");
  EXPECT_EQ(error.line(), 3);
  EXPECT_EQ(error.column(), 3);
  EXPECT_EQ(ErrorOf([] { ParseJson("", "f"); }).line(), 1);
  EXPECT_EQ(ErrorOf([] { ParseJson("{} x", "f"); }).code(), ErrorCode::kSyntax);
  EXPECT_EQ(ErrorOf([] { ParseJson("[1e999]", "f"); }).code(), ErrorCode::kSyntax);
  EXPECT_TRUE(TryParseJson("{").is_discarded());
  EXPECT_EQ(ErrorOf([] { ParseJson("\"\xFF\"", "f"); }).code(), ErrorCode::kSyntax);
}

TEST(JsonTest, IsNotReadWhereItIsNestedSoDeeplyThatTheStackWouldNotHoldIt) {
  auto nested = [](size_t levels) {
    return R"({"[[[\"{": )" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  Json deep = ParseJson(nested(kDeepestJson - 1), "f");
  EXPECT_EQ(Json(deep).dump().size(), nested(kDeepestJson - 1).size() - 1);
  Error error = ErrorOf([&] { ParseJson(nested(kDeepestJson), "f"); });
  EXPECT_EQ(error.code(), ErrorCode::kSyntax);
  EXPECT_EQ(error.file(), "f");
  EXPECT_TRUE(TryParseJson(nested(1'000'000)).is_discarded());
  EXPECT_FALSE(TryParseJson("[[],[],{}]").is_discarded());
}

TEST(JsonTest, MembersOfTheWrongKindAreNamed) {
  Json json = ParseJson(R"({"text": "x", "number": 1.5, "list": [1]})", "f");
  EXPECT_EQ(RequireString(json, "text", "it"), "x");
  EXPECT_EQ(RequireArray(json, "list", "it").size(), 1U);
  for (const auto& action : std::initializer_list<std::function<void()>>{
           [&] { RequireMember(json, "absent", "table metadata x"); },
           [&] { RequireString(json, "number", "table metadata x"); },
           [&] { RequireInteger(json, "number", "table metadata x"); },
           [&] { RequireInteger(json, "text", "table metadata x"); },
           [&] { RequireArray(json, "text", "table metadata x"); },
           [&] { RequireMember(Json::array(), "absent", "table metadata x"); }}) {
    Error error = ErrorOf(action);
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(error.message().find("table metadata x"), std::string::npos);
  }
  EXPECT_NE(ErrorOf([&] { RequireMember(json, "absent", "it"); }).message().find("absent"),
            std::string::npos);
}

}  // namespace
}  // namespace eider
