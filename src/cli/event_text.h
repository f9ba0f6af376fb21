// Events as lines: dbt's text form, its debug form, and its JSON.
#pragma once

#include <string>

#include "dbt/events.h"

namespace eider::cli {

enum class LogFormat { kText, kDebug, kJson };

// By --log-format's words; "default" is `fallback`.
LogFormat LogFormatFromName(const std::string& name, LogFormat fallback);

struct EventStyle {
  LogFormat format = LogFormat::kText;
  bool color = false;
  std::string invocation_id;  // JSON only
};

// `event` as it is printed, with a newline at its end:
//   text   "20:23:46  message", the outcome coloured
//   debug  "20:23:46.123456 [info ] [Thread-1 (worker)]: message"
//   json   {"info": {..}, "data": {..}}, one line
// Output that was asked for (print(), ls, show) is printed bare as text.
std::string EventText(const dbt::Event& event, const EventStyle& style);

// Whether an event carries what the user asked for rather than how the work goes: printed even
// with --quiet.
bool IsOutput(const dbt::Event& event);

}  // namespace eider::cli
