// The program: its commands, and what happens between main() and one of them.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace eider::cli {

// All commands and options under the name the program was called by: "dbt" answers as dbt.
Program MakeProgram(const std::string& name);

// Runs the command line and returns the exit code (failure.h).
int Main(int argc, char** argv);

}  // namespace eider::cli
