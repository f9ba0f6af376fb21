// Where the keys for AWS and what speaks like it come from.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/aws_signature.h"

namespace eider::io {

// Keys that may change while they are used. Any thread may ask.
class AwsCredentialSource {
 public:
  virtual ~AwsCredentialSource() = default;

  // Keys that hold for some minutes more. Throws kPermission where there are none, with a hint that
  // says where they were looked for.
  virtual AwsCredentials Get() = 0;
  // The server has refused them as expired: the next Get asks anew where they came from.
  virtual void Forget(const AwsCredentials& refused) = 0;
};

// Keys that were given; there are no others.
std::shared_ptr<AwsCredentialSource> GivenCredentials(AwsCredentials credentials);

// What `load` returns, kept until it expires or is refused.
std::shared_ptr<AwsCredentialSource> LoadedCredentials(std::function<AwsCredentials()> load);

// As the tools of AWS look for them, the first that is there: the environment (AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), unless a profile is named; the profile in the shared
// files (~/.aws/credentials, ~/.aws/config, or where AWS_SHARED_CREDENTIALS_FILE and
// AWS_CONFIG_FILE say); a web identity (AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN); the container's
// role (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI); the instance's role (IMDSv2, unless
// AWS_EC2_METADATA_DISABLED). "" means the profile of AWS_PROFILE, else "default".
std::shared_ptr<AwsCredentialSource> FoundCredentials(const std::string& profile = "");

// A setting of a profile in the shared files, such as "region"; "" where it is not there.
std::string SharedSetting(const std::string& profile, const std::string& name);

}  // namespace eider::io
