// AWS Signature Version 4: what S3 and the other services of AWS know a caller by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/http_client.h"

namespace eider::io {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;      // "" for keys that last
  int64_t expires_at_millis = 0;  // 0: never
};

// For a request whose body is not known to the one who signs.
constexpr char kUnsignedPayload[] = "UNSIGNED-PAYLOAD";

// Signs `request` as it stands: all its headers, its URL and its body. Adds the headers X-Amz-Date,
// X-Amz-Security-Token, for the service "s3" X-Amz-Content-Sha256 (unless the request has one,
// which is taken for the body's hash then), and Authorization. The signature holds for about a
// quarter of an hour. Throws kInvalidArgument for a URL that is not percent-encoded well.
void SignAwsRequest(HttpRequest& request, const AwsCredentials& credentials,
                    std::string_view region, std::string_view service, int64_t now_millis);

}  // namespace eider::io
