// Keys of AWS sessions for clients, each for the folder of one table: made by AssumeRole with a
// policy that says so, shared by all who have the same right to it, and made anew long before they
// end.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/lru_cache.h"
#include "io/aws_sts.h"
#include "io/s3_folder_policy.h"
#include "io/s3_options.h"

namespace eider::server {

// Safe from any thread.
class TableKeys {
 public:
  using Assume = std::function<io::AwsCredentials(const io::AssumeRole& role)>;

  // `assume` makes the keys.
  TableKeys(io::S3Options options, Assume assume);
  // Asks the security token service of `options`.
  explicit TableKeys(const io::S3Options& options);

  // Keys that hold for ten minutes at least, and mostly for half an hour. Throws kIo, naming the
  // role, where none can be had, and what S3FolderPolicy throws.
  io::AwsCredentials Get(const io::S3Location& folder, io::FolderAccess access);

  // How often keys were made, and how often that failed.
  uint64_t made() const { return made_; }
  uint64_t failures() const { return failures_; }

 private:
  struct Slot;

  io::AwsCredentials Make(const io::S3Location& folder, io::FolderAccess access);

  io::S3Options options_;
  Assume assume_;
  LruCache<Slot> slots_;
  std::atomic<uint64_t> made_ = 0;
  std::atomic<uint64_t> failures_ = 0;
};

}  // namespace eider::server
