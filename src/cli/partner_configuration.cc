#include "cli/partner_configuration.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace eider::cli {

namespace {

constexpr std::string_view kMount = "/iceberg";
// The versions that `make interop` runs.
constexpr std::string_view kSparkRuntime =
    "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0";
constexpr std::string_view kAwsBundle = "org.apache.iceberg:iceberg-aws-bundle:1.12.0";

constexpr std::string_view kSigning = "remote-signing";
constexpr std::string_view kDelegationHeader = "header.X-Iceberg-Access-Delegation";

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string SqlText(const std::string& text) { return "'" + ReplaceAll(text, "'", "''") + "'"; }

// A value of a Java properties file, which takes a backslash for an escape.
std::string PropertyText(const std::string& text) { return ReplaceAll(text, "\\", "\\\\"); }

// "a=1" lines.
class Properties {
 public:
  explicit Properties(std::string_view separator = "=") : separator_(separator) {}

  Properties& Set(std::string_view key, const std::string& value) {
    text_ += fmt::format("{}{}{}\n", key, separator_, PropertyText(value));
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string_view separator_;
  std::string text_;
};

void RefuseSigning(const CatalogAddress& address, std::string_view program) {
  if (!address.s3 || address.s3->delegation != kSigning) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} has no requests to S3 signed by others", program))
      .WithHint("It takes keys: --delegation vended-credentials.");
}

std::string TrinoCatalog(const CatalogAddress& address) {
  RefuseSigning(address, "Trino");
  Properties properties;
  properties.Set("connector.name", "iceberg");
  properties.Set("iceberg.catalog.type", "rest");
  properties.Set("iceberg.rest-catalog.uri", address.uri);
  if (!address.warehouse.empty()) {
    properties.Set("iceberg.rest-catalog.warehouse", address.warehouse);
  }
  properties.Set("iceberg.rest-catalog.view-endpoints-enabled", "true");
  properties.Set("iceberg.rest-catalog.nested-namespace-enabled", "true");
  if (!address.token_variable.empty()) {
    properties.Set("iceberg.rest-catalog.security", "OAUTH2");
    properties.Set("iceberg.rest-catalog.oauth2.token",
                   fmt::format("${{ENV:{}}}", address.token_variable));
  }
  properties.Set("iceberg.unique-table-location", "true");
  if (address.s3) {
    properties.Set("fs.native-s3.enabled", "true");
    properties.Set("s3.region", address.s3->region);
    if (!address.s3->endpoint.empty()) {
      properties.Set("s3.endpoint", address.s3->endpoint);
      properties.Set("s3.path-style-access", "true");
    }
    if (!address.s3->delegation.empty()) {
      properties.Set("iceberg.rest-catalog.vended-credentials-enabled", "true");
    }
    return properties.text();
  }
  // Tables lie at file:///.. locations, which Trino resolves below local.location.
  properties.Set("fs.native-local.enabled", "true");
  properties.Set("local.location", "/");
  return properties.text();
}

// What S3FileIO of Iceberg's own library takes, in Spark and in Flink.
std::vector<std::pair<std::string, std::string>> S3FileIoProperties(const CatalogAddress::S3& s3) {
  std::vector<std::pair<std::string, std::string>> properties = {
      {"io-impl", "org.apache.iceberg.aws.s3.S3FileIO"}, {"client.region", s3.region}};
  if (!s3.endpoint.empty()) {
    properties.emplace_back("s3.endpoint", s3.endpoint);
    properties.emplace_back("s3.path-style-access", "true");
  }
  if (!s3.delegation.empty()) properties.emplace_back(kDelegationHeader, s3.delegation);
  return properties;
}

// DuckDB's secret, with the keys of the environment.
std::string S3Secret(const std::string& catalog, const CatalogAddress::S3& s3) {
  std::string text = fmt::format(
      "CREATE OR REPLACE SECRET {}_files (TYPE s3, KEY_ID getenv('AWS_ACCESS_KEY_ID'), "
      "SECRET getenv('AWS_SECRET_ACCESS_KEY'), SESSION_TOKEN getenv('AWS_SESSION_TOKEN'), "
      "REGION {}",
      catalog, SqlText(s3.region));
  if (!s3.endpoint.empty()) {
    bool is_tls = s3.endpoint.starts_with("https://");
    text += fmt::format(", ENDPOINT {}, URL_STYLE 'path', USE_SSL {}",
                        SqlText(s3.endpoint.substr(s3.endpoint.find("://") + 3)), is_tls);
  }
  return text + ");\n";
}

std::string TrinoServer(const TrinoOptions& options) {
  Properties properties;
  properties.Set("coordinator", "true");
  properties.Set("node-scheduler.include-coordinator", "true");
  properties.Set("http-server.http.port", std::to_string(options.port));
  properties.Set("discovery.uri", fmt::format("http://localhost:{}", options.port));
  return properties.text();
}

std::string TrinoMachine(const TrinoOptions& options) {
  return fmt::format(
      "-server\n"
      "-Xmx{}\n"
      "-XX:+ExitOnOutOfMemoryError\n"
      "-XX:-OmitStackTraceInFastThrow\n"
      "-Djdk.attach.allowAttachSelf=true\n"
      "-Dfile.encoding=UTF-8\n"
      "--enable-native-access=ALL-UNNAMED\n"
      "--sun-misc-unsafe-memory-access=allow\n",
      options.heap);
}

}  // namespace

void CheckUrl(const std::string& url) {
  size_t scheme = url.find("://");
  bool known = url.starts_with("http://") || url.starts_with("https://");
  size_t host = known ? scheme + 3 : 0;
  bool plain = std::none_of(url.begin(), url.end(), [](unsigned char c) {
    return c <= ' ' || c >= 0x7f || c == '?' || c == '#' || c == '@' || c == '\'' || c == '"' ||
           c == '\\' || c == '$';
  });
  if (known && plain && host < url.size() && url[host] != '/') return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not the address of a server", url))
      .WithHint("It is http://HOST:PORT.");
}

std::string CatalogUri(const std::string& server) {
  CheckUrl(server);
  std::string uri = server;
  while (uri.ends_with('/')) uri.pop_back();
  return uri.ends_with(kMount) ? uri : uri + std::string(kMount);
}

bool IsPlainName(const std::string& name) {
  bool begins = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
  return begins && std::all_of(name.begin(), name.end(), IsWordCharacter);
}

std::vector<TextFile> TrinoFiles(const CatalogAddress& address, const TrinoOptions& options) {
  Properties node;
  node.Set("node.environment", "eider");
  node.Set("node.id", "eider");
  node.Set("node.data-dir", options.data_folder);
  return {{"etc/node.properties", node.text()},
          {"etc/jvm.config", TrinoMachine(options)},
          {"etc/config.properties", TrinoServer(options)},
          {fmt::format("etc/catalog/{}.properties", address.catalog), TrinoCatalog(address)}};
}

std::string SparkConfiguration(const CatalogAddress& address) {
  Properties properties(" ");
  std::string catalog = "spark.sql.catalog." + address.catalog;
  std::string packages(kSparkRuntime);
  if (address.s3) packages += "," + std::string(kAwsBundle);
  properties.Set("spark.jars.packages", packages);
  properties.Set("spark.sql.extensions",
                 "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions");
  properties.Set(catalog, "org.apache.iceberg.spark.SparkCatalog");
  properties.Set(catalog + ".type", "rest");
  properties.Set(catalog + ".uri", address.uri);
  if (!address.warehouse.empty()) properties.Set(catalog + ".warehouse", address.warehouse);
  if (!address.token_variable.empty()) {
    properties.Set(catalog + ".token", "env:" + address.token_variable);
  }
  if (address.s3) {
    for (const auto& [name, value] : S3FileIoProperties(*address.s3)) {
      properties.Set(catalog + "." + name, value);
    }
  }
  // Spark would otherwise show a table for half a minute as it was when it was first read.
  properties.Set(catalog + ".cache-enabled", "false");
  return properties.text();
}

std::string FlinkConfiguration(const CatalogAddress& address) {
  std::string text = fmt::format("CREATE CATALOG {} WITH (\n", address.catalog);
  text += "  'type' = 'iceberg',\n  'catalog-type' = 'rest',\n";
  if (!address.warehouse.empty()) {
    text += fmt::format("  'warehouse' = {},\n", SqlText(address.warehouse));
  }
  if (!address.token_variable.empty()) {
    text += fmt::format("  'token' = 'env:{}',\n", address.token_variable);
  }
  if (address.s3) {
    for (const auto& [name, value] : S3FileIoProperties(*address.s3)) {
      text += fmt::format("  '{}' = {},\n", name, SqlText(value));
    }
  }
  return text + fmt::format("  'uri' = {}\n);\n", SqlText(address.uri));
}

std::string PyIcebergConfiguration(const CatalogAddress& address) {
  std::string text;
  std::string name = Lower(address.catalog);
  if (!address.token_variable.empty()) {
    // PyIceberg reads variables of its own only, and turns the underscores of their names around.
    name = ReplaceAll(name, "_", "-");
    text += fmt::format(
        "# PyIceberg takes the token from a variable of its own:\n"
        "#   export PYICEBERG_CATALOG__{}__TOKEN=\"${}\"\n",
        Upper(address.catalog), address.token_variable);
  }
  text += fmt::format("catalog:\n  {}:\n    type: rest\n    uri: {}\n", name, address.uri);
  if (!address.warehouse.empty()) {
    text += fmt::format("    warehouse: {}\n", Json(address.warehouse).dump());
  }
  if (address.s3) {
    text += fmt::format("    s3.region: {}\n", address.s3->region);
    if (!address.s3->endpoint.empty()) {
      text += fmt::format("    s3.endpoint: {}\n", address.s3->endpoint);
    }
    if (!address.s3->delegation.empty()) {
      text += fmt::format("    {}: {}\n", kDelegationHeader, address.s3->delegation);
    }
  }
  return text;
}

std::string DuckDbConfiguration(const CatalogAddress& address) {
  RefuseSigning(address, "DuckDB");
  bool own_keys = address.s3 && address.s3->delegation.empty();
  std::string text = "INSTALL iceberg;\nLOAD iceberg;\n";
  std::string how = "AUTHORIZATION_TYPE 'none'";
  if (own_keys || !address.token_variable.empty()) {
    text += "-- Only DuckDB's shell has getenv(); elsewhere values are set from the program.\n";
  }
  if (own_keys) {
    text += S3Secret(address.catalog, *address.s3);
  }
  if (!address.token_variable.empty()) {
    text += fmt::format(
        "SET VARIABLE eider_token = getenv({});\n"
        "CREATE OR REPLACE SECRET {} (TYPE iceberg, TOKEN getvariable('eider_token'));\n",
        SqlText(address.token_variable), address.catalog);
    how = "SECRET " + address.catalog;
  }
  if (own_keys) how += ", ACCESS_DELEGATION_MODE 'none'";
  return text + fmt::format("ATTACH {} AS {} (TYPE iceberg, ENDPOINT {}, {});\n",
                            SqlText(address.warehouse), address.catalog, SqlText(address.uri), how);
}

}  // namespace eider::cli
