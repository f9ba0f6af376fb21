// The one error type of Eider. It is thrown by value and caught at the edges, where its code
// decides what comes of it: an exit code of the command line, another try of a commit, DuckDB's
// error type.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace eider {

enum class ErrorCode {
  kInvalidArgument,  // the caller's input is wrong: a flag, a value, a configuration
  kSyntax,           // a text we were given does not parse: SQL, Jinja, YAML, CSV, JSON
  kNotFound,
  kAlreadyExists,
  kConflict,        // somebody else's commit came first and ours cannot be redone on top of it
  kUnknownOutcome,  // a commit was sent and its answer lost; nothing it wrote may be deleted
  kPermission,
  kIo,           // the file system or network failed
  kNoSpace,      // the disk is full or the quota reached
  kCorrupt,      // stored data contradicts its specification
  kUnsupported,  // valid, but not something Eider does
  kInterrupted,  // Ctrl-C, cancel, timeout
  kQuery,        // DuckDB refused or failed a statement
  kInternal,     // a bug of ours
};

class Error : public std::exception {
 public:
  // `message` is one sentence that names the object it speaks of, without a trailing newline.
  Error(ErrorCode code, std::string message);

  // What to do next, shown on a line of its own.
  Error& WithHint(std::string hint);
  // Where the input stands. `line` and `column` count from 1; 0 means unknown.
  Error& At(std::string file, int line = 0, int column = 0);
  // Puts a lead before the message, as an error passes outward: "while building x: <message>".
  Error& WithContext(std::string_view lead);

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::string& file() const { return file_; }
  int line() const { return line_; }
  int column() const { return column_; }

  // "file:line:column: message", then the hint on a line of its own.
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  void Render();

  ErrorCode code_;
  std::string message_;
  std::string hint_;
  std::string file_;
  int line_ = 0;
  int column_ = 0;
  std::string what_;
};

}  // namespace eider
