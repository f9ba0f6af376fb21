#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/program.h"

namespace eider::cli {
namespace {

Program Eider() { return MakeProgram("eider"); }

std::string Refusal(const std::vector<std::string>& words) {
  Program program = Eider();
  try {
    ParseCommandLine(program, words);
  } catch (const UsageError& usage) {
    return usage.error.message();
  }
  return "accepted";
}

TEST(ArgumentsTest, OptionsOfTheProgramStandBeforeOrAfterTheCommand) {
  Program program = Eider();
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--target", "prod", "run"},
                                                {"run", "--target", "prod"},
                                                {"run", "-t", "prod"},
                                                {"run", "--target=prod"},
                                                {"-t", "dev", "run", "-t", "prod"}}) {
    ParsedLine line = ParseCommandLine(program, words);
    EXPECT_EQ(line.command->name, "run");
    EXPECT_EQ(line.arguments.Text("target"), "prod");
  }
}

TEST(ArgumentsTest, AListTakesEveryWordUpToTheNextOption) {
  Program program = Eider();
  ParsedLine line = ParseCommandLine(program, {"build", "--select", "a+", "tag:x,b", "-s", "@c",
                                               "--exclude", "test", "run", "-x"});
  EXPECT_EQ(line.arguments.List("select"), (std::vector<std::string>{"a+", "tag:x,b", "@c"}));
  // Words that are names of commands too are words all the same.
  EXPECT_EQ(line.arguments.List("exclude"), (std::vector<std::string>{"test", "run"}));
  EXPECT_TRUE(line.arguments.Flag("fail-fast"));
}

TEST(ArgumentsTest, ModelsIsAnotherNameForSelect) {
  Program program = Eider();
  EXPECT_EQ(ParseCommandLine(program, {"run", "-m", "a", "--models", "b"}).arguments.List("select"),
            (std::vector<std::string>{"a", "b"}));
}

TEST(ArgumentsTest, FlagsCanBeDenied) {
  Program program = Eider();
  EXPECT_TRUE(ParseCommandLine(program, {"run", "--use-colors"}).arguments.Flag("use-colors"));
  ParsedLine denied = ParseCommandLine(program, {"--no-use-colors", "run"});
  EXPECT_TRUE(denied.arguments.Has("use-colors"));
  EXPECT_FALSE(denied.arguments.Flag("use-colors", true));
  EXPECT_FALSE(ParseCommandLine(program, {"run"}).arguments.Has("use-colors"));
}

TEST(ArgumentsTest, ValuesMayBeginWithADash) {
  Program program = Eider();
  ParsedLine line = ParseCommandLine(program, {"show", "--inline", "select 1", "--limit", "-1"});
  EXPECT_EQ(line.arguments.Integer("limit"), -1);
  EXPECT_EQ(line.arguments.Text("inline"), "select 1");
}

TEST(ArgumentsTest, RepeatedOptionsTakeOneValueEach) {
  Program program = Eider();
  ParsedLine line =
      ParseCommandLine(program, {"sql", "-c", "select 1", "-c", "select 2", "select 3"});
  EXPECT_EQ(line.arguments.List("command"), (std::vector<std::string>{"select 1", "select 2"}));
  EXPECT_EQ(line.arguments.operand(), "select 3");
}

TEST(ArgumentsTest, CommandsMayHaveTwoWordsAndOtherNames) {
  Program program = Eider();
  EXPECT_EQ(ParseCommandLine(program, {"catalog", "check"}).arguments.command(), "catalog check");
  EXPECT_EQ(ParseCommandLine(program, {"list"}).arguments.command(), "ls");
  EXPECT_EQ(Refusal({"catalog"}), "'catalog' needs a command after it");
}

TEST(ArgumentsTest, VariablesStandInForOptions) {
  Program program = Eider();
  setenv("DBT_TARGET", "from_variable", 1);
  setenv("DBT_ENGINE_FULL_REFRESH", "yes", 1);
  EXPECT_EQ(ParseCommandLine(program, {"run"}).arguments.Text("target"), "from_variable");
  EXPECT_EQ(ParseCommandLine(program, {"run", "-t", "x"}).arguments.Text("target"), "x");
  EXPECT_TRUE(ParseCommandLine(program, {"run"}).arguments.Flag("full-refresh"));
  setenv("DBT_ENGINE_TARGET", "nearer", 1);
  EXPECT_EQ(ParseCommandLine(program, {"run"}).arguments.Text("target"), "nearer");
  setenv("DBT_ENGINE_FULL_REFRESH", "perhaps", 1);
  EXPECT_EQ(Refusal({"run"}),
            "Invalid value for the variable DBT_FULL_REFRESH: 'perhaps' is not a valid boolean.");
  unsetenv("DBT_TARGET");
  unsetenv("DBT_ENGINE_TARGET");
  unsetenv("DBT_ENGINE_FULL_REFRESH");
}

TEST(ArgumentsTest, WhatIsWrongIsNamed) {
  EXPECT_EQ(Refusal({"buidl"}), "No such command 'buidl'. Did you mean 'build'?");
  EXPECT_EQ(Refusal({"build", "--selct", "a"}),
            "No such option '--selct'. Did you mean '--select'?");
  EXPECT_EQ(Refusal({"run", "a"}), "Got unexpected extra argument (a)");
  EXPECT_EQ(Refusal({"run", "--log-format", "xml"}),
            "Invalid value for '--log-format': 'xml' is not one of 'text', 'debug', 'json', "
            "'default'.");
  EXPECT_EQ(Refusal({"run", "--threads", "many"}),
            "Invalid value for '--threads': 'many' is not a valid integer.");
  EXPECT_EQ(Refusal({"run-operation"}), "Missing argument 'MACRO'.");
  EXPECT_EQ(Refusal({"run", "--target"}), "Option '--target' requires an argument.");
  EXPECT_EQ(Refusal({"run", "--select"}), "Option '--select' requires an argument.");
  EXPECT_EQ(Refusal({"docs", "generate"}), "dbt's command 'docs' is not there yet");
  EXPECT_EQ(Refusal({"catalog", "chek"}), "No such command 'chek'. Did you mean 'check'?");
}

TEST(ArgumentsTest, HelpAndVersionAreAnsweredWhateverElseIsThere) {
  Program program = Eider();
  EXPECT_EQ(ParseCommandLine(program, {"--version"}).action, ParsedLine::Action::kVersion);
  ParsedLine help = ParseCommandLine(program, {"build", "--help", "--nonsense"});
  EXPECT_EQ(help.action, ParsedLine::Action::kHelp);
  EXPECT_EQ(help.command->name, "build");
  help = ParseCommandLine(program, {"help", "catalog", "check"});
  EXPECT_EQ(help.action, ParsedLine::Action::kHelp);
  EXPECT_EQ(help.command->name, "check");
  EXPECT_EQ(ParseCommandLine(program, {"help"}).action, ParsedLine::Action::kHelp);
}

TEST(HelpTest, EveryCommandHasOneThatFitsTheScreen) {
  Program program = MakeProgram("dbt");
  std::string all = HelpText(program, nullptr, "");
  EXPECT_NE(all.find("Usage: dbt"), std::string::npos);
  for (const Command& command : program.commands) {
    EXPECT_NE(all.find("  " + command.name), std::string::npos) << command.name;
    std::string help = HelpText(program, &command, command.name);
    EXPECT_NE(help.find("Usage: dbt " + command.name), std::string::npos);
    size_t begin = 0;
    for (size_t end; (end = help.find('\n', begin)) != std::string::npos; begin = end + 1) {
      EXPECT_LE(end - begin, 82u) << help.substr(begin, end - begin);
    }
  }
}

}  // namespace
}  // namespace eider::cli
