#include "cli/sql_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace eider::cli {

namespace {

// DuckDB counts lines from the start of a statement: "LINE 2: ..". In a file the reader wants the
// line of the file.
int LineWithinStatement(const std::string& message) {
  size_t at = message.rfind("\nLINE ");
  if (at == std::string::npos) return 1;
  int line = std::atoi(message.c_str() + at + 6);
  return line > 0 ? line : 1;
}

}  // namespace

void RunSqlScript(engine::Session& session, const std::string& sql, const std::string& source,
                  const SqlScriptOptions& options, const Sink& sink) {
  bool streaming = options.format != ResultFormat::kTable;
  size_t position = 0;
  for (const std::string& statement : session.SplitStatements(sql).statements) {
    size_t begin = sql.find(statement, position);
    if (begin == std::string::npos) begin = position;
    position = begin + statement.size();
    try {
      auto result = session.Execute(statement, streaming);
      if (result->returns_rows()) {
        WriteResult(*result, options.format, options.style, sink);
      } else if (auto count = result->rows_changed();
                 count && options.format == ResultFormat::kTable) {
        sink(fmt::format("{} row{} changed\n", *count, *count == 1 ? "" : "s"));
      }
    } catch (Error& error) {
      if (source.empty()) throw;
      auto before = sql.begin() + static_cast<std::ptrdiff_t>(begin);
      int first = 1 + static_cast<int>(std::count(sql.begin(), before, '\n'));
      throw error.At(source, first + LineWithinStatement(error.message()) - 1);
    }
  }
}

void WarnOfOpenTransaction(engine::Session& session) {
  if (!session.InTransaction()) return;
  fmt::print(stderr,
             "Warning: the transaction that was begun was not committed, and is rolled back.\n");
}

}  // namespace eider::cli
