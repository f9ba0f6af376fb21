#include "server/table_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "base/error_testing.h"
#include "base/json.h"
#include "io/s3_testing.h"

namespace eider::server {
namespace {

using io::FolderAccess;
using testing::HasSubstr;

constexpr int64_t kMinute = 60'000;

class TableKeysTest : public testing::Test {
 protected:
  TableKeysTest() {
    options_ = io::TestS3Options("http://minio:9000");
    options_.role_arn = "arn:aws-cn:iam::1:role/r";
    options_.role_external_id = "x";
    keys_ = std::make_unique<TableKeys>(options_, [this](const io::AssumeRole& role) {
      std::lock_guard<std::mutex> lock(mutex_);
      roles_.push_back(role);
      if (fails_) throw Error(ErrorCode::kPermission, "the role cannot be assumed");
      return io::AwsCredentials{"id-" + std::to_string(roles_.size()), "secret", "token",
                                minutes_ == 0 ? 0 : NowMillis() + minutes_ * kMinute};
    });
  }

  std::string Get(const std::string& key, FolderAccess access = FolderAccess::kRead) {
    return keys_->Get({"lake", key}, access).access_key_id;
  }

  io::S3Options options_;
  std::mutex mutex_;
  int minutes_ = 60;
  bool fails_ = false;
  std::vector<io::AssumeRole> roles_;
  std::unique_ptr<TableKeys> keys_;
};

TEST_F(TableKeysTest, ARoleIsAssumedForOneFolderAndOneRight) {
  Get("w/t", FolderAccess::kWrite);
  ASSERT_EQ(roles_.size(), 1);
  EXPECT_EQ(roles_[0].role_arn, "arn:aws-cn:iam::1:role/r");
  EXPECT_EQ(roles_[0].external_id, "x");
  EXPECT_EQ(roles_[0].endpoint, "http://minio:9000") << "a store of its own makes keys itself";
  EXPECT_EQ(roles_[0].duration_seconds, 3600);
  EXPECT_EQ(roles_[0].policy, io::S3FolderPolicy({"lake", "w/t"}, FolderAccess::kWrite, "aws-cn"));
}

TEST_F(TableKeysTest, KeysAreSharedWhereFolderAndRightAreTheSame) {
  EXPECT_EQ(Get("w/t"), "id-1");
  EXPECT_EQ(Get("w/t"), "id-1");
  EXPECT_EQ(Get("w/t", FolderAccess::kWrite), "id-2");
  EXPECT_EQ(Get("w/u"), "id-3");
  EXPECT_EQ(keys_->Get({"pond", "w/t"}, FolderAccess::kRead).access_key_id, "id-4");
  EXPECT_EQ(Get("w/t"), "id-1");
  EXPECT_EQ(keys_->made(), 4);
}

TEST_F(TableKeysTest, KeysAreMadeAnewHalfAnHourBeforeTheyEnd) {
  minutes_ = 29;
  EXPECT_EQ(Get("w/t"), "id-1");
  EXPECT_EQ(Get("w/t"), "id-2");
  minutes_ = 31;
  EXPECT_EQ(Get("w/t"), "id-3");
  EXPECT_EQ(Get("w/t"), "id-3");
  minutes_ = 0;
  EXPECT_EQ(Get("w/u"), "id-4");
  EXPECT_EQ(Get("w/u"), "id-4") << "where the store does not say, it is as asked for";
  EXPECT_GT(keys_->Get({"lake", "w/u"}, FolderAccess::kRead).expires_at_millis,
            NowMillis() + 59 * kMinute);
}

TEST_F(TableKeysTest, WhereNoneCanBeHadTheOldOnesDoForAWhile) {
  minutes_ = 20;
  EXPECT_EQ(Get("w/t"), "id-1");
  minutes_ = 9;
  EXPECT_EQ(Get("w/u"), "id-2");
  fails_ = true;
  EXPECT_EQ(Get("w/t"), "id-1");
  for (const char* key : {"w/u", "w/v"}) {
    Error error = ErrorOf([&] { Get(key); });
    EXPECT_EQ(error.code(), ErrorCode::kIo) << "it is not the client who lacks a right";
    EXPECT_THAT(error.message(), HasSubstr("cannot be assumed"));
  }
  EXPECT_EQ(keys_->failures(), 3);
  fails_ = false;
  EXPECT_EQ(Get("w/v"), "id-6");
}

TEST_F(TableKeysTest, ManyWhoAskAtOnceAreGivenTheSame) {
  std::vector<std::thread> threads;
  std::vector<std::string> got(8);
  for (std::string& id : got) threads.emplace_back([&] { id = Get("w/t"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(got, testing::Each("id-1"));
}

TEST(StsEndpointTest, IsTheStoresUnlessThatIsAws) {
  io::S3Options options = io::TestS3Options("");
  EXPECT_EQ(options.StsEndpoint(), "");
  options.endpoint = "https://s3.eu-west-1.amazonaws.com";
  EXPECT_EQ(options.StsEndpoint(), "");
  options.endpoint = "https://bucket.vpce-1.s3.cn-north-1.vpce.amazonaws.com.cn:443";
  EXPECT_EQ(options.StsEndpoint(), "");
  options.endpoint = "https://amazonaws.com.example.org";
  EXPECT_EQ(options.StsEndpoint(), options.endpoint);
  options.sts_endpoint = "http://sts:1";
  EXPECT_EQ(options.StsEndpoint(), "http://sts:1");
}

}  // namespace
}  // namespace eider::server
