// deps: installs the packages the project names.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/invocation.h"
#include "dbt/packages.h"

namespace eider::cli {

namespace {

int RunDeps(Invocation& invocation) {
  const dbt::Config& config = invocation.config(/*need_profile=*/false);
  auto specs = dbt::LoadPackageSpecs(config.project, config.options.cli_vars);
  if (specs.empty()) {
    invocation.Say("Warning: No packages were found in packages.yml", "DepsNoPackagesFound",
                   "M013");
    return kSuccess;
  }
  for (const std::string& name : dbt::InstallPackages(config.project, config.options.cli_vars,
                                                      config.options.version_check)) {
    invocation.Say("Installing " + name, "DepsStartPackageInstall", "M014",
                   {{"package_name", name}});
    invocation.Say("Installed from local folder", "DepsInstallInfo", "M015",
                   {{"version_name", "local"}});
  }
  return kSuccess;
}

}  // namespace

Command DepsCommand() {
  using Kind = Option::Kind;
  Command command;
  command.name = "deps";
  command.summary = "Install the packages of packages.yml and dependencies.yml";
  command.description = "Packages are folders on this machine, named with `local:`.";
  command.options = Concatenate({ProjectOptions(),
                                 {{"--lock", Kind::kFlag, "", "", "", {}},
                                  {"--upgrade", Kind::kFlag, "", "", "", {}},
                                  {"--add-package", Kind::kText, "PACKAGE", "", "", {}},
                                  {"--source", Kind::kText, "SOURCE", "", "", {}}}});
  command.run = [](const Arguments& arguments) {
    if (arguments.Has("add-package") || arguments.Flag("lock")) {
      throw Error(ErrorCode::kUnsupported, "deps takes neither --add-package nor --lock yet")
          .WithHint("Write the package into packages.yml as `- local: <folder>`.");
    }
    return RunInvocation(arguments, RunDeps);
  };
  return command;
}

}  // namespace eider::cli
