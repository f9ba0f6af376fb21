#include "io/aws_sts.h"

#include <fmt/format.h>

#include <ctime>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "io/xml.h"

namespace eider::io {

namespace {

using Form = std::vector<std::pair<std::string, std::string>>;

std::string Encoded(const Form& form) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : form) {
    if (!value.empty()) parts.push_back(name + "=" + PercentEncode(value));
  }
  return Join(parts, "&");
}

HttpRequest RequestTo(const AssumeRole& role, std::string_view body) {
  HttpRequest request;
  request.method = "POST";
  request.url = role.endpoint.empty() ? fmt::format("https://sts.{}.amazonaws.com/", role.region)
                                      : role.endpoint;
  if (request.url.find('/', request.url.find("://") + 3) == std::string::npos) request.url += "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = body;
  return request;
}

AwsCredentials Send(HttpClient& client, const HttpRequest& request, const AssumeRole& role,
                    const std::string& action) {
  std::string what = fmt::format("the role {} cannot be assumed", role.role_arn);
  HttpResponse response;
  try {
    response = client.Send(request);
  } catch (Error& error) {
    throw error.WithContext(what);
  }
  if (!response.ok()) {
    std::string reason = fmt::format("status {}", response.status);
    try {
      XmlElement root = ParseXml(response.body, "the answer");
      if (const XmlElement* error = root.Find("Error")) {
        reason = error->TextOf("Code") + ": " + error->TextOf("Message").substr(0, 300);
      }
    } catch (const Error&) {
      // The status has to do.
    }
    throw Error(response.status >= 500 ? ErrorCode::kIo : ErrorCode::kPermission,
                fmt::format("{}: {}", what, reason));
  }
  XmlElement root = ParseXml(response.body, "the answer of " + UrlWithoutSecrets(request.url));
  const XmlElement* result = root.Find(action + "Result");
  const XmlElement* found = result == nullptr ? nullptr : result->Find("Credentials");
  if (found == nullptr || found->TextOf("SecretAccessKey").empty()) {
    throw Error(ErrorCode::kCorrupt, what + ": the answer holds no credentials");
  }
  return {found->TextOf("AccessKeyId"), found->TextOf("SecretAccessKey"),
          found->TextOf("SessionToken"), ParseAwsInstant(found->TextOf("Expiration"))};
}

}  // namespace

AwsCredentials AssumeAwsRole(HttpClient& client, const AssumeRole& role,
                             const AwsCredentials& caller, int64_t now_millis) {
  std::string body = Encoded({{"Action", "AssumeRole"},
                              {"Version", "2011-06-15"},
                              {"RoleArn", role.role_arn},
                              {"RoleSessionName", role.session_name},
                              {"ExternalId", role.external_id},
                              {"Policy", role.policy},
                              {"DurationSeconds", std::to_string(role.duration_seconds)}});
  HttpRequest request = RequestTo(role, body);
  SignAwsRequest(request, caller, role.region, "sts", now_millis);
  return Send(client, request, role, "AssumeRole");
}

AwsCredentials AssumeAwsRoleWithWebIdentity(HttpClient& client, const AssumeRole& role,
                                            const std::string& token) {
  std::string body = Encoded({{"Action", "AssumeRoleWithWebIdentity"},
                              {"Version", "2011-06-15"},
                              {"RoleArn", role.role_arn},
                              {"RoleSessionName", role.session_name},
                              {"WebIdentityToken", token}});
  return Send(client, RequestTo(role, body), role, "AssumeRoleWithWebIdentity");
}

int64_t ParseAwsInstant(const std::string& text) {
  std::tm utc{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == nullptr) return 0;
  return static_cast<int64_t>(::timegm(&utc)) * 1000;
}

}  // namespace eider::io
