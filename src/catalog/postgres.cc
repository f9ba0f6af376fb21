#include "catalog/postgres.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace eider::catalog {

namespace {

// How long a server that does not answer is waited for: when it is connected to, and later.
constexpr int kConnectSeconds = 5;
constexpr char kDeadMillis[] = "10000";

// Ours for every connection. A commit that was acknowledged has to be on disk, whatever the
// server's default is.
constexpr char kSession[] =
    "SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'; "
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'";

// The type of every parameter: text.
constexpr Oid kText = 25;

ErrorCode CodeFor(const std::string& state) {
  auto is = [&](std::string_view prefix) { return state.starts_with(prefix); };
  if (is("23505")) return ErrorCode::kAlreadyExists;
  if (is("40") || is("55P03")) return ErrorCode::kConflict;
  if (is("53100")) return ErrorCode::kNoSpace;
  if (is("42501") || is("28") || is("25006")) return ErrorCode::kPermission;
  if (is("22")) return ErrorCode::kInvalidArgument;
  if (is("3D000") || is("3F000")) return ErrorCode::kNotFound;
  if (is("XX001") || is("XX002")) return ErrorCode::kCorrupt;
  return ErrorCode::kIo;
}

// Messages of libpq are lines, some of them indented.
std::string OneLine(const std::string& text) {
  std::string line;
  for (const std::string& part : Split(text, '\n')) {
    std::string_view trimmed = Trim(part);
    if (trimmed.empty()) continue;
    if (!line.empty()) line += "; ";
    line += trimmed;
  }
  return line;
}

// libpq's own words on what it does not understand would repeat it, a password perhaps.
bool IsUnderstood(const std::string& url) {
  char* problem = nullptr;
  PQconninfoOption* parsed = Postgres().conninfo_parse(url.c_str(), &problem);
  Postgres().freemem(problem);
  if (parsed == nullptr) return false;
  // With a slash in a password all of it becomes host, port and database.
  bool has_user = url.substr(0, url.find('?')).find('@') == std::string::npos;
  for (const PQconninfoOption* option = parsed; option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "user" && option->val != nullptr) has_user = true;
  }
  Postgres().conninfo_free(parsed);
  return has_user;
}

void Ignore(void*, const char*) {}

}  // namespace

// A result of libpq; gone with this.
class PostgresDatabase::Answer {
 public:
  explicit Answer(PGresult* result) : result_(result) {}
  ~Answer() { Postgres().clear(result_); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  PGresult* get() const { return result_; }
  bool failed() const {
    ExecStatusType status = Postgres().result_status(result_);
    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
  }
  std::string Field(int code) const {
    const char* text = Postgres().result_error_field(result_, code);
    return text != nullptr ? text : "";
  }

 private:
  PGresult* result_;
};

PostgresDatabase::PostgresDatabase(const std::string& url, std::string address, int64_t generation,
                                   int connect_seconds)
    : address_(std::move(address)), generation_(generation) {
  try {
    Connect(url, connect_seconds);
  } catch (...) {
    Postgres().finish(connection_);
    throw;
  }
}

PostgresDatabase::~PostgresDatabase() { Postgres().finish(connection_); }

void PostgresDatabase::Connect(const std::string& url, int connect_seconds) {
  const PostgresLibrary& postgres = Postgres();
  if (!IsUnderstood(url)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is no address of a PostgreSQL database", address_))
        .WithHint(
            "It is postgresql://user@host:port/database?sslmode=.., with everything else than "
            "letters and digits in a user's name and password percent-encoded.");
  }
  bool is_chosen = connect_seconds == 0 && std::getenv("PGCONNECT_TIMEOUT") != nullptr;
  std::string patience = std::to_string(connect_seconds == 0 ? kConnectSeconds : connect_seconds);
  // What comes before the address is overridden by it.
  std::vector<const char*> names;
  std::vector<const char*> values;
  auto add = [&](const char* name, const char* value) {
    names.push_back(name);
    values.push_back(value);
  };
  if (!is_chosen) add("connect_timeout", patience.c_str());
  add("tcp_user_timeout", kDeadMillis);
  add("dbname", url.c_str());
  add("fallback_application_name", "eider");
  add("client_encoding", "UTF8");
  add(nullptr, nullptr);
  connection_ = postgres.connectdb_params(names.data(), values.data(), 1);
  if (connection_ == nullptr || postgres.status(connection_) != CONNECTION_OK) {
    std::string why =
        connection_ == nullptr ? "out of memory" : OneLine(postgres.error_message(connection_));
    bool refused = why.find("authentication failed") != std::string::npos ||
                   why.find("no password supplied") != std::string::npos ||
                   why.find("pg_hba.conf") != std::string::npos;
    throw Error(refused ? ErrorCode::kPermission : ErrorCode::kIo,
                fmt::format("cannot open the catalog {}: {}", address_, why))
        .WithHint(refused ? "Check user and password: in the address, PGPASSWORD or ~/.pgpass."
                          : "Check that the server runs, and host, port and database's name.");
  }
  postgres.set_notice_processor(connection_, Ignore, nullptr);
  Run(kSession);
  auto self = Query("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()");
  backend_ = {self.at(0).at(0).value_or(""), self.at(0).at(1).value_or("")};
}

PostgresDatabase::Answer PostgresDatabase::Send(const std::string& sql, const Row& parameters) {
  const PostgresLibrary& postgres = Postgres();
  for (const auto& parameter : parameters) {
    if (!parameter || parameter->find('\0') == std::string::npos) continue;
    throw Error(ErrorCode::kInvalidArgument, "PostgreSQL keeps no text with a zero byte in it");
  }
  std::string& name = statements_[sql];
  if (name.empty()) {
    std::vector<Oid> types(parameters.size(), kText);
    std::string fresh = fmt::format("s{}", statements_.size());
    Answer prepared(postgres.prepare(connection_, fresh.c_str(), ForPostgres(sql).c_str(),
                                     static_cast<int>(types.size()), types.data()));
    if (prepared.failed()) {
      statements_.erase(sql);
      Fail(prepared);
    }
    name = fresh;
  }
  std::vector<const char*> values;
  for (const auto& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
  }
  return Answer(postgres.exec_prepared(connection_, name.c_str(), static_cast<int>(values.size()),
                                       values.data(), nullptr, nullptr, 0));
}

int64_t PostgresDatabase::Execute(const std::string& sql, const Row& parameters) {
  Answer answer = Send(sql, parameters);
  if (answer.failed()) Fail(answer);
  const char* count = Postgres().cmd_tuples(answer.get());
  return *count == '\0' ? 0 : std::stoll(count);
}

std::vector<SqlDatabase::Row> PostgresDatabase::Query(const std::string& sql,
                                                      const Row& parameters) {
  const PostgresLibrary& postgres = Postgres();
  Answer answer = Send(sql, parameters);
  if (answer.failed()) Fail(answer);
  std::vector<Row> rows(static_cast<size_t>(postgres.ntuples(answer.get())));
  int columns = postgres.nfields(answer.get());
  for (size_t i = 0; i < rows.size(); ++i) {
    int number = static_cast<int>(i);
    for (int column = 0; column < columns; ++column) {
      if (postgres.getisnull(answer.get(), number, column) != 0) {
        rows[i].emplace_back();
      } else {
        rows[i].emplace_back(
            std::string(postgres.getvalue(answer.get(), number, column),
                        static_cast<size_t>(postgres.getlength(answer.get(), number, column))));
      }
    }
  }
  return rows;
}

// Two snapshots of the server that are alike see the same; what came between them, in another
// generation, may have been lost by a crash of the server.
std::string PostgresDatabase::Version() {
  auto rows = Query("SELECT pg_current_snapshot()");
  return fmt::format("{}.{}", generation_, rows.at(0).at(0).value_or(""));
}

void PostgresDatabase::Run(const char* statements) {
  Answer answer(Postgres().exec(connection_, statements));
  if (answer.failed()) Fail(answer);
  bool undone = std::string_view(statements) == "COMMIT" &&
                std::string_view(Postgres().cmd_status(answer.get())) != "COMMIT";
  if (undone) Fail("25P02", "the transaction was rolled back");
}

void PostgresDatabase::RollBack() {
  if (Postgres().transaction_status(connection_) == PQTRANS_IDLE) return;
  Answer answer(Postgres().exec(connection_, "ROLLBACK"));
}

bool PostgresDatabase::lost() const {
  return lost_ || Postgres().status(connection_) != CONNECTION_OK;
}

bool PostgresDatabase::worth_another_try() const {
  // Serialization failure, deadlock.
  return state_ == "40001" || state_ == "40P01";
}

void PostgresDatabase::Fail(const Answer& answer) {
  std::string why = answer.Field(PG_DIAG_MESSAGE_PRIMARY);
  if (why.empty()) why = OneLine(Postgres().error_message(connection_));
  Fail(answer.Field(PG_DIAG_SQLSTATE), why);
}

void PostgresDatabase::Fail(const std::string& state, const std::string& why) {
  state_ = state;
  // What is not the server's word is libpq's, that it cannot speak with it.
  lost_ = lost_ || state.empty();
  Error error(CodeFor(state), fmt::format("the catalog {} has failed: {}", address_, why));
  if (error.code() == ErrorCode::kPermission) {
    error.WithHint("The user needs CREATE on the schema once, and to read and write its tables.");
  }
  throw error;
}

std::string ForPostgres(const std::string& sql) {
  std::string text;
  int number = 0;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] != '?') {
      text += sql[i];
      continue;
    }
    text += '$';
    bool numbered = i + 1 < sql.size() && sql[i + 1] >= '0' && sql[i + 1] <= '9';
    if (!numbered) text += std::to_string(++number);
  }
  text = ReplaceAll(text, "COLLATE BINARY", "COLLATE \"C\"");
  return ReplaceAll(ReplaceAll(text, "/*+", ""), "*/", "");
}

}  // namespace eider::catalog
