// How a failure ends the program: what is printed and the exit code.
#pragma once

#include <exception>
#include <string>

#include "base/error.h"

namespace eider::cli {

// dbt's exit codes, which schedulers and CI scripts rely on.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;  // the work was done, and something in it failed
inline constexpr int kError = 2;    // the command could not do its work at all

// The exit code of an error that ends a command: kFailure for an interrupt, as dbt has it, and
// kError for the rest.
int ExitCodeFor(const Error& error);

// What of any exception is shown: an Eider error as it is, others as kInternal.
Error ToError(const std::exception& exception);

// "Error: message", then the place and the hint on lines of their own, indented; secrets are
// scrubbed. Ends with a newline.
std::string FailureText(const Error& error);

// Writes FailureText to standard error, its first word red on a terminal.
void PrintFailure(const Error& error);

}  // namespace eider::cli
