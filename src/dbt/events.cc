#include "dbt/events.h"

#include <fmt/format.h>

#include <ctime>

#include "base/clock.h"
#include "dbt/secret.h"

namespace eider::dbt {

namespace {

// The column at which dbt's lines end their dots.
constexpr size_t kPrinterWidth = 80;

class DroppingSink final : public EventSink {
 public:
  void Emit(const Event&) override {}
  bool Wants(EventLevel) const override { return false; }
};

thread_local std::string thread_name = "MainThread";

// "2026-11-24T20:26:37.421407": an instant as node_info carries it.
std::string NodeInstant(int64_t micros) {
  if (micros == 0) return "";
  std::string text = FormatInstant(micros);
  text.pop_back();  // the Z
  return text;
}

Json ScrubJson(const Json& value) {
  if (value.is_string()) return ScrubSecrets(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  Json out = value.is_array() ? Json::array() : Json::object();
  if (value.is_array()) {
    for (const Json& item : value) out.push_back(ScrubJson(item));
  } else {
    for (auto& [key, member] : value.items()) out[key] = ScrubJson(member);
  }
  return out;
}

}  // namespace

std::string_view EventLevelName(EventLevel level) {
  switch (level) {
    case EventLevel::kDebug:
      return "debug";
    case EventLevel::kInfo:
      return "info";
    case EventLevel::kWarn:
      return "warn";
    case EventLevel::kError:
      return "error";
  }
  return "info";
}

EventSink& NullSink() {
  static DroppingSink sink;
  return sink;
}

void Emit(EventSink& sink, Event event) {
  if (!sink.Wants(event.level)) return;
  event.micros = NowMicros();
  event.thread = ThreadName();
  event.message = ScrubSecrets(event.message);
  event.data = ScrubJson(event.data);
  sink.Emit(event);
}

void EmitNote(EventSink& sink, EventLevel level, std::string message, std::string name,
              std::string code, Json data) {
  if (!sink.Wants(level)) return;
  Event event;
  event.name = std::move(name);
  event.code = std::move(code);
  event.level = level;
  if (!data.contains("msg")) data["msg"] = message;
  event.message = std::move(message);
  event.data = std::move(data);
  Emit(sink, std::move(event));
}

void SetThreadName(std::string name) { thread_name = std::move(name); }

const std::string& ThreadName() { return thread_name; }

std::string ProgressLine(const std::string& description, const std::string& status, int index,
                         int total, double execution_time) {
  std::string line;
  if (total > 0) line = fmt::format("{} of {} ", index, total);
  line += description + ' ';
  if (line.size() < kPrinterWidth) line.append(kPrinterWidth - line.size(), '.');
  line += " [" + status;
  if (execution_time >= 0) line += fmt::format(" in {:.2f}s", execution_time);
  return line + ']';
}

Json NodeInfo(const Node& node, std::string_view node_status, int64_t started_micros,
              int64_t finished_micros) {
  Json relation = Json::object();
  relation["alias"] = node.alias;
  relation["database"] = node.database.value_or("");
  relation["relation_name"] = node.relation_name.value_or("");
  relation["schema"] = node.schema;
  Json info = Json::object();
  info["materialized"] = node.config.materialized();
  info["meta"] = node.meta;
  info["node_checksum"] = node.checksum.checksum;
  info["node_finished_at"] = NodeInstant(finished_micros);
  info["node_name"] = node.name;
  info["node_path"] = node.path;
  info["node_relation"] = std::move(relation);
  info["node_started_at"] = NodeInstant(started_micros);
  info["node_status"] = node_status;
  info["resource_type"] = NodeTypeName(node.type);
  info["unique_id"] = node.unique_id;
  return info;
}

}  // namespace eider::dbt
