// eider sql: queries from the command line, files, standard input or a shell.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/shell.h"
#include "cli/sql_connection.h"
#include "cli/sql_script.h"
#include "cli/terminal.h"
#include "io/file_system.h"

namespace eider::cli {

namespace {

std::string ReadStandardInput() {
  std::string text;
  char buffer[1 << 16];
  size_t count = 0;
  while ((count = std::fread(buffer, 1, sizeof buffer, stdin)) > 0) text.append(buffer, count);
  return text;
}

struct Script {
  std::string text;
  std::string source;  // the file's name, or ""
};

std::vector<Script> ScriptsOf(const Arguments& arguments) {
  std::vector<Script> scripts;
  for (const std::string& text : arguments.List("command")) scripts.push_back({text, ""});
  for (const std::string& file : arguments.List("file")) {
    scripts.push_back({file == "-" ? ReadStandardInput() : io::LocalFileSystem().Read(file), file});
  }
  if (auto text = arguments.operand()) scripts.push_back({*text, ""});
  return scripts;
}

int RunSql(const Arguments& arguments) {
  SqlScriptOptions options;
  options.format = ResultFormatFromName(arguments.Text("format").value_or("table"));
  options.style.width = SizeOfTerminal(STDOUT_FILENO).columns;
  options.style.color = arguments.Flag("use-colors", WantsColor(STDOUT_FILENO));
  options.style.footer = !arguments.Flag("no-footer");

  std::vector<Script> scripts = ScriptsOf(arguments);
  bool interactive = scripts.empty() && IsTerminal(STDIN_FILENO);
  SqlConnection connection = ConnectForSql(arguments);
  if (interactive) return RunShell(connection, options);
  if (scripts.empty()) scripts.push_back({ReadStandardInput(), ""});

  InterruptHandler interrupts([&] { connection.session->Interrupt(); },
                              InterruptHandler::Second::kQuits);
  auto write = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
  try {
    for (const Script& script : scripts) {
      RunSqlScript(*connection.session, script.text, script.source, options, write);
    }
  } catch (const Error& error) {
    // What was printed before the failure belongs before its message.
    std::fflush(stdout);
    PrintFailure(error);
    return kFailure;
  }
  WarnOfOpenTransaction(*connection.session);
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    throw Error(ErrorCode::kIo, "the results could not be written to standard output");
  }
  return kSuccess;
}

}  // namespace

Command SqlCommand() {
  using Kind = Option::Kind;
  Command command;
  command.name = "sql";
  command.summary = "Query the warehouse, or open a shell on it";
  command.description =
      "Runs the SQL given, or what stands in files or comes by standard input; on a terminal and "
      "without any of these it opens a shell. The warehouse's catalog is the default, so that a "
      "table is schema.table:\n"
      "\n"
      "  eider sql \"select * from marts.customers\"\n"
      "  eider sql --warehouse /data/shop --format csv -f report.sql > report.csv";
  command.options = Concatenate(
      {{{"--command,-c", Kind::kRepeated, "SQL", "Run this; may be repeated.", "", {}},
        {"--file,-f", Kind::kRepeated, "FILE", "Run this file; - is standard input.", "", {}},
        {"--format", Kind::kText, "FORMAT", "How results are written.", "", ResultFormatNames()},
        {"--no-footer", Kind::kFlag, "", "No \"(3 rows)\" after a table.", "", {}}},
       WarehouseOptions()});
  command.operand = "SQL";
  command.run = RunSql;
  return command;
}

}  // namespace eider::cli
