#include "server/table_keys.h"

#include <memory>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace eider::server {

namespace {

constexpr int64_t kMinuteMillis = 60'000;
constexpr int kHeldSeconds = 3600;  // the longest that a role assumed by a role may last
// Clients that do not ask for new keys get on for this long at least after they were given some.
constexpr int64_t kRenewedBefore = 30 * kMinuteMillis;
// What is left at least of keys that are given out because no new ones could be had.
constexpr int64_t kLeastLeft = 10 * kMinuteMillis;
constexpr size_t kTables = 10'000;

// Of "arn:aws-cn:iam::1:role/r", its second part; other stores take any text for a role.
std::string PartitionOf(const std::string& role_arn) {
  std::vector<std::string> parts = Split(role_arn, ':');
  return parts.size() > 1 && parts[1].starts_with("aws") ? parts[1] : "aws";
}

TableKeys::Assume AskService(const io::S3Options& options) {
  io::HttpClientOptions http;
  // A request waits for it.
  http.connect_timeout = std::chrono::seconds(3);
  http.timeout = std::chrono::seconds(10);
  http.body_limit = 1 << 20;
  http.ca_file = options.ca_file;
  auto client = std::make_shared<io::HttpClient>(http);
  return [client, options](const io::AssumeRole& role) {
    return io::AssumeAwsRole(*client, role, options.credentials->Get(), NowMillis());
  };
}

}  // namespace

struct TableKeys::Slot {
  mutable std::mutex renewing;  // taken before `mutex`
  mutable std::mutex mutex;     // guards what follows
  mutable io::AwsCredentials keys;

  io::AwsCredentials Held() const {
    std::lock_guard<std::mutex> lock(mutex);
    return keys;
  }
};

TableKeys::TableKeys(io::S3Options options, Assume assume)
    : options_(std::move(options)), assume_(std::move(assume)), slots_(kTables) {}

TableKeys::TableKeys(const io::S3Options& options) : TableKeys(options, AskService(options)) {}

io::AwsCredentials TableKeys::Get(const io::S3Location& folder, io::FolderAccess access) {
  std::string name = (access == io::FolderAccess::kWrite ? "write " : "read ") + folder.ToString();
  std::shared_ptr<const Slot> slot = slots_.Get(name);
  while (!slot) {
    slots_.Put(name, std::make_shared<const Slot>(), 1);
    slot = slots_.Get(name);
  }
  io::AwsCredentials held = slot->Held();
  if (held.expires_at_millis - NowMillis() > kRenewedBefore) return held;

  std::unique_lock<std::mutex> renewing(slot->renewing, std::try_to_lock);
  if (!renewing && held.expires_at_millis - NowMillis() > kLeastLeft) return held;
  if (!renewing) renewing.lock();
  held = slot->Held();
  if (held.expires_at_millis - NowMillis() > kRenewedBefore) return held;
  try {
    held = Make(folder, access);
  } catch (const Error&) {
    if (held.expires_at_millis - NowMillis() > kLeastLeft) return held;
    throw;
  }
  std::lock_guard<std::mutex> lock(slot->mutex);
  slot->keys = held;
  return held;
}

io::AwsCredentials TableKeys::Make(const io::S3Location& folder, io::FolderAccess access) {
  io::AssumeRole role;
  role.endpoint = options_.StsEndpoint();
  role.region = options_.region;
  role.role_arn = options_.role_arn;
  role.session_name = "eider";
  role.external_id = options_.role_external_id;
  role.policy = io::S3FolderPolicy(folder, access, PartitionOf(options_.role_arn));
  role.duration_seconds = kHeldSeconds;
  try {
    io::AwsCredentials keys = assume_(role);
    if (keys.expires_at_millis == 0) keys.expires_at_millis = NowMillis() + kHeldSeconds * 1000;
    ++made_;
    return keys;
  } catch (const Error& error) {
    ++failures_;
    // Whatever it was, it is no fault of the client's, nor a right that the client lacks.
    throw Error(ErrorCode::kIo, error.message());
  }
}

}  // namespace eider::server
