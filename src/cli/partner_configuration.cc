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

std::string TrinoCatalog(const CatalogAddress& address) {
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
  // Tables lie at file:///.. locations, which Trino resolves below local.location.
  properties.Set("fs.native-local.enabled", "true");
  properties.Set("local.location", "/");
  return properties.text();
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

std::string CatalogUri(const std::string& server) {
  std::string uri = server;
  while (uri.ends_with('/')) uri.pop_back();
  size_t scheme = uri.find("://");
  bool known = uri.starts_with("http://") || uri.starts_with("https://");
  size_t host = known ? scheme + 3 : 0;
  size_t path = uri.find('/', host);
  bool plain = std::none_of(uri.begin(), uri.end(), [](unsigned char c) {
    return c <= ' ' || c >= 0x7f || c == '?' || c == '#' || c == '@' || c == '\'' || c == '"' ||
           c == '\\' || c == '$';
  });
  if (!known || !plain || host == uri.size() || host == path) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not the address of a server", server))
        .WithHint("It is http://HOST:PORT, as `eider serve` prints it.");
  }
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
  properties.Set("spark.jars.packages", std::string(kSparkRuntime));
  properties.Set("spark.sql.extensions",
                 "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions");
  properties.Set(catalog, "org.apache.iceberg.spark.SparkCatalog");
  properties.Set(catalog + ".type", "rest");
  properties.Set(catalog + ".uri", address.uri);
  if (!address.warehouse.empty()) properties.Set(catalog + ".warehouse", address.warehouse);
  if (!address.token_variable.empty()) {
    properties.Set(catalog + ".token", "env:" + address.token_variable);
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
  return text;
}

std::string DuckDbConfiguration(const CatalogAddress& address) {
  std::string text = "INSTALL iceberg;\nLOAD iceberg;\n";
  std::string how = "AUTHORIZATION_TYPE 'none'";
  if (!address.token_variable.empty()) {
    text += fmt::format(
        "-- Only DuckDB's shell has getenv(); elsewhere the variable is set from the program.\n"
        "SET VARIABLE eider_token = getenv({});\n"
        "CREATE OR REPLACE SECRET {} (TYPE iceberg, TOKEN getvariable('eider_token'));\n",
        SqlText(address.token_variable), address.catalog);
    how = "SECRET " + address.catalog;
  }
  return text + fmt::format("ATTACH {} AS {} (TYPE iceberg, ENDPOINT {}, {});\n",
                            SqlText(address.warehouse), address.catalog, SqlText(address.uri), how);
}

}  // namespace eider::cli
