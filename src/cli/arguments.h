// The command line: which commands and options there are, as data, and what the user wrote.
//
// Options follow dbt's habits: a command's own stand after it, the program's before or after it; a
// list takes every word up to the next option; an environment variable stands in for an option that
// was not given, DBT_ENGINE_X before DBT_X.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace eider::cli {

struct Option {
  enum class Kind {
    kFlag,      // --x, or --x/--no-x
    kText,      // --x VALUE; the last one counts
    kInteger,   // likewise
    kRepeated,  // --x VALUE, as often as wanted
    kList,      // --x VALUE VALUE .., as often as wanted
  };
  // Comma-separated; the first is the long name by which Arguments knows it: "--select,-s". A flag
  // that can be denied has "/--no-x" after its names.
  std::string names;
  Kind kind = Kind::kText;
  std::string value_name;            // in the help: "DIR"
  std::string help;                  // one sentence; "" hides the option
  std::string environment;           // the variable that stands in for it, or ""
  std::vector<std::string> choices;  // the values allowed, in any case; empty: all

  // The first name, without dashes.
  std::string key() const;
};

class Arguments;

// One command. With `subcommands` it is only their common first word.
struct Command {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;      // one line, for the list of commands
  std::string description;  // further paragraphs of the help
  std::vector<Option> options;
  std::string operand;  // name of the positional argument in the help; "" when there is none
  bool operand_required = false;
  std::function<int(const Arguments&)> run;  // returns the exit code
  std::vector<Command> subcommands;
};

struct Program {
  std::string name;     // "eider" or "dbt"
  std::string summary;  // one line
  std::vector<Option> options;
  std::vector<Command> commands;
};

class Arguments {
 public:
  // Whether the option was given, on the command line or by its variable.
  bool Has(std::string_view key) const { return values_.contains(key); }
  bool Flag(std::string_view key, bool fallback = false) const;
  std::optional<std::string> Text(std::string_view key) const;
  std::optional<int> Integer(std::string_view key) const;
  std::vector<std::string> List(std::string_view key) const;
  std::optional<std::string> operand() const { return operand_; }
  // The name the program was called by: "eider" or "dbt".
  const std::string& program() const { return program_; }
  // The command's full name: "catalog check".
  const std::string& command() const { return command_; }
  // Everything after the program's name, as the user wrote it.
  const std::string& text() const { return text_; }

 private:
  friend class CommandLineParser;

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::optional<std::string> operand_;
  std::string program_;
  std::string command_;
  std::string text_;
};

// Thrown for a command line that cannot be understood.
struct UsageError {
  Error error;
  std::string command;  // whose help to point to: "build", or "" for the program's
};

struct ParsedLine {
  enum class Action { kRun, kHelp, kVersion };
  Action action = Action::kRun;
  const Command* command = nullptr;  // null only for the program's own help and version
  Arguments arguments;
};

// Parses the words after the program's name. The result points into `program`. Throws UsageError.
ParsedLine ParseCommandLine(const Program& program, const std::vector<std::string>& words);

// The text of --help: of `command` ("catalog check"; see Arguments::command), or of the program
// where it is null.
std::string HelpText(const Program& program, const Command* command, const std::string& full_name);

}  // namespace eider::cli
