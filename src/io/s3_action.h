// Requests to an S3-compatible store that somebody else will send, signed by whoever has the keys:
// what a request would do is told from the request alone, before it is signed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/http_client.h"
#include "io/s3_client.h"
#include "io/s3_options.h"

namespace eider::io {

struct S3Action {
  std::string operation;  // "PUT", "LIST"; for messages
  bool writes = false;
  std::string bucket;
  // Of the objects that it is about, at least one; of a listing, what all keys in it begin with.
  std::vector<std::string> keys;

  // "PUT of s3://bucket/key", of the first key.
  std::string ToString() const;
};

// Known are the operations that Iceberg's clients need: to read, write (in parts too), delete (one
// or many) and list objects, in the form in which the store of `options` is asked for them.
// Everything else is refused, by what is known and not by what is forbidden: other operations
// (?acl, ?policy, ?versionId, ..), other hosts, headers that make a request do more than its URL
// says (x-amz-copy-source, x-amz-acl, ..). Keys are percent-decoded once, as the store does it.
//
// Throws kPermission for such a request, kInvalidArgument for one that is not well formed, or that
// deletes many objects and has no body.
S3Action ReadS3Action(const S3Options& options, const HttpRequest& request);

// Whether all that it is about lies in a folder, by its name and by every reading of it: no "." or
// "..", plain or encoded, no doubled slashes.
bool LiesIn(const S3Action& action, const S3Location& folder);

// The headers that have to be added to a request which ReadS3Action took, so that the store does
// what it asks for. The signature covers method, URL, the headers x-amz-*, and the body where the
// action depends on it.
std::vector<HttpHeader> SignatureFor(const S3Options& options, const HttpRequest& request,
                                     int64_t now_millis);

}  // namespace eider::io
