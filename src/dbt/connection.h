// One connection to the warehouse with dbt's idea of transactions. Used by one thread at a time.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "dbt/events.h"
#include "dbt/table.h"
#include "engine/session.h"

namespace eider::dbt {

// What the adapter says about a statement: `adapter_response` of run_results.json.
struct AdapterResponse {
  std::string message = "OK";
  std::string code;  // "" where there is none
  std::optional<int64_t> rows_affected;
  Json ToJson() const;
};

class Connection {
 public:
  // `cancelled` and `sink` must outlive it. Once `cancelled` is true no statement begins any more.
  Connection(std::unique_ptr<engine::Session> session, EventSink& sink, bool use_transactions,
             const std::atomic<bool>& cancelled);
  ~Connection();

  // Runs every statement of `sql`. With `auto_begin` a transaction is opened first where none is.
  // With `fetch`, `*table` gets the rows of the last one. Throws as Session::Execute; a failed
  // statement leaves the transaction for the caller to roll back.
  AdapterResponse Execute(const std::string& sql, bool auto_begin, bool fetch,
                          std::shared_ptr<Table>* table = nullptr);
  // The same without a transaction being opened and without a comment: for the adapter's own
  // look-ups.
  std::unique_ptr<engine::Result> Query(const std::string& sql);

  void Begin();
  // Does nothing where no transaction is open.
  void Commit();
  void Rollback() noexcept;
  bool in_transaction() const { return in_transaction_; }

  // The node on whose behalf statements run: named in the comment before each and in events.
  void set_name(std::string name) { name_ = std::move(name); }
  const std::string& name() const { return name_; }
  // Put before (or after) every statement; "" for none. See query_comment in dbt_project.yml.
  void set_comment(std::string comment, bool append);

  // Statements are refused with `reason` while it is not empty: --no-introspect.
  void set_refusal(std::string reason) { refusal_ = std::move(reason); }

  // From any thread: stops the statement that runs now, if any.
  void Interrupt();
  engine::Session& session() { return *session_; }

 private:
  std::unique_ptr<engine::Result> Run(const std::string& sql);

  std::unique_ptr<engine::Session> session_;
  EventSink& sink_;
  const std::atomic<bool>& cancelled_;
  bool use_transactions_;
  bool in_transaction_ = false;
  std::string name_ = "master";
  std::string refusal_;
  std::string comment_;
  bool append_comment_ = false;
};

}  // namespace eider::dbt
