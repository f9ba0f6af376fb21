#include "io/s3_folder_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_testing.h"
#include "base/json.h"

namespace eider::io {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Le;

Json Policy(const std::string& key, FolderAccess access = FolderAccess::kRead) {
  return Json::parse(S3FolderPolicy({"lake", key}, access, "aws"));
}

TEST(S3FolderPolicyTest, ReadersReadAndListTheFolder) {
  EXPECT_EQ(Policy("shop/s/t"), Json::parse(R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::lake/shop/s/t/*"},
      {"Effect":"Allow","Action":["s3:ListBucket"],"Resource":"arn:aws:s3:::lake",
       "Condition":{"StringLike":{"s3:prefix":"shop/s/t/*"}}}]})"));
  EXPECT_EQ(Policy("shop/s/t/"), Policy("shop/s/t"));
}

TEST(S3FolderPolicyTest, WritersWriteAndDeleteThereToo) {
  Json policy = Policy("t", FolderAccess::kWrite);
  EXPECT_EQ(policy["Statement"][0]["Action"],
            Json({"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}));
  policy["Statement"][0]["Action"] = {"s3:GetObject"};
  EXPECT_EQ(policy, Policy("t"));
}

TEST(S3FolderPolicyTest, OtherPartsOfAwsHaveOtherNames) {
  Json policy = Json::parse(S3FolderPolicy({"lake", "t"}, FolderAccess::kRead, "aws-cn"));
  EXPECT_EQ(policy["Statement"][0]["Resource"], "arn:aws-cn:s3:::lake/t/*");
  EXPECT_EQ(policy["Statement"][1]["Resource"], "arn:aws-cn:s3:::lake");
}

// Elsewhere keys for a table called "*" were keys for all tables.
TEST(S3FolderPolicyTest, NoNameIsAPattern) {
  struct Named {
    const char* key;
    const char* pattern;
  };
  for (const Named& named : {
           Named{"w/*", "w/${*}/*"},
           Named{"w/a?c", "w/a${?}c/*"},
           Named{"w/${aws:username}", "w/${$}{aws:username}/*"},
           Named{"w/${*}", "w/${$}{${*}}/*"},
           Named{"w/a$", "w/a${$}/*"},
           Named{"w/%2A", "w/%2A/*"},
           Named{"w/a\\*", "w/a\\${*}/*"},
           Named{R"(w/a","Resource":"*)", R"(w/a","Resource":"${*}/*)"},
           Named{"w/a\\\"b'", "w/a\\\"b'/*"},
           Named{"w/a\nb", "w/a\nb/*"},
           Named{"w/ü 日本", "w/ü 日本/*"},
       }) {
    Json policy = Policy(named.key);
    ASSERT_EQ(policy["Statement"].size(), 2);
    EXPECT_EQ(policy["Statement"][0].size(), 3);
    EXPECT_EQ(policy["Statement"][0]["Resource"],
              std::string("arn:aws:s3:::lake/") + named.pattern);
    EXPECT_EQ(policy["Statement"][1]["Condition"]["StringLike"]["s3:prefix"], named.pattern);
  }
}

TEST(S3FolderPolicyTest, IsOfTheCharactersThatAwsTakes) {
  std::string text = S3FolderPolicy({"lake", "w/ü 日本"}, FolderAccess::kRead, "aws");
  EXPECT_THAT(text, Each(AllOf(Ge(' '), Le('~'))));
}

TEST(S3FolderPolicyTest, NothingForAWholeBucketOrANameThatIsTooLong) {
  for (const char* key : {"", "/", "//"}) {
    EXPECT_EQ(CodeOf([&] { Policy(key); }), ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(CodeOf([] { Policy(std::string(1000, 'k')); }), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace eider::io
