#include "catalog/kept_answers.h"

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace eider::catalog {

namespace {

// Clocks of servers that share a catalog differ, and a retry may be on its way for a while.
constexpr std::chrono::minutes kGrace{5};

// Few enough not to be felt by the commit that removes them, and more than it adds.
constexpr const char* kRemoveExpired =
    "DELETE FROM eider_idempotency WHERE sequence IN (SELECT sequence FROM eider_idempotency "
    "WHERE created_at_ms < CAST(? AS BIGINT) ORDER BY sequence LIMIT 32 "
    "/*+ FOR UPDATE SKIP LOCKED */)";

// A flood of keys ends here rather than on a full disk.
constexpr int kMostAnswers = 1'000'000;

std::string Expiry() {
  std::chrono::milliseconds age = kAnswerLifetime + kGrace;
  return std::to_string(NowMillis() - static_cast<int64_t>(age.count()));
}

}  // namespace

std::optional<KeptAnswer> FindKeptAnswer(SqlDatabase& database, const std::string& key) {
  auto rows = database.Query(
      "SELECT request_hash, status, answer FROM eider_idempotency "
      "WHERE idempotency_key = ? AND created_at_ms >= CAST(? AS BIGINT)",
      {key, Expiry()});
  if (rows.empty()) return std::nullopt;
  auto& row = rows[0];
  return KeptAnswer{*row[0], std::stoi(*row[1]), *row[2]};
}

std::optional<KeptAnswer> InsertKeptAnswer(SqlDatabase& database, const std::string& key,
                                           const KeptAnswer& answer) {
  if (auto kept = FindKeptAnswer(database, key)) return kept;
  database.Execute(kRemoveExpired, {Expiry()});
  // One that has expired, but was not removed yet.
  database.Execute(
      "DELETE FROM eider_idempotency WHERE idempotency_key = ? AND created_at_ms < "
      "CAST(? AS BIGINT)",
      {key, Expiry()});
  auto inserted = database.Query(
      "INSERT INTO eider_idempotency (idempotency_key, request_hash, status, answer, "
      "created_at_ms) VALUES (?, ?, CAST(? AS INTEGER), ?, CAST(? AS BIGINT)) "
      "ON CONFLICT (idempotency_key) DO NOTHING RETURNING sequence",
      {key, answer.request_hash, std::to_string(answer.status), answer.body,
       std::to_string(NowMillis())});
  // Another server was first, and has committed by now.
  if (inserted.empty()) return FindKeptAnswer(database, key);
  database.Execute("DELETE FROM eider_idempotency WHERE sequence <= CAST(? AS BIGINT)",
                   {std::to_string(std::stoll(*inserted[0][0]) - kMostAnswers)});
  return std::nullopt;
}

}  // namespace eider::catalog
