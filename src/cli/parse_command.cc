// parse: reads the project and writes manifest.json.
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/invocation.h"
#include "cli/resource_counts.h"

namespace eider::cli {

Command ParseCommand() {
  Command command;
  command.name = "parse";
  command.summary = "Read the project and write its manifest";
  command.options = Concatenate({{ThreadsOption()}, ProjectOptions()});
  command.run = [](const Arguments& arguments) {
    return RunInvocation(arguments, [](Invocation& invocation) {
      EmitFound(invocation.console(), invocation.manifest());
      // A cycle is an error of the project, which only the graph shows.
      invocation.graph();
      invocation.WriteArtifacts();
      return kSuccess;
    });
  };
  return command;
}

}  // namespace eider::cli
