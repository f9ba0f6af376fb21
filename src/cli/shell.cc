#include "cli/shell.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/text.h"
#include "cli/completion.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/line_editor.h"
#include "cli/pager.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "io/file_system.h"

namespace eider::cli {

namespace fs = std::filesystem;

namespace {

constexpr char kHelp[] =
    "Statements end with a semicolon and may span lines.\n"
    "  .tables [PATTERN]   tables and views, those whose schema.name is LIKE the pattern\n"
    "  .schema [TABLE]     columns of a table, or of all\n"
    "  .mode [FORMAT]      how results are written: table, csv, json, ndjson, markdown\n"
    "  .timer on|off       the time each statement took\n"
    "  .read FILE          run the statements of a file\n"
    "  .help               this text\n"
    "  .quit               leave; so does Ctrl-D\n"
    "Ctrl-C stops the running statement. Tab completes, Ctrl-R searches the history.\n";

// ~/.local/state/eider/sql_history where that folder can be had, else ~/.eider_history; "" when
// there is no home.
std::string HistoryFile() {
  const char* home = std::getenv("HOME");
  if (!home || !*home) return "";
  const char* state = std::getenv("XDG_STATE_HOME");
  fs::path folder = state && *state ? fs::path(state) : fs::path(home) / ".local" / "state";
  std::error_code failure;
  fs::create_directories(folder / "eider", failure);
  if (failure) return (fs::path(home) / ".eider_history").string();
  return (folder / "eider" / "sql_history").string();
}

class Shell {
 public:
  Shell(SqlConnection& connection, SqlScriptOptions options)
      : connection_(connection),
        options_(std::move(options)),
        editor_(HistoryFile(), [this](std::string_view text) { return Complete(text); }) {}

  int Run() {
    fmt::print("Eider {} on {}. .help tells more.\n", Version(), connection_.location);
    std::string text;
    while (true) {
      auto line = editor_.Read(text.empty() ? connection_.catalog + "> " : "   ...> ");
      if (!line) {
        std::fputs("\n", stdout);
        return kSuccess;
      }
      if (line->interrupted) {
        text.clear();
        continue;
      }
      if (text.empty() && Trim(line->text).empty()) continue;
      if (text.empty() && Trim(line->text).starts_with('.')) {
        editor_.AddToHistory(line->text);
        if (!RunDotCommand(std::string(Trim(line->text)))) return kSuccess;
        continue;
      }
      text += text.empty() ? line->text : "\n" + line->text;
      if (!connection_.session->SplitStatements(text).complete) continue;
      editor_.AddToHistory(text);
      RunText(text, "");
      text.clear();
    }
  }

 private:
  std::vector<std::string> Complete(std::string_view before_cursor) {
    // Tables come and go with the statements of this shell.
    if (!completion_) completion_ = LoadCompletion(*connection_.session, connection_.catalog);
    return completion_->Complete(before_cursor);
  }

  void RunText(const std::string& text, const std::string& source) {
    auto begin = std::chrono::steady_clock::now();
    std::string output;
    completion_.reset();
    options_.style.width = SizeOfTerminal(STDOUT_FILENO).columns;
    try {
      InterruptHandler interrupts([this] { connection_.session->Interrupt(); },
                                  InterruptHandler::Second::kRepeats);
      RunSqlScript(*connection_.session, text, source, options_,
                   [&](std::string_view piece) { output += piece; });
      Print(output);
    } catch (const Error& error) {
      Print(output);
      if (error.code() == ErrorCode::kInterrupted) {
        std::fputs("Interrupted.\n", stderr);
      } else {
        PrintFailure(error);
      }
    }
    if (timer_) {
      std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      fmt::print("Time: {:.3f} s\n", took.count());
    }
    std::fflush(stdout);
  }

  static void Print(const std::string& output) {
    if (!output.empty()) PrintPaged(output);
  }

  // False when the shell is to end.
  bool RunDotCommand(const std::string& line) {
    size_t space = line.find(' ');
    std::string name = line.substr(0, space);
    std::string argument =
        space == std::string::npos ? "" : std::string(Trim(std::string_view(line).substr(space)));
    try {
      if (name == ".quit" || name == ".exit") return false;
      if (name == ".help") {
        std::fputs(kHelp, stdout);
      } else if (name == ".tables") {
        ShowTables(argument);
      } else if (name == ".schema") {
        ShowSchema(argument);
      } else if (name == ".mode") {
        if (!argument.empty()) options_.format = ResultFormatFromName(argument);
        fmt::print("{}\n", ResultFormatNames()[static_cast<size_t>(options_.format)]);
      } else if (name == ".timer") {
        if (argument != "on" && argument != "off") {
          throw Error(ErrorCode::kInvalidArgument, ".timer takes 'on' or 'off'");
        }
        timer_ = argument == "on";
      } else if (name == ".read") {
        RunText(io::LocalFileSystem().Read(argument), argument);
      } else {
        Error error(ErrorCode::kInvalidArgument, fmt::format("there is no command {}", name));
        std::string near = ClosestMatch(
            name, {".tables", ".schema", ".mode", ".timer", ".read", ".help", ".quit", ".exit"});
        throw error.WithHint(near.empty() ? ".help lists them." : "Did you mean " + near + "?");
      }
    } catch (const Error& error) {
      PrintFailure(error);
    }
    std::fflush(stdout);
    return true;
  }

  void ShowTables(const std::string& pattern) {
    std::string catalog = engine::QuoteLiteral(connection_.catalog);
    std::string sql =
        "SELECT schema_name AS \"schema\", table_name AS name, 'table' AS kind "
        "FROM duckdb_tables() WHERE database_name = " +
        catalog +
        " UNION ALL SELECT schema_name, view_name, 'view' FROM duckdb_views() "
        "WHERE NOT internal AND database_name = " +
        catalog;
    sql = "SELECT * FROM (" + sql + ")";
    if (!pattern.empty()) {
      sql += " WHERE \"schema\" || '.' || name LIKE " + engine::QuoteLiteral(pattern) +
             " OR name LIKE " + engine::QuoteLiteral(pattern);
    }
    RunText(sql + " ORDER BY 1, 2;", "");
  }

  void ShowSchema(const std::string& table) {
    if (!table.empty()) {
      RunText("DESCRIBE " + table + ";", "");
      return;
    }
    RunText(
        "SELECT schema_name || '.' || table_name AS \"table\", column_name AS \"column\", "
        "data_type AS type, is_nullable AS nullable FROM duckdb_columns() "
        "WHERE NOT internal AND database_name = " +
            engine::QuoteLiteral(connection_.catalog) +
            " ORDER BY schema_name, table_name, column_index;",
        "");
  }

  SqlConnection& connection_;
  SqlScriptOptions options_;
  LineEditor editor_;
  std::optional<SqlCompletion> completion_;
  bool timer_ = false;
};

}  // namespace

int RunShell(SqlConnection& connection, SqlScriptOptions options) {
  // Between statements Ctrl-C has nothing to stop.
  signal(SIGINT, SIG_IGN);
  int code = Shell(connection, std::move(options)).Run();
  WarnOfOpenTransaction(*connection.session);
  return code;
}

}  // namespace eider::cli
