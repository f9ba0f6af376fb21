#include "cli/serve_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error_testing.h"
#include "base/temporary_folder.h"

namespace eider::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class ServeConfigTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) {
    std::string path = folder_.path() + "/eider.yaml";
    std::ofstream(path) << text;
    return path;
  }
  Error Refused(const std::string& text) {
    std::string path = Write(text);
    return ErrorOf([&] { ReadServeConfig(path); });
  }

  TemporaryFolder folder_;
};

TEST_F(ServeConfigTest, EverythingThereIs) {
  ServeConfig config = ReadServeConfig(Write(R"(
listen: 0.0.0.0:443
allow_anonymous: true
warehouses:
  - name: jaffle_iceberg
    location: warehouse/shop
  - location: file:///data/other
allowed_locations: [beside, file:///data/lake]
tls:
  certificate: server.crt
  key: /etc/eider/server.key
access_log: "-"
limits:
  header_size: 16KiB
  body_size: 1.5 MB
  all_bodies_size: 1GiB
  connections: 500
  handlers: 3
  request_time: 250ms
  idle_time: 5m
  drain_time: 10
)"));
  EXPECT_EQ(config.listen, "0.0.0.0:443");
  EXPECT_TRUE(config.allow_anonymous);
  ASSERT_EQ(config.warehouses.size(), 2U);
  EXPECT_EQ(config.warehouses[0].name, "jaffle_iceberg");
  EXPECT_EQ(config.warehouses[0].location, folder_.path() + "/warehouse/shop");
  EXPECT_EQ(config.allowed_locations,
            (std::vector<std::string>{folder_.path() + "/beside", "file:///data/lake"}));
  EXPECT_EQ(config.warehouses[1].name, "");
  EXPECT_EQ(config.warehouses[1].location, "file:///data/other");
  EXPECT_EQ(config.tls->certificate, folder_.path() + "/server.crt");
  EXPECT_EQ(config.tls->key, "/etc/eider/server.key");
  EXPECT_EQ(config.access_log, "-");
  EXPECT_EQ(config.limits.header_bytes, 16U << 10);
  EXPECT_EQ(config.limits.body_bytes, 1'500'000U);
  EXPECT_EQ(config.limits.all_body_bytes, 1U << 30);
  EXPECT_EQ(config.limits.connections, 500U);
  EXPECT_EQ(config.handlers, 3);
  EXPECT_EQ(config.limits.request_time, milliseconds(250));
  EXPECT_EQ(config.limits.idle_time, milliseconds(300'000));
  EXPECT_EQ(config.drain_time, milliseconds(10'000));
}

TEST_F(ServeConfigTest, AnEmptyFileIsTheDefaults) {
  ServeConfig config = ReadServeConfig(Write(""));
  EXPECT_EQ(config.listen, "127.0.0.1:8181");
  EXPECT_TRUE(config.warehouses.empty());
  EXPECT_FALSE(config.tls);
}

TEST_F(ServeConfigTest, UnknownKeysAreRefusedWithTheirPlace) {
  Error error = Refused("listen: :80\nacess_log: x\n");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr("no key 'acess_log'"));
  EXPECT_EQ(error.hint(), "Did you mean 'access_log'?");
  EXPECT_THAT(error.file(), HasSubstr("eider.yaml"));
  EXPECT_EQ(error.line(), 2);
  error = Refused("limits:\n  body_sise: 1MiB\n");
  EXPECT_EQ(error.hint(), "Did you mean 'body_size'?");
  EXPECT_EQ(error.line(), 2);
  EXPECT_THAT(Refused("tls:\n  zebra: 1\n").hint(), HasSubstr("certificate, client_authorities"));
}

TEST_F(ServeConfigTest, ValuesWithoutMeaningAreRefused) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"listen: [1]", "'listen' must be text"},
      {"allow_anonymous: maybe", "must be true or false, and is 'maybe'"},
      {"warehouses: shop", "'warehouses' must be a list"},
      {"warehouses:\n  - name: shop", "mapping with 'location'"},
      {"warehouses:\n  - shop", "a warehouse must be a mapping"},
      {"tls:\n  key: x", "with 'certificate' and 'key'"},
      {"limits:\n  body_size: 0", "a size such as 64MiB, and is '0'"},
      {"limits:\n  body_size: 5 bananas", "a size such as 64MiB"},
      {"limits:\n  body_size: nan", "a size such as 64MiB"},
      {"limits:\n  idle_time: -5s", "a time such as 30s or 5m"},
      {"limits:\n  connections: 1.5", "a number of 1 or more"},
      {"limits:\n  connections: 0", "a number of 1 or more"},
      {"metrics:\n  tables: -1", "a number of 0 or more"},
      {"dbt_projects:\n- name: a", "a mapping with 'name' and 'target'"},
      {"limits: 5", "'limits' must be a mapping"},
      {"- listen", "the configuration must be a mapping"},
      {"listen: a:1\nlisten: b:1", "stands twice"},
  };
  for (const auto& [text, message] : cases) {
    Error error = Refused(text);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << text;
    EXPECT_THAT(error.message(), HasSubstr(message)) << text;
    EXPECT_GT(error.line(), 0) << text;
  }
  EXPECT_EQ(Refused("listen: [").code(), ErrorCode::kSyntax);
  EXPECT_EQ(CodeOf([] { ReadServeConfig("/no/such/eider.yaml"); }), ErrorCode::kNotFound);
}

TEST(ParseWarehouse, NameAndLocationOrOnlyThat) {
  EXPECT_EQ(ParseWarehouse("shop=/data/shop").name, "shop");
  EXPECT_EQ(ParseWarehouse("shop=/data/a=b").location, "/data/a=b");
  EXPECT_EQ(ParseWarehouse("/data/a=b").name, "");
  EXPECT_EQ(ParseWarehouse("/data/a=b").location, "/data/a=b");
  EXPECT_EQ(ParseWarehouse("shop").location, "shop");
  EXPECT_EQ(CodeOf([] { ParseWarehouse("=x"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([] { ParseWarehouse("x="); }), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::cli
