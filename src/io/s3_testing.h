// How tests reach an object store of their own.
#pragma once

#include <string>

#include "io/s3_options.h"

namespace eider::io {

// Of a server of this test, which has as many tries as one that fails now and then needs, and no
// time to lose.
inline S3Options TestS3Options(const std::string& endpoint) {
  S3Options options;
  options.endpoint = endpoint;
  options.region = "us-east-1";
  options.path_style = true;
  options.credentials = GivenCredentials({"test-id", "TEST-SECRET", "TEST-TOKEN", 0});
  options.first_pause = std::chrono::milliseconds(2);
  options.longest_pause = std::chrono::milliseconds(20);
  return options;
}

}  // namespace eider::io
