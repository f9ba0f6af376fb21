#include "engine/duckdb_error.h"

#include <string>

#include "base/text.h"

namespace eider::engine {

namespace {

constexpr char kCodeKey[] = "eider_code";
constexpr char kMessageKey[] = "eider_message";
constexpr char kHintKey[] = "eider_hint";

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

}  // namespace

duckdb::Exception ToDuckDB(const Error& error) {
  std::unordered_map<std::string, std::string> extra;
  extra[kCodeKey] = std::to_string(static_cast<int>(error.code()));
  extra[kMessageKey] = error.message();
  extra[kHintKey] = error.hint();
  return duckdb::Exception(extra, TypeFor(error.code()), error.what());
}

Error FromDuckDB(const duckdb::ErrorData& error) {
  const auto& extra = error.ExtraInfo();
  auto code = extra.find(kCodeKey);
  if (code != extra.end()) {
    Error original(static_cast<ErrorCode>(std::stoi(code->second)), extra.at(kMessageKey));
    if (!extra.at(kHintKey).empty()) original.WithHint(extra.at(kHintKey));
    return original;
  }
  std::string message = error.Message();
  // DuckDB adds a stack trace to errors it thinks are its own bugs; it is of no use to a user.
  size_t trace = message.find("\nStack Trace:");
  if (trace != std::string::npos) message.resize(trace);
  return Error(CodeFor(error), std::string(Trim(message)));
}

}  // namespace eider::engine
