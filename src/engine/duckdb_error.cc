#include "engine/duckdb_error.h"

#include <string>

#include "base/text.h"

namespace eider::engine {

namespace {

constexpr char kCodeKey[] = "eider_code";
constexpr char kMessageKey[] = "eider_message";
constexpr char kHintKey[] = "eider_hint";

// ASCII's unit separator: before, between and after the parts of an error within a text.
constexpr char kSeparator = '\x1f';

duckdb::ExceptionType TypeFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kSyntax:
      return duckdb::ExceptionType::INVALID_INPUT;
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
      return duckdb::ExceptionType::CATALOG;
    case ErrorCode::kConflict:
    case ErrorCode::kUnknownOutcome:
      return duckdb::ExceptionType::TRANSACTION;
    case ErrorCode::kPermission:
      return duckdb::ExceptionType::PERMISSION;
    case ErrorCode::kUnsupported:
      return duckdb::ExceptionType::NOT_IMPLEMENTED;
    case ErrorCode::kInterrupted:
      return duckdb::ExceptionType::INTERRUPT;
    default:
      // Internal errors too: DuckDB answers its own INTERNAL type by shutting the whole database.
      return duckdb::ExceptionType::IO;
  }
}

ErrorCode CodeFor(const duckdb::ErrorData& error) {
  switch (error.Type()) {
    case duckdb::ExceptionType::PARSER:
    case duckdb::ExceptionType::SYNTAX:
      return ErrorCode::kSyntax;
    case duckdb::ExceptionType::INTERRUPT:
      return ErrorCode::kInterrupted;
    case duckdb::ExceptionType::PERMISSION:
      return ErrorCode::kPermission;
    case duckdb::ExceptionType::IO:
      if (error.RawMessage().find("No space left on device") != std::string::npos ||
          error.RawMessage().find("Disk quota exceeded") != std::string::npos) {
        return ErrorCode::kNoSpace;
      }
      return ErrorCode::kIo;
    default:
      return ErrorCode::kQuery;
  }
}

Error Restore(const std::string& code, const std::string& message, const std::string& hint) {
  Error error(static_cast<ErrorCode>(std::stoi(code)), message);
  if (!hint.empty()) error.WithHint(hint);
  return error;
}

}  // namespace

duckdb::Exception ToDuckDB(const Error& error) {
  std::unordered_map<std::string, std::string> extra;
  extra[kCodeKey] = std::to_string(static_cast<int>(error.code()));
  extra[kMessageKey] = error.message();
  extra[kHintKey] = error.hint();
  return duckdb::Exception(extra, TypeFor(error.code()), error.what());
}

duckdb::ErrorData ToCommitError(const Error& error) {
  std::string code = std::to_string(static_cast<int>(error.code()));
  std::string text = kSeparator +
                     Join({code, error.message(), error.hint()}, std::string(1, kSeparator)) +
                     kSeparator;
  return duckdb::ErrorData(TypeFor(error.code()), text);
}

Error FromDuckDB(const duckdb::ErrorData& error) {
  const auto& extra = error.ExtraInfo();
  auto code = extra.find(kCodeKey);
  if (code != extra.end()) {
    return Restore(code->second, extra.at(kMessageKey), extra.at(kHintKey));
  }
  if (error.Type() == duckdb::ExceptionType::INTERRUPT) {
    return Error(ErrorCode::kInterrupted, "interrupted");
  }
  std::string message = error.Message();
  std::vector<std::string> parts = Split(message, kSeparator);
  if (parts.size() == 5) return Restore(parts[1], parts[2], parts[3]);
  // DuckDB adds a stack trace to errors it thinks are its own bugs; it is of no use to a user.
  size_t trace = message.find("\nStack Trace:");
  if (trace != std::string::npos) message.resize(trace);
  return Error(CodeFor(error), std::string(Trim(message)));
}

}  // namespace eider::engine
