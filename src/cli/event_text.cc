#include "cli/event_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/clock.h"

namespace eider::cli {

namespace {

const char* ColorOf(dbt::EventTone tone) {
  switch (tone) {
    case dbt::EventTone::kGood:
      return "\033[32m";
    case dbt::EventTone::kWarning:
      return "\033[33m";
    case dbt::EventTone::kBad:
      return "\033[31m";
    case dbt::EventTone::kPlain:
      break;
  }
  return nullptr;
}

// The message with its outcome coloured: the last place where it stands, since a line names it in
// its sentence too ("1 of 3 OK created .. [OK in 0.05s]").
std::string Message(const dbt::Event& event, bool color) {
  const char* code = ColorOf(event.tone);
  if (!color || !code || event.status.empty()) return event.message;
  size_t at = event.message.rfind(event.status);
  if (at == std::string::npos) return event.message;
  std::string out = event.message;
  out.insert(at + event.status.size(), "\033[0m");
  out.insert(at, code);
  return out;
}

std::string JsonLine(const dbt::Event& event, const std::string& invocation_id) {
  Json info = Json::object();
  info["category"] = "";
  info["code"] = event.code;
  info["extra"] = Json::object();
  info["invocation_id"] = invocation_id;
  info["level"] = dbt::EventLevelName(event.level);
  info["msg"] = event.message;
  info["name"] = event.name;
  info["pid"] = getpid();
  info["thread"] = event.thread;
  info["ts"] = FormatInstant(event.micros);
  Json line = Json::object();
  line["data"] = event.data;
  line["info"] = std::move(info);
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

LogFormat LogFormatFromName(const std::string& name, LogFormat fallback) {
  if (name == "text") return LogFormat::kText;
  if (name == "debug") return LogFormat::kDebug;
  if (name == "json") return LogFormat::kJson;
  return fallback;
}

bool IsOutput(const dbt::Event& event) {
  static constexpr std::array<std::string_view, 4> kNames = {"PrintEvent", "ShowNode",
                                                             "CompiledNode", "ListCmdOut"};
  for (std::string_view name : kNames) {
    if (event.name == name) return true;
  }
  return false;
}

std::string EventText(const dbt::Event& event, const EventStyle& style) {
  switch (style.format) {
    case LogFormat::kJson:
      return JsonLine(event, style.invocation_id);
    case LogFormat::kDebug: {
      auto micros = event.micros % 1'000'000;
      return fmt::format("{}.{:06} [{:<5}] [{}]: {}\n", FormatLocalTime(event.micros), micros,
                         dbt::EventLevelName(event.level), event.thread,
                         Message(event, style.color));
    }
    case LogFormat::kText:
      break;
  }
  if (IsOutput(event)) return event.message + "\n";
  std::string reset = style.color ? "\033[0m" : "";
  return reset + FormatLocalTime(event.micros) + "  " + Message(event, style.color) + "\n";
}

}  // namespace eider::cli
