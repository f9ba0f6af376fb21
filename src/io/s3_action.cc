#include "io/s3_action.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "io/aws_signature.h"
#include "io/xml.h"

namespace eider::io {

namespace {

using Names = std::vector<std::string_view>;
using Parameters = std::map<std::string, std::string>;

// Which parameters a query must have and may have tells one operation from another.
struct Operation {
  std::string_view method;
  std::string_view name;
  bool on_bucket;
  bool writes;
  Names needs;
  Names may_have;
};

constexpr std::string_view kDelete = "delete";
constexpr std::string_view kPrefix = "prefix";

const std::vector<Operation>& Operations() {
  static const std::vector<Operation> operations = {
      {"HEAD", "HEAD", false, false, {}, {"partNumber"}},
      {"GET", "GET", false, false, {}, {"partNumber"}},
      {"PUT", "PUT", false, true, {}, {}},
      {"DELETE", "DELETE", false, true, {}, {}},
      // An upload in parts: begun, a part sent, completed, given up.
      {"POST", "POST", false, true, {"uploads"}, {}},
      {"PUT", "PUT", false, true, {"uploadId", "partNumber"}, {}},
      {"POST", "POST", false, true, {"uploadId"}, {}},
      {"DELETE", "DELETE", false, true, {"uploadId"}, {}},
      {"POST", "DELETE", true, true, {kDelete}, {}},
      {"GET",
       "LIST",
       true,
       false,
       {kPrefix},
       {"list-type", "delimiter", "max-keys", "continuation-token", "start-after", "marker",
        "encoding-type", "fetch-owner"}},
  };
  return operations;
}

// Of the headers x-amz-*, all of which a store wants signed, those that say nothing but how the
// body is sent and kept.
bool IsHarmless(std::string_view header) {
  constexpr std::string_view kBeginnings[] = {"x-amz-checksum-", "x-amz-meta-",
                                              "x-amz-server-side-encryption"};
  constexpr std::string_view kNames[] = {
      "x-amz-content-sha256",
      "x-amz-date",
      "x-amz-security-token",
      "x-amz-sdk-checksum-algorithm",
      "x-amz-trailer",
      "x-amz-decoded-content-length",
      "x-amz-storage-class",
      "x-amz-request-payer",
      "x-amz-expected-bucket-owner",
      "x-amz-mp-object-size",
      "x-amz-te",
  };
  return std::find(std::begin(kNames), std::end(kNames), header) != std::end(kNames) ||
         std::any_of(std::begin(kBeginnings), std::end(kBeginnings),
                     [&](std::string_view beginning) { return header.starts_with(beginning); });
}

Error Refused(std::string message) { return {ErrorCode::kPermission, std::move(message)}; }

Error Malformed(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

// Decoded once. A plus is read as itself by some and as a blank by others, so it may not stand.
std::string Decoded(std::string_view text) {
  std::optional<std::string> decoded = PercentDecode(text);
  if (!decoded || text.find('+') != std::string_view::npos) {
    throw Malformed("a URL to be signed is not percent-encoded well");
  }
  for (char c : *decoded) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) continue;
    throw Malformed("a URL to be signed has a control character in it");
  }
  return *decoded;
}

// A line end in one would be a line end in the text that is signed, and let it be read as that of
// another request.
void CheckHeader(const HttpHeader& header) {
  bool is_name = !header.name.empty() &&
                 std::all_of(header.name.begin(), header.name.end(), [](unsigned char c) {
                   return std::isalnum(c) != 0 || c == '-' || c == '_';
                 });
  bool is_value = std::none_of(header.value.begin(), header.value.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\t') || c == 0x7F;
  });
  if (!is_name || !is_value) throw Malformed("what is to be signed has a header that is none");
}

struct Url {
  std::string scheme;     // "https"
  std::string authority;  // in lower case, without the port that goes without saying
  std::string_view path;  // still encoded
  std::string_view query;
};

Url ParseUrl(std::string_view text) {
  for (char c : text) {
    bool is_plain =
        c > 0x20 && c < 0x7F && std::string_view("\"<>\\^`{|}#@").find(c) == std::string_view::npos;
    if (!is_plain) throw Malformed("a URL to be signed holds what no URL of an object does");
  }
  Url url;
  size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) throw Malformed("what is to be signed is no URL");
  url.scheme = Lower(text.substr(0, scheme));
  text.remove_prefix(scheme + 3);
  size_t host_end = std::min(text.find_first_of("/?"), text.size());
  url.authority = Lower(text.substr(0, host_end));
  std::string_view usual = url.scheme == "https" ? ":443" : ":80";
  if (url.authority.ends_with(usual)) url.authority.erase(url.authority.size() - usual.size());
  text.remove_prefix(host_end);
  size_t query = std::min(text.find('?'), text.size());
  url.path = text.substr(0, query);
  if (query < text.size()) url.query = text.substr(query + 1);
  return url;
}

// Where the store answers, without a bucket.
std::vector<std::string> Roots(const S3Options& options) {
  if (!options.endpoint.empty()) return {options.endpoint};
  // AWS has more than one name for it, and SDKs choose as they like.
  std::string end = options.region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
  std::vector<std::string> roots = {"https://s3." + options.region + end,
                                    "https://s3.dualstack." + options.region + end};
  if (options.region == "us-east-1") roots.emplace_back("https://s3.amazonaws.com");
  return roots;
}

// "/base/rest" -> "/rest"; nullopt for another path.
std::optional<std::string_view> Below(std::string_view base, std::string_view path) {
  if (!path.starts_with(base)) return std::nullopt;
  path.remove_prefix(base.size());
  if (!path.empty() && !path.starts_with('/')) return std::nullopt;
  return path;
}

struct Place {
  std::string bucket;
  std::string key;  // "" for the bucket itself
};

std::optional<Place> PlaceOf(const Url& url, const Url& root, bool path_style) {
  std::optional<std::string_view> path = Below(root.path, url.path);
  if (!path || url.scheme != root.scheme) return std::nullopt;
  if (!path->empty()) path->remove_prefix(1);
  if (url.authority == root.authority) {
    size_t slash = std::min(path->find('/'), path->size());
    Place place{Decoded(path->substr(0, slash)), ""};
    if (slash < path->size()) place.key = Decoded(path->substr(slash + 1));
    return place;
  }
  // A store that is asked by path need not know that the bucket can stand before the host's name,
  // and would take the beginning of the key for it.
  std::string end = "." + root.authority;
  if (path_style || !url.authority.ends_with(end)) return std::nullopt;
  return Place{url.authority.substr(0, url.authority.size() - end.size()), Decoded(*path)};
}

Place PlaceOf(const S3Options& options, const Url& url) {
  for (const std::string& text : Roots(options)) {
    if (auto place = PlaceOf(url, ParseUrl(text), options.path_style)) return *place;
  }
  throw Refused(fmt::format("{}://{} is not where the warehouse lies", url.scheme, url.authority));
}

Parameters ReadQuery(std::string_view query) {
  Parameters parameters;
  for (const std::string& parameter : Split(query, '&')) {
    if (parameter.empty()) continue;
    size_t equals = std::min(parameter.find('='), parameter.size());
    std::string name = Decoded(parameter.substr(0, equals));
    std::string value = Decoded(parameter.substr(std::min(equals + 1, parameter.size())));
    if (!parameters.emplace(name, value).second) {
      throw Malformed(fmt::format("a URL to be signed has {} twice", name));
    }
  }
  // By which SDKs say what they mean, in other words.
  parameters.erase("x-id");
  return parameters;
}

bool Fits(const Operation& operation, const Parameters& parameters) {
  auto has = [](const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return std::all_of(
             operation.needs.begin(), operation.needs.end(),
             [&](std::string_view name) { return parameters.count(std::string(name)) > 0; }) &&
         std::all_of(parameters.begin(), parameters.end(), [&](const auto& parameter) {
           return has(operation.needs, parameter.first) || has(operation.may_have, parameter.first);
         });
}

constexpr std::string_view kDeclarations[] = {
    R"(<?xml version="1.0" encoding="UTF-8"?>)", R"(<?xml version="1.0" encoding="utf-8"?>)",
    R"(<?xml version='1.0' encoding='UTF-8'?>)", R"(<?xml version='1.0' encoding='utf-8'?>)"};

// Held to the form that SDKs write, which every parser of XML reads alike.
std::vector<std::string> KeysToDelete(std::string_view body) {
  if (body.empty()) {
    throw Malformed("a request that deletes objects has to be sent to be signed with its body");
  }
  std::string_view rest = body;
  for (std::string_view declaration : kDeclarations) {
    if (rest.starts_with(declaration)) rest.remove_prefix(declaration.size());
  }
  if (rest.find("<!") != std::string_view::npos || rest.find("<?") != std::string_view::npos) {
    throw Malformed("the list of objects to delete has more in it than elements");
  }
  XmlElement root;
  try {
    root = ParseXml(body, "the list of objects to delete");
  } catch (const Error& error) {
    throw Malformed(error.message());
  }
  std::vector<std::string> keys;
  bool is_list = root.name == "Delete";
  for (const XmlElement& child : root.children) {
    if (child.name == "Quiet" && child.children.empty()) continue;
    bool names_object = child.name == "Object" && child.children.size() == 1 &&
                        child.children[0].name == "Key" && child.children[0].children.empty();
    is_list = is_list && names_object;
    if (is_list) keys.push_back(child.children[0].text);
  }
  if (!is_list || keys.empty()) {
    throw Malformed("the body is no list of objects to delete by their keys");
  }
  return keys;
}

bool DependsOnBody(const HttpRequest& request) {
  return request.method == "POST" &&
         ReadQuery(ParseUrl(request.url).query).count(std::string(kDelete)) > 0;
}

bool HasOddParts(std::string_view path) {
  for (char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  }
  for (const std::string& part : Split(path, '/')) {
    // Some store may decode once more.
    std::string decoded = PercentDecode(part).value_or(part);
    for (const std::string& name : {part, decoded}) {
      if (name == "." || name == "..") return true;
    }
  }
  return path.starts_with('/') || path.find("//") != std::string_view::npos;
}

}  // namespace

std::string S3Action::ToString() const {
  return fmt::format("{} of {}", operation, S3Location{bucket, keys.front()}.ToString());
}

S3Action ReadS3Action(const S3Options& options, const HttpRequest& request) {
  for (const HttpHeader& header : request.headers) {
    CheckHeader(header);
    std::string name = Lower(header.name);
    if (name.starts_with("x-amz-") && !IsHarmless(name)) {
      throw Refused(fmt::format("no request with the header {} is signed", name));
    }
  }
  Url url = ParseUrl(request.url);
  Place place = PlaceOf(options, url);
  Parameters parameters = ReadQuery(url.query);
  for (const Operation& operation : Operations()) {
    if (operation.method != request.method || operation.on_bucket != place.key.empty() ||
        !Fits(operation, parameters)) {
      continue;
    }
    S3Action action{std::string(operation.name), operation.writes, place.bucket, {}};
    if (!operation.on_bucket) {
      action.keys = {place.key};
    } else if (operation.writes) {
      action.keys = KeysToDelete(request.body);
    } else {
      action.keys = {parameters[std::string(kPrefix)]};
    }
    return action;
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : parameters) names.push_back(name);
  throw Refused(fmt::format("{} of {} {}is no operation that is signed", request.method,
                            place.key.empty() ? "a bucket" : "an object",
                            names.empty() ? "" : "with " + Join(names, ", ") + " "));
}

bool LiesIn(const S3Action& action, const S3Location& folder) {
  std::string beginning = folder.key;
  while (beginning.ends_with('/')) beginning.pop_back();
  if (beginning.empty() || action.bucket != folder.bucket) return false;
  beginning += '/';
  return std::all_of(action.keys.begin(), action.keys.end(), [&](const std::string& key) {
    return key.starts_with(beginning) &&
           !HasOddParts(std::string_view(key).substr(beginning.size()));
  });
}

std::vector<HttpHeader> SignatureFor(const S3Options& options, const HttpRequest& request,
                                     int64_t now_millis) {
  HttpRequest to_sign{request.method, request.url, {}};
  bool has_trailer = false;
  std::string payload;
  for (const HttpHeader& header : request.headers) {
    std::string name = Lower(header.name);
    if (name == "x-amz-content-sha256") payload = header.value;
    has_trailer = has_trailer || name == "x-amz-trailer";
    // What the signature itself brings.
    if (name == "x-amz-date" || name == "x-amz-security-token") continue;
    if (name.starts_with("x-amz-") || name == "content-md5") to_sign.headers.push_back(header);
  }
  constexpr char kTrailer[] = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  constexpr char kPayload[] = "X-Amz-Content-Sha256";
  size_t own = to_sign.headers.size();
  bool is_hash =
      payload.size() == 64 && payload.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (DependsOnBody(request)) {
    std::string hash = Sha256Hex(request.body);
    if (!payload.empty() && payload != hash) {
      throw Malformed("x-amz-content-sha256 is not the hash of the body that came along");
    }
    if (payload.empty()) to_sign.headers.push_back({kPayload, hash});
  } else if (payload.empty()) {
    to_sign.headers.push_back({kPayload, has_trailer ? kTrailer : kUnsignedPayload});
  } else if (!is_hash && payload != kUnsignedPayload && payload != kTrailer) {
    throw Malformed("a body that is signed in parts takes the keys themselves");
  }
  SignAwsRequest(to_sign, options.credentials->Get(), options.region, "s3", now_millis);
  return {to_sign.headers.begin() + static_cast<std::ptrdiff_t>(own), to_sign.headers.end()};
}

}  // namespace eider::io
