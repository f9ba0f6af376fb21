// What other programs need to be told to work on the REST catalog of a running `eider serve`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace eider::cli {

struct CatalogAddress {
  std::string uri;        // ".../iceberg"; see CatalogUri
  std::string catalog;    // what the other program calls it; see IsPlainName
  std::string warehouse;  // "" for the server's first
  // The environment variable in which the other program finds its token, or "": none is sent.
  // Tokens themselves are never written.
  std::string token_variable;
  // Where tables lie on S3; nullopt where they do not.
  struct S3 {
    std::string endpoint;  // URL; "" for AWS's own
    std::string region;
    // What the program asks the server for, as it has no keys of its own: "vended-credentials" or
    // "remote-signing"; "" for nothing.
    std::string delegation = {};
  };
  std::optional<S3> s3 = std::nullopt;
};

// Throws kInvalidArgument for what is no plain URL of a server.
void CheckUrl(const std::string& url);

// "http://host:8181", "http://host:8181/" and "http://host:8181/iceberg" -> the catalog's URI.
// Throws kInvalidArgument for what is no such address.
std::string CatalogUri(const std::string& server);

// Whether every program takes the name as it is, without quotes.
bool IsPlainName(const std::string& name);

struct TextFile {
  std::string path;  // "etc/node.properties"
  std::string text;
};

struct TrinoOptions {
  int port = 8080;
  std::string heap = "2G";
  std::string data_folder;  // where Trino keeps its logs and its lock
};

// In what follows, kUnsupported is thrown where the program cannot be served as `address` has it.

// All of a Trino of one node: etc/ with the catalog.
std::vector<TextFile> TrinoFiles(const CatalogAddress& address, const TrinoOptions& options);

// Lines of spark-defaults.conf.
std::string SparkConfiguration(const CatalogAddress& address);
// A statement of Flink's SQL.
std::string FlinkConfiguration(const CatalogAddress& address);
// .pyiceberg.yaml.
std::string PyIcebergConfiguration(const CatalogAddress& address);
// Statements for DuckDB.
std::string DuckDbConfiguration(const CatalogAddress& address);

}  // namespace eider::cli
