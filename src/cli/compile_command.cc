// compile: the SQL of the selected nodes, without running it.
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/invocation.h"
#include "cli/resource_counts.h"
#include "dbt/compiler.h"
#include "dbt/parser.h"
#include "dbt/run_summary.h"

namespace eider::cli {

namespace {

using dbt::NodeType;

void PrintCompiled(Invocation& invocation, const dbt::Node& node, bool is_inline) {
  std::string code = node.compiled_code.value_or("");
  std::string text = code;
  if (invocation.arguments().Text("output") == "json") {
    Json object = Json::object();
    if (!is_inline) object["node"] = node.name;
    object["compiled"] = code;
    text = object.dump(2);
  } else if (!invocation.arguments().Flag("quiet")) {
    text = (is_inline ? "Compiled inline node is:\n" : "Compiled node '" + node.name + "' is:\n") +
           code;
  }
  invocation.Print(text, "CompiledNode", "Q042",
                   {{"compiled", code},
                    {"is_inline", is_inline},
                    {"node_name", node.name},
                    {"unique_id", node.unique_id}});
}

int RunCompile(Invocation& invocation) {
  const Arguments& arguments = invocation.arguments();
  dbt::Manifest& manifest = invocation.manifest();
  EmitFound(invocation.console(), manifest);
  if (auto sql = arguments.Text("inline")) {
    dbt::Node node = dbt::ParseInline(manifest, *sql);
    dbt::Adapter& adapter = invocation.adapter();
    InterruptHandler interrupts([&] { adapter.CancelAll(); }, InterruptHandler::Second::kQuits);
    dbt::CompileOptions options;
    options.introspect = arguments.Flag("introspect", true);
    options.write = arguments.Flag("write-json", true);
    dbt::Compiler compiler(manifest, adapter, options);
    auto connection = adapter.Acquire(node.unique_id);
    compiler.Compile(node, *connection);
    PrintCompiled(invocation, node, true);
    return kSuccess;
  }
  std::set<std::string> selected =
      invocation.Select({NodeType::kModel, NodeType::kTest, NodeType::kSnapshot,
                         NodeType::kAnalysis, NodeType::kSeed});
  if (selected.empty()) {
    invocation.Warn("Nothing to do. Try checking your model configs and model specification args",
                    "NothingToDo", "Q035");
    return kSuccess;
  }
  dbt::RunOptions options = invocation.RunOptionsFor(selected);
  dbt::Cancellation cancellation;
  options.cancellation = &cancellation;
  InterruptHandler interrupts([&] { cancellation.Cancel(); }, InterruptHandler::Second::kQuits);
  dbt::Adapter& adapter = invocation.adapter();
  dbt::RunResults results = dbt::CompileNodes(manifest, invocation.graph(), adapter, options);
  invocation.WriteArtifacts(&results);
  if (!results.success()) {
    dbt::EmitSummary(invocation.console(), manifest, results);
    return kFailure;
  }
  if (arguments.Has("select") || arguments.Has("selector")) {
    for (const std::string& id : NodesToPrint(arguments, manifest, selected)) {
      const dbt::Node& node = manifest.nodes.at(id);
      if (node.compiled_code) PrintCompiled(invocation, node, false);
    }
  }
  return kSuccess;
}

}  // namespace

Command CompileCommand() {
  using Kind = Option::Kind;
  Command command;
  command.name = "compile";
  command.summary = "Write the SQL of models and tests to target/compiled, and run nothing";
  command.options = Concatenate(
      {SelectionOptions(),
       {{"--inline", Kind::kText, "SQL", "Compile this text instead.", "", {}},
        {"--output", Kind::kText, "FORM", "How the code is printed.", "", {"json", "text"}},
        IntrospectOption(),
        {"--inject-ephemeral-ctes/--no-inject-ephemeral-ctes", Kind::kFlag, "", "", "", {}},
        ThreadsOption(),
        FullRefreshOption(),
        EmptyOption()},
       ProjectOptions()});
  command.run = [](const Arguments& arguments) { return RunInvocation(arguments, RunCompile); };
  return command;
}

}  // namespace eider::cli
