#include "dbt/project_hooks.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "dbt/events.h"
#include "dbt/manifest_artifact.h"
#include "dbt/secret.h"

namespace eider::dbt {

using jinja::Dict;
using jinja::Value;
using jinja::ValueList;

namespace {

std::vector<Node*> HooksOf(Manifest& manifest, const std::string& phase) {
  std::vector<Node*> hooks;
  for (auto& [id, node] : manifest.nodes) {
    if (node.type != NodeType::kOperation) continue;
    if (std::find(node.tags.begin(), node.tags.end(), phase) != node.tags.end()) {
      hooks.push_back(&node);
    }
  }
  const std::string& root = manifest.config->project.name;
  std::stable_sort(hooks.begin(), hooks.end(), [&](const Node* a, const Node* b) {
    bool a_imported = a->package_name != root;
    bool b_imported = b->package_name != root;
    return std::tie(a_imported, a->package_name, a->index) <
           std::tie(b_imported, b->package_name, b->index);
  });
  return hooks;
}

// What on-run-end hooks are told about the nodes that ran.
Dict EndOfRunNames(const Manifest& manifest, const RunResults& results) {
  std::set<std::pair<std::string, std::string>> places;
  ValueList list;
  for (const auto& result : results.results) {
    auto found = manifest.nodes.find(result.unique_id);
    auto exposure = manifest.exposures.find(result.unique_id);
    Json described;
    if (found != manifest.nodes.end()) {
      const Node& node = found->second;
      bool succeeded = !result.is_failure() && result.status != NodeStatus::kSkipped;
      if (node.is_relational() && succeeded) {
        places.emplace(node.database.value_or(""), node.schema);
      }
      if (node.type == NodeType::kOperation && succeeded) continue;
      described = NodeToJson(node);
    } else if (exposure != manifest.exposures.end()) {
      described = ExposureToJson(exposure->second);
    } else {
      continue;
    }
    ValueList timing;
    for (const auto& part : result.timing) {
      timing.emplace_back(Dict{{"name", Value(part.name)},
                               {"started_at", Value(FormatInstant(part.started_micros))},
                               {"completed_at", Value(FormatInstant(part.completed_micros))}});
    }
    list.emplace_back(Dict{{"node", Value::FromJson(described)},
                           {"status", Value(NodeStatusName(result.status))},
                           {"message", result.message.empty() ? Value() : Value(result.message)},
                           {"failures", result.failures ? Value(*result.failures) : Value()},
                           {"thread_id", Value(result.thread_id)},
                           {"execution_time", Value(result.execution_time)},
                           {"unique_id", Value(result.unique_id)},
                           {"timing", Value::List(std::move(timing))},
                           {"adapter_response", Value::FromJson(result.adapter_response)}});
  }
  std::set<std::string> schema_names;
  ValueList schemas, database_schemas;
  for (const auto& [database, schema] : places) {
    if (schema_names.insert(schema).second) schemas.emplace_back(schema);
    database_schemas.push_back(Value::Tuple({Value(database), Value(schema)}));
  }
  return Dict{{"schemas", Value::List(std::move(schemas))},
              {"database_schemas", Value::List(std::move(database_schemas))},
              {"results", Value::List(std::move(list))}};
}

void EmitBlank(EventSink& sink) { EmitNote(sink, EventLevel::kInfo, "", "Formatting", "Z017"); }

void TellHook(EventSink& sink, const Node& hook, const std::string& name, int index, int total,
              const NodeResult* result) {
  Event event;
  event.name = result ? "LogHookEndLine" : "LogHookStartLine";
  event.code = result ? "Q033" : "Q032";
  std::string lead = "START";
  event.status = "RUN";
  if (result) {
    bool skipped = result->status == NodeStatus::kSkipped;
    bool good = result->status == NodeStatus::kSuccess;
    event.status = lead = good ? "OK" : skipped ? "SKIP" : "ERROR";
    event.tone = good ? EventTone::kGood : skipped ? EventTone::kWarning : EventTone::kBad;
    event.data["execution_time"] = result->execution_time;
    event.data["status"] = NodeStatusName(result->status);
  } else {
    event.status = "";
  }
  event.message = ProgressLine(lead + " hook: " + name, result ? event.status : "RUN", index, total,
                               result ? result->execution_time : -1);
  event.data["statement"] = name;
  event.data["index"] = index;
  event.data["total"] = total;
  event.data["node_info"] =
      NodeInfo(hook, result ? NodeStatusName(result->status) : "started", NowMicros());
  Emit(sink, std::move(event));
}

}  // namespace

bool RunProjectHooks(Compiler& compiler, const std::string& phase, RunResults& results) {
  Adapter& adapter = compiler.adapter();
  auto hooks = HooksOf(compiler.manifest(), phase);
  if (hooks.empty()) return true;
  bool at_end = phase == "on-run-end";
  if (at_end) EmitBlank(adapter.sink());
  Dict extras;
  if (at_end) extras = EndOfRunNames(compiler.manifest(), results);
  auto connection = adapter.Acquire("master");
  bool good = true;
  int total = static_cast<int>(hooks.size());
  int index = 0;
  for (Node* hook : hooks) {
    ++index;
    std::string name = hook->package_name + "." + phase + "." + std::to_string(index - 1);
    NodeResult result;
    result.unique_id = hook->unique_id;
    result.thread_id = "main";
    int64_t started = NowMicros();
    if (!good) {
      result.status = NodeStatus::kSkipped;
      result.message = name + " skipped";
    } else {
      TellHook(adapter.sink(), *hook, name, index, total, nullptr);
      try {
        compiler.Compile(*hook, *connection, &extras);
        int64_t compiled = NowMicros();
        result.timing.push_back({"compile", started, compiled});
        if (!Trim(*hook->compiled_code).empty()) {
          connection->Execute(*hook->compiled_code, false, false);
        }
        result.timing.push_back({"execute", compiled, NowMicros()});
        result.status = NodeStatus::kSuccess;
        result.message = name + " passed";
        result.failures = 0;
      } catch (const Error& error) {
        good = false;
        result.cancelled = error.code() == ErrorCode::kInterrupted;
        result.status = NodeStatus::kError;
        result.message = ScrubSecrets(name + " failed, error:\n " + error.message());
        if (!error.hint().empty()) result.message += "\n" + error.hint();
        result.failures = 1;
      }
      // A hook may leave a transaction open; it is the hook's to end.
      connection->Rollback();
    }
    result.execution_time = static_cast<double>(NowMicros() - started) / 1e6;
    TellHook(adapter.sink(), *hook, name, index, total, &result);
    results.results.push_back(std::move(result));
  }
  if (!at_end) EmitBlank(adapter.sink());
  return good;
}

}  // namespace eider::dbt
