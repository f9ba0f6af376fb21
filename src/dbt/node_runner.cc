#include "dbt/node_runner.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "dbt/adapter_response.h"
#include "dbt/decimal.h"
#include "dbt/execution_context.h"
#include "dbt/macro_library.h"
#include "dbt/node_error.h"
#include "dbt/relation.h"
#include "dbt/secret.h"
#include "dbt/seed.h"
#include "dbt/test_outcome.h"

namespace eider::dbt {

using jinja::Dict;
using jinja::Value;

namespace {

double Seconds(int64_t micros) { return static_cast<double>(micros) / 1e6; }

// Notes what a part of the work took, also when it fails.
class TimedPart {
 public:
  TimedPart(NodeResult& result, const char* name) : result_(result) {
    result_.timing.push_back({name, NowMicros(), 0});
  }
  ~TimedPart() { result_.timing.back().completed_micros = NowMicros(); }
  TimedPart(const TimedPart&) = delete;
  TimedPart& operator=(const TimedPart&) = delete;

 private:
  NodeResult& result_;
};

// `schema.alias`, with the database before it where it is not the target's own.
std::string Representation(const Node& node, const std::string& default_database) {
  std::string name = node.schema + "." + node.alias;
  if (node.database && !EqualsIgnoreCase(*node.database, default_database)) {
    name = *node.database + "." + name;
  }
  return name;
}

void EmitNodeEvent(EventSink& sink, const Node& node, const char* name, const char* code,
                   std::string message, std::string_view status, int64_t started) {
  if (!sink.Wants(EventLevel::kDebug)) return;
  Event event;
  event.name = name;
  event.code = code;
  event.level = EventLevel::kDebug;
  event.message = std::move(message);
  event.data["node_info"] = NodeInfo(node, status, started);
  Emit(sink, std::move(event));
}

void FailWith(const Node& node, const MacroLibrary& macros, const Error& raised,
              NodeResult& result) {
  Error error = node.type == NodeType::kSeed ? SeedError(node, raised) : raised;
  if (error.code() == ErrorCode::kInterrupted) {
    result.status = NodeStatus::kSkipped;
    result.cancelled = true;
    result.message.clear();
    return;
  }
  result.status = NodeStatus::kError;
  result.message = ScrubSecrets(NodeErrorMessage(node, error, macros.Names()));
  result.hint = error.hint();
  result.file = error.file();
  result.line = error.line();
}

// "table", "incremental", .. of the macros "materialization_table_default", ..
std::vector<std::string> MaterializationNames(const MacroLibrary& macros) {
  constexpr std::string_view kPrefix = "materialization_";
  std::vector<std::string> names;
  for (std::string name : macros.Names()) {
    name.erase(0, name.rfind('.') + 1);
    if (!name.starts_with(kPrefix)) continue;
    names.push_back(name.substr(kPrefix.size(), name.rfind('_') - kPrefix.size()));
  }
  return names;
}

// The relations a materialization says it made go into the cache.
void CacheRelations(const Node& node, const Value& returned, RelationCache& cache) {
  const Value* relations =
      returned.IsDict() ? returned.AsDict().Find(std::string_view("relations")) : nullptr;
  if (!relations || !relations->Items()) {
    throw Error(ErrorCode::kInvalidArgument,
                "The materialization (\"" + node.config.materialized() +
                    "\") did not explicitly return a list of relations to add to the cache.");
  }
  for (const auto& relation : *relations->Items()) {
    cache.Add(RequireRelation(relation, "materialization"));
  }
}

}  // namespace

std::string DescribeNode(const Node& node, const std::string& default_database) {
  switch (node.type) {
    case NodeType::kSeed:
      return "seed file " + Representation(node, default_database);
    case NodeType::kTest:
      return "test " + node.name;
    case NodeType::kSnapshot:
      return "snapshot " + Representation(node, default_database);
    case NodeType::kExposure:
      return "exposure " + node.name;
    default:
      return "sql " + node.config.materialized() + " " + std::string(NodeTypeName(node.type)) +
             " " + Representation(node, default_database);
  }
}

void NodeRunner::TellStart(const Node& node, int index, int64_t started) {
  Adapter& adapter = compiler_.adapter();
  if (!adapter.sink().Wants(EventLevel::kInfo)) return;
  Event event;
  event.name = "LogStartLine";
  event.code = "Q011";
  std::string description = DescribeNode(node, adapter.default_database());
  event.message = ProgressLine("START " + description, "RUN", index, total_);
  event.data["description"] = description;
  event.data["index"] = index;
  event.data["total"] = total_;
  event.data["node_info"] = NodeInfo(node, "started", started);
  Emit(adapter.sink(), std::move(event));
}

void NodeRunner::TellResult(const Node& node, int index, const NodeResult& result,
                            int64_t started) {
  Adapter& adapter = compiler_.adapter();
  std::string description = DescribeNode(node, adapter.default_database());
  bool failed = result.status == NodeStatus::kError;
  Event event;
  event.level = failed ? EventLevel::kError : EventLevel::kInfo;
  event.tone = failed ? EventTone::kBad : EventTone::kGood;
  std::string info;
  if (node.type == NodeType::kTest) {
    event.name = "LogTestResult";
    event.code = "Q007";
    std::string count = std::to_string(result.failures.value_or(0));
    if (failed) {
      event.status = "ERROR";
    } else if (result.status == NodeStatus::kPass) {
      event.status = "PASS";
    } else if (result.status == NodeStatus::kWarn) {
      event.status = "WARN " + count;
      event.level = EventLevel::kWarn;
      event.tone = EventTone::kWarning;
    } else {
      event.status = "FAIL " + count;
      event.level = EventLevel::kError;
      event.tone = EventTone::kBad;
    }
    info = event.status + " " + node.name;
    event.data["name"] = node.name;
    event.data["num_failures"] = result.failures.value_or(0);
    event.data["num_models"] = total_;
  } else if (node.type == NodeType::kSeed) {
    event.name = "LogSeedResult";
    event.code = "Q016";
    event.status = failed ? "ERROR" : result.message;
    info = (failed ? "ERROR loading " : "OK loaded ") + description;
    event.data["schema"] = node.schema;
    event.data["relation"] = node.alias;
    event.data["result_message"] = result.message;
  } else if (node.type == NodeType::kSnapshot) {
    event.name = "LogSnapshotResult";
    event.code = "Q015";
    event.status = failed ? "ERROR" : result.message;
    info = (failed ? "ERROR snapshotting " : "OK snapshotted ") +
           Representation(node, adapter.default_database());
  } else {
    event.name = "LogModelResult";
    event.code = "Q012";
    event.status = failed ? "ERROR" : result.message;
    info = (failed ? "ERROR creating " : "OK created ") + description;
  }
  event.message = ProgressLine(info, event.status, index, total_, result.execution_time);
  event.data["description"] = description;
  event.data["status"] = failed || node.type == NodeType::kTest || node.type == NodeType::kSeed
                             ? std::string(NodeStatusName(result.status))
                             : result.message;
  event.data["execution_time"] = result.execution_time;
  event.data["index"] = index;
  event.data["total"] = total_;
  event.data["node_info"] = NodeInfo(node, NodeStatusName(result.status), started, NowMicros());
  Emit(adapter.sink(), std::move(event));
}

NodeResult NodeRunner::Run(Node& node, int index) {
  Adapter& adapter = compiler_.adapter();
  const MacroLibrary& macros = *compiler_.manifest().macro_library;
  NodeResult result;
  result.unique_id = node.unique_id;
  result.thread_id = ThreadName();
  int64_t started = NowMicros();
  EmitNodeEvent(adapter.sink(), node, "NodeStart", "Q024", "Began running node " + node.unique_id,
                "started", started);
  bool quiet = node.is_ephemeral();
  if (!quiet) TellStart(node, index, started);
  try {
    auto connection = adapter.Acquire(node.unique_id);
    compiler_.SetQueryComment(node, *connection);
    {
      TimedPart part(result, "compile");
      compiler_.Compile(node, *connection);
    }
    if (!node.is_ephemeral()) {
      TimedPart part(result, "execute");
      Execute(node, *connection, result);
    }
  } catch (const Error& error) {
    FailWith(node, macros, error, result);
  } catch (const std::exception& error) {
    FailWith(node, macros, Error(ErrorCode::kInternal, error.what()), result);
  }
  result.execution_time = Seconds(NowMicros() - started);
  if (!quiet && !result.cancelled) TellResult(node, index, result, started);
  EmitNodeEvent(adapter.sink(), node, "NodeFinished", "Q025",
                "Finished running node " + node.unique_id, NodeStatusName(result.status), started);
  return result;
}

NodeResult NodeRunner::CompileOnly(Node& node) {
  const MacroLibrary& macros = *compiler_.manifest().macro_library;
  NodeResult result;
  result.unique_id = node.unique_id;
  result.thread_id = ThreadName();
  int64_t started = NowMicros();
  try {
    auto connection = compiler_.adapter().Acquire(node.unique_id);
    if (!compiler_.options().introspect) {
      connection->set_refusal("the template asks the warehouse, and introspection is off");
    }
    TimedPart part(result, "compile");
    compiler_.Compile(node, *connection);
  } catch (const Error& error) {
    FailWith(node, macros, error, result);
  }
  result.execution_time = Seconds(NowMicros() - started);
  return result;
}

void NodeRunner::Execute(Node& node, Connection& connection, NodeResult& result) {
  Adapter& adapter = compiler_.adapter();
  const MacroLibrary& macros = *compiler_.manifest().macro_library;
  std::string materialization = node.type == NodeType::kTest ? "test" : node.config.materialized();
  if (materialization == "incremental" &&
      node.config.String("incremental_strategy") == "microbatch") {
    throw Error(ErrorCode::kUnsupported,
                "The incremental strategy 'microbatch' of " + node.name + " is not supported yet")
        .WithHint("Use incremental_strategy: append, delete+insert or merge.");
  }
  const MacroEntry* macro = macros.FindMaterialization(materialization);
  if (!macro) {
    std::string type = adapter.config().adapter->type();
    Error error(ErrorCode::kNotFound, "No materialization '" + materialization +
                                          "' was found for adapter " + type +
                                          "! (searched types 'default' and '" + type + "')");
    std::string near = ClosestMatch(materialization, MaterializationNames(macros));
    if (!near.empty()) error.WithHint("Did you mean '" + near + "'?");
    throw Error(error);
  }
  // A context of its own: what compiling kept in `this`, `model` or results is not carried over.
  ExecutionContext context(compiler_, connection, node);
  Value returned = context.CallMacro(macro->callable, {});
  const StatementResult* main = context.FindResult("main");
  if (!main) {
    throw Error(ErrorCode::kInvalidArgument, "main is not being called during running model");
  }
  if (const auto* response = main->response.As<AdapterResponseValue>()) {
    result.adapter_response = response->response().ToJson();
  }
  if (node.type == NodeType::kTest) {
    JudgeTest(node, *main->table, options_.warn_error, result);
    return;
  }
  CacheRelations(node, returned, adapter.cache());
  result.status = NodeStatus::kSuccess;
  result.message = main->response.Str();
}

NodeResult NodeRunner::PassOver(const Node& node, int index) {
  NodeResult result;
  result.unique_id = node.unique_id;
  result.thread_id = ThreadName();
  result.status = NodeStatus::kNoOp;
  result.message = "NO-OP";
  result.failures = 0;
  int64_t now = NowMicros();
  result.timing = {{"compile", now, now}, {"execute", now, now}};
  std::string description = DescribeNode(node, compiler_.adapter().default_database());
  Event event;
  event.name = "LogNodeNoOpResult";
  event.code = "Q019";
  event.status = "NO-OP";
  event.tone = EventTone::kWarning;
  event.message = ProgressLine("NO-OP " + description, event.status, index, total_, 0);
  event.data["description"] = description;
  event.data["status"] = "";
  event.data["execution_time"] = 0.0;
  event.data["index"] = index;
  event.data["total"] = total_;
  event.data["node_info"] = NodeInfo(node, NodeStatusName(result.status), now, now);
  Emit(compiler_.adapter().sink(), std::move(event));
  return result;
}

NodeResult NodeRunner::Skip(const Node& node, int index, const NodeResult* cause) {
  NodeResult result;
  result.unique_id = node.unique_id;
  result.thread_id = ThreadName();
  result.status = NodeStatus::kSkipped;
  if (node.is_ephemeral()) return result;
  Event event;
  bool ephemeral = false;
  if (cause) {
    auto found = compiler_.manifest().nodes.find(cause->unique_id);
    ephemeral = found != compiler_.manifest().nodes.end() && found->second.is_ephemeral();
  }
  std::string relation = node.schema + "." + node.name;
  if (ephemeral) {
    result.message = "Compilation Error in " + node.unique_id +
                     ", caused by compilation error in referenced ephemeral model " +
                     cause->unique_id;
    event.name = "LogSkipBecauseError";
    event.code = "Q034";
    event.level = EventLevel::kError;
    event.status = "ERROR SKIP";
    event.tone = EventTone::kBad;
    event.message = ProgressLine("SKIP relation " + relation + " due to ephemeral model status '" +
                                     std::string(NodeStatusName(cause->status)) + "'",
                                 event.status, index, total_);
  } else {
    event.name = "SkippingDetails";
    event.code = "Q034";
    event.status = "SKIP";
    event.tone = EventTone::kWarning;
    bool is_relation = node.type == NodeType::kModel || node.type == NodeType::kSeed ||
                       node.type == NodeType::kSnapshot;
    std::string what = is_relation ? "relation " + relation
                                   : std::string(NodeTypeName(node.type)) + " " + node.name;
    event.message = ProgressLine("SKIP " + what, event.status, index, total_);
  }
  event.data["resource_type"] = NodeTypeName(node.type);
  event.data["schema"] = node.schema;
  event.data["node_name"] = node.name;
  event.data["index"] = index;
  event.data["total"] = total_;
  event.data["node_info"] = NodeInfo(node, "skipped", NowMicros());
  Emit(compiler_.adapter().sink(), std::move(event));
  return result;
}

}  // namespace eider::dbt
