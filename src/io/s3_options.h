// How an S3-compatible object store is reached, and read from settings with the names that Iceberg
// gives them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/aws_credentials.h"

namespace eider::io {

// "s3.endpoint", "s3.access-key-id", ..: see docs/commands/serve.md.
using StorageProperties = std::map<std::string, std::string>;

struct S3Options {
  std::string endpoint;  // "http://host:9000", without a slash at its end; "" for AWS
  std::string region;
  // Whether the bucket stands in the path, not before the host's name.
  bool path_style = false;
  std::shared_ptr<AwsCredentialSource> credentials;

  // The role whose keys clients are given, each time for less than it may; "" for none.
  std::string role_arn;
  std::string role_external_id;
  std::string sts_endpoint;  // "" for the one that goes with the store: see StsEndpoint
  // Whether clients who may do everything are given the keys of `credentials` themselves.
  bool gives_own_keys = false;

  std::string ca_file;
  int attempts = 7;
  std::chrono::milliseconds first_pause{50};  // doubled with each try
  std::chrono::milliseconds longest_pause{5'000};
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::seconds stall_timeout{30};
  // Bodies above it are sent in parts of this size.
  int64_t part_bytes = int64_t{16} << 20;

  // "https://bucket.s3.eu-west-1.amazonaws.com" or "http://host:9000/bucket".
  std::string BucketUrl(std::string_view bucket) const;
  // Who makes keys for a role: where `sts_endpoint` does not say, AWS does for its own stores ("",
  // the region's), and other stores do it themselves.
  std::string StsEndpoint() const;
};

// What all objects whose locations begin alike are reached by.
struct S3Scope {
  std::string prefix;  // "" for all
  S3Options options;
};

// What is not said is looked for as the tools of AWS do: the environment, the shared files. Throws
// kInvalidArgument for names and values that mean nothing here. No message holds a value.
S3Options S3OptionsFrom(const StorageProperties& properties);

// The names that S3OptionsFrom knows.
std::vector<std::string> StoragePropertyNames();

}  // namespace eider::io
