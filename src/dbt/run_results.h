// The outcome of every node of an invocation, and run_results.json (version 6).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "dbt/manifest.h"

namespace eider::dbt {

enum class NodeStatus {
  kSuccess,
  kError,
  kSkipped,
  kPass,
  kFail,
  kWarn,
  kRuntimeError,  // "runtime error", freshness only
  kPartialSuccess,
  kNoOp,
};

// "success", "error", "skipped", "pass", "fail", "warn", ..
std::string_view NodeStatusName(NodeStatus status);

struct Timing {
  std::string name;  // "compile", "execute"
  int64_t started_micros = 0;
  int64_t completed_micros = 0;
};

struct NodeResult {
  std::string unique_id;
  NodeStatus status = NodeStatus::kSuccess;
  std::string message;  // "CREATE TABLE", "Got 3 results, ..", an error's text; scrubbed
  std::optional<int64_t> failures;
  std::vector<Timing> timing;
  std::string thread_id;
  double execution_time = 0;  // seconds
  Json adapter_response = Json::object();
  // Errors only: a line of advice and where the input stands, already in `message` too.
  std::string hint;
  std::string file;
  int line = 0;
  // True for what did not run because of an interrupt or --fail-fast.
  bool cancelled = false;

  bool is_failure() const {
    return status == NodeStatus::kError || status == NodeStatus::kFail ||
           status == NodeStatus::kRuntimeError;
  }
};

struct RunResults {
  std::vector<NodeResult> results;  // in the order in which they finished
  int64_t generated_micros = 0;
  double elapsed_time = 0;     // seconds
  Json args = Json::object();  // the invocation's flags, as dbt records them
  bool interrupted = false;

  int Count(NodeStatus status) const;
  // No error, no failed test, no interrupt: exit code 0.
  bool success() const;
};

// run_results.json as dbt writes it. Compiled code and relation names come from `manifest`.
Json RunResultsJson(const RunResults& results, const Manifest& manifest);
// Written to `folder`/run_results.json, replacing it in one step.
void WriteRunResults(const RunResults& results, const Manifest& manifest,
                     const std::filesystem::path& folder);

}  // namespace eider::dbt
