// AWS's Security Token Service: keys that hold for an hour or so, and for less than the keys they
// are made from.
#pragma once

#include <string>

#include "io/aws_signature.h"
#include "io/http_client.h"

namespace eider::io {

struct AssumeRole {
  std::string endpoint;  // "" for the region's own
  std::string region;
  std::string role_arn;
  std::string session_name;  // shown in AWS's logs
  std::string external_id;   // "" for none
  std::string policy;        // JSON; what the keys may do at most. "" for all that the role may
  int duration_seconds = 3600;
};

// Throws kPermission where the role may not be assumed, kIo where nobody can be asked.
AwsCredentials AssumeAwsRole(HttpClient& client, const AssumeRole& role,
                             const AwsCredentials& caller, int64_t now_millis);

// By a token that the machine's cluster has issued.
AwsCredentials AssumeAwsRoleWithWebIdentity(HttpClient& client, const AssumeRole& role,
                                            const std::string& token);

// "2026-11-25T03:00:00Z", with or without a fraction, as milliseconds; 0 for another text.
int64_t ParseAwsInstant(const std::string& text);

}  // namespace eider::io
