#include "io/s3_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <thread>

#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/uuid.h"
#include "io/xml.h"

namespace eider::io {

namespace {

// Kept with an object that was to be new, so that a writer knows its own.
constexpr char kMarkHeader[] = "x-amz-meta-eider-write";
// As many as one request may delete.
constexpr size_t kDeletedAtOnce = 1000;
constexpr int64_t kLargestBody = int64_t{2} << 30;  // bytes

std::string EncodedKey(std::string_view key) {
  std::vector<std::string> parts;
  for (const std::string& part : Split(key, '/')) parts.push_back(PercentEncode(part));
  return Join(parts, "/");
}

struct S3Failure {
  std::string code;
  std::string message;
};

// What an answer says of its failure, made fit for a message.
S3Failure FailureOf(const HttpResponse& response) {
  S3Failure failure;
  if (response.body.empty()) return failure;
  try {
    XmlElement root = ParseXml(response.body, "the answer");
    const XmlElement* inner = root.Find("Error");
    const XmlElement& error = inner == nullptr ? root : *inner;
    failure.code = error.TextOf("Code").substr(0, 100);
    failure.message = error.TextOf("Message").substr(0, 300);
    for (std::string* text : {&failure.code, &failure.message}) {
      std::erase_if(*text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    }
  } catch (const Error&) {
    // No XML: the status has to do.
  }
  return failure;
}

bool IsExpired(const S3Failure& failure) {
  return failure.code == "ExpiredToken" || failure.code == "ExpiredTokenException" ||
         failure.code == "TokenRefreshRequired";
}

bool MayPass(int status, const S3Failure& failure) {
  if (status == 429 || (status >= 500 && status != 501 && status != 505 && status != 507)) {
    return true;
  }
  // Two conditional writes at the same moment: neither of them need have landed.
  return failure.code == "RequestTimeout" || failure.code == "ConditionalRequestConflict" ||
         failure.code == "OperationAborted" || failure.code == "SlowDown";
}

[[noreturn]] void Fail(const HttpResponse& response, const std::string& action,
                       const S3Location& object) {
  S3Failure failure = FailureOf(response);
  int status = response.status;
  std::string reason = failure.code.empty() ? fmt::format("status {}", status)
                       : failure.message.empty()
                           ? failure.code
                           : fmt::format("{}: {}", failure.code, failure.message);
  ErrorCode code = ErrorCode::kIo;
  std::string hint;
  std::string region = response.Header("x-amz-bucket-region");
  if (status == 404) {
    code = ErrorCode::kNotFound;
    if (failure.code.empty()) reason = "no such object";
    if (failure.code == "NoSuchBucket") hint = "Make the bucket first; Eider makes none.";
  } else if (status == 301 || status == 307 || failure.code == "AuthorizationHeaderMalformed") {
    code = ErrorCode::kInvalidArgument;
    if (!region.empty()) hint = fmt::format("The bucket is in {}: set s3.region to it.", region);
  } else if (status == 401 || status == 403) {
    code = ErrorCode::kPermission;
    if (failure.code.empty()) reason = "access denied";
    hint = "Check the keys for S3 and what they may do.";
  } else if (status == 412) {
    code = ErrorCode::kAlreadyExists;
    reason = "the name is taken";
  } else if (status == 507 || failure.code == "QuotaExceeded" ||
             failure.code == "XMinioStorageFull") {
    code = ErrorCode::kNoSpace;
  }
  Error error(code, fmt::format("cannot {} {}: {}", action, object.ToString(), reason));
  if (!hint.empty()) error.WithHint(hint);
  throw error;
}

// "Wed, 25 Nov 2026 03:00:00 GMT"; 0 for another text.
int64_t ParseHttpDate(const std::string& text) {
  std::tm utc{};
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S", &utc) == nullptr) return 0;
  return static_cast<int64_t>(::timegm(&utc)) * 1'000'000;
}

int64_t ParseIsoDate(const std::string& text) {
  std::tm utc{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) == nullptr) return 0;
  return static_cast<int64_t>(::timegm(&utc)) * 1'000'000;
}

int64_t ParseSize(const std::string& text, const S3Location& object) {
  char* end = nullptr;
  int64_t size = std::strtoll(text.c_str(), &end, 10);
  if (!text.empty() && *end == '\0' && size >= 0) return size;
  throw Error(ErrorCode::kCorrupt, fmt::format("the store tells no size of {}", object.ToString()));
}

// A name in a listing with encoding-type=url.
std::string DecodeKey(const std::string& text, const S3Location& listed) {
  auto name = PercentDecode(ReplaceAll(text, "+", " "));
  if (name) return *name;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("the listing of {} names \"{}\"", listed.ToString(), text));
}

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (byte < 0x20) {
      escaped += fmt::format("&#{};", byte);
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Md5OfBody(std::string_view body) {
  std::string hex = Md5Hex(body);
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return Base64(bytes);
}

HttpClientOptions HttpOptions(const S3Options& options) {
  HttpClientOptions http;
  http.connect_timeout = options.connect_timeout;
  http.timeout = std::chrono::milliseconds(0);  // a large object takes its time
  http.stall_timeout = options.stall_timeout;
  http.body_limit = kLargestBody;
  http.ca_file = options.ca_file;
  return http;
}

}  // namespace

S3Location ParseS3Location(std::string_view location) {
  size_t scheme = location.find("://");
  std::string name = Lower(location.substr(0, std::min(scheme, location.size())));
  if (scheme == std::string_view::npos || (name != "s3" && name != "s3a" && name != "s3n")) {
    throw Error(ErrorCode::kUnsupported, fmt::format("{} is not on S3", location));
  }
  std::string_view rest = location.substr(scheme + 3);
  size_t slash = std::min(rest.find('/'), rest.size());
  S3Location parsed;
  parsed.bucket = rest.substr(0, slash);
  if (slash < rest.size()) parsed.key = rest.substr(slash + 1);
  // It becomes a part of a host's name.
  bool is_bucket = !parsed.bucket.empty() && parsed.bucket.size() <= 255 &&
                   parsed.bucket[0] != '.' && parsed.bucket[0] != '-';
  for (char c : parsed.bucket) {
    is_bucket = is_bucket && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_');
  }
  if (!is_bucket) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} names no bucket", location))
        .WithHint("A location on S3 is s3://bucket/prefix.");
  }
  return parsed;
}

S3Client::S3Client(S3Options options)
    : options_(std::move(options)), http_(HttpOptions(options_)) {}

HttpResponse S3Client::SendOnce(const Request& request, const AwsCredentials& credentials) {
  HttpRequest http;
  http.method = request.method;
  http.url = options_.BucketUrl(request.object.bucket) + "/" + EncodedKey(request.object.key);
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    http.url += separator + PercentEncode(name) + "=" + PercentEncode(value);
    separator = '&';
  }
  http.headers = request.headers;
  http.body = request.body;
  SignAwsRequest(http, credentials, options_.region, "s3", NowMillis());
  return http_.Send(http);
}

S3Client::Answer S3Client::Send(const Request& request) {
  Answer answer;
  bool renewed = false;
  auto pause = options_.first_pause;
  for (int attempt = 1;; ++attempt) {
    bool last = attempt >= options_.attempts;
    AwsCredentials credentials = options_.credentials->Get();
    bool answered = false;
    try {
      answer.response = SendOnce(request, credentials);
      answered = true;
    } catch (const Error& error) {
      bool lost = error.code() == ErrorCode::kUnknownOutcome;
      if (last || (!lost && error.code() != ErrorCode::kIo)) {
        throw Error(lost ? ErrorCode::kIo : error.code(),
                    fmt::format("{}: {}", request.object.ToString(), error.message()));
      }
      answer.maybe_done_before = answer.maybe_done_before || lost;
    }
    if (answered) {
      S3Failure failure = answer.response.ok() ? S3Failure{} : FailureOf(answer.response);
      if (IsExpired(failure) && !renewed) {
        renewed = true;
        options_.credentials->Forget(credentials);
        continue;
      }
      if (answer.response.ok() || last || !MayPass(answer.response.status, failure)) {
        return answer;
      }
      if (answer.response.status >= 500) answer.maybe_done_before = true;
    }
    // Anything up to the pause, so that those who failed together do not come back together.
    std::this_thread::sleep_for(pause * (NewRandomId() % 1000) / 1000);
    pause = std::min(pause * 2, options_.longest_pause);
  }
}

S3Client::Answer S3Client::Require(const Request& request, const std::string& action) {
  Answer answer = Send(request);
  if (!answer.response.ok()) Fail(answer.response, action, request.object);
  return answer;
}

std::string S3Client::Get(const S3Location& object) {
  return Require({"GET", object}, "read").response.body;
}

std::string S3Client::GetRange(const S3Location& object, int64_t offset, int64_t length) {
  if (length <= 0) return "";
  Request request{"GET", object};
  request.headers = {{"Range", fmt::format("bytes={}-{}", offset, offset + length - 1)}};
  Answer answer = Send(request);
  if (answer.response.status == 416) return "";  // it ends before
  if (!answer.response.ok()) Fail(answer.response, "read", object);
  // A store that knows no ranges sends the whole.
  std::string& body = answer.response.body;
  if (answer.response.status != 206) {
    size_t begin = std::min(static_cast<size_t>(offset), body.size());
    return body.substr(begin, static_cast<size_t>(length));
  }
  return body;
}

S3Object S3Client::Head(const S3Location& object) {
  HttpResponse response = Require({"HEAD", object}, "look at").response;
  return {object.key, ParseSize(response.Header("Content-Length"), object),
          ParseHttpDate(response.Header("Last-Modified"))};
}

bool S3Client::Exists(const S3Location& object) {
  Answer answer = Send({"HEAD", object});
  if (answer.response.status == 404) return false;
  if (!answer.response.ok()) Fail(answer.response, "look at", object);
  return true;
}

void S3Client::Put(const S3Location& object, std::string_view body) { Write(object, body, ""); }

void S3Client::PutNew(const S3Location& object, std::string_view body) {
  Write(object, body, NewUuid());
}

void S3Client::Write(const S3Location& object, std::string_view body, const std::string& mark) {
  if (static_cast<int64_t>(body.size()) > options_.part_bytes) {
    PutInParts(object, body, mark);
  } else {
    PutWhole(object, body, mark);
  }
}

bool S3Client::IsOwn(const S3Location& object, const std::string& mark) {
  Answer answer = Send({"HEAD", object});
  return answer.response.ok() && answer.response.Header(kMarkHeader) == mark;
}

void S3Client::PutWhole(const S3Location& object, std::string_view body, const std::string& mark) {
  Request request{"PUT", object};
  if (!mark.empty()) request.headers = {{"If-None-Match", "*"}, {kMarkHeader, mark}};
  request.body = body;
  Answer answer = Send(request);
  if (answer.response.ok()) return;
  if (!mark.empty() && answer.maybe_done_before && IsOwn(object, mark)) return;
  Fail(answer.response, "write", object);
}

void S3Client::PutInParts(const S3Location& object, std::string_view body,
                          const std::string& mark) {
  Request begin{"POST", object, {{"uploads", ""}}};
  if (!mark.empty()) {
    // Known before the body is sent, and decided when it is completed.
    if (Exists(object)) {
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("cannot write {}: the name is taken", object.ToString()));
    }
    begin.headers = {{kMarkHeader, mark}};
  }
  XmlElement started =
      ParseXml(Require(begin, "write").response.body, "the answer for " + object.ToString());
  std::string upload_id = started.TextOf("UploadId");
  try {
    std::string parts;
    int number = 0;
    while (!body.empty()) {
      Request part{
          "PUT", object, {{"partNumber", std::to_string(++number)}, {"uploadId", upload_id}}};
      part.body = body.substr(0, static_cast<size_t>(options_.part_bytes));
      body.remove_prefix(part.body.size());
      std::string tag = Require(part, "write").response.Header("ETag");
      parts += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                           EscapeXml(tag));
    }
    CompleteParts(object, upload_id, parts, mark);
  } catch (const Error&) {
    try {
      Send({"DELETE", object, {{"uploadId", upload_id}}});
    } catch (const Error&) {
      // The parts stay until the bucket's own rules remove them.
    }
    throw;
  }
}

void S3Client::CompleteParts(const S3Location& object, const std::string& upload_id,
                             const std::string& parts, const std::string& mark) {
  std::string body = fmt::format("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts);
  Request request{"POST", object, {{"uploadId", upload_id}}};
  request.headers = {{"Content-Type", "application/xml"}};
  if (!mark.empty()) request.headers.push_back({"If-None-Match", "*"});
  request.body = body;
  Answer answer = Send(request);
  // A success may turn into a failure after its head was sent.
  bool landed =
      answer.response.ok() && ParseXml(answer.response.body, "the answer").name != "Error";
  if (landed) return;
  if (!mark.empty() && IsOwn(object, mark)) return;
  // The upload is gone because an earlier try completed it.
  if (mark.empty() && answer.maybe_done_before && answer.response.status == 404 && Exists(object)) {
    return;
  }
  Fail(answer.response, "write", object);
}

void S3Client::Delete(const S3Location& object) {
  Answer answer = Send({"DELETE", object});
  if (answer.response.ok()) return;
  if (answer.response.status == 404 && FailureOf(answer.response).code != "NoSuchBucket") return;
  Fail(answer.response, "remove", object);
}

void S3Client::DeleteAll(const std::string& bucket, const std::vector<std::string>& keys) {
  for (size_t begin = 0; begin < keys.size(); begin += kDeletedAtOnce) {
    std::string body = "<Delete><Quiet>true</Quiet>";
    for (size_t i = begin; i < std::min(begin + kDeletedAtOnce, keys.size()); ++i) {
      body += "<Object><Key>" + EscapeXml(keys[i]) + "</Key></Object>";
    }
    body += "</Delete>";
    S3Location root{bucket, ""};
    Request request{"POST", root, {{"delete", ""}}};
    request.headers = {{"Content-MD5", Md5OfBody(body)}, {"Content-Type", "application/xml"}};
    request.body = body;
    HttpResponse response = Require(request, "remove objects of").response;
    XmlElement result = ParseXml(response.body, "the answer for " + root.ToString());
    const XmlElement* error = result.Find("Error");
    if (error == nullptr) continue;
    S3Location failed{bucket, error->TextOf("Key")};
    throw Error(error->TextOf("Code") == "AccessDenied" ? ErrorCode::kPermission : ErrorCode::kIo,
                fmt::format("cannot remove {}: {}", failed.ToString(), error->TextOf("Code")));
  }
}

S3Listing S3Client::List(const S3Location& prefix, bool by_folder) {
  S3Listing listing;
  std::string next;
  do {
    // Keys may hold characters that XML has no place for.
    Request request{"GET",
                    {prefix.bucket, ""},
                    {{"list-type", "2"}, {"prefix", prefix.key}, {"encoding-type", "url"}}};
    if (by_folder) request.query.emplace_back("delimiter", "/");
    if (!next.empty()) request.query.emplace_back("continuation-token", next);
    Answer answer = Send(request);
    if (!answer.response.ok()) Fail(answer.response, "list", prefix);
    XmlElement page = ParseXml(answer.response.body, "the listing of " + prefix.ToString());
    for (const XmlElement& element : page.children) {
      if (element.name == "Contents") {
        S3Location object{prefix.bucket, DecodeKey(element.TextOf("Key"), prefix)};
        listing.objects.push_back({object.key, ParseSize(element.TextOf("Size"), object),
                                   ParseIsoDate(element.TextOf("LastModified"))});
      } else if (element.name == "CommonPrefixes") {
        listing.prefixes.push_back(DecodeKey(element.TextOf("Prefix"), prefix));
      }
    }
    next = page.TextOf("IsTruncated") == "true" ? page.TextOf("NextContinuationToken") : "";
  } while (!next.empty());
  return listing;
}

std::vector<S3Object> S3Client::ListUploads(const S3Location& prefix) {
  std::vector<S3Object> uploads;
  std::string next_key;
  std::string next_id;
  bool is_truncated = true;
  while (is_truncated) {
    Request request{"GET",
                    {prefix.bucket, ""},
                    {{"uploads", ""}, {"prefix", prefix.key}, {"encoding-type", "url"}}};
    if (!next_key.empty()) request.query.emplace_back("key-marker", next_key);
    if (!next_id.empty()) request.query.emplace_back("upload-id-marker", next_id);
    Answer answer = Send(request);
    if (!answer.response.ok()) Fail(answer.response, "list the uploads of", prefix);
    XmlElement page = ParseXml(answer.response.body, "the uploads of " + prefix.ToString());
    for (const XmlElement& element : page.children) {
      if (element.name != "Upload") continue;
      std::string key = DecodeKey(element.TextOf("Key"), prefix);
      // Not every store heeds the prefix.
      if (!key.starts_with(prefix.key)) continue;
      uploads.push_back({std::move(key), -1, ParseIsoDate(element.TextOf("Initiated"))});
    }
    std::string key = DecodeKey(page.TextOf("NextKeyMarker"), prefix);
    std::string id = page.TextOf("NextUploadIdMarker");
    bool moves = key != next_key || id != next_id;
    is_truncated = page.TextOf("IsTruncated") == "true" && moves;
    next_key = std::move(key);
    next_id = std::move(id);
  }
  std::sort(uploads.begin(), uploads.end(),
            [](const S3Object& a, const S3Object& b) { return a.key < b.key; });
  return uploads;
}

}  // namespace eider::io
