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
    "WHERE created_at_ms < ? ORDER BY sequence LIMIT 32)";

// A flood of keys ends here rather than on a full disk.
constexpr int kMostAnswers = 1'000'000;

std::string Expiry() {
  std::chrono::milliseconds age = kAnswerLifetime + kGrace;
  return std::to_string(NowMillis() - static_cast<int64_t>(age.count()));
}

}  // namespace

std::optional<KeptAnswer> FindKeptAnswer(SqliteDatabase& database, const std::string& key) {
  auto rows = database.Query(
      "SELECT request_hash, status, answer FROM eider_idempotency "
      "WHERE idempotency_key = ? AND created_at_ms >= ?",
      {key, Expiry()});
  if (rows.empty()) return std::nullopt;
  auto& row = rows[0];
  return KeptAnswer{*row[0], std::stoi(*row[1]), *row[2]};
}

std::optional<KeptAnswer> InsertKeptAnswer(SqliteDatabase& database, const std::string& key,
                                           const KeptAnswer& answer) {
  if (auto kept = FindKeptAnswer(database, key)) return kept;
  database.Execute(kRemoveExpired, {Expiry()});
  // One that has expired, but was not removed yet.
  database.Execute("DELETE FROM eider_idempotency WHERE idempotency_key = ?", {key});
  database.Execute(
      "INSERT INTO eider_idempotency (idempotency_key, request_hash, status, answer, "
      "created_at_ms) VALUES (?, ?, ?, ?, ?)",
      {key, answer.request_hash, std::to_string(answer.status), answer.body,
       std::to_string(NowMillis())});
  database.Execute("DELETE FROM eider_idempotency WHERE sequence <= last_insert_rowid() - ?",
                   {std::to_string(kMostAnswers)});
  return std::nullopt;
}

}  // namespace eider::catalog
