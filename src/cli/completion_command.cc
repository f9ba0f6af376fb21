// completion bash: a script by which bash completes our command line.
#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/program.h"

namespace eider::cli {

namespace {

// The long names of the options that the help shows.
std::string OptionWords(const std::vector<Option>& options) {
  std::vector<std::string> words;
  for (const Option& option : options) {
    if (option.help.empty()) continue;
    for (const std::string& name : Split(ReplaceAll(option.names, "/", ","), ',')) {
      if (name.starts_with("--")) words.push_back(name);
    }
  }
  return Join(words, " ");
}

std::string Names(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.name);
  return Join(names, " ");
}

std::string BashScript(const Program& program) {
  std::string cases;
  for (const Command& command : program.commands) {
    std::vector<std::string> labels = command.aliases;
    labels.insert(labels.begin(), command.name);
    std::string words = OptionWords(command.options);
    for (const Command& child : command.subcommands) {
      words += (words.empty() ? "" : " ") + child.name + " " + OptionWords(child.options);
    }
    cases += fmt::format("    {}) words=\"{}\" ;;\n", Join(labels, "|"), words);
  }
  return fmt::format(
      "# bash completion of {0}; load it with: eval \"$({0} completion bash)\"\n"
      "_{0}_complete() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} words=\"{1}\" everywhere=\"{2}\" i\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    case ${{COMP_WORDS[i]}} in\n"
      "{3}"
      "    esac\n"
      "  done\n"
      "  COMPREPLY=($(compgen -W \"$words $everywhere\" -- \"$word\"))\n"
      "}}\n"
      "complete -o default -F _{0}_complete {0}\n",
      program.name, Names(program.commands), OptionWords(program.options), cases);
}

}  // namespace

Command CompletionCommand() {
  Command command;
  command.name = "completion";
  command.summary = "Print a script for completion in a shell";
  command.description = "For bash: eval \"$(eider completion bash)\"";
  command.operand = "SHELL";
  command.operand_required = true;
  command.run = [](const Arguments& arguments) {
    if (*arguments.operand() != "bash") {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("there is no completion for '{}'", *arguments.operand()))
          .WithHint("There is one for bash.");
    }
    std::fputs(BashScript(MakeProgram(arguments.program())).c_str(), stdout);
    return kSuccess;
  };
  return command;
}

}  // namespace eider::cli
