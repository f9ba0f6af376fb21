#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/arguments.h"

namespace eider::cli {

namespace {

constexpr size_t kWidth = 80;
constexpr size_t kHelpColumn = 30;

// `text` broken at spaces into lines of `width`.
std::vector<std::string> Wrap(const std::string& text, size_t width) {
  std::vector<std::string> lines;
  for (const std::string& paragraph : Split(text, '\n')) {
    // Indented lines are examples: they stay as they are.
    if (paragraph.starts_with("  ")) {
      lines.push_back(paragraph);
      continue;
    }
    std::string line;
    for (const std::string& word : Split(paragraph, ' ')) {
      if (!line.empty() && line.size() + 1 + word.size() > width) {
        lines.push_back(line);
        line.clear();
      }
      if (!line.empty()) line += ' ';
      line += word;
    }
    lines.push_back(line);
  }
  return lines;
}

// "  term      its explanation, wrapped", the term on a line of its own where it is too long.
void AddEntry(std::string& out, const std::string& term, const std::string& explanation) {
  std::string line = "  " + term;
  if (line.size() + 2 > kHelpColumn) {
    out += line + "\n";
    line.clear();
  }
  for (const std::string& part : Wrap(explanation, kWidth - kHelpColumn)) {
    line.resize(kHelpColumn, ' ');
    out += line + part + "\n";
    line.clear();
  }
}

// "-s, --select SELECTOR ..", short names first.
std::string Term(const Option& option) {
  std::vector<std::string> names = Split(option.names.substr(0, option.names.find('/')), ',');
  std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return !a.starts_with("--") && b.starts_with("--");
  });
  std::string term = Join(names, ", ");
  size_t slash = option.names.find('/');
  if (slash != std::string::npos) term += " / " + option.names.substr(slash + 1);
  if (!option.choices.empty() && Join(option.choices, "|").size() < 40) {
    term += " " + Join(option.choices, "|");
  } else if (option.kind != Option::Kind::kFlag) {
    term += " " + option.value_name;
  }
  if (option.kind == Option::Kind::kList) term += " ..";
  return term;
}

void AddOptions(std::string& out, const std::string& title, const std::vector<Option>& options) {
  bool any = std::any_of(options.begin(), options.end(),
                         [](const Option& option) { return !option.help.empty(); });
  if (!any) return;
  out += "\n" + title + ":\n";
  for (const Option& option : options) {
    if (option.help.empty()) continue;
    std::string help = option.help;
    if (!option.environment.empty()) help += " [" + option.environment + "]";
    AddEntry(out, Term(option), help);
  }
}

void AddCommands(std::string& out, const std::vector<Command>& commands) {
  out += "\nCommands:\n";
  for (const Command& command : commands) {
    std::string term = command.name;
    for (const std::string& alias : command.aliases) term += ", " + alias;
    AddEntry(out, term, command.summary);
  }
}

}  // namespace

std::string HelpText(const Program& program, const Command* command, const std::string& full_name) {
  std::string out;
  if (!command) {
    out =
        fmt::format("Usage: {} [options] COMMAND [options]\n\n{}\n", program.name, program.summary);
    AddCommands(out, program.commands);
    AddOptions(out, "Options", program.options);
    out += fmt::format("\n`{} COMMAND --help` tells more of a command.\n", program.name);
    return out;
  }
  std::string usage = program.name + " " + full_name;
  if (!command->subcommands.empty()) usage += " COMMAND";
  usage += " [options]";
  if (!command->operand.empty()) {
    usage += command->operand_required ? " " + command->operand : " [" + command->operand + "]";
  }
  out = fmt::format("Usage: {}\n\n{}.\n", usage, command->summary);
  if (!command->description.empty()) {
    out += "\n";
    for (const std::string& line : Wrap(command->description, kWidth)) out += line + "\n";
  }
  if (!command->subcommands.empty()) AddCommands(out, command->subcommands);
  AddOptions(out, "Options", command->options);
  AddOptions(out, "Options of every command", program.options);
  return out;
}

}  // namespace eider::cli
