#include "dbt/runner.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "dbt/compiler.h"
#include "dbt/execution_context.h"
#include "dbt/macro_library.h"
#include "dbt/node_error.h"
#include "dbt/node_runner.h"
#include "dbt/project_hooks.h"
#include "dbt/relation.h"
#include "dbt/run_summary.h"
#include "dbt/scheduler.h"

namespace eider::dbt {

using jinja::Dict;
using jinja::Value;

namespace {

CompileOptions CompileOptionsOf(const RunOptions& options) {
  CompileOptions compile;
  compile.write = options.write_json;
  compile.introspect = options.introspect;
  compile.empty = options.empty;
  return compile;
}

// An exposure in the shape in which nodes are told of.
Node NodeOf(const Exposure& exposure) {
  Node node;
  static_cast<Origin&>(node) = exposure;
  node.type = NodeType::kExposure;
  node.unique_id = exposure.unique_id;
  node.name = exposure.name;
  node.meta = exposure.meta;
  return node;
}

bool IsEphemeral(const Manifest& manifest, const std::string& id) {
  auto found = manifest.nodes.find(id);
  return found != manifest.nodes.end() && found->second.is_ephemeral();
}

// Ephemeral models are compiled with what refers to them, and not counted.
int CountOf(const Manifest& manifest, const std::set<std::string>& ids) {
  return static_cast<int>(std::count_if(
      ids.begin(), ids.end(), [&](const std::string& id) { return !IsEphemeral(manifest, id); }));
}

// Nodes that have something to run: sources, exposures and the like have not.
std::set<std::string> RunnableIds(const Manifest& manifest, const std::set<std::string>& ids) {
  std::set<std::string> out;
  for (const auto& id : ids) {
    auto found = manifest.nodes.find(id);
    if (found == manifest.nodes.end() || found->second.type == NodeType::kOperation) continue;
    out.insert(id);
  }
  return out;
}

void EmitConcurrency(EventSink& sink, const Config& config, int threads, int count) {
  EmitNote(sink, EventLevel::kInfo, "", "Formatting", "Z017");
  EmitNote(sink, EventLevel::kInfo,
           "Concurrency: " + std::to_string(threads) + " threads (target='" +
               config.target.target_name + "')",
           "ConcurrencyLine", "Q027",
           {{"num_threads", threads},
            {"target_name", config.target.target_name},
            {"node_count", count}});
  EmitNote(sink, EventLevel::kInfo, "", "Formatting", "Z017");
}

// Ends a cancelled run: nothing more begins, what runs is interrupted. Undone when it goes away.
class CancelGuard {
 public:
  // `scheduler` may be null.
  CancelGuard(Cancellation* cancellation, Scheduler* scheduler, Adapter& adapter)
      : cancellation_(cancellation) {
    if (!cancellation_) return;
    cancellation_->OnCancel([scheduler, &adapter] {
      if (scheduler) scheduler->Stop();
      for (const auto& name : adapter.CancelAll()) {
        Event event;
        event.name = "LogCancelLine";
        event.code = "Q022";
        event.level = EventLevel::kError;
        event.status = "CANCEL";
        event.tone = EventTone::kBad;
        event.message = ProgressLine("CANCEL query " + name, event.status, 0, 0);
        event.data["conn_name"] = name;
        Emit(adapter.sink(), std::move(event));
      }
    });
  }
  ~CancelGuard() {
    if (cancellation_) cancellation_->OnCancel(nullptr);
  }
  CancelGuard(const CancelGuard&) = delete;
  CancelGuard& operator=(const CancelGuard&) = delete;

 private:
  Cancellation* cancellation_;
};

void ApplyTestOptions(Manifest& manifest, const RunOptions& options,
                      const std::set<std::string>& ids) {
  if (!options.store_failures) return;
  for (const auto& id : ids) {
    auto found = manifest.nodes.find(id);
    if (found == manifest.nodes.end()) continue;
    Node& node = found->second;
    if (node.type == NodeType::kTest && !node.config.Find("store_failures")) {
      node.config.values()["store_failures"] = *options.store_failures;
    }
  }
}

void PrepareSchemas(Compiler& compiler, const std::set<std::string>& ids) {
  Adapter& adapter = compiler.adapter();
  auto schemas = Adapter::SchemasOf(compiler.manifest(), ids);
  if (schemas.empty()) return;
  auto connection = adapter.Acquire("master");
  adapter.CacheSchemas(*connection, schemas);
  for (const auto& [database, schema] : schemas) {
    adapter.CreateSchema(*connection, database, schema);
  }
}

// Builds `ids` and adds their results. Returns whether --fail-fast ended it.
bool BuildNodes(Compiler& compiler, const Graph& graph, const RunOptions& options,
                const std::set<std::string>& ids, RunResults& results) {
  Manifest& manifest = compiler.manifest();
  Adapter& adapter = compiler.adapter();
  NodeRunner runner(compiler, options, CountOf(manifest, ids));
  Scheduler scheduler(graph, ids, options.threads);
  CancelGuard guard(options.cancellation, &scheduler, adapter);
  std::atomic<int> index{0};
  std::atomic<bool> failed_fast{false};
  bool tests_block = options.command == "build";

  auto work = [&](const std::string& id, const NodeResult* cause) {
    if (auto exposure = manifest.exposures.find(id); exposure != manifest.exposures.end()) {
      Node node = NodeOf(exposure->second);
      int number = ++index;
      return cause ? runner.Skip(node, number, cause) : runner.PassOver(node, number);
    }
    Node& node = manifest.nodes.at(id);
    int number = node.is_ephemeral() ? 0 : ++index;
    if (cause) return runner.Skip(node, number, cause);
    NodeResult result = runner.Run(node, number);
    if (options.fail_fast && result.is_failure() && !failed_fast.exchange(true)) {
      scheduler.Stop();
      adapter.CancelAll();
    }
    return result;
  };
  auto fails = [&](const NodeResult& result) {
    return result.status == NodeStatus::kError ||
           (tests_block && result.status == NodeStatus::kFail) || result.cancelled;
  };
  std::set<std::string> done;
  for (auto& result : scheduler.Run(work, fails)) {
    done.insert(result.unique_id);
    if (!IsEphemeral(manifest, result.unique_id)) {
      if (result.cancelled && failed_fast) result.message = "Skipping due to fail_fast";
      results.results.push_back(std::move(result));
    }
  }
  if (failed_fast) {
    adapter.Resume();
    for (const auto& id : ids) {
      if (done.contains(id) || IsEphemeral(manifest, id)) continue;
      NodeResult result;
      result.unique_id = id;
      result.status = NodeStatus::kSkipped;
      result.message = "Skipping due to fail_fast";
      result.cancelled = true;
      results.results.push_back(std::move(result));
    }
  }
  return failed_fast;
}

bool RunHooks(Compiler& compiler, const std::string& phase, const RunOptions& options,
              RunResults& results) {
  CancelGuard guard(options.cancellation, nullptr, compiler.adapter());
  return RunProjectHooks(compiler, phase, results);
}

// --show: some rows of each seed that was loaded.
void ShowSeeds(const Manifest& manifest, Adapter& adapter, const RunResults& results) {
  constexpr int kRows = 10;
  EventSink& sink = adapter.sink();
  auto connection = adapter.Acquire("show");
  for (const auto& result : results.results) {
    auto found = manifest.nodes.find(result.unique_id);
    if (found == manifest.nodes.end()) continue;
    const Node& node = found->second;
    if (node.type != NodeType::kSeed || result.status != NodeStatus::kSuccess) continue;
    std::shared_ptr<Table> table;
    connection->Execute("SELECT * FROM " + RelationOf(node, adapter.config().quoting()).Render() +
                            " USING SAMPLE " + std::to_string(kRows) + " ROWS",
                        false, true, &table);
    std::string header = "Random sample of table: " + node.schema + "." + node.alias;
    EmitNote(sink, EventLevel::kInfo, "", "Formatting", "Z017");
    EmitNote(sink, EventLevel::kInfo, header, "SeedHeader", "Q004", {{"header", header}});
    EmitNote(sink, EventLevel::kInfo, std::string(header.size(), '-'), "Formatting", "Z017");
    EmitNote(sink, EventLevel::kInfo, table->Print(kRows, SIZE_MAX), "PrintEvent", "Z052");
    EmitNote(sink, EventLevel::kInfo, "", "Formatting", "Z017");
  }
}

}  // namespace

void Cancellation::Cancel() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
  if (callback_) callback_();
}

void Cancellation::OnCancel(std::function<void()> callback) {
  std::lock_guard<std::mutex> lock(mutex_);
  callback_ = std::move(callback);
  if (callback_ && cancelled()) callback_();
}

RunResults RunNodes(Manifest& manifest, const Graph& graph, Adapter& adapter,
                    const RunOptions& options) {
  RunResults results;
  results.args = options.args;
  std::set<std::string> ids = RunnableIds(manifest, options.selected);
  // An exposure has nothing to run, but is told of and skipped like what has.
  for (const auto& id : options.selected) {
    if (manifest.exposures.contains(id)) ids.insert(id);
  }
  EventSink& sink = adapter.sink();
  if (ids.empty()) {
    EmitNote(sink, EventLevel::kWarn,
             "Nothing to do. Try checking your model configs and model specification args",
             "NothingToDo", "Q035");
    results.generated_micros = NowMicros();
    return results;
  }
  EmitConcurrency(sink, adapter.config(), options.threads, CountOf(manifest, ids));
  int64_t started = NowMicros();
  ApplyTestOptions(manifest, options, ids);
  Compiler compiler(manifest, adapter, CompileOptionsOf(options));
  compiler.set_selected(ids);
  PrepareSchemas(compiler, ids);

  auto cancelled = [&] { return options.cancellation && options.cancellation->cancelled(); };
  const Json& flags = adapter.config().project.flags;
  bool hooks_good = RunHooks(compiler, "on-run-start", options, results);
  bool skip_all = !hooks_good && flags.value("skip_nodes_if_on_run_start_fails", false);
  if (skip_all) {
    NodeRunner runner(compiler, options, CountOf(manifest, ids));
    int index = 0;
    for (const auto& id : ids) {
      auto exposure = manifest.exposures.find(id);
      Node node =
          exposure != manifest.exposures.end() ? NodeOf(exposure->second) : manifest.nodes.at(id);
      if (!node.is_ephemeral()) results.results.push_back(runner.Skip(node, ++index, nullptr));
    }
  } else if (!cancelled()) {
    BuildNodes(compiler, graph, options, ids, results);
  }
  if (cancelled()) {
    results.interrupted = true;
    adapter.Resume();
  } else {
    RunHooks(compiler, "on-run-end", options, results);
    if (cancelled()) {
      results.interrupted = true;
      adapter.Resume();
    }
  }

  results.generated_micros = NowMicros();
  results.elapsed_time = static_cast<double>(results.generated_micros - started) / 1e6;
  if (!results.interrupted) EmitFinished(sink, manifest, results);
  if (options.show_rows) ShowSeeds(manifest, adapter, results);
  EmitSummary(sink, manifest, results);
  return results;
}

RunResults CompileNodes(Manifest& manifest, const Graph& graph, Adapter& adapter,
                        const RunOptions& options) {
  RunResults results;
  results.args = options.args;
  std::set<std::string> ids = RunnableIds(manifest, options.selected);
  EmitConcurrency(adapter.sink(), adapter.config(), options.threads, CountOf(manifest, ids));
  int64_t started = NowMicros();
  Compiler compiler(manifest, adapter, CompileOptionsOf(options));
  compiler.set_selected(ids);
  NodeRunner runner(compiler, options, 0);
  Scheduler scheduler(graph, ids, options.threads);
  CancelGuard guard(options.cancellation, &scheduler, adapter);
  results.results =
      scheduler.Run([&](const std::string& id,
                        const NodeResult*) { return runner.CompileOnly(manifest.nodes.at(id)); },
                    [](const NodeResult&) { return false; });
  results.interrupted = options.cancellation && options.cancellation->cancelled();
  if (results.interrupted) adapter.Resume();
  results.generated_micros = NowMicros();
  results.elapsed_time = static_cast<double>(results.generated_micros - started) / 1e6;
  return results;
}

namespace {

ShowResult Show(Manifest& manifest, Adapter& adapter, Node& node, int64_t limit,
                const RunOptions& options) {
  Compiler compiler(manifest, adapter, CompileOptionsOf(options));
  auto connection = adapter.Acquire(node.unique_id);
  ShowResult shown;
  shown.unique_id = node.unique_id;
  shown.name = node.search_name();
  if (node.type == NodeType::kSeed) {
    node.compiled_code = "select * from " + RelationOf(node, adapter.config().quoting()).Render();
  } else {
    compiler.Compile(node, *connection);
  }
  ExecutionContext context(compiler, *connection, node);
  const MacroEntry* macro =
      manifest.macro_library->Find("get_show_sql", adapter.config().project.name);
  std::string header = node.config.String("sql_header");
  Value sql = context.CallMacro(macro->callable,
                                Dict{{"compiled_code", Value(*node.compiled_code)},
                                     {"sql_header", header.empty() ? Value() : Value(header)},
                                     {"limit", limit < 0 ? Value() : Value(limit)}});
  shown.compiled_code = std::string(Trim(sql.Str()));
  connection->Execute(shown.compiled_code, false, true, &shown.table);
  return shown;
}

}  // namespace

ShowResult ShowNode(Manifest& manifest, Adapter& adapter, Node& node, int64_t limit,
                    const RunOptions& options) {
  try {
    return Show(manifest, adapter, node, limit, options);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted) throw;
    throw Error(error.code(), NodeErrorMessage(node, error, manifest.macro_library->Names()));
  }
}

Value RunOperation(Manifest& manifest, Adapter& adapter, const std::string& macro,
                   const Json& arguments, const RunOptions& options) {
  size_t dot = macro.find('.');
  const MacroLibrary& macros = *manifest.macro_library;
  const MacroEntry* entry = dot == macro.npos
                                ? macros.Find(macro, adapter.config().project.name)
                                : macros.FindInPackage(macro.substr(dot + 1), macro.substr(0, dot));
  if (!entry) {
    Error error(ErrorCode::kNotFound,
                "dbt could not find a macro with the name \"" + macro + "\" in any package");
    if (auto near = ClosestMatch(macro, macros.Names()); !near.empty()) {
      error.WithHint("Did you mean '" + near + "'?");
    }
    throw error;
  }
  Compiler compiler(manifest, adapter, CompileOptionsOf(options));
  Node node;
  node.type = NodeType::kOperation;
  node.name = macro;
  node.unique_id = entry->macro->unique_id;
  node.package_name = entry->macro->package_name;
  node.original_file_path = entry->macro->original_file_path;
  node.database = adapter.default_database();
  node.schema = adapter.config().target.schema;
  auto connection = adapter.Acquire(node.unique_id);
  ExecutionContext context(compiler, *connection, node);
  Dict keywords;
  for (const auto& [name, value] : arguments.items()) {
    keywords.Set(Value(name), Value::FromJson(value));
  }
  return context.CallMacro(entry->callable, std::move(keywords));
}

void CheckConnection(Adapter& adapter) {
  auto connection = adapter.Acquire("debug");
  connection->Query("select 1 as id");
}

}  // namespace eider::dbt
