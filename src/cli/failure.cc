#include "cli/failure.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <new>

#include "base/text.h"
#include "cli/terminal.h"
#include "dbt/secret.h"

namespace eider::cli {

int ExitCodeFor(const Error& error) {
  return error.code() == ErrorCode::kInterrupted ? kFailure : kError;
}

Error ToError(const std::exception& exception) {
  if (auto* error = dynamic_cast<const Error*>(&exception)) return *error;
  if (dynamic_cast<const std::bad_alloc*>(&exception)) {
    return Error(ErrorCode::kInternal, "there is not enough memory");
  }
  if (auto* failure = dynamic_cast<const std::filesystem::filesystem_error*>(&exception)) {
    return Error(ErrorCode::kIo, fmt::format("cannot use {}: {}", failure->path1().string(),
                                             failure->code().message()));
  }
  return Error(ErrorCode::kInternal, exception.what())
      .WithHint("This is a bug of Eider's: please report it with the command you ran.");
}

std::string FailureText(const Error& error) {
  std::string out = "Error: " + std::string(Trim(error.message())) + "\n";
  if (!error.file().empty()) {
    std::string place = error.file();
    if (error.line() > 0) place += fmt::format(":{}", error.line());
    if (error.line() > 0 && error.column() > 0) place += fmt::format(":{}", error.column());
    out += "  in " + place + "\n";
  }
  if (!error.hint().empty()) out += "  " + ReplaceAll(Trim(error.hint()), "\n", "\n  ") + "\n";
  return dbt::ScrubSecrets(out);
}

void PrintFailure(const Error& error) {
  std::string text = FailureText(error);
  if (WantsColor(STDERR_FILENO)) text = "\033[31mError\033[0m" + text.substr(5);
  fmt::print(stderr, "{}", text);
}

}  // namespace eider::cli
