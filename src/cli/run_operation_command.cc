// run-operation: one macro.
#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/invocation.h"
#include "cli/resource_counts.h"

namespace eider::cli {

namespace {

int RunMacro(Invocation& invocation) {
  const Arguments& arguments = invocation.arguments();
  Json macro_arguments = Json::object();
  if (auto text = arguments.Text("args")) {
    macro_arguments = ParseYaml(*text, "--args").ToJson();
    if (macro_arguments.is_null()) macro_arguments = Json::object();
    if (!macro_arguments.is_object()) {
      throw Error(ErrorCode::kInvalidArgument, "--args is not a mapping of names to values")
          .WithHint("Write it as YAML: --args '{name: value}'.");
    }
  }
  dbt::Manifest& manifest = invocation.manifest();
  EmitFound(invocation.console(), manifest);
  dbt::RunOptions options = invocation.RunOptionsFor({});
  dbt::Adapter& adapter = invocation.adapter();
  InterruptHandler interrupts([&] { adapter.CancelAll(); }, InterruptHandler::Second::kQuits);
  dbt::RunOperation(manifest, adapter, *arguments.operand(), macro_arguments, options);
  return kSuccess;
}

}  // namespace

Command RunOperationCommand() {
  Command command;
  command.name = "run-operation";
  command.summary = "Call a macro";
  command.operand = "MACRO";
  command.operand_required = true;
  command.options = Concatenate(
      {{{"--args", Option::Kind::kText, "YAML", "The macro's arguments: '{name: value}'.", "", {}},
        ThreadsOption()},
       ProjectOptions()});
  command.run = [](const Arguments& arguments) { return RunInvocation(arguments, RunMacro); };
  return command;
}

}  // namespace eider::cli
