#include "engine/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/open_catalog.h"
#include "duckdb/common/exception/parser_exception.hpp"
#include "duckdb/main/client_config.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include "duckdb/main/query_result.hpp"
#include "duckdb/main/settings.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/alter_statement.hpp"
#include "duckdb/parser/statement/attach_statement.hpp"
#include "duckdb/parser/statement/copy_statement.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/parser/statement/insert_statement.hpp"
#include "engine/dialect.h"
#include "engine/duckdb_error.h"
#include "engine/httpfs.h"
#include "engine/name_listing.h"
#include "engine/query_result.h"
#include "engine/storage_extension.h"
#include "engine/table_scan.h"

namespace eider::engine {

namespace {

class EmptyResult : public Result {
 public:
  const std::vector<Column>& columns() const override { return columns_; }
  bool Next(std::vector<Cell>&) override { return false; }
  bool returns_rows() const override { return false; }
  std::optional<int64_t> rows_changed() const override { return std::nullopt; }

 private:
  std::vector<Column> columns_;
};

// Whether a text in quotes begins as the path of a file that DuckDB reads with httpfs.
bool NamesRemoteFile(std::string_view sql) {
  for (size_t at = sql.find("://"); at != std::string_view::npos; at = sql.find("://", at + 1)) {
    size_t begin = at;
    while (begin > 0 && std::isalnum(static_cast<unsigned char>(sql[begin - 1])) != 0) --begin;
    if (begin == 0 || (sql[begin - 1] != '\'' && sql[begin - 1] != '"')) continue;
    std::string scheme = Lower(sql.substr(begin, at - begin));
    for (const char* known : {"s3", "s3a", "s3n", "gcs", "gs", "r2", "http", "https", "hf"}) {
      if (scheme == known) return true;
    }
  }
  return false;
}

class DuckSession : public Session {
 public:
  explicit DuckSession(std::shared_ptr<duckdb::DuckDB> database)
      : database_(std::move(database)), connection_(*database_) {
    // DuckDB counts a query's progress only where it believes somebody looks.
    auto& config = duckdb::ClientConfig::GetConfig(*connection_.context);
    config.enable_progress_bar = true;
    config.print_progress_bar = false;
  }

  std::unique_ptr<Result> Execute(std::string_view sql, bool streaming) override {
    interrupted_ = false;
    if (before_remote_files_ && NamesRemoteFile(sql)) {
      std::exchange(before_remote_files_, nullptr)();
    }
    std::unique_ptr<Result> result = std::make_unique<EmptyResult>();
    auto statements = Parse(std::string(sql));
    for (size_t i = 0; i < statements.size(); ++i) {
      // DuckDB forgets an interrupt that comes between two statements.
      if (interrupted_) throw Error(ErrorCode::kInterrupted, "interrupted");
      bool last = i + 1 == statements.size();
      result = Run(std::move(statements[i]), streaming && last);
    }
    return result;
  }

  Split SplitStatements(std::string_view sql) override { return engine::SplitStatements(sql); }

  bool InTransaction() override { return !connection_.IsAutoCommit(); }

  void Interrupt() override {
    interrupted_ = true;
    connection_.Interrupt();
  }

  double Progress() override { return connection_.context->GetQueryProgress().GetPercentage(); }

  void BeforeRemoteFiles(std::function<void()> prepare) override {
    before_remote_files_ = std::move(prepare);
  }

  void Use(const std::string& catalog, const std::string& schema) override {
    std::string name = QuoteIdentifier(catalog);
    if (!schema.empty()) name += "." + QuoteIdentifier(schema);
    Execute("USE " + name, false);
  }

 private:
  using Statements = duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>>;

  // DuckDB's parser sees every text first; the rewriter only what it refused, so that the common
  // path pays nothing for the dialect.
  Statements Parse(const std::string& sql) {
    Statements statements = ParseAnyDialect(sql);
    // It drops what stands before the dot of an option's name, and refuses nothing.
    if (std::any_of(statements.begin(), statements.end(),
                    [](const auto& statement) { return HasOptions(*statement); })) {
      if (auto quoted = QuoteOptionNames(sql)) return ParseAnyDialect(*quoted);
    }
    return statements;
  }

  static bool HasOptions(const duckdb::SQLStatement& statement) {
    if (statement.type == duckdb::StatementType::CREATE_STATEMENT) {
      const duckdb::CreateInfo& info = *statement.Cast<duckdb::CreateStatement>().info;
      return info.type == duckdb::CatalogType::TABLE_ENTRY &&
             !info.Cast<duckdb::CreateTableInfo>().options.empty();
    }
    if (statement.type != duckdb::StatementType::ALTER_STATEMENT) return false;
    const duckdb::AlterInfo& info = *statement.Cast<duckdb::AlterStatement>().info;
    if (info.type != duckdb::AlterType::ALTER_TABLE) return false;
    auto type = info.Cast<duckdb::AlterTableInfo>().alter_table_type;
    return type == duckdb::AlterTableType::SET_TABLE_OPTIONS ||
           type == duckdb::AlterTableType::RESET_TABLE_OPTIONS;
  }

  Statements ParseAnyDialect(const std::string& sql) {
    try {
      return connection_.ExtractStatements(sql);
    } catch (const std::exception& refusal) {
      std::optional<std::string> rewritten = RewriteDialect(sql);
      if (!rewritten) throw FromDuckDB(duckdb::ErrorData(refusal));
      try {
        return connection_.ExtractStatements(*rewritten);
      } catch (const std::exception&) {
        // The user wrote `sql`, so it is what the message must speak of.
        throw FromDuckDB(duckdb::ErrorData(refusal));
      }
    }
  }

  // DuckDB's own wait polls without a pause while its other threads work on the last tasks of a
  // query. With several sessions on few cores that takes the cores from the very threads that are
  // waited for.
  static duckdb::unique_ptr<duckdb::QueryResult> RunToEnd(duckdb::PendingQueryResult& pending) {
    constexpr int kPatience = 20;
    constexpr auto kPause = std::chrono::microseconds(20);
    int idle = 0;
    while (!pending.HasError()) {
      auto state = pending.ExecuteTask();
      if (duckdb::PendingQueryResult::IsResultReady(state)) break;
      if (state == duckdb::PendingExecutionResult::BLOCKED) {
        pending.WaitForTask();
      } else if (state == duckdb::PendingExecutionResult::NO_TASKS_AVAILABLE) {
        if (++idle < kPatience) {
          std::this_thread::yield();
        } else {
          std::this_thread::sleep_for(kPause);
        }
      } else {
        idle = 0;
      }
    }
    if (pending.HasError()) {
      return duckdb::make_uniq<duckdb::MaterializedQueryResult>(pending.GetErrorObject());
    }
    return pending.Execute();
  }

  // Before DuckDB asks the kind of database that is to be attached, it asks for httpfs, and takes
  // what lies elsewhere for something that can only be read.
  void PrepareRemoteAttach(duckdb::SQLStatement& statement) {
    if (statement.type != duckdb::StatementType::ATTACH_STATEMENT) return;
    duckdb::AttachInfo& info = *statement.Cast<duckdb::AttachStatement>().info;
    auto& options = info.parsed_options;
    auto type = options.find("type");
    if (type == options.end() || !type->second) return;
    if (!EqualsIgnoreCase(ReplaceAll(type->second->ToString(), "'", ""), "eider")) return;
    if (catalog::IsRestStore(info.path)) info.path = kRestScheme + info.path;
    if (!io::IsOnS3(info.path)) return;
    LoadHttpfs(*database_->instance);
    if (options.count("read_only") > 0 || options.count("read_write") > 0) return;
    options["read_write"] =
        duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BOOLEAN(true));
  }

  // The table that INSERT or COPY .. FROM writes to, as SQL; "" for other statements.
  static std::string TargetOf(const duckdb::SQLStatement& statement) {
    std::vector<std::string> parts;
    if (statement.type == duckdb::StatementType::INSERT_STATEMENT) {
      const auto& insert = statement.Cast<duckdb::InsertStatement>();
      parts = {insert.catalog, insert.schema, insert.table};
    } else if (statement.type == duckdb::StatementType::COPY_STATEMENT) {
      const duckdb::CopyInfo& copy = *statement.Cast<duckdb::CopyStatement>().info;
      if (copy.is_from) parts = {copy.catalog, copy.schema, copy.table};
    }
    std::string target;
    for (const std::string& part : parts) {
      if (part.empty()) continue;
      target += (target.empty() ? "" : ".") + QuoteIdentifier(part);
    }
    return target;
  }

  // DuckDB compares what is inserted with the columns of a table before it asks the table anything,
  // and one that cannot be read has none: reading it is what names the cause.
  Error InsertFailure(const std::string& target, const duckdb::ErrorData& failure) {
    if (!target.empty() && failure.Type() == duckdb::ExceptionType::BINDER) {
      auto reading = connection_.Prepare("SELECT * FROM " + target);
      if (reading->HasError()) {
        Error cause = FromDuckDB(reading->GetErrorObject());
        if (cause.code() != ErrorCode::kQuery) return cause;
      }
    }
    return FromDuckDB(failure);
  }

  std::unique_ptr<Result> Run(duckdb::unique_ptr<duckdb::SQLStatement> statement, bool streaming) {
    duckdb::unique_ptr<duckdb::QueryResult> result;
    std::string target = TargetOf(*statement);
    PrepareRemoteAttach(*statement);
    try {
      if (streaming) {
        result = connection_.SendQuery(std::move(statement));
      } else {
        result = RunToEnd(*connection_.PendingQuery(std::move(statement)));
      }
    } catch (const std::exception& e) {
      throw FromDuckDB(duckdb::ErrorData(e));
    }
    if (result->HasError()) throw InsertFailure(target, result->GetErrorObject());
    return MakeResult(std::move(result));
  }

  std::shared_ptr<duckdb::DuckDB> database_;
  duckdb::Connection connection_;
  std::atomic<bool> interrupted_ = false;
  std::function<void()> before_remote_files_;
};

class DuckDatabase : public Database {
 public:
  explicit DuckDatabase(std::shared_ptr<duckdb::DuckDB> database)
      : database_(std::move(database)) {}

  void AttachWarehouse(const std::string& alias, const std::string& location,
                       const AttachOptions& options) override {
    if (!options.catalog_store.empty() || !options.storage.empty()) {
      // Not by SQL: what keeps the catalog may be written with a password.
      catalog::CatalogOptions opened;
      opened.storage = options.storage;
      opened.store = options.catalog_store;
      opened.name = options.catalog_name.empty() ? alias : options.catalog_name;
      opened.must_exist = options.read_only;
      AttachWarehouse(alias, catalog::OpenCatalog(location, opened), options.read_only);
      return;
    }
    std::string sql =
        fmt::format("ATTACH {} AS {} (TYPE eider", QuoteLiteral(location), QuoteIdentifier(alias));
    if (options.read_only) sql += ", READ_ONLY";
    if (!options.catalog_name.empty()) {
      sql += ", catalog_name " + QuoteLiteral(options.catalog_name);
    }
    DuckSession(database_).Execute(sql + ")", false);
  }

  void AttachWarehouse(const std::string& alias, std::shared_ptr<catalog::Catalog> opened,
                       bool read_only) override {
    AttachOptions options;
    options.read_only = read_only;
    std::string location = opened->warehouse();
    LentCatalog lent(*database_->instance, std::move(opened));
    AttachWarehouse(alias, location, options);
  }

  std::unique_ptr<Session> NewSession() override {
    return std::make_unique<DuckSession>(database_);
  }

 private:
  std::shared_ptr<duckdb::DuckDB> database_;
};

}  // namespace

std::shared_ptr<Database> OpenDatabase(const DatabaseOptions& options) {
  try {
    duckdb::DBConfig config(options.read_only);
    for (const auto& [name, value] : options.settings) {
      config.SetOptionByName(name, duckdb::Value(value));
    }
    RegisterStorageExtension(config);
    auto database = std::make_shared<duckdb::DuckDB>(
        options.path == ":memory:" ? nullptr : options.path.c_str(), &config);
    RegisterTableScan(*database->instance);
    RegisterNameListing(*database->instance);
    return std::make_shared<DuckDatabase>(std::move(database));
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw FromDuckDB(duckdb::ErrorData(e)).WithContext("opening DuckDB at " + options.path);
  }
}

std::string DuckDBVersion() { return duckdb::DuckDB::LibraryVersion(); }

std::string QuoteIdentifier(std::string_view name) {
  return duckdb::KeywordHelper::WriteOptionallyQuoted(std::string(name));
}

std::string QuoteLiteral(std::string_view text) {
  return duckdb::KeywordHelper::WriteQuoted(std::string(text), '\'');
}

}  // namespace eider::engine
