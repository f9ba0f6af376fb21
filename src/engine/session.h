// Embedded DuckDB as the rest of Eider sees it. No header of DuckDB is needed to use this one.
//
// A Database is one DuckDB instance with Eider's storage extension registered; a Session is one
// connection to it. SQL goes to DuckDB's own parser first; only what it refuses is offered to the
// rewriter of the plan's forms (USING ICEBERG, TBLPROPERTIES, FOR VERSION AS OF; see dialect.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace eider::catalog {
class Catalog;
}

namespace eider::engine {

// One value of a result.
struct Cell {
  enum class Kind {
    kNull,
    kBoolean,  // `integer` is 0 or 1
    kInteger,  // `integer` holds it where it fits 64 bits, `text` always
    kReal,     // `real`
    kDecimal,  // `text`, exact; `real` nearest
    kText,
    kBlob,  // `text` is DuckDB's escaped form
    kDate,  // `text` as 2026-01-31
    kTime,
    kTimestamp,  // `text` as 2026-01-31 12:00:00.5
    kTimestampTz,
    kInterval,
    kUuid,
    kNested,  // LIST, ARRAY, STRUCT, MAP; a UNION is the value it holds
  };
  Kind kind = Kind::kNull;
  int64_t integer = 0;
  double real = 0;
  std::string text;  // DuckDB's own text form, for every kind but kNull
  // Of kNested: what a list or array holds, or the values of a struct or map and, for each, its
  // key.
  std::vector<Cell> elements;
  std::vector<std::string> keys;
  bool has_keys = false;

  bool is_null() const { return kind == Kind::kNull; }
  // The value as JSON: numbers as numbers (decimals as the nearest double), nested as nested, the
  // rest as text.
  Json ToJson() const;
  // The same as text, with decimals exact.
  std::string ToJsonText() const;
};

struct Column {
  std::string name;
  std::string type;  // DuckDB's name of the type: "INTEGER", "DECIMAL(18,2)", "STRUCT(a INTEGER)"
};

// The answer to one statement, read row by row. A streaming result holds its session's connection
// busy until it is read to its end or destroyed.
class Result {
 public:
  virtual ~Result() = default;
  virtual const std::vector<Column>& columns() const = 0;
  // Fills `row` with the next row; false at the end. Throws kQuery, kInterrupted.
  virtual bool Next(std::vector<Cell>& row) = 0;
  // True for statements that answer with rows (SELECT, SHOW, ..), false for those that answer with
  // a count or nothing (INSERT, CREATE, ..).
  virtual bool returns_rows() const = 0;
  // Rows inserted, updated or deleted, where the statement says so.
  virtual std::optional<int64_t> rows_changed() const = 0;
};

class Session {
 public:
  virtual ~Session() = default;

  // Runs every statement of `sql` in order and returns the last one's result (never null; an empty
  // text gives a result with no columns). Throws kSyntax, kQuery, kInterrupted, or the code of the
  // Eider error underneath (kConflict, kNotFound, ..). `streaming` results are produced as they are
  // read; otherwise the whole result is computed before Execute returns.
  virtual std::unique_ptr<Result> Execute(std::string_view sql, bool streaming = false) = 0;

  // Splits a text into its statements, each without its semicolon, by DuckDB's tokenizer. An
  // unfinished last statement (no semicolon yet, open quote or comment) is reported as such, so
  // that a shell knows to ask for more.
  struct Split {
    std::vector<std::string> statements;
    bool complete = true;
  };
  virtual Split SplitStatements(std::string_view sql) = 0;

  // Whether a BEGIN waits for its COMMIT: what was done since is lost with the session.
  virtual bool InTransaction() = 0;

  // Stops the running statement; it throws kInterrupted. From any thread or signal-handling thread.
  virtual void Interrupt() = 0;

  // Percentage of the running query, or -1 when unknown. From any thread.
  virtual double Progress() = 0;

  // `prepare` is called once, before the first text of Execute that names a file on S3 or behind
  // HTTP: 's3://..', 'https://..'. What it throws is the statement's error.
  virtual void BeforeRemoteFiles(std::function<void()> prepare) = 0;

  // Makes `catalog` (and optionally a schema) the default for unqualified names.
  virtual void Use(const std::string& catalog, const std::string& schema = "") = 0;
};

struct DatabaseOptions {
  std::string path = ":memory:";                // the DuckDB file, made where absent
  std::map<std::string, std::string> settings;  // DuckDB's configuration options, by name
  bool read_only = false;
};

struct AttachOptions {
  bool read_only = false;
  // Name the warehouse gets in its catalog when it is created here; "" means the alias.
  std::string catalog_name;
  // What keeps the catalog (catalog/open_catalog.h); "" for catalog.db in the warehouse's folder.
  std::string catalog_store;
  // How a warehouse on S3 is reached (io/s3_options.h).
  std::map<std::string, std::string> storage = {};
};

class Database {
 public:
  virtual ~Database() = default;

  // Attaches the warehouse at `location` (a folder, made where absent, or file:///..) under
  // `alias`. Equivalent to ATTACH '<location>' AS alias (TYPE eider, CATALOG '<store>').
  virtual void AttachWarehouse(const std::string& alias, const std::string& location,
                               const AttachOptions& options = {}) = 0;
  // The same with a warehouse that is open already.
  virtual void AttachWarehouse(const std::string& alias, std::shared_ptr<catalog::Catalog> opened,
                               bool read_only) = 0;
  virtual std::unique_ptr<Session> NewSession() = 0;
};

// Throws kIo, kInvalidArgument (unknown setting), kCorrupt.
std::shared_ptr<Database> OpenDatabase(const DatabaseOptions& options);

// DuckDB's version, as "v1.5.5".
std::string DuckDBVersion();

// "name" with quotes where DuckDB needs them, and 'text' as a SQL literal.
std::string QuoteIdentifier(std::string_view name);
std::string QuoteLiteral(std::string_view text);

}  // namespace eider::engine
