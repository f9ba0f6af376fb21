// build, run, test, seed, snapshot: commands that run nodes. They differ in the types of nodes they
// take.
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/invocation.h"
#include "cli/resource_counts.h"

namespace eider::cli {

namespace {

using dbt::NodeType;

int RunSelected(Invocation& invocation, const std::vector<NodeType>& types) {
  dbt::Manifest& manifest = invocation.manifest();
  EmitFound(invocation.console(), manifest);
  std::set<std::string> selected = invocation.Select(types);
  if (selected.empty()) {
    invocation.Warn("Nothing to do. Try checking your model configs and model specification args",
                    "NothingToDo", "Q035");
    dbt::RunResults nothing;
    nothing.args = ArgumentsForArtifacts(invocation.arguments());
    nothing.generated_micros = invocation.config().run_started_at;
    invocation.WriteArtifacts(&nothing);
    return kSuccess;
  }
  // Only once the nodes are selected: what `+` and `@` mean does not change with these edges.
  if (invocation.arguments().command() == "build") invocation.graph().AddTestEdges(manifest);
  dbt::RunOptions options = invocation.RunOptionsFor(std::move(selected));
  dbt::Cancellation cancellation;
  options.cancellation = &cancellation;
  InterruptHandler interrupts([&] { cancellation.Cancel(); }, InterruptHandler::Second::kQuits);

  dbt::Adapter& adapter = invocation.adapter();
  dbt::RunResults results = dbt::RunNodes(manifest, invocation.graph(), adapter, options);
  invocation.WriteArtifacts(&results);
  return results.success() ? kSuccess : kFailure;
}

Command RunningCommand(const std::string& name, const std::string& summary,
                       std::vector<NodeType> types, std::vector<std::vector<Option>> options) {
  Command command;
  command.name = name;
  command.summary = summary;
  options.push_back(ProjectOptions());
  command.options = Concatenate(options);
  command.run = [types = std::move(types)](const Arguments& arguments) {
    return RunInvocation(arguments,
                         [&](Invocation& invocation) { return RunSelected(invocation, types); });
  };
  return command;
}

Option ShowOption() {
  return {"--show", Option::Kind::kFlag, "", "Print some rows of each seed.", "", {}};
}

}  // namespace

Command BuildCommand() {
  Command command = RunningCommand(
      "build", "Run seeds, models and tests, parents before children",
      {NodeType::kModel, NodeType::kSeed, NodeType::kTest, NodeType::kSnapshot,
       NodeType::kExposure},
      {SelectionOptions(),
       ResourceTypeOptions(),
       {ThreadsOption(), FullRefreshOption(), StoreFailuresOption(), EmptyOption(), ShowOption()}});
  command.description =
      "A node that fails skips what depends on it, and the table it would have replaced stays as "
      "it was. The exit code is 0 when all went well, 1 when a node failed, 2 when nothing could "
      "be run.\n"
      "\n"
      "  eider build\n"
      "  eider build --select staging+ --exclude tag:slow --threads 8";
  return command;
}

Command RunCommand() {
  return RunningCommand(
      "run", "Run models, parents before children", {NodeType::kModel},
      {SelectionOptions(), {ThreadsOption(), FullRefreshOption(), EmptyOption()}});
}

Command TestCommand() {
  return RunningCommand(
      "test", "Run the tests on what was built", {NodeType::kTest},
      {SelectionOptions(), ResourceTypeOptions(), {ThreadsOption(), StoreFailuresOption()}});
}

Command SeedCommand() {
  return RunningCommand("seed", "Load the CSV files of the project", {NodeType::kSeed},
                        {SelectionOptions(), {ThreadsOption(), FullRefreshOption(), ShowOption()}});
}

Command SnapshotCommand() {
  return RunningCommand("snapshot", "Run the snapshots of the project", {NodeType::kSnapshot},
                        {SelectionOptions(), {ThreadsOption(), EmptyOption()}});
}

}  // namespace eider::cli
