#include "cli/run_summary.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace eider::cli {

namespace {

using dbt::EventLevel;
using dbt::EventTone;
using dbt::NodeStatus;

void EmitLine(dbt::EventSink& sink, const std::string& message, const std::string& name,
              const std::string& code, Json data, EventLevel level = EventLevel::kInfo,
              EventTone tone = EventTone::kPlain) {
  dbt::Event event;
  event.name = name;
  event.code = code;
  event.level = level;
  event.message = message;
  event.tone = tone;
  if (tone != EventTone::kPlain) event.status = message;
  event.data = std::move(data);
  dbt::Emit(sink, std::move(event));
}

void EmitEmptyLine(dbt::EventSink& sink) {
  EmitLine(sink, "", "Formatting", "Z017", {{"msg", ""}});
}

// What a count of nodes calls them: "table model", "seed", "project hook".
std::string Noun(const dbt::Node& node) {
  if (node.type == dbt::NodeType::kModel) return node.config.materialized() + " model";
  if (node.type == dbt::NodeType::kOperation) return "project hook";
  return std::string(dbt::NodeTypeName(node.type));
}

const dbt::Node* FindNode(const dbt::Manifest& manifest, const std::string& id) {
  auto found = manifest.nodes.find(id);
  return found == manifest.nodes.end() ? nullptr : &found->second;
}

struct Outcome {
  std::vector<const dbt::NodeResult*> errors;
  std::vector<const dbt::NodeResult*> partial_successes;
  std::vector<const dbt::NodeResult*> warnings;
};

Outcome OutcomeOf(const dbt::RunResults& results) {
  Outcome outcome;
  for (const dbt::NodeResult& result : results.results) {
    if (result.is_failure()) {
      outcome.errors.push_back(&result);
    } else if (result.status == NodeStatus::kWarn) {
      outcome.warnings.push_back(&result);
    } else if (result.status == NodeStatus::kPartialSuccess) {
      outcome.partial_successes.push_back(&result);
    }
  }
  return outcome;
}

void EmitEnd(dbt::EventSink& sink, const Outcome& outcome, bool interrupted) {
  auto errors = static_cast<int64_t>(outcome.errors.size());
  auto partial = static_cast<int64_t>(outcome.partial_successes.size());
  auto warnings = static_cast<int64_t>(outcome.warnings.size());
  std::string parts =
      partial == 1 ? "1 partial success" : fmt::format("{} partial successes", partial);
  std::string message = "Completed successfully";
  EventTone tone = EventTone::kGood;
  if (interrupted) {
    message = "Exited because of keyboard interrupt";
    tone = EventTone::kWarning;
  } else if (errors > 0) {
    message = fmt::format("Completed with {}, {}, and {}:", Counted(errors, "error"), parts,
                          Counted(warnings, "warning"));
    tone = EventTone::kBad;
  } else if (partial > 0) {
    message = fmt::format("Completed with {} and {}", parts, Counted(warnings, "warning"));
    tone = EventTone::kWarning;
  } else if (warnings > 0) {
    message = fmt::format("Completed with {}:", Counted(warnings, "warning"));
    tone = EventTone::kWarning;
  }
  EmitLine(sink, message, "EndOfRunSummary", "Z030",
           {{"keyboard_interrupt", interrupted},
            {"num_errors", errors},
            {"num_partial_success", partial},
            {"num_warnings", warnings}},
           EventLevel::kInfo, tone);
}

void EmitProblem(dbt::EventSink& sink, const dbt::NodeResult& result,
                 const dbt::Manifest& manifest) {
  const dbt::Node* node = FindNode(manifest, result.unique_id);
  bool warning = result.status == NodeStatus::kWarn;
  EventLevel level = warning ? EventLevel::kWarn : EventLevel::kError;
  Json info = Json::object();
  if (node) info = dbt::NodeInfo(*node, dbt::NodeStatusName(result.status), 0);
  std::string type = node ? std::string(dbt::NodeTypeName(node->type)) : "node";
  std::string name = node ? node->name : result.unique_id;
  std::string path = node ? node->original_file_path : "";

  EmitEmptyLine(sink);
  EmitLine(sink, fmt::format("{} in {} {} ({})", warning ? "Warning" : "Failure", type, name, path),
           warning ? "RunResultWarning" : "RunResultFailure", warning ? "Z021" : "Z022",
           {{"node_info", info}, {"node_name", name}, {"path", path}, {"resource_type", type}},
           level, warning ? EventTone::kWarning : EventTone::kBad);
  if (result.message.empty()) {
    EmitLine(sink, fmt::format("  Status: {}", dbt::NodeStatusName(result.status)),
             "RunResultErrorNoMessage", "Z025", {{"node_info", info}}, level);
  } else {
    EmitLine(sink, "  " + result.message, warning ? "RunResultWarningMessage" : "RunResultError",
             warning ? "Z046" : "Z024", {{"msg", result.message}, {"node_info", info}}, level);
  }
  if (node && node->compiled_path) {
    EmitEmptyLine(sink);
    EmitLine(sink, "  compiled code at " + *node->compiled_path, "SQLCompiledPath", "Z026",
             {{"node_info", info}, {"path", *node->compiled_path}});
  }
  if (node && node->type == dbt::NodeType::kTest && node->relation_name) {
    std::string query = "select * from " + *node->relation_name;
    std::string border(query.size(), '-');
    EmitEmptyLine(sink);
    EmitLine(sink, fmt::format("  See test failures:\n  {0}\n  {1}\n  {0}", border, query),
             "CheckNodeTestFailure", "Z027",
             {{"node_info", info}, {"relation_name", *node->relation_name}});
  }
}

void EmitDone(dbt::EventSink& sink, const dbt::RunResults& results) {
  std::map<std::string, int> stats = {{"error", 0}, {"noop", 0}, {"pass", 0},
                                      {"skip", 0},  {"warn", 0}, {"total", 0}};
  for (const dbt::NodeResult& result : results.results) {
    ++stats["total"];
    switch (result.status) {
      case NodeStatus::kSuccess:
      case NodeStatus::kPass:
        ++stats["pass"];
        break;
      case NodeStatus::kError:
      case NodeStatus::kFail:
      case NodeStatus::kRuntimeError:
      case NodeStatus::kPartialSuccess:
        ++stats["error"];
        break;
      case NodeStatus::kSkipped:
        ++stats["skip"];
        break;
      case NodeStatus::kWarn:
        ++stats["warn"];
        break;
      case NodeStatus::kNoOp:
        ++stats["noop"];
        break;
    }
  }
  EmitEmptyLine(sink);
  EmitLine(sink,
           fmt::format("Done. PASS={} WARN={} ERROR={} SKIP={} NO-OP={} TOTAL={}", stats["pass"],
                       stats["warn"], stats["error"], stats["skip"], stats["noop"], stats["total"]),
           "StatsLine", "Z023", {{"stats", Json(stats)}});
}

}  // namespace

std::string Counted(int64_t count, const std::string& noun) {
  if (count == 1) return "1 " + noun;
  std::string plural = noun + "s";
  if (noun == "analysis") plural = "analyses";
  if (noun == "test") plural = "data tests";
  return fmt::format("{} {}", count, plural);
}

std::string Duration(double seconds) {
  auto whole = static_cast<int64_t>(seconds);
  int64_t hours = whole / 3600;
  int64_t minutes = whole % 3600 / 60;
  double rest = seconds - static_cast<double>(hours * 3600 + minutes * 60);
  return fmt::format(" in {} hours {} minutes and {:.2f} seconds", hours, minutes, rest);
}

std::string ResourceCounts(const dbt::Manifest& manifest) {
  // dbt lists them in the order in which it met them; ours is fixed.
  const std::vector<dbt::NodeType> order = {dbt::NodeType::kModel,     dbt::NodeType::kSeed,
                                            dbt::NodeType::kSnapshot,  dbt::NodeType::kAnalysis,
                                            dbt::NodeType::kOperation, dbt::NodeType::kSqlOperation,
                                            dbt::NodeType::kTest};
  std::map<dbt::NodeType, int64_t> counts;
  for (const auto& [id, node] : manifest.nodes) ++counts[node.type];
  std::string out;
  auto add = [&](int64_t count, const std::string& noun) {
    if (count == 0) return;
    if (!out.empty()) out += ", ";
    out += Counted(count, noun);
  };
  for (dbt::NodeType type : order) {
    std::string noun(dbt::NodeTypeName(type));
    add(counts[type], type == dbt::NodeType::kSqlOperation ? "sql operation" : noun);
  }
  add(static_cast<int64_t>(manifest.sources.size()), "source");
  add(static_cast<int64_t>(manifest.exposures.size()), "exposure");
  add(static_cast<int64_t>(manifest.macros.size()), "macro");
  add(static_cast<int64_t>(manifest.groups.size()), "group");
  return out;
}

std::string ResultCounts(const dbt::RunResults& results, const dbt::Manifest& manifest) {
  std::map<std::string, int64_t> counts;  // by noun: sorted as dbt has it
  for (const dbt::NodeResult& result : results.results) {
    if (const dbt::Node* node = FindNode(manifest, result.unique_id)) ++counts[Noun(*node)];
  }
  std::string out;
  for (const auto& [noun, count] : counts) {
    if (!out.empty()) out += ", ";
    out += Counted(count, noun);
  }
  return out;
}

void EmitFound(dbt::EventSink& sink, const dbt::Manifest& manifest) {
  std::string counts = ResourceCounts(manifest);
  EmitLine(sink, "Found " + counts, "FoundStats", "W006", {{"stat_line", counts}});
}

void EmitConcurrency(dbt::EventSink& sink, const dbt::Config& config, size_t nodes) {
  int threads = config.target.threads;
  EmitEmptyLine(sink);
  EmitLine(sink,
           fmt::format("Concurrency: {} (target='{}')", Counted(threads, "thread"),
                       config.target.target_name),
           "ConcurrencyLine", "Q027",
           {{"node_count", nodes},
            {"num_threads", threads},
            {"target_name", config.target.target_name}});
  EmitEmptyLine(sink);
}

void EmitSummary(dbt::EventSink& sink, const dbt::RunResults& results,
                 const dbt::Manifest& manifest) {
  std::string counts = ResultCounts(results, manifest);
  std::string duration = Duration(results.elapsed_time);
  EmitEmptyLine(sink);
  EmitLine(
      sink, fmt::format("Finished running {}{} ({:.2f}s).", counts, duration, results.elapsed_time),
      "FinishedRunningStats", "E047",
      {{"execution", duration}, {"execution_time", results.elapsed_time}, {"stat_line", counts}});
  Outcome outcome = OutcomeOf(results);
  EmitEmptyLine(sink);
  EmitEnd(sink, outcome, results.interrupted);
  for (const dbt::NodeResult* result : outcome.errors) EmitProblem(sink, *result, manifest);
  for (const dbt::NodeResult* result : outcome.warnings) EmitProblem(sink, *result, manifest);
  EmitDone(sink, results);
}

}  // namespace eider::cli
