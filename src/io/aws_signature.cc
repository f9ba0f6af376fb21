#include "io/aws_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace eider::io {

namespace {

std::string DateTime(int64_t now_millis) {
  auto seconds = static_cast<std::time_t>(now_millis / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

struct UrlParts {
  std::string_view host;  // with the port, if it is given
  std::string_view path;
  std::string_view query;
};

UrlParts PartsOf(std::string_view url) {
  url = url.substr(0, url.find('#'));
  size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is not an http or https URL", UrlWithoutSecrets(url)));
  }
  UrlParts parts;
  bool secure = url.substr(0, scheme) == "https";
  url.remove_prefix(scheme + 3);
  size_t host_end = std::min(url.find_first_of("/?"), url.size());
  parts.host = url.substr(0, host_end);
  // The port that goes without saying is not sent.
  std::string_view usual = secure ? ":443" : ":80";
  if (parts.host.ends_with(usual)) parts.host.remove_suffix(usual.size());
  url.remove_prefix(host_end);
  size_t query = std::min(url.find('?'), url.size());
  parts.path = url.substr(0, query);
  if (query < url.size()) parts.query = url.substr(query + 1);
  return parts;
}

std::string Decoded(std::string_view text) {
  auto decoded = PercentDecode(text);
  if (decoded) return *decoded;
  throw Error(ErrorCode::kInvalidArgument, "a URL to be signed is not percent-encoded well");
}

// The server takes what it got apart and encodes it anew, and so do we: what stood between does not
// matter.
std::string CanonicalPath(std::string_view path, bool encoded_twice) {
  std::string canonical;
  for (const std::string& segment : Split(path.empty() ? "/" : path, '/')) {
    std::string encoded = PercentEncode(Decoded(segment));
    canonical += (encoded_twice ? PercentEncode(encoded) : encoded) + "/";
  }
  canonical.pop_back();
  return canonical;
}

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const std::string& parameter : Split(query, '&')) {
    if (parameter.empty()) continue;
    size_t equals = std::min(parameter.find('='), parameter.size());
    std::string value = parameter.substr(std::min(equals + 1, parameter.size()));
    parameters.emplace_back(PercentEncode(Decoded(parameter.substr(0, equals))),
                            PercentEncode(Decoded(value)));
  }
  std::sort(parameters.begin(), parameters.end());
  std::vector<std::string> lines;
  for (const auto& [name, value] : parameters) lines.push_back(name + "=" + value);
  return Join(lines, "&");
}

// Trimmed, and runs of spaces made one.
std::string CanonicalValue(std::string_view value) {
  std::string canonical;
  for (char c : Trim(value)) {
    if (c != ' ' || canonical.empty() || canonical.back() != ' ') canonical += c;
  }
  return canonical;
}

bool HasHeader(const HttpRequest& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const HttpHeader& header) { return EqualsIgnoreCase(header.name, name); });
}

std::string PayloadHash(const HttpRequest& request) {
  for (const HttpHeader& header : request.headers) {
    if (EqualsIgnoreCase(header.name, "x-amz-content-sha256")) return header.value;
  }
  return Sha256Hex(request.body);
}

}  // namespace

void SignAwsRequest(HttpRequest& request, const AwsCredentials& credentials,
                    std::string_view region, std::string_view service, int64_t now_millis) {
  bool is_s3 = service == "s3";
  UrlParts url = PartsOf(request.url);
  std::string time = DateTime(now_millis);
  std::string day = time.substr(0, 8);
  std::string payload_hash = PayloadHash(request);
  std::erase_if(request.headers, [](const HttpHeader& header) {
    return EqualsIgnoreCase(header.name, "x-amz-date") ||
           EqualsIgnoreCase(header.name, "x-amz-security-token") ||
           EqualsIgnoreCase(header.name, "authorization");
  });
  request.headers.push_back({"X-Amz-Date", time});
  if (!credentials.session_token.empty()) {
    request.headers.push_back({"X-Amz-Security-Token", credentials.session_token});
  }
  if (is_s3 && !HasHeader(request, "x-amz-content-sha256")) {
    request.headers.push_back({"X-Amz-Content-Sha256", payload_hash});
  }

  std::map<std::string, std::string> headers;
  if (!HasHeader(request, "host")) headers["host"] = url.host;
  for (const HttpHeader& header : request.headers) {
    std::string& value = headers[Lower(header.name)];
    value += (value.empty() ? "" : ",") + CanonicalValue(header.value);
  }
  std::string canonical_headers;
  std::vector<std::string> names;
  for (const auto& [name, value] : headers) {
    canonical_headers += name + ":" + value + "\n";
    names.push_back(name);
  }
  std::string signed_headers = Join(names, ";");

  std::string canonical = request.method + "\n" + CanonicalPath(url.path, !is_s3) + "\n" +
                          CanonicalQuery(url.query) + "\n" + canonical_headers + "\n" +
                          signed_headers + "\n" + payload_hash;
  std::string scope = fmt::format("{}/{}/{}/aws4_request", day, region, service);
  std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, Sha256Hex(canonical));
  std::string key = HmacSha256("AWS4" + credentials.secret_access_key, day);
  for (std::string_view part : {region, service, std::string_view("aws4_request")}) {
    key = HmacSha256(key, part);
  }
  request.headers.push_back(
      {"Authorization",
       fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                   credentials.access_key_id, scope, signed_headers,
                   Hex(HmacSha256(key, to_sign)))});
}

}  // namespace eider::io
