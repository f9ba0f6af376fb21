#include "dbt/run_summary.h"

#include <fmt/format.h>

#include <map>

#include "base/clock.h"
#include "base/text.h"

namespace eider::dbt {

namespace {

const Node* FindNode(const Manifest& manifest, const std::string& id) {
  auto found = manifest.nodes.find(id);
  return found == manifest.nodes.end() ? nullptr : &found->second;
}

std::string Counted(int count, const std::string& noun, const std::string& plural = "") {
  if (count == 1) return "1 " + noun;
  return std::to_string(count) + " " + (plural.empty() ? noun + "s" : plural);
}

void EmitBlank(EventSink& sink) { EmitNote(sink, EventLevel::kInfo, "", "Formatting", "Z017"); }

void EmitLine(EventSink& sink, EventLevel level, const char* name, const char* code,
              std::string message, EventTone tone, Json data) {
  Event event;
  event.name = name;
  event.code = code;
  event.level = level;
  event.tone = tone;
  if (tone != EventTone::kPlain) event.status = message;
  event.message = std::move(message);
  event.data = std::move(data);
  Emit(sink, std::move(event));
}

void EmitProblem(EventSink& sink, const Manifest& manifest, const NodeResult& result) {
  const Node* node = FindNode(manifest, result.unique_id);
  if (!node) return;
  Json data{{"node_info", NodeInfo(*node, NodeStatusName(result.status), 0)}};
  if (result.status == NodeStatus::kSkipped) {
    EmitLine(sink, EventLevel::kDebug, "RunResultError", "Z024", "  " + result.message,
             EventTone::kPlain, std::move(data));
    return;
  }
  bool warning = result.status == NodeStatus::kWarn;
  EmitBlank(sink);
  EmitLine(sink, warning ? EventLevel::kWarn : EventLevel::kError,
           warning ? "RunResultWarning" : "RunResultFailure", warning ? "Z021" : "Z022",
           std::string(warning ? "Warning" : "Failure") + " in " +
               std::string(NodeTypeName(node->type)) + " " + node->name + " (" +
               node->original_file_path + ")",
           warning ? EventTone::kWarning : EventTone::kBad, data);
  if (result.message.empty()) {
    EmitLine(sink, EventLevel::kError, "RunResultErrorNoMessage", "Z025",
             "  Status: " + std::string(NodeStatusName(result.status)), EventTone::kPlain, data);
  } else if (warning) {
    EmitLine(sink, EventLevel::kWarn, "RunResultWarningMessage", "Z046", result.message,
             EventTone::kPlain, data);
  } else {
    EmitLine(sink, EventLevel::kError, "RunResultError", "Z024", "  " + result.message,
             EventTone::kPlain, data);
  }
  if (node->compiled_path) {
    EmitBlank(sink);
    EmitLine(sink, EventLevel::kInfo, "SQLCompiledPath", "Z026",
             "  compiled code at " + *node->compiled_path, EventTone::kPlain, data);
  }
  if (node->type == NodeType::kTest && node->config.Bool("store_failures").value_or(false) &&
      node->relation_name && result.status != NodeStatus::kError) {
    std::string query = "select * from " + *node->relation_name;
    std::string border(query.size(), '-');
    EmitBlank(sink);
    EmitLine(sink, EventLevel::kInfo, "CheckNodeTestFailure", "Z027",
             "  See test failures:\n  " + border + "\n  " + query + "\n  " + border,
             EventTone::kPlain, data);
  }
}

}  // namespace

void EmitFinished(EventSink& sink, const Manifest& manifest, const RunResults& results) {
  std::map<std::string, int> counts;
  for (const auto& result : results.results) {
    if (manifest.exposures.contains(result.unique_id)) ++counts["exposure"];
    const Node* node = FindNode(manifest, result.unique_id);
    if (!node) continue;
    std::string kind(NodeTypeName(node->type));
    if (node->type == NodeType::kModel) kind = node->config.materialized() + " " + kind;
    if (node->type == NodeType::kOperation) kind = "project hook";
    ++counts[kind];
  }
  std::vector<std::string> parts;
  for (const auto& [kind, count] : counts) {
    std::string plural = kind == "test" ? "data tests" : kind == "analysis" ? "analyses" : "";
    parts.push_back(Counted(count, ReplaceAll(kind, "_", " "), plural));
  }
  int minutes = static_cast<int>(results.elapsed_time / 60);
  double seconds = results.elapsed_time - minutes * 60;
  std::string stat_line = Join(parts, ", ");
  std::string execution = fmt::format(" in {} hours {} minutes and {:.2f} seconds", minutes / 60,
                                      minutes % 60, seconds);
  EmitBlank(sink);
  EmitLine(
      sink, EventLevel::kInfo, "FinishedRunningStats", "E047",
      fmt::format("Finished running {}{} ({:.2f}s).", stat_line, execution, results.elapsed_time),
      EventTone::kPlain,
      {{"stat_line", stat_line},
       {"execution", execution},
       {"execution_time", results.elapsed_time}});
}

void EmitSummary(EventSink& sink, const Manifest& manifest, const RunResults& results) {
  std::vector<const NodeResult*> errors, warnings;
  int pass = 0, warn = 0, error = 0, skip = 0, noop = 0;
  for (const auto& result : results.results) {
    switch (result.status) {
      case NodeStatus::kWarn:
        warnings.push_back(&result);
        ++warn;
        break;
      case NodeStatus::kSkipped:
        if (!result.message.empty()) errors.push_back(&result);
        ++skip;
        break;
      case NodeStatus::kNoOp:
        ++noop;
        break;
      case NodeStatus::kPass:
      case NodeStatus::kSuccess:
        ++pass;
        break;
      default:
        errors.push_back(&result);
        ++error;
    }
  }
  std::string message = "Completed successfully";
  EventTone tone = EventTone::kGood;
  std::string counted_warnings = Counted(static_cast<int>(warnings.size()), "warning");
  if (results.interrupted) {
    message = "Exited because of keyboard interrupt";
    tone = EventTone::kWarning;
  } else if (!errors.empty()) {
    message = "Completed with " + Counted(static_cast<int>(errors.size()), "error") +
              ", 0 partial successes, and " + counted_warnings + ":";
    tone = EventTone::kBad;
  } else if (!warnings.empty()) {
    message = "Completed with " + counted_warnings + ":";
    tone = EventTone::kWarning;
  }
  EmitBlank(sink);
  EmitLine(sink, EventLevel::kInfo, "EndOfRunSummary", "Z030", message, tone,
           {{"keyboard_interrupt", results.interrupted},
            {"num_errors", errors.size()},
            {"num_partial_success", 0},
            {"num_warnings", warnings.size()}});
  for (const auto* result : errors) EmitProblem(sink, manifest, *result);
  for (const auto* result : warnings) EmitProblem(sink, manifest, *result);
  EmitBlank(sink);
  size_t total = results.results.size();
  EmitLine(sink, EventLevel::kInfo, "StatsLine", "Z023",
           fmt::format("Done. PASS={} WARN={} ERROR={} SKIP={} NO-OP={} TOTAL={}", pass, warn,
                       error, skip, noop, total),
           EventTone::kPlain,
           {{"stats",
             {{"error", error},
              {"noop", noop},
              {"pass", pass},
              {"skip", skip},
              {"total", total},
              {"warn", warn}}}});
}

}  // namespace eider::dbt
