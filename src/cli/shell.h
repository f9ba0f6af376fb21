// The interactive shell of `eider sql`, on libedit.
#pragma once

#include "cli/sql_connection.h"
#include "cli/sql_script.h"

namespace eider::cli {

// Reads statements from the terminal until .quit or Ctrl-D. Failures are printed and the shell goes
// on; Ctrl-C stops the running query, or drops the line being written. Returns the exit code.
int RunShell(SqlConnection& connection, SqlScriptOptions options);

}  // namespace eider::cli
