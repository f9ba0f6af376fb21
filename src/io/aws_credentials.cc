#include "io/aws_credentials.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "io/aws_sts.h"
#include "io/file_system.h"

namespace eider::io {

namespace {

// Keys are fetched anew this long before they expire: a request may take a while.
constexpr int64_t kMarginMillis = 5 * 60'000;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class KeptCredentials : public AwsCredentialSource {
 public:
  explicit KeptCredentials(std::function<AwsCredentials()> load) : load_(std::move(load)) {}

  AwsCredentials Get() override {
    std::lock_guard<std::mutex> lock(mutex_);
    int64_t left = !kept_                          ? 0
                   : kept_->expires_at_millis == 0 ? kMarginMillis + 1
                                                   : kept_->expires_at_millis - NowMillis();
    if (left > kMarginMillis) return *kept_;
    try {
      kept_ = load_();
    } catch (const Error&) {
      // What still holds is better than nothing.
      if (left <= 0) throw;
    }
    return *kept_;
  }

  void Forget(const AwsCredentials& refused) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (kept_ && kept_->access_key_id == refused.access_key_id &&
        kept_->session_token == refused.session_token) {
      kept_.reset();
    }
  }

 private:
  std::function<AwsCredentials()> load_;
  std::mutex mutex_;
  std::optional<AwsCredentials> kept_;
};

// --- The shared files

using Section = std::map<std::string, std::string>;

std::string HomeFile(const char* variable, const std::string& name) {
  std::string given = Environment(variable);
  if (!given.empty()) return given;
  std::string home = Environment("HOME");
  return home.empty() ? "" : home + "/.aws/" + name;
}

// The settings of the section whose head is one of `heads`.
Section ReadSection(const std::string& path, const std::vector<std::string>& heads) {
  Section settings;
  if (path.empty() || !LocalFileSystem().Exists(path)) return settings;
  bool inside = false;
  for (const std::string& line : Split(LocalFileSystem().Read(path), '\n')) {
    std::string_view text = Trim(line);
    if (text.empty() || text[0] == '#' || text[0] == ';') continue;
    if (text[0] == '[') {
      std::string head(Trim(text.substr(1, text.find(']') - 1)));
      inside = false;
      for (const std::string& wanted : heads) inside = inside || head == wanted;
      continue;
    }
    // An indented line belongs to a setting that is made of others.
    size_t equals = text.find('=');
    if (!inside || line[0] == ' ' || line[0] == '\t' || equals == std::string_view::npos) continue;
    settings[Lower(Trim(text.substr(0, equals)))] = Trim(text.substr(equals + 1));
  }
  return settings;
}

std::string ProfileName(const std::string& given) {
  if (!given.empty()) return given;
  std::string from_environment = Environment("AWS_PROFILE");
  return from_environment.empty() ? "default" : from_environment;
}

Section ReadProfile(const std::string& profile) {
  std::vector<std::string> heads = {"profile " + profile};
  if (profile == "default") heads.emplace_back("default");
  Section settings = ReadSection(HomeFile("AWS_CONFIG_FILE", "config"), heads);
  for (auto& [name, value] :
       ReadSection(HomeFile("AWS_SHARED_CREDENTIALS_FILE", "credentials"), {profile})) {
    settings[name] = value;
  }
  return settings;
}

std::optional<AwsCredentials> FromSharedFiles(const std::string& given) {
  std::string profile = ProfileName(given);
  Section settings = ReadProfile(profile);
  if (settings.count("aws_access_key_id") > 0) {
    return AwsCredentials{settings["aws_access_key_id"], settings["aws_secret_access_key"],
                          settings["aws_session_token"], 0};
  }
  for (const char* other : {"role_arn", "credential_process", "sso_session", "sso_start_url"}) {
    if (settings.count(other) == 0) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the AWS profile {} gets its keys by {}, which Eider does not do",
                            profile, other))
        .WithHint(fmt::format("Export them: eval \"$(aws configure export-credentials --profile {} "
                              "--format env)\".",
                              profile));
  }
  bool named = !given.empty() || !Environment("AWS_PROFILE").empty();
  if (named && settings.empty()) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no AWS profile {} in {} or {}", profile,
                            HomeFile("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
                            HomeFile("AWS_CONFIG_FILE", "config")));
  }
  return std::nullopt;
}

// --- The environment, containers and instances

std::optional<AwsCredentials> FromEnvironment() {
  AwsCredentials credentials{Environment("AWS_ACCESS_KEY_ID"), Environment("AWS_SECRET_ACCESS_KEY"),
                             Environment("AWS_SESSION_TOKEN"), 0};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return std::nullopt;
  }
  return credentials;
}

std::string EnvironmentRegion() {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    std::string region = Environment(name);
    if (!region.empty()) return region;
  }
  return "us-east-1";
}

std::optional<AwsCredentials> FromWebIdentity() {
  std::string file = Environment("AWS_WEB_IDENTITY_TOKEN_FILE");
  AssumeRole role;
  role.role_arn = Environment("AWS_ROLE_ARN");
  if (file.empty() || role.role_arn.empty()) return std::nullopt;
  role.region = EnvironmentRegion();
  role.endpoint = Environment("AWS_ENDPOINT_URL_STS");
  role.session_name = Environment("AWS_ROLE_SESSION_NAME");
  if (role.session_name.empty()) role.session_name = "eider";
  std::string token(Trim(LocalFileSystem().Read(file)));
  HttpClient client;
  return AssumeAwsRoleWithWebIdentity(client, role, token);
}

AwsCredentials ReadKeys(const HttpResponse& response, const std::string& from) {
  if (!response.ok()) {
    throw Error(ErrorCode::kPermission,
                fmt::format("{} gives no keys: status {}", from, response.status));
  }
  Json json = ParseJson(response.body, from);
  int64_t expires = 0;
  if (json.contains("Expiration")) {
    expires = ParseAwsInstant(RequireString(json, "Expiration", from));
  }
  return {RequireString(json, "AccessKeyId", from), RequireString(json, "SecretAccessKey", from),
          RequireString(json, "Token", from), expires};
}

HttpClientOptions MetadataOptions(int seconds) {
  HttpClientOptions options;
  options.connect_timeout = std::chrono::seconds(1);
  options.timeout = std::chrono::seconds(seconds);
  options.body_limit = 1 << 20;
  return options;
}

// The container's token goes only to the services that hand out keys.
void RequireContainerHost(const std::string& uri) {
  if (uri.starts_with("https://")) return;
  size_t begin = std::min(uri.find("://") + 3, uri.size());
  std::string host = uri.substr(begin, uri.find('/', begin) - begin);
  if (!host.starts_with("[")) host = host.substr(0, host.find(':'));
  for (const char* allowed : {"127.0.0.1", "localhost", "169.254.170.2", "169.254.170.23"}) {
    if (host == allowed) return;
  }
  if (host.starts_with("[::1]") || host.starts_with("[fd00:ec2::23]")) return;
  throw Error(ErrorCode::kPermission,
              fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI leads to {}, which is no service of "
                          "containers",
                          host));
}

std::optional<AwsCredentials> FromContainer() {
  HttpRequest request;
  std::string relative = Environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  request.url = relative.empty() ? Environment("AWS_CONTAINER_CREDENTIALS_FULL_URI")
                                 : "http://169.254.170.2" + relative;
  if (request.url.empty()) return std::nullopt;
  RequireContainerHost(request.url);
  std::string token = Environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  std::string file = Environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!file.empty()) token = Trim(LocalFileSystem().Read(file));
  if (!token.empty()) request.headers.push_back({"Authorization", token});
  HttpClient client(MetadataOptions(5));
  return ReadKeys(client.Send(request), UrlWithoutSecrets(request.url));
}

std::optional<AwsCredentials> FromInstance() {
  if (Lower(Environment("AWS_EC2_METADATA_DISABLED")) == "true") return std::nullopt;
  std::string service = Environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (service.empty()) service = "http://169.254.169.254";
  while (service.ends_with('/')) service.pop_back();
  HttpClient client(MetadataOptions(2));
  HttpRequest request{"PUT", service + "/latest/api/token", {}};
  request.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}};
  HttpResponse token;
  try {
    token = client.Send(request);
  } catch (const Error&) {
    return std::nullopt;  // this is no machine of AWS
  }
  if (!token.ok()) return std::nullopt;
  std::string path = service + "/latest/meta-data/iam/security-credentials/";
  HttpRequest role{"GET", path, {{"X-aws-ec2-metadata-token", token.body}}};
  HttpResponse roles = client.Send(role);
  std::string name(Trim(roles.body.substr(0, roles.body.find('\n'))));
  if (!roles.ok() || name.empty()) return std::nullopt;  // the instance has no role
  role.url = path + PercentEncode(name);
  return ReadKeys(client.Send(role), path);
}

AwsCredentials Find(const std::string& profile) {
  std::optional<AwsCredentials> found;
  if (profile.empty()) found = FromEnvironment();
  if (!found) found = FromSharedFiles(profile);
  if (!found) found = FromWebIdentity();
  if (!found) found = FromContainer();
  if (!found) found = FromInstance();
  if (found) return *found;
  throw Error(ErrorCode::kPermission, "there are no credentials for S3")
      .WithHint(
          "Set s3.access-key-id and s3.secret-access-key, or AWS_ACCESS_KEY_ID and "
          "AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials; a role of the "
          "container or the instance is used too.");
}

}  // namespace

std::shared_ptr<AwsCredentialSource> GivenCredentials(AwsCredentials credentials) {
  return LoadedCredentials([credentials = std::move(credentials)] { return credentials; });
}

std::shared_ptr<AwsCredentialSource> LoadedCredentials(std::function<AwsCredentials()> load) {
  return std::make_shared<KeptCredentials>(std::move(load));
}

std::shared_ptr<AwsCredentialSource> FoundCredentials(const std::string& profile) {
  return LoadedCredentials([profile] { return Find(profile); });
}

std::string SharedSetting(const std::string& profile, const std::string& name) {
  Section settings = ReadProfile(ProfileName(profile));
  auto found = settings.find(name);
  return found == settings.end() ? "" : found->second;
}

}  // namespace eider::io
