#include "io/s3_folder_policy.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"

namespace eider::io {

namespace {

constexpr size_t kLongestPolicy = 2048;  // characters, of AssumeRole

// In resources and conditions "*" and "?" are wildcards and "${" begins a variable; these variables
// stand for the characters themselves.
std::string Literal(std::string_view name) {
  std::string literal;
  for (char c : name) {
    if (c == '*' || c == '?' || c == '$') {
      literal += fmt::format("${{{}}}", c);
    } else {
      literal += c;
    }
  }
  return literal;
}

}  // namespace

std::string S3FolderPolicy(const S3Location& folder, FolderAccess access,
                           std::string_view partition) {
  std::string key = folder.key;
  while (key.ends_with('/')) key.pop_back();
  if (key.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is a whole bucket, for which no keys are made", folder.ToString()));
  }
  std::string bucket = fmt::format("arn:{}:s3:::{}", partition, folder.bucket);
  std::string inside = Literal(key) + "/*";

  Json objects = {{"Effect", "Allow"}, {"Action", {"s3:GetObject"}}};
  if (access == FolderAccess::kWrite) {
    for (const char* action : {"s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}) {
      objects["Action"].push_back(action);
    }
  }
  objects["Resource"] = bucket + "/" + inside;
  Json listing = {{"Effect", "Allow"}, {"Action", {"s3:ListBucket"}}, {"Resource", bucket}};
  listing["Condition"]["StringLike"]["s3:prefix"] = inside;

  Json policy = {{"Version", "2012-10-17"}};
  policy["Statement"] = {objects, listing};
  // AWS takes no characters beyond Latin-1, but their escapes.
  std::string text = policy.dump(-1, ' ', true);
  if (text.size() > kLongestPolicy) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the name of {} is too long for a policy of AWS", folder.ToString()));
  }
  return text;
}

}  // namespace eider::io
