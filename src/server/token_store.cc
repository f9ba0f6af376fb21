#include "server/token_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "server/bearer_token.h"

namespace eider::server {

TokenStore::TokenStore(std::string path) : path_(std::move(path)) {
  version_ = VersionNow();
  Read();
}

std::shared_ptr<const TokenRecord> TokenStore::Find(std::string_view text) {
  std::string_view id = IdOfBearerToken(text);
  if (id.empty()) return nullptr;
  auto token = FindById(id);
  if (!token || !EqualInConstantTime(HashOfBearerToken(text), token->hash)) return nullptr;
  return token;
}

std::shared_ptr<const TokenRecord> TokenStore::FindById(std::string_view id) {
  auto tokens = Current();
  auto found = tokens->find(id);
  if (found == tokens->end() || found->second->IsExpired(NowMillis())) return nullptr;
  return found->second;
}

TokenStore::Version TokenStore::VersionNow() const {
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) return {};
  return {info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_ino, info.st_size};
}

void TokenStore::Read() {
  auto tokens = std::make_shared<Tokens>();
  for (TokenRecord& record : ReadTokenFile(path_)) {
    auto known = std::make_shared<const TokenRecord>(std::move(record));
    tokens->emplace(known->id, known);
  }
  tokens_ = std::move(tokens);
}

std::shared_ptr<const TokenStore::Tokens> TokenStore::Current() {
  std::lock_guard<std::mutex> lock(mutex_);
  int64_t now = NowMillis();
  // A clock that was set back must not put the next look off.
  if (now < next_look_ms_ && next_look_ms_ - now <= kLookEveryMillis) return tokens_;
  next_look_ms_ = now + kLookEveryMillis;
  Version version = VersionNow();
  if (version == version_) return tokens_;
  version_ = version;
  try {
    Read();
  } catch (const Error& error) {
    // It may have been meant to take somebody's access: better nobody has any than the wrong one.
    tokens_ = std::make_shared<const Tokens>();
    std::fputs(fmt::format("No token is accepted until this is mended: {}\n", error.what()).c_str(),
               stderr);
  }
  return tokens_;
}

}  // namespace eider::server
