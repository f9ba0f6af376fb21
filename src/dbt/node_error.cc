#include "dbt/node_error.h"

#include "base/text.h"

namespace eider::dbt {

namespace {

bool IsCompilationError(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kSyntax ||
         code == ErrorCode::kNotFound || code == ErrorCode::kUnsupported ||
         code == ErrorCode::kAlreadyExists;
}

}  // namespace

std::string NodeErrorMessage(const Node& node, const Error& error) {
  std::string text = error.message();
  if (!error.file().empty() && error.line() > 0) {
    text += "\n" + error.file() + ":" + std::to_string(error.line());
  }
  if (!error.hint().empty()) text += "\n" + error.hint();
  std::string out = std::string(IsCompilationError(error.code()) ? "Compilation" : "Runtime") +
                    " Error in " + std::string(NodeTypeName(node.type)) + " " + node.name + " (" +
                    node.original_file_path + ")";
  for (const auto& line : Split(text, '\n')) out += "\n  " + line;
  return out;
}

}  // namespace eider::dbt
