// The tokens of a token file, as a server knows them. A file that changes is read anew within a
// second: a token that was revoked is of no use from then on, without a signal or a restart.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "server/token_file.h"

namespace eider::server {

// Safe from any thread.
class TokenStore {
 public:
  // Throws what ReadTokenFile throws.
  explicit TokenStore(std::string path);

  // The token with this text; nullptr for one that is not there, was revoked or has expired.
  std::shared_ptr<const TokenRecord> Find(std::string_view text);
  // The same by id, for what was given in return for the token.
  std::shared_ptr<const TokenRecord> FindById(std::string_view id);

  // How long after a change of the file it may go unseen.
  static constexpr int64_t kLookEveryMillis = 1000;

 private:
  using Tokens = std::map<std::string, std::shared_ptr<const TokenRecord>, std::less<>>;
  // What tells one state of the file from another.
  struct Version {
    int64_t modified_ns = 0;
    uint64_t inode = 0;
    int64_t size = -1;
    bool operator==(const Version& other) const = default;
  };

  Version VersionNow() const;
  void Read();
  std::shared_ptr<const Tokens> Current();

  std::string path_;
  std::mutex mutex_;
  std::shared_ptr<const Tokens> tokens_;  // by id
  Version version_;
  int64_t next_look_ms_ = 0;
};

}  // namespace eider::server
