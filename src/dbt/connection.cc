#include "dbt/connection.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"

namespace eider::dbt {

Json AdapterResponse::ToJson() const {
  Json out = Json::object();
  out["_message"] = message;
  if (!code.empty()) out["code"] = code;
  if (rows_affected) out["rows_affected"] = *rows_affected;
  return out;
}

Connection::Connection(std::unique_ptr<engine::Session> session, EventSink& sink,
                       bool use_transactions, const std::atomic<bool>& cancelled)
    : session_(std::move(session)),
      sink_(sink),
      cancelled_(cancelled),
      use_transactions_(use_transactions) {}

Connection::~Connection() { Rollback(); }

namespace {

// What the warehouse refuses is an error of the run, whatever it objects to: the codes that speak
// of a project's own text are for templates.
Error AsQueryError(const Error& error) {
  bool speaks_of_text =
      error.code() == ErrorCode::kSyntax || error.code() == ErrorCode::kInvalidArgument ||
      error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kAlreadyExists ||
      error.code() == ErrorCode::kUnsupported;
  if (!speaks_of_text) return error;
  Error out(ErrorCode::kQuery, error.message());
  if (!error.hint().empty()) out.WithHint(error.hint());
  return out;
}

}  // namespace

std::unique_ptr<engine::Result> Connection::Run(const std::string& sql) {
  if (cancelled_.load(std::memory_order_acquire)) {
    throw Error(ErrorCode::kInterrupted, "the run was cancelled");
  }
  if (!refusal_.empty()) throw Error(ErrorCode::kInvalidArgument, refusal_);
  auto execute = [&] {
    try {
      return session_->Execute(sql);
    } catch (const Error& error) {
      throw AsQueryError(error);
    }
  };
  if (!sink_.Wants(EventLevel::kDebug)) return execute();
  EmitNote(sink_, EventLevel::kDebug, "On " + name_ + ": " + sql, "SQLQuery", "E016",
           {{"conn_name", name_}, {"sql", sql}});
  int64_t started = NowMicros();
  auto result = execute();
  double elapsed = static_cast<double>(NowMicros() - started) / 1e6;
  EmitNote(sink_, EventLevel::kDebug, fmt::format("SQL status: OK in {:.3f} seconds", elapsed),
           "SQLQueryStatus", "E017", {{"status", "OK"}, {"elapsed", elapsed}});
  return result;
}

AdapterResponse Connection::Execute(const std::string& sql, bool auto_begin, bool fetch,
                                    std::shared_ptr<Table>* table) {
  if (auto_begin && !in_transaction_) Begin();
  std::string text = sql;
  if (!comment_.empty()) {
    text = append_comment_ ? sql + "\n/* " + comment_ + " */" : "/* " + comment_ + " */\n" + sql;
  }
  auto result = Run(text);
  AdapterResponse response;
  response.rows_affected = result->rows_changed();
  if (table) *table = fetch ? Table::FromResult(*result) : Table::Empty();
  return response;
}

std::unique_ptr<engine::Result> Connection::Query(const std::string& sql) { return Run(sql); }

void Connection::Begin() {
  if (!use_transactions_) return;
  if (in_transaction_) {
    throw Error(ErrorCode::kInternal, "Tried to begin a new transaction on connection \"" + name_ +
                                          "\", but it already had one open!");
  }
  Run("BEGIN");
  in_transaction_ = true;
}

void Connection::Commit() {
  if (!in_transaction_) return;
  // Whatever becomes of it, the transaction is over.
  in_transaction_ = false;
  Run("COMMIT");
}

void Connection::Rollback() noexcept {
  if (!in_transaction_) return;
  in_transaction_ = false;
  try {
    session_->Execute("ROLLBACK");
  } catch (const std::exception&) {
    // DuckDB has rolled back on its own when a commit failed.
  }
}

void Connection::set_comment(std::string comment, bool append) {
  comment_ = std::move(comment);
  append_comment_ = append;
}

void Connection::Interrupt() { session_->Interrupt(); }

}  // namespace eider::dbt
