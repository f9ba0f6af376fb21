#include "dbt/node_error.h"

#include "base/text.h"

namespace eider::dbt {

namespace {

bool IsCompilationError(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kSyntax ||
         code == ErrorCode::kNotFound || code == ErrorCode::kUnsupported ||
         code == ErrorCode::kAlreadyExists;
}

// The template language adds the macros an error came through to the hint, innermost first: "in
// macro x (macros/x.sql:12)".
struct Hint {
  std::vector<std::string> advice;
  std::vector<std::string> stack;
};

Hint ReadHint(const std::string& text) {
  Hint hint;
  if (text.empty()) return hint;
  for (auto& line : Split(text, '\n')) {
    bool of_stack = line.starts_with("in macro ") || line.starts_with("in template");
    (of_stack ? hint.stack : hint.advice).push_back(std::move(line));
  }
  return hint;
}

// "customers" in "'customers' is undefined"; "" where the message says something else.
std::string UndefinedName(const std::string& message) {
  constexpr std::string_view kEnd = "' is undefined";
  if (!message.starts_with('\'') || !message.ends_with(kEnd)) return "";
  return message.substr(1, message.size() - 1 - kEnd.size());
}

}  // namespace

std::string NodeErrorMessage(const Node& node, const Error& error,
                             const std::vector<std::string>& names) {
  bool compilation = IsCompilationError(error.code());
  Hint hint = ReadHint(error.hint());
  std::vector<std::string> lines = Split(error.message(), '\n');
  if (std::string name = UndefinedName(error.message()); !name.empty()) {
    lines.back() +=
        ". This can happen when calling a macro that does not exist. Check for typos and/or "
        "install "
        "package dependencies with \"dbt deps\".";
    if (auto near = ClosestMatch(name, names); !near.empty()) {
      lines.push_back("Did you mean '" + near + "'?");
    }
  }
  if (error.code() == ErrorCode::kQuery &&
      error.message().find("syntax error at or near \";\"") != std::string::npos) {
    lines.push_back("The SQL becomes part of a larger statement: write no ';' at its end.");
  }
  for (auto& line : hint.advice) lines.push_back(std::move(line));
  bool in_macro = hint.stack.size() > 1;
  // Where the input stands, unless that is the macro itself.
  bool in_stack = in_macro && hint.stack.front().find(error.file()) != std::string::npos;
  if (compilation && !in_stack && !error.file().empty() && error.line() > 0) {
    lines.push_back("in " + error.file() + ":" + std::to_string(error.line()));
  }
  if (compilation && in_macro) {
    lines.emplace_back();
    std::string lead = "> in ";
    for (const auto& frame : hint.stack) {
      if (!frame.starts_with("in macro ") || frame.starts_with("in macro caller ")) continue;
      lines.push_back(lead + frame.substr(3));
      lead = "> called by ";
    }
    lines.push_back(lead + std::string(NodeTypeName(node.type)) + " " + node.name + " (" +
                    node.original_file_path + ")");
  }
  std::string out = std::string(compilation ? "Compilation" : "Runtime") + " Error in " +
                    std::string(NodeTypeName(node.type)) + " " + node.name + " (" +
                    node.original_file_path + ")";
  for (const auto& line : lines) out += "\n  " + line;
  return out;
}

}  // namespace eider::dbt
