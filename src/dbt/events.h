// What happens during an invocation, told as it happens. The names, codes, levels and sentences are
// those of dbt, so that log readers made for dbt read ours.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "dbt/node.h"

namespace eider::dbt {

enum class EventLevel { kDebug, kInfo, kWarn, kError };

// "debug", "info", "warn", "error".
std::string_view EventLevelName(EventLevel level);

// How a line of the console is coloured by its outcome.
enum class EventTone { kPlain, kGood, kWarning, kBad };

struct Event {
  std::string name;  // "LogStartLine", "LogModelResult", "LogTestResult", "NodeFinished", ..
  std::string code;  // "Q011"
  EventLevel level = EventLevel::kInfo;
  // The sentence dbt prints, secrets already scrubbed, without time stamp and without colours. A
  // line that dbt pads with dots up to its status has them ("1 of 28 START .. [RUN]").
  std::string message;
  // The part of `message` that carries the outcome ("OK", "PASS", "ERROR", "SKIP"; "" for none),
  // and its tone: a terminal colours just that part.
  std::string status;
  EventTone tone = EventTone::kPlain;
  // The event's own fields as in dbt's JSON log: node_info, index, total, status, execution_time,
  // description, schema, relation, ..
  Json data = Json::object();
  int64_t micros = 0;  // when, since the epoch
  std::string thread;  // "MainThread", "Thread-1 (worker)"
};

// Takes events. Called from every worker thread, several at once; must not throw.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(const Event& event) = 0;
  // Which events would be dropped anyhow, so that their text is not made. Debug carries every SQL.
  virtual bool Wants(EventLevel) const { return true; }
};

// A sink that drops everything.
EventSink& NullSink();

// Stamps `event` with time and thread, scrubs its message, and hands it to `sink`.
void Emit(EventSink& sink, Event event);

// A plain sentence at a level. `name` is dbt's name for it, "Note" where it has none.
void EmitNote(EventSink& sink, EventLevel level, std::string message, std::string name = "Note",
              std::string code = "Z050", Json data = Json::object());

// The name of the current thread in events and in run_results.json; "MainThread" at first.
void SetThreadName(std::string name);
const std::string& ThreadName();

// `description` padded with dots to dbt's width and ended by " [status]", after "index of total":
// "1 of 28 START sql table model main.customers .................. [RUN]". `execution_time` in
// seconds is added as "in 0.05s" where it is not negative.
std::string ProgressLine(const std::string& description, const std::string& status, int index,
                         int total, double execution_time = -1);

// The `node_info` object of events on behalf of a node.
Json NodeInfo(const Node& node, std::string_view node_status, int64_t started_micros,
              int64_t finished_micros = 0);

}  // namespace eider::dbt
