#include "io/s3_options.h"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "io/http_client.h"

namespace eider::io {

namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool ReadFlag(const std::string& name, const std::string& value) {
  std::string text = Lower(value);
  if (text != "true" && text != "false") {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is true or false", name));
  }
  return text == "true";
}

std::string ReadEndpoint(const std::string& name, const std::string& value) {
  std::string endpoint = value;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  size_t scheme = endpoint.find("://");
  std::string_view rest = std::string_view(endpoint).substr(std::min(scheme, endpoint.size()));
  bool is_url = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  if (!is_url || rest.size() <= 3 || rest.find_first_of("?#@ ") != std::string_view::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is no URL such as https://minio.example.com:9000", name));
  }
  return endpoint;
}

struct Keys {
  AwsCredentials given;
  std::string profile;
  std::string path_style;  // "" where nothing was said
};

using Readers = std::map<std::string, std::function<void(const std::string&)>>;

Readers ReadersInto(S3Options& options, Keys& keys) {
  auto text = [](std::string& into) { return [&into](const std::string& value) { into = value; }; };
  auto endpoint = [](const char* name, std::string& into) {
    return [name, &into](const std::string& value) { into = ReadEndpoint(name, value); };
  };
  return {
      {"s3.endpoint", endpoint("s3.endpoint", options.endpoint)},
      {"s3.region", text(options.region)},
      {"client.region", text(options.region)},
      {"s3.access-key-id", text(keys.given.access_key_id)},
      {"s3.secret-access-key", text(keys.given.secret_access_key)},
      {"s3.session-token", text(keys.given.session_token)},
      {"s3.profile-name", text(keys.profile)},
      {"client.profile-name", text(keys.profile)},
      {"s3.path-style-access",
       [&](const std::string& value) {
         keys.path_style = ReadFlag("s3.path-style-access", value) ? "true" : "false";
       }},
      {"s3.ca-file", text(options.ca_file)},
      {"client.assume-role.arn", text(options.role_arn)},
      {"client.assume-role.external-id", text(options.role_external_id)},
      {"sts.endpoint", endpoint("sts.endpoint", options.sts_endpoint)},
      {"client.vended-credentials",
       [&](const std::string& value) {
         if (value != "static") {
           throw Error(ErrorCode::kInvalidArgument,
                       "client.vended-credentials is static, or is left out");
         }
         options.gives_own_keys = true;
       }},
  };
}

}  // namespace

std::string S3Options::BucketUrl(std::string_view bucket) const {
  std::string root = endpoint;
  if (root.empty()) {
    root = fmt::format("https://s3.{}.amazonaws.com{}", region,
                       region.starts_with("cn-") ? ".cn" : "");
  }
  if (path_style) return fmt::format("{}/{}", root, bucket);
  size_t host = root.find("://") + 3;
  return fmt::format("{}{}.{}", root.substr(0, host), bucket, root.substr(host));
}

std::string S3Options::StsEndpoint() const {
  if (!sts_endpoint.empty() || endpoint.empty()) return sts_endpoint;
  std::string_view host = endpoint;
  host.remove_prefix(host.find("://") + 3);
  host = host.substr(0, host.find_first_of(":/"));
  bool is_aws = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
  return is_aws ? "" : endpoint;
}

std::vector<std::string> StoragePropertyNames() {
  S3Options options;
  Keys keys;
  std::vector<std::string> names;
  for (const auto& [name, read] : ReadersInto(options, keys)) names.push_back(name);
  return names;
}

S3Options S3OptionsFrom(const StorageProperties& properties) {
  S3Options options;
  Keys keys;
  Readers readers = ReadersInto(options, keys);
  for (const auto& [name, value] : properties) {
    auto reader = readers.find(name);
    if (reader == readers.end()) {
      Error error(ErrorCode::kInvalidArgument, fmt::format("there is no setting {} of S3", name));
      std::string near = ClosestMatch(name, StoragePropertyNames());
      error.WithHint(near.empty() ? fmt::format("There are {}.", Join(StoragePropertyNames(), ", "))
                                  : fmt::format("Did you mean {}?", near));
      throw Error(error);
    }
    if (!value.empty()) reader->second(value);
  }
  if (keys.given.access_key_id.empty() != keys.given.secret_access_key.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "s3.access-key-id and s3.secret-access-key go together, and one is missing");
  }
  bool given = !keys.given.access_key_id.empty();
  options.credentials = given ? GivenCredentials(keys.given) : FoundCredentials(keys.profile);

  for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (options.region.empty() && keys.profile.empty()) options.region = Environment(variable);
  }
  if (options.region.empty() && !given) options.region = SharedSetting(keys.profile, "region");
  if (options.region.empty()) options.region = "us-east-1";
  for (char c : options.region) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!plain) {
      throw Error(ErrorCode::kInvalidArgument, "s3.region is no region such as eu-west-1");
    }
  }
  for (const char* variable : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    std::string endpoint = Environment(variable);
    if (options.endpoint.empty() && !endpoint.empty()) {
      options.endpoint = ReadEndpoint(variable, endpoint);
    }
  }
  for (const char* variable : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    std::string endpoint = Environment(variable);
    if (options.sts_endpoint.empty() && !endpoint.empty()) {
      options.sts_endpoint = ReadEndpoint(variable, endpoint);
    }
  }
  // Stores other than AWS seldom have a name in the DNS for each bucket.
  options.path_style =
      keys.path_style.empty() ? !options.endpoint.empty() : keys.path_style == "true";
  return options;
}

}  // namespace eider::io
