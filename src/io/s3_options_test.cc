#include "io/s3_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error_testing.h"

namespace eider::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(S3OptionsTest, ReadsTheNamesOfIceberg) {
  S3Options options = S3OptionsFrom({{"s3.endpoint", "http://minio:9000/"},
                                     {"s3.region", "eu-west-1"},
                                     {"s3.access-key-id", "id"},
                                     {"s3.secret-access-key", "secret"},
                                     {"s3.session-token", "token"},
                                     {"client.assume-role.arn", "arn:aws:iam::1:role/r"}});
  EXPECT_EQ(options.endpoint, "http://minio:9000");
  EXPECT_EQ(options.region, "eu-west-1");
  EXPECT_TRUE(options.path_style) << "with an endpoint, unless it is said";
  EXPECT_EQ(options.role_arn, "arn:aws:iam::1:role/r");
  AwsCredentials keys = options.credentials->Get();
  EXPECT_EQ(keys.access_key_id + keys.secret_access_key + keys.session_token, "idsecrettoken");
  EXPECT_EQ(options.BucketUrl("b"), "http://minio:9000/b");
}

TEST(S3OptionsTest, BucketsStandInThePathOrBeforeTheHost) {
  StorageProperties properties = {{"s3.endpoint", "https://store:1"},
                                  {"s3.access-key-id", "id"},
                                  {"s3.secret-access-key", "secret"},
                                  {"s3.path-style-access", "FALSE"}};
  EXPECT_EQ(S3OptionsFrom(properties).BucketUrl("b"), "https://b.store:1");
  S3Options aws;
  aws.region = "eu-west-1";
  EXPECT_EQ(aws.BucketUrl("b"), "https://b.s3.eu-west-1.amazonaws.com");
  aws.path_style = true;
  aws.region = "cn-north-1";
  EXPECT_EQ(aws.BucketUrl("b"), "https://s3.cn-north-1.amazonaws.com.cn/b");
}

TEST(S3OptionsTest, OwnKeysAreGivenAwayOnlyWhereItIsSaid) {
  StorageProperties properties = {{"s3.access-key-id", "id"}, {"s3.secret-access-key", "secret"}};
  EXPECT_FALSE(S3OptionsFrom(properties).gives_own_keys);
  properties["client.vended-credentials"] = "static";
  EXPECT_TRUE(S3OptionsFrom(properties).gives_own_keys);
}

TEST(S3OptionsTest, RefusesWhatItDoesNotKnowAndShowsNoValue) {
  for (const StorageProperties& properties :
       std::vector<StorageProperties>{{{"s3.acces-key-id", "SECRET"}},
                                      {{"s3.access-key-id", "SECRET"}},
                                      {{"s3.secret-access-key", "SECRET"}},
                                      {{"s3.path-style-access", "SECRET"}},
                                      {{"s3.endpoint", "SECRET"}},
                                      {{"s3.endpoint", "http://user:SECRET@host"}},
                                      {{"s3.endpoint", "file:///SECRET"}},
                                      {{"client.vended-credentials", "SECRET"}},
                                      {{"s3.region", "SECRET/x"}}}) {
    Error error = ErrorOf([&] { S3OptionsFrom(properties); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << properties.begin()->first;
    EXPECT_THAT(error.what(), Not(HasSubstr("SECRET")));
  }
  EXPECT_THAT(ErrorOf([] {
                S3OptionsFrom({{"s3.acces-key-id", "x"}});
              }).hint(),
              HasSubstr("s3.access-key-id"));
}

}  // namespace
}  // namespace eider::io
