// Requests to an S3-compatible object store: signed, repeated where that is safe and may help, and
// their errors told in the words of the object.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/http_client.h"
#include "io/s3_options.h"

namespace eider::io {

struct S3Location {
  std::string bucket;
  std::string key;  // without a slash at its head; "" for the bucket itself

  std::string ToString() const { return "s3://" + bucket + "/" + key; }
};

// "s3://bucket/key", s3a and s3n as well. Throws kUnsupported for another scheme, kInvalidArgument
// for what cannot be a bucket.
S3Location ParseS3Location(std::string_view location);

struct S3Object {
  std::string key;
  int64_t size = 0;  // bytes
  int64_t modified_micros = 0;
};

struct S3Listing {
  std::vector<S3Object> objects;
  std::vector<std::string> prefixes;  // with the slash at their end; where a delimiter was given
};

class S3Client {
 public:
  explicit S3Client(S3Options options);

  const S3Options& options() const { return options_; }

  std::string Get(const S3Location& object);
  // `length` bytes from `offset` on; fewer where the object ends before.
  std::string GetRange(const S3Location& object, int64_t offset, int64_t length);
  // Throws kNotFound.
  S3Object Head(const S3Location& object);
  bool Exists(const S3Location& object);

  void Put(const S3Location& object, std::string_view body);
  // Throws kAlreadyExists where there is an object of that name, unless it is this call's own: a
  // try of it may have landed without an answer.
  void PutNew(const S3Location& object, std::string_view body);
  // Deleting what is not there is no error.
  void Delete(const S3Location& object);
  void DeleteAll(const std::string& bucket, const std::vector<std::string>& keys);

  // All objects whose key begins with `prefix`; with `by_folder` only up to the next slash.
  S3Listing List(const S3Location& prefix, bool by_folder);
  // The objects below it whose upload in parts was begun and neither completed nor aborted: size -1
  // and the time it began, sorted by key. One object may be uploaded several times at once.
  std::vector<S3Object> ListUploads(const S3Location& prefix);

 private:
  struct Request {
    std::string method;
    S3Location object;
    std::vector<std::pair<std::string, std::string>> query = {};
    std::vector<HttpHeader> headers = {};
    std::string_view body = {};
  };
  struct Answer {
    HttpResponse response;
    // Whether an earlier try may have done what was asked, though its answer did not say so.
    bool maybe_done_before = false;
  };

  // The last answer, which is one that another try would not change. Throws what no answer came of.
  Answer Send(const Request& request);
  HttpResponse SendOnce(const Request& request, const AwsCredentials& credentials);
  // Throws unless the answer is a success. `action`: "read".
  Answer Require(const Request& request, const std::string& action);
  bool IsOwn(const S3Location& object, const std::string& mark);
  void PutWhole(const S3Location& object, std::string_view body, const std::string& mark);
  void PutInParts(const S3Location& object, std::string_view body, const std::string& mark);
  void CompleteParts(const S3Location& object, const std::string& upload_id,
                     const std::string& parts, const std::string& mark);
  void Write(const S3Location& object, std::string_view body, const std::string& mark);

  S3Options options_;
  HttpClient http_;
};

}  // namespace eider::io
