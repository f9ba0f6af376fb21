#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace eider::cli {

namespace {

// The option's names without the negation: {"--use-colors"}, {"--select", "-s"}.
std::vector<std::string> PositiveNames(const Option& option) {
  return Split(option.names.substr(0, option.names.find('/')), ',');
}

std::string NegativeName(const Option& option) {
  size_t slash = option.names.find('/');
  return slash == std::string::npos ? "" : option.names.substr(slash + 1);
}

bool IsTrueWord(std::string_view word) {
  static const std::vector<std::string> kWords = {"1", "true", "t", "yes", "y", "on"};
  return std::find(kWords.begin(), kWords.end(), Lower(word)) != kWords.end();
}

bool IsFalseWord(std::string_view word) {
  static const std::vector<std::string> kWords = {"0", "false", "f", "no", "n", "off"};
  return std::find(kWords.begin(), kWords.end(), Lower(word)) != kWords.end();
}

std::optional<std::string> EnvironmentValue(const std::string& name) {
  if (name.empty()) return std::nullopt;
  std::vector<std::string> names = {name};
  if (name.starts_with("DBT_") && !name.starts_with("DBT_ENGINE_")) {
    names.insert(names.begin(), "DBT_ENGINE_" + name.substr(4));
  }
  for (const std::string& candidate : names) {
    const char* value = std::getenv(candidate.c_str());
    if (value && *value) return value;
  }
  return std::nullopt;
}

std::string Quoted(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back("'" + word + "'");
  return Join(quoted, ", ");
}

// Commands of dbt that this program has not.
bool IsOnlyDbts(const std::string& word) {
  return word == "init" || word == "docs" || word == "source" || word == "retry" || word == "clone";
}

}  // namespace

std::string Option::key() const { return PositiveNames(*this).front().substr(2); }

bool Arguments::Flag(std::string_view key, bool fallback) const {
  auto found = values_.find(key);
  return found == values_.end() ? fallback : found->second.back() == "true";
}

std::optional<std::string> Arguments::Text(std::string_view key) const {
  auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second.back();
}

std::optional<int> Arguments::Integer(std::string_view key) const {
  auto text = Text(key);
  if (!text) return std::nullopt;
  return std::stoi(*text);
}

std::vector<std::string> Arguments::List(std::string_view key) const {
  auto found = values_.find(key);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

// Describes the program to CLI11, lets it split the words, and checks the values.
class CommandLineParser {
 public:
  explicit CommandLineParser(const Program& program) : program_(program) {
    app_.name(program.name);
    app_.set_help_flag();
    app_.require_subcommand(0, 1);
    AddOptions(app_, program.options);
    for (const Command& command : program.commands) AddCommand(app_, command, "");
  }

  ParsedLine Parse(const std::vector<std::string>& words) {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    // `help build` is another way to say `build --help`.
    if (!words.empty() && words.front() == "help") {
      reversed.back() = "--help";
      std::rotate(reversed.begin(), reversed.end() - 1, reversed.end());
    }
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::ParseError& e) {
      // Whoever asks for help gets it, whatever else is wrong with the line.
      if (!HelpIsWanted()) Refuse(e);
    }
    const Entry& chosen = Chosen();
    ParsedLine line;
    line.command = chosen.command;
    line.arguments.program_ = program_.name;
    line.arguments.command_ = chosen.full_name;
    line.arguments.text_ = Join(words, " ");
    if (app_.get_option("--version")->count() > 0) {
      line.action = ParsedLine::Action::kVersion;
      return line;
    }
    if (HelpIsWanted()) {
      line.action = ParsedLine::Action::kHelp;
      return line;
    }
    if (!chosen.command) {
      throw UsageError{Error(ErrorCode::kInvalidArgument, "no command is given"), ""};
    }
    if (!chosen.command->run) {
      throw UsageError{Error(ErrorCode::kInvalidArgument,
                             fmt::format("'{}' needs a command after it", chosen.full_name)),
                       chosen.full_name};
    }
    Collect(app_, program_.options, chosen.full_name, line.arguments);
    Collect(*chosen.app, chosen.command->options, chosen.full_name, line.arguments);
    if (!chosen.command->operand.empty()) {
      const CLI::Option* operand = chosen.app->get_option(chosen.command->operand);
      if (operand->count() > 0) {
        line.arguments.operand_ = operand->results().back();
      } else if (chosen.command->operand_required) {
        throw UsageError{Error(ErrorCode::kInvalidArgument,
                               fmt::format("Missing argument '{}'.", chosen.command->operand)),
                         chosen.full_name};
      }
    }
    return line;
  }

 private:
  struct Entry {
    const CLI::App* app = nullptr;
    const Command* command = nullptr;
    std::string full_name;
  };

  void AddOptions(CLI::App& app, const std::vector<Option>& options) {
    for (const Option& option : options) {
      std::string names = Join(PositiveNames(option), ",");
      CLI::Option* added = nullptr;
      if (option.kind == Option::Kind::kFlag) {
        std::string negative = NegativeName(option);
        if (!negative.empty()) names += ",!" + negative;
        added = app.add_flag(names);
      } else {
        added = app.add_option(names);
        if (option.kind == Option::Kind::kList) {
          added->expected(1, CLI::detail::expected_max_vector_size);
        } else {
          added->expected(1);
        }
        added->allow_extra_args(option.kind == Option::Kind::kList);
      }
      bool many = option.kind == Option::Kind::kRepeated || option.kind == Option::Kind::kList;
      added->multi_option_policy(many ? CLI::MultiOptionPolicy::TakeAll
                                      : CLI::MultiOptionPolicy::TakeLast);
    }
  }

  void AddCommand(CLI::App& parent, const Command& command, const std::string& lead) {
    CLI::App* app = parent.add_subcommand(command.name);
    for (const std::string& alias : command.aliases) app->alias(alias);
    app->set_help_flag();
    app->fallthrough();
    AddOptions(*app, command.options);
    if (!command.operand.empty()) {
      app->add_option(command.operand)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    std::string full_name = lead.empty() ? command.name : lead + " " + command.name;
    if (!command.subcommands.empty()) app->require_subcommand(0, 1);
    for (const Command& child : command.subcommands) AddCommand(*app, child, full_name);
    entries_.push_back({app, &command, full_name});
  }

  // The innermost command on the line; empty when there is none.
  Entry Chosen() const {
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
    for (const Entry& entry : entries_) {
      if (entry.app == app) return entry;
    }
    return {};
  }

  bool HelpIsWanted() const { return app_.get_option("--help")->count() > 0; }

  std::vector<std::string> OptionNames(const Entry& entry) const {
    std::vector<std::string> names;
    auto add = [&](const std::vector<Option>& options) {
      for (const Option& option : options) {
        for (const std::string& name : PositiveNames(option)) names.push_back(name);
        if (!NegativeName(option).empty()) names.push_back(NegativeName(option));
      }
    };
    if (entry.command) add(entry.command->options);
    add(program_.options);
    return names;
  }

  [[noreturn]] void Refuse(const CLI::ParseError& failure) const {
    Entry entry = Chosen();
    std::vector<std::string> extras = app_.remaining(true);
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&failure)) {
      std::string what = failure.what();  // "--select: 1 required .. missing"
      throw UsageError{
          Error(ErrorCode::kInvalidArgument,
                fmt::format("Option '{}' requires an argument.", what.substr(0, what.find(':')))),
          entry.full_name};
    }
    if (!dynamic_cast<const CLI::ExtrasError*>(&failure) || extras.empty()) {
      throw UsageError{Error(ErrorCode::kInvalidArgument, failure.what()), entry.full_name};
    }
    const std::string& word = extras.front();
    std::string message;
    std::string near;
    if (word.starts_with("-") && word.size() > 1) {
      std::string name = word.substr(0, word.find('='));
      message = fmt::format("No such option '{}'.", name);
      near = ClosestMatch(name, OptionNames(entry));
    } else if (!entry.command || !entry.command->subcommands.empty()) {
      const auto& commands = entry.command ? entry.command->subcommands : program_.commands;
      std::vector<std::string> names;
      for (const Command& command : commands) {
        names.push_back(command.name);
        names.insert(names.end(), command.aliases.begin(), command.aliases.end());
      }
      if (!entry.command && IsOnlyDbts(word)) {
        throw UsageError{Error(ErrorCode::kUnsupported,
                               fmt::format("dbt's command '{}' is not there yet", word)),
                         ""};
      }
      message = fmt::format("No such command '{}'.", word);
      near = ClosestMatch(word, names);
    } else {
      message = fmt::format("Got unexpected extra argument ({})", word);
    }
    if (!near.empty()) message += fmt::format(" Did you mean '{}'?", near);
    throw UsageError{Error(ErrorCode::kInvalidArgument, message), entry.full_name};
  }

  // Moves what CLI11 found for `options`, or what their variables hold, into `arguments`.
  void Collect(const CLI::App& app, const std::vector<Option>& options, const std::string& command,
               Arguments& arguments) const {
    for (const Option& option : options) {
      const CLI::Option* given = app.get_option(PositiveNames(option).front());
      std::vector<std::string> values;
      std::string origin = "'" + PositiveNames(option).front() + "'";
      if (given->count() > 0) {
        values = given->results();
      } else if (auto value = EnvironmentValue(option.environment)) {
        origin = "the variable " + option.environment;
        values = {*value};
        if (option.kind == Option::Kind::kList) {
          values.clear();
          for (const std::string& word : Split(*value, ' ')) {
            if (!word.empty()) values.push_back(word);
          }
        }
      }
      if (values.empty()) continue;
      for (std::string& value : values) Check(option, origin, command, value);
      arguments.values_[option.key()] = std::move(values);
    }
  }

  void Check(const Option& option, const std::string& origin, const std::string& command,
             std::string& value) const {
    std::string problem;
    if (option.kind == Option::Kind::kFlag) {
      if (IsTrueWord(value)) {
        value = "true";
      } else if (IsFalseWord(value)) {
        value = "false";
      } else {
        problem = fmt::format("'{}' is not a valid boolean.", value);
      }
    } else if (option.kind == Option::Kind::kInteger) {
      size_t end = 0;
      try {
        std::stoi(value, &end);
      } catch (const std::exception&) {
        end = 0;
      }
      if (end == 0 || end != value.size()) {
        problem = fmt::format("'{}' is not a valid integer.", value);
      }
    } else if (!option.choices.empty()) {
      auto same = [&](const std::string& choice) { return EqualsIgnoreCase(choice, value); };
      auto choice = std::find_if(option.choices.begin(), option.choices.end(), same);
      if (choice == option.choices.end()) {
        problem = fmt::format("'{}' is not one of {}.", value, Quoted(option.choices));
      } else {
        value = *choice;
      }
    }
    if (problem.empty()) return;
    throw UsageError{Error(ErrorCode::kInvalidArgument,
                           fmt::format("Invalid value for {}: {}", origin, problem)),
                     command};
  }

  const Program& program_;
  CLI::App app_;
  std::vector<Entry> entries_;
};

ParsedLine ParseCommandLine(const Program& program, const std::vector<std::string>& words) {
  return CommandLineParser(program).Parse(words);
}

}  // namespace eider::cli
