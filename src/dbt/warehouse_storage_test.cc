#include "dbt/warehouse_storage.h"

#include <gtest/gtest.h>

#include "base/error_testing.h"
#include "dbt/secret.h"

namespace eider::dbt {
namespace {

TEST(WarehouseStorageTest, StorageBeforeSecretsBeforeSettings) {
  Json credentials = Json::parse(R"({
    "settings": {"s3_region": "eu-west-1", "s3_endpoint": "minio:9000", "s3_use_ssl": false,
                 "s3_url_style": "path", "s3_access_key_id": "of-settings", "threads": 4},
    "secrets": [{"type": "gcs", "key_id": "other"},
                {"type": "s3", "key_id": "elsewhere", "scope": "s3://other/"},
                {"type": "S3", "key_id": "id", "secret": "THE-SECRET", "region": "eu-west-2"}],
    "storage": {"s3.region": "eu-west-3", "client.assume-role.arn": null}})");
  io::StorageProperties expected = {{"s3.access-key-id", "id"},
                                    {"s3.secret-access-key", "THE-SECRET"},
                                    {"s3.endpoint", "http://minio:9000"},
                                    {"s3.path-style-access", "true"},
                                    {"s3.region", "eu-west-3"}};
  EXPECT_EQ(WarehouseStorage(credentials, "s3://bucket/shop"), expected);
  EXPECT_EQ(ScrubSecrets("a THE-SECRET b"), "a ***** b");
  EXPECT_TRUE(WarehouseStorage(credentials, "/data/shop").empty());
}

TEST(WarehouseStorageTest, ASecretsScopeHasToCoverTheWarehouse) {
  auto key = [](const std::string& scope) {
    Json credentials = {
        {"secrets",
         Json::array({{{"type", "s3"}, {"key_id", "id"}, {"scope", Json::parse(scope)}}})}};
    return WarehouseStorage(credentials, "s3a://bucket/shop").count("s3.access-key-id");
  };
  EXPECT_EQ(key(R"("s3://bucket/")"), 1U);
  EXPECT_EQ(key(R"(["s3://x", "s3://bucket/shop"])"), 1U);
  EXPECT_EQ(key(R"("s3://bucket/shop/part")"), 0U);
  EXPECT_EQ(key(R"(["s3://x"])"), 0U);
}

TEST(WarehouseStorageTest, RefusesWhatIsNoText) {
  EXPECT_EQ(CodeOf([] {
              WarehouseStorage({{"storage", Json::array()}}, "s3://b/p");
            }),
            ErrorCode::kInvalidArgument);
  Json nested = {{"storage", {{"s3.region", Json::object()}}}};
  EXPECT_EQ(CodeOf([&] { WarehouseStorage(nested, "s3://b/p"); }), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::dbt
