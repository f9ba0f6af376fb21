#include "cli/partner_configuration.h"

#include <gtest/gtest.h>

#include "base/error_testing.h"

namespace eider::cli {

namespace {

const CatalogAddress kAddress = {"http://h:1/iceberg", "shop", "it's", "TOKEN"};

TEST(PartnerConfiguration, UriOfAServer) {
  for (const char* server :
       {"http://h:1", "http://h:1/", "http://h:1/iceberg", "http://h:1/iceberg/"}) {
    EXPECT_EQ(CatalogUri(server), "http://h:1/iceberg");
  }
  EXPECT_EQ(CatalogUri("https://h/behind/a/proxy"), "https://h/behind/a/proxy/iceberg");
  for (const char* wrong : {"", "h:1", "ftp://h", "http://", "http:///iceberg", "http://u:p@h",
                            "http://h?x", "http://h/'", "http://h/\n", "http://${ENV:X}"}) {
    EXPECT_EQ(CodeOf([&] { CatalogUri(wrong); }), ErrorCode::kInvalidArgument) << wrong;
  }
}

TEST(PartnerConfiguration, PlainNames) {
  for (const char* name : {"a", "_a1", "Shop_2"}) EXPECT_TRUE(IsPlainName(name)) << name;
  for (const char* name : {"", "1a", "a-b", "a.b", "a b", "../a", "ä"}) {
    EXPECT_FALSE(IsPlainName(name)) << name;
  }
}

TEST(PartnerConfiguration, ValuesAreQuotedAsEachProgramHasIt) {
  EXPECT_NE(FlinkConfiguration(kAddress).find("'warehouse' = 'it''s'"), std::string::npos);
  EXPECT_NE(DuckDbConfiguration(kAddress).find("ATTACH 'it''s' AS shop"), std::string::npos);
  EXPECT_NE(PyIcebergConfiguration(kAddress).find("warehouse: \"it's\"\n"), std::string::npos);
  CatalogAddress backslash = kAddress;
  backslash.warehouse = "a\\b";
  EXPECT_NE(SparkConfiguration(backslash).find("spark.sql.catalog.shop.warehouse a\\\\b\n"),
            std::string::npos);
}

TEST(PartnerConfiguration, TheTokenIsNamedAndNotWritten) {
  EXPECT_NE(SparkConfiguration(kAddress).find("spark.sql.catalog.shop.token env:TOKEN\n"),
            std::string::npos);
  EXPECT_NE(FlinkConfiguration(kAddress).find("'token' = 'env:TOKEN'"), std::string::npos);
  EXPECT_NE(PyIcebergConfiguration(kAddress).find("PYICEBERG_CATALOG__SHOP__TOKEN=\"$TOKEN\""),
            std::string::npos);
  EXPECT_NE(DuckDbConfiguration(kAddress).find("getenv('TOKEN')"), std::string::npos);
  std::string catalog = TrinoFiles(kAddress, {}).back().text;
  EXPECT_NE(catalog.find("iceberg.rest-catalog.oauth2.token=${ENV:TOKEN}\n"), std::string::npos);

  CatalogAddress open = kAddress;
  open.token_variable = "";
  for (const std::string& text :
       {SparkConfiguration(open), FlinkConfiguration(open), PyIcebergConfiguration(open),
        DuckDbConfiguration(open), TrinoFiles(open, {}).back().text}) {
    EXPECT_EQ(text.find("oken"), std::string::npos) << text;
  }
}

TEST(PartnerConfiguration, TablesOnS3) {
  CatalogAddress address = kAddress;
  address.s3 = CatalogAddress::S3{"http://minio:9000", "eu-central-1"};
  std::string trino = TrinoFiles(address, {}).back().text;
  EXPECT_NE(trino.find("fs.native-s3.enabled=true\ns3.region=eu-central-1\n"
                       "s3.endpoint=http://minio:9000\ns3.path-style-access=true\n"),
            std::string::npos);
  EXPECT_EQ(trino.find("local"), std::string::npos);
  std::string spark = SparkConfiguration(address);
  EXPECT_NE(spark.find("iceberg-aws-bundle"), std::string::npos);
  EXPECT_NE(spark.find("spark.sql.catalog.shop.s3.endpoint http://minio:9000\n"),
            std::string::npos);
  EXPECT_NE(FlinkConfiguration(address).find("'client.region' = 'eu-central-1',\n"),
            std::string::npos);
  EXPECT_NE(PyIcebergConfiguration(address).find("    s3.endpoint: http://minio:9000\n"),
            std::string::npos);
  EXPECT_NE(DuckDbConfiguration(address).find("ENDPOINT 'minio:9000', URL_STYLE 'path', "
                                              "USE_SSL false);"),
            std::string::npos);
  // AWS itself has no endpoint, and the bucket in the host's name.
  address.s3->endpoint = "";
  for (const std::string& text : {TrinoFiles(address, {}).back().text, SparkConfiguration(address),
                                  FlinkConfiguration(address), PyIcebergConfiguration(address)}) {
    EXPECT_EQ(text.find("endpoint="), std::string::npos);
    EXPECT_EQ(text.find("path-style"), std::string::npos);
  }
}

TEST(PartnerConfiguration, TrinosFiles) {
  std::vector<TextFile> files = TrinoFiles(kAddress, {9090, "3G", "/data"});
  std::vector<std::string> paths;
  for (const TextFile& file : files) paths.push_back(file.path);
  EXPECT_EQ(paths,
            (std::vector<std::string>{"etc/node.properties", "etc/jvm.config",
                                      "etc/config.properties", "etc/catalog/shop.properties"}));
  EXPECT_NE(files[0].text.find("node.data-dir=/data\n"), std::string::npos);
  EXPECT_NE(files[1].text.find("-Xmx3G\n"), std::string::npos);
  EXPECT_NE(files[2].text.find("http-server.http.port=9090\n"), std::string::npos);
}

TEST(PartnerConfiguration, WithoutKeysOfTheirOwn) {
  CatalogAddress address = kAddress;
  address.s3 = CatalogAddress::S3{"http://minio:9000", "eu-central-1", "vended-credentials"};
  auto has = [](const std::string& text, std::string_view line) {
    return text.find(line) != std::string::npos;
  };
  EXPECT_TRUE(has(TrinoFiles(address, {}).back().text,
                  "iceberg.rest-catalog.vended-credentials-enabled=true\n"));
  EXPECT_TRUE(has(SparkConfiguration(address),
                  "shop.header.X-Iceberg-Access-Delegation vended-credentials\n"));
  std::string duckdb = DuckDbConfiguration(address);
  EXPECT_FALSE(has(duckdb, "AWS_ACCESS_KEY_ID"));
  EXPECT_FALSE(has(duckdb, "ACCESS_DELEGATION_MODE"));

  address.s3->delegation = "remote-signing";
  EXPECT_TRUE(has(FlinkConfiguration(address),
                  "'header.X-Iceberg-Access-Delegation' = 'remote-signing',\n"));
  EXPECT_TRUE(has(PyIcebergConfiguration(address),
                  "    header.X-Iceberg-Access-Delegation: remote-signing\n"));
  EXPECT_EQ(CodeOf([&] { TrinoFiles(address, {}); }), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf([&] { DuckDbConfiguration(address); }), ErrorCode::kUnsupported);
}

}  // namespace

}  // namespace eider::cli
