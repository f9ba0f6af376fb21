// One invocation of a dbt command: its project, its warehouse, its events.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/console.h"
#include "dbt/adapter.h"
#include "dbt/config.h"
#include "dbt/graph.h"
#include "dbt/manifest.h"
#include "dbt/run_results.h"
#include "dbt/runner.h"

namespace eider::cli {

class Invocation {
 public:
  explicit Invocation(const Arguments& arguments);

  const Arguments& arguments() const { return arguments_; }
  Console& console() { return console_; }

  // Each makes what it returns, and what that stands on, at its first call. The project's folder
  // becomes the current one, as under dbt: paths in profiles and models start there.
  const dbt::Config& config(bool need_profile = true);
  dbt::Manifest& manifest();
  dbt::Graph& graph();
  dbt::Adapter& adapter();

  // The nodes that the command line selects among those of `types` (empty: all). Criteria that
  // match nothing are warned of.
  std::set<std::string> Select(const std::vector<dbt::NodeType>& types);
  // How the command runs `selected`.
  dbt::RunOptions RunOptionsFor(std::set<std::string> selected);

  // A flag as the command line or its variable gives it, else `flags:` of dbt_project.yml.
  bool Flag(std::string_view key, bool fallback = false);

  void Say(std::string message, const std::string& name = "Note", const std::string& code = "Z050",
           Json data = Json::object());
  // A warning; with --warn-error it is thrown instead, as kInvalidArgument.
  void Warn(const std::string& message, const std::string& name = "Note",
            const std::string& code = "Z050");
  // What was asked for, without a time stamp, as `print` gives it.
  void Print(const std::string& text, const std::string& name = "PrintEvent",
             const std::string& code = "Z052", Json data = Json::object());

  // manifest.json and, where there are results, run_results.json; nothing with --no-write-json.
  void WriteArtifacts(const dbt::RunResults* results = nullptr);

 private:
  const Arguments& arguments_;
  Console console_;
  std::shared_ptr<const dbt::Config> config_;
  std::shared_ptr<dbt::Manifest> manifest_;
  std::unique_ptr<dbt::Graph> graph_;
  std::shared_ptr<dbt::Adapter> adapter_;
};

// Runs the body of a dbt command between its first line and its last: tells which program runs,
// turns an error into dbt's "Encountered an error" and an exit code, and writes to the log how it
// ended.
int RunInvocation(const Arguments& arguments, const std::function<int(Invocation&)>& body);

}  // namespace eider::cli
