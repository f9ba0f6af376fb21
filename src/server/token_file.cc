#include "server/token_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "server/bearer_token.h"
#include "server/secret_file.h"
#include "server/session_token.h"

namespace eider::server {

namespace {

constexpr int kVersion = 1;
constexpr size_t kLongestName = 64;
constexpr size_t kHashDigits = 64;

constexpr char kWhat[] = "token file";

TokenRecord RecordFromJson(const Json& json) {
  TokenRecord record;
  record.id = json.at("id").get<std::string>();
  record.name = json.at("name").get<std::string>();
  record.hash = json.at("hash").get<std::string>();
  for (const Json& scope : json.at("scopes")) record.scopes.emplace_back(scope.get<std::string>());
  record.created_ms = json.at("created_ms").get<int64_t>();
  record.expires_ms = json.at("expires_ms").get<int64_t>();
  if (!IsTokenName(record.name) || record.id.empty() || record.hash.size() != kHashDigits) {
    throw Error(ErrorCode::kCorrupt, fmt::format("the token '{}' is not whole", record.name));
  }
  return record;
}

Json ToJson(const std::vector<TokenRecord>& records) {
  Json tokens = Json::array();
  for (const TokenRecord& record : records) {
    Json scopes = Json::array();
    for (const Grant& scope : record.scopes) scopes.push_back(scope.text());
    tokens.push_back({{"id", record.id},
                      {"name", record.name},
                      {"hash", record.hash},
                      {"scopes", std::move(scopes)},
                      {"created_ms", record.created_ms},
                      {"expires_ms", record.expires_ms}});
  }
  return {{"version", kVersion}, {"tokens", std::move(tokens)}};
}

void Replace(const std::string& path, const std::vector<TokenRecord>& records) {
  ReplaceSecretFile(path, ToJson(records).dump(2) + "\n", kWhat);
}

}  // namespace

bool IsTokenName(std::string_view name) {
  auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= kLongestName && is_word(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_word(c) || c == '.' || c == '_' || c == '@' || c == '-';
         });
}

std::vector<TokenRecord> ReadTokenFile(const std::string& path) {
  std::optional<std::string> text = ReadSecretFile(path, kWhat);
  if (!text) return {};
  std::vector<TokenRecord> records;
  try {
    Json json = Json::parse(*text);
    if (json.at("version").get<int>() != kVersion) {
      throw Error(ErrorCode::kCorrupt, "it is of another version");
    }
    for (const Json& token : json.at("tokens")) records.push_back(RecordFromJson(token));
  } catch (const Error& error) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the token file {} cannot be used: {}", path, error.message()));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the token file {} cannot be used: {}", path, error.what()));
  }
  return records;
}

std::string AddToken(const std::string& path, TokenRecord record) {
  if (!IsTokenName(record.name)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' cannot be the name of a token", record.name))
        .WithHint("It begins with a letter or digit and has these and . _ @ - in it, 64 at most.");
  }
  SecretFileLock lock(path, kWhat);
  std::vector<TokenRecord> records = ReadTokenFile(path);
  int64_t now = NowMillis();
  std::erase_if(records, [&](const TokenRecord& old) {
    return old.name == record.name && old.IsExpired(now);
  });
  for (const TokenRecord& old : records) {
    if (old.name != record.name) continue;
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("there is a token named '{}' already", record.name))
        .WithHint(fmt::format("eider token revoke {} ends it.", record.name));
  }
  BearerToken token = NewBearerToken();
  record.id = token.id;
  record.hash = HashOfBearerToken(token.text);
  record.created_ms = now;
  records.push_back(std::move(record));
  Replace(path, records);
  ReadOrMakeSigningKey(path);
  return token.text;
}

std::string RevokeToken(const std::string& path, const std::string& name_or_id) {
  SecretFileLock lock(path, kWhat);
  std::vector<TokenRecord> records = ReadTokenFile(path);
  auto is_meant = [&](const TokenRecord& record) {
    return record.name == name_or_id || record.id == name_or_id;
  };
  auto found = std::find_if(records.begin(), records.end(), is_meant);
  if (found == records.end()) {
    throw Error(ErrorCode::kNotFound, fmt::format("{} holds no token '{}'", path, name_or_id));
  }
  std::string name = found->name;
  records.erase(found);
  Replace(path, records);
  return name;
}

}  // namespace eider::server
