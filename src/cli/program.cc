#include "cli/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/version.h"
#include "dbt/secret.h"

namespace eider::cli {

namespace {

int Run(const Program& program, const std::vector<std::string>& words) {
  if (words.empty()) {
    std::fputs(HelpText(program, nullptr, "").c_str(), stdout);
    return kError;
  }
  ParsedLine line;
  try {
    line = ParseCommandLine(program, words);
  } catch (const UsageError& usage) {
    std::string command = usage.command.empty() ? "" : " " + usage.command;
    PrintFailure(usage.error);
    fmt::print(stderr, "Try '{}{} --help' for help.\n", program.name, command);
    return kError;
  }
  switch (line.action) {
    case ParsedLine::Action::kVersion:
      std::fputs(VersionText(program.name == "dbt").c_str(), stdout);
      return kSuccess;
    case ParsedLine::Action::kHelp:
      std::fputs(HelpText(program, line.command, line.arguments.command()).c_str(), stdout);
      return kSuccess;
    case ParsedLine::Action::kRun:
      break;
  }
  return line.command->run(line.arguments);
}

}  // namespace

Program MakeProgram(const std::string& name) {
  Program program;
  program.name = name;
  program.summary =
      "Builds dbt projects into lakehouses of Apache Iceberg tables, and queries them.";
  program.options = GlobalOptions();
  program.commands = {BuildCommand(),     RunCommand(),    SeedCommand(),         TestCommand(),
                      ListCommand(),      ShowCommand(),   CompileCommand(),      ParseCommand(),
                      DepsCommand(),      DebugCommand(),  RunOperationCommand(), CleanCommand(),
                      SnapshotCommand(),  SqlCommand(),    ServeCommand(),        TokenCommand(),
                      CatalogCommand(),   TrinoCommand(),  SparkCommand(),        FlinkCommand(),
                      PyIcebergCommand(), DuckDbCommand(), CompletionCommand()};
  return program;
}

int Main(int argc, char** argv) {
  std::string name = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "";
  try {
    dbt::RegisterSecretsFromEnvironment();
    return Run(MakeProgram(name == "dbt" ? "dbt" : "eider"), {argv + 1, argv + argc});
  } catch (const std::exception& e) {
    Error error = ToError(e);
    PrintFailure(error);
    return ExitCodeFor(error);
  }
}

}  // namespace eider::cli
