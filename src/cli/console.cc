#include "cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/clock.h"
#include "cli/terminal.h"

namespace eider::cli {

namespace {

constexpr int64_t kDefaultLogBytes = 10 * 1024 * 1024;
constexpr auto kRedrawInterval = std::chrono::milliseconds(200);
constexpr char kClearLine[] = "\r\033[K";

std::string Word(const Arguments& arguments, std::string_view key, const std::string& fallback) {
  return arguments.Text(key).value_or(fallback);
}

}  // namespace

Console::Threshold Console::ThresholdFrom(const std::string& name) {
  if (name == "debug") return {dbt::EventLevel::kDebug};
  if (name == "warn") return {dbt::EventLevel::kWarn};
  if (name == "error") return {dbt::EventLevel::kError};
  if (name == "none") return {dbt::EventLevel::kError, true};
  return {dbt::EventLevel::kInfo};
}

Console::Console(const Arguments& arguments)
    : log_(arguments.Integer("log-file-max-bytes").value_or(kDefaultLogBytes)) {
  bool debug = arguments.Flag("debug");
  std::string format = Word(arguments, "log-format", "default");
  console_style_.format = LogFormatFromName(format, debug ? LogFormat::kDebug : LogFormat::kText);
  console_style_.color = arguments.Flag("use-colors", WantsColor(STDOUT_FILENO));
  // The file follows the console's format only where that was given, and is told apart otherwise.
  LogFormat file_fallback = LogFormatFromName(format, LogFormat::kDebug);
  if (file_fallback == LogFormat::kText) file_fallback = LogFormat::kDebug;
  file_style_.format =
      LogFormatFromName(Word(arguments, "log-format-file", "default"), file_fallback);
  file_style_.color = arguments.Flag("use-colors-file", false);
  console_threshold_ = ThresholdFrom(Word(arguments, "log-level", debug ? "debug" : "info"));
  file_threshold_ = ThresholdFrom(Word(arguments, "log-level-file", "debug"));
  quiet_ = arguments.Flag("quiet");
  prints_ = arguments.Flag("print", true);
  live_ = IsTerminal(STDOUT_FILENO) && console_style_.format == LogFormat::kText && !quiet_ &&
          console_threshold_.Passes(dbt::EventLevel::kInfo) && WantsColor(STDOUT_FILENO);
  if (live_) drawer_ = std::thread([this] { KeepDrawing(); });
}

Console::~Console() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    ClearProgress();
  }
  stop_.notify_all();
  if (drawer_.joinable()) drawer_.join();
  std::fflush(stdout);
}

bool Console::Wants(dbt::EventLevel level) const {
  return console_threshold_.Passes(level) || file_threshold_.Passes(level);
}

bool Console::IsPrinted(const dbt::Event& event) const {
  if (event.name == "PrintEvent") return prints_;
  if (IsOutput(event)) return true;
  if (quiet_ && event.level < dbt::EventLevel::kError) return false;
  return console_threshold_.Passes(event.level);
}

void Console::Emit(const dbt::Event& event) {
  bool printed = IsPrinted(event);
  bool logged = file_threshold_.Passes(event.level);
  std::string line = printed ? EventText(event, console_style_) : "";
  std::string entry = logged ? EventText(event, file_style_) : "";
  std::lock_guard lock(mutex_);
  if (live_) progress_.Note(event);
  if (printed) {
    ClearProgress();
    std::fwrite(line.data(), 1, line.size(), stdout);
    DrawProgress();
    std::fflush(stdout);
  }
  if (logged) {
    log_.Write(entry);
    if (event.level > dbt::EventLevel::kDebug) log_.Flush();
  }
}

void Console::SetInvocation(const std::string& id) {
  std::lock_guard lock(mutex_);
  console_style_.invocation_id = id;
  file_style_.invocation_id = id;
  if (file_style_.format == LogFormat::kJson) return;
  int64_t now = NowMicros();
  std::string rule(30, '=');
  log_.Write(fmt::format("\n\n{} {}.{:06} | {} {}\n", rule, FormatLocalTime(now), now % 1'000'000,
                         id, rule));
}

void Console::OpenLog(const std::filesystem::path& folder) {
  std::string problem;
  {
    std::lock_guard lock(mutex_);
    if (file_threshold_.off || log_.Open(folder, &problem)) return;
  }
  dbt::EmitNote(*this, dbt::EventLevel::kWarn, "The log file cannot be written: " + problem);
}

void Console::ClearProgress() {
  if (!progress_drawn_) return;
  std::fputs(kClearLine, stdout);
  progress_drawn_ = false;
}

void Console::DrawProgress() {
  if (!live_ || stopping_) return;
  size_t columns = SizeOfTerminal(STDOUT_FILENO).columns;
  // The last column stays free: a line that fills it makes some terminals wrap.
  std::string text = progress_.Text(NowMicros(), std::max<size_t>(columns, 2) - 1);
  if (text.empty()) return;
  std::fputs(("\033[2m" + text + "\033[0m").c_str(), stdout);
  progress_drawn_ = true;
}

void Console::KeepDrawing() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kRedrawInterval, [this] { return stopping_; })) {
    ClearProgress();
    DrawProgress();
    std::fflush(stdout);
  }
}

}  // namespace eider::cli
