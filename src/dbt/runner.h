// Running the selected nodes of a project on a pool of threads, parents before children.
//
//   auto manifest = ParseProject({config});
//   Graph graph(*manifest);
//   auto adapter = Adapter::Open(config, sink);
//   RunResults results = RunNodes(*manifest, graph, *adapter, options);
//   WriteRunResults(results, *manifest, config->target_dir());
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dbt/adapter.h"
#include "dbt/events.h"
#include "dbt/graph.h"
#include "dbt/manifest.h"
#include "dbt/run_results.h"
#include "dbt/table.h"

namespace eider::dbt {

// Set by Ctrl-C or by a caller that wants a run to end. Cancel may be called from any thread,
// though not from within a signal handler.
class Cancellation {
 public:
  void Cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  // Called by Cancel, at once where it was already cancelled. One at a time.
  void OnCancel(std::function<void()> callback);

 private:
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::function<void()> callback_;
};

struct RunOptions {
  // "run", "build", "test", "seed", "compile", "snapshot", "show": which hooks run, what is said.
  std::string command = "build";
  // Unique ids; ephemeral models among them are passed over as dbt does.
  std::set<std::string> selected;
  int threads = 1;
  bool fail_fast = false;
  // --store-failures; not set leaves it to each test's config.
  std::optional<bool> store_failures;
  bool warn_error = false;
  // --show of `seed`: rows are printed.
  bool show_rows = false;
  bool empty = false;      // --empty
  bool write_json = true;  // target/compiled and target/run are written
  bool introspect = true;
  // The invocation's flags for run_results.json.
  Json args = Json::object();
  // Null: cannot be cancelled.
  Cancellation* cancellation = nullptr;
};

// Runs on-run-start, the nodes, on-run-end, and tells the sink what dbt tells. Failures of nodes
// and hooks are results, not exceptions; it throws for what keeps anything from running. On
// cancellation the running statements are interrupted, their transactions rolled back, and what
// ended before is returned, `interrupted` set.
RunResults RunNodes(Manifest& manifest, const Graph& graph, Adapter& adapter,
                    const RunOptions& options);

// `compile`: the selected nodes are compiled, on-run hooks are not run.
RunResults CompileNodes(Manifest& manifest, const Graph& graph, Adapter& adapter,
                        const RunOptions& options);

// The rows of `show`.
struct ShowResult {
  std::string unique_id;
  std::string name;
  std::string compiled_code;
  std::shared_ptr<Table> table;
};

// `show`: the rows of one node or inline query (ParseInline), at most `limit` (< 0: all of them).
// Throws what goes wrong.
ShowResult ShowNode(Manifest& manifest, Adapter& adapter, Node& node, int64_t limit,
                    const RunOptions& options);

// `run-operation`: the macro's return value.
jinja::Value RunOperation(Manifest& manifest, Adapter& adapter, const std::string& macro,
                          const Json& arguments, const RunOptions& options);

// `debug`: opens a connection and asks it something. Throws what goes wrong.
void CheckConnection(Adapter& adapter);

}  // namespace eider::dbt
