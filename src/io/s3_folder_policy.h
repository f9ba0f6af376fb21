// The policy of an AWS session whose keys reach one folder of a bucket, and nothing beside it.
#pragma once

#include <string>
#include <string_view>

#include "io/s3_client.h"

namespace eider::io {

enum class FolderAccess { kRead, kWrite };

// JSON, for AssumeRole. Whatever the folder is called, it stands for itself: no name is a pattern
// or a variable. `partition` is that of the role's ARN: "aws", "aws-cn". Throws kInvalidArgument
// where the folder is the whole bucket, kUnsupported where its name is so long that AWS would not
// take the policy.
std::string S3FolderPolicy(const S3Location& folder, FolderAccess access,
                           std::string_view partition);

}  // namespace eider::io
