// debug: what is configured, and whether the warehouse can be reached.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <filesystem>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/invocation.h"
#include "cli/resource_counts.h"
#include "cli/version.h"
#include "dbt/profile.h"
#include "dbt/runner.h"
#include "engine/session.h"

namespace eider::cli {

namespace fs = std::filesystem;

namespace {

void Say(Invocation& invocation, const std::string& line, const std::string& status = "",
         dbt::EventTone tone = dbt::EventTone::kPlain) {
  dbt::Event event;
  event.name = "DebugCmdOut";
  event.code = "Z047";
  event.message = line;
  event.status = status;
  event.tone = tone;
  event.data = {{"msg", line}};
  dbt::Emit(invocation.console(), std::move(event));
}

void SayChecked(Invocation& invocation, const std::string& what, bool good,
                const std::string& verdict) {
  std::string status = good ? "OK " + verdict : "ERROR " + verdict;
  Say(invocation, fmt::format("  {} [{}]", what, status), status,
      good ? dbt::EventTone::kGood : dbt::EventTone::kBad);
}

std::string OperatingSystem() {
  utsname names{};
  if (uname(&names) != 0) return "unknown";
  return fmt::format("{}-{}-{}", names.sysname, names.release, names.machine);
}

int RunDebug(Invocation& invocation) {
  Say(invocation, "eider version: " + Version());
  Say(invocation, "dbt version: " + DbtRelease());
  Say(invocation, "DuckDB version: " + engine::DuckDBVersion());
  Say(invocation, "os info: " + OperatingSystem());

  dbt::ConfigOptions options = ConfigOptionsFrom(invocation.arguments());
  fs::path profiles = dbt::ResolveProfilesDir(options.profiles_dir);
  fs::path project = fs::absolute(options.project_dir).lexically_normal();
  std::vector<std::string> problems;
  auto check = [&](const std::string& what, const std::string& verdict, const fs::path& file,
                   auto&& work) {
    try {
      work();
      SayChecked(invocation, what, true, verdict);
    } catch (const Error& error) {
      SayChecked(invocation, what, false,
                 file.empty() || fs::exists(file) ? "invalid" : "not found");
      problems.push_back(FailureText(error));
    }
  };

  Say(invocation, "Configuration:");
  dbt::ProjectHead head;
  check("dbt_project.yml file", "found and valid", project / "dbt_project.yml",
        [&] { head = dbt::LoadProjectHead(project, options.cli_vars); });
  bool loaded = false;
  if (problems.empty()) {
    check("profiles.yml file", "found and valid", profiles / "profiles.yml", [&] {
      invocation.config();
      loaded = true;
    });
  }
  if (loaded) {
    const dbt::Target& target = invocation.config().target;
    Say(invocation, "Using profiles.yml file at " + target.profiles_file.string());
    Say(invocation, "Using dbt_project.yml file at " + (project / "dbt_project.yml").string());
    Say(invocation, "adapter type: " + target.type);
    Say(invocation, "Connection:");
    Json shown = dbt::TargetForTemplates(target, invocation.config().adapter->DatabaseName(target));
    for (auto& [key, value] : shown.items()) {
      Say(invocation, fmt::format("  {}: {}", key,
                                  value.is_string() ? value.get<std::string>() : value.dump()));
    }
    check("Connection test:", "connection ok", "",
          [&] { dbt::CheckConnection(invocation.adapter()); });
  } else {
    Say(invocation, "Looked for profiles.yml in " + profiles.string());
    Say(invocation, "Looked for dbt_project.yml in " + project.string());
  }
  if (problems.empty()) {
    Say(invocation, "All checks passed!", "All checks passed!", dbt::EventTone::kGood);
    return kSuccess;
  }
  std::string verdict = Counted(static_cast<int64_t>(problems.size()), "check") + " failed:";
  Say(invocation, verdict, verdict, dbt::EventTone::kBad);
  for (const std::string& problem : problems) Say(invocation, std::string(Trim(problem)));
  return kFailure;
}

}  // namespace

Command DebugCommand() {
  using Kind = Option::Kind;
  Command command;
  command.name = "debug";
  command.summary = "Check the project, the profile and the connection to the warehouse";
  command.options = Concatenate({{{"--config-dir",
                                   Kind::kFlag,
                                   "",
                                   "Print the folder profiles.yml is looked for in.",
                                   "",
                                   {}},
                                  {"--connection", Kind::kFlag, "", "", "", {}}},
                                 ProjectOptions()});
  command.run = [](const Arguments& arguments) {
    return RunInvocation(arguments, [&](Invocation& invocation) {
      if (arguments.Flag("config-dir")) {
        auto options = ConfigOptionsFrom(arguments);
        invocation.Print(dbt::ResolveProfilesDir(options.profiles_dir).string());
        return kSuccess;
      }
      return RunDebug(invocation);
    });
  };
  return command;
}

}  // namespace eider::cli
