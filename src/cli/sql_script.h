// Running SQL texts for `eider sql`: statement by statement, each result printed as it comes.
#pragma once

#include <string>

#include "cli/result_format.h"
#include "engine/session.h"

namespace eider::cli {

struct SqlScriptOptions {
  ResultFormat format = ResultFormat::kTable;
  TableStyle style;
};

// Runs the statements of `sql` in order and writes their results to `sink`. What a statement
// without rows did is told in the table format only ("3 rows changed"), so that the others stay
// readable by programs. Throws the first error, its place being the line in `source` where the
// statement begins ("" when the text is no file).
void RunSqlScript(engine::Session& session, const std::string& sql, const std::string& source,
                  const SqlScriptOptions& options, const Sink& sink);

// A word on standard error about a BEGIN that nothing ended, before the session goes: what was done
// since is lost.
void WarnOfOpenTransaction(engine::Session& session);

}  // namespace eider::cli
