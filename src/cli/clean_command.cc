// clean: removes the folders of clean-targets.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "catalog/open_catalog.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/invocation.h"

namespace eider::cli {

namespace fs = std::filesystem;

namespace {

bool IsWithin(const fs::path& path, const fs::path& folder) {
  auto difference = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return difference.first == folder.end();
}

std::set<fs::path> SourceFolders(const dbt::Project& project) {
  std::set<fs::path> folders;
  for (const auto* paths :
       {&project.model_paths, &project.seed_paths, &project.test_paths, &project.analysis_paths,
        &project.macro_paths, &project.snapshot_paths, &project.docs_paths}) {
    for (const std::string& path : *paths) {
      folders.insert((project.root / path).lexically_normal());
    }
  }
  return folders;
}

// The first warehouse in `folder`; empty when there is none.
fs::path WarehouseIn(const fs::path& folder) {
  std::error_code failure;
  for (auto entry = fs::recursive_directory_iterator(folder, failure);
       entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    if (failure) break;
    if (entry->path().filename() == catalog::kCatalogFile) return entry->path().parent_path();
  }
  return {};
}

[[noreturn]] void Refuse(const std::string& problem, const fs::path& path,
                         const std::string& hint) {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{}: {}", problem, path.string()))
      .WithHint(hint);
}

int RunClean(Invocation& invocation) {
  const dbt::Project& project = invocation.config(/*need_profile=*/false).project;
  bool project_only = invocation.arguments().Flag("clean-project-files-only", true);
  std::set<fs::path> sources = SourceFolders(project);
  std::set<fs::path> targets;
  for (const std::string& target : project.clean_targets) {
    fs::path path = (project.root / target).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
    targets.insert(path);
  }
  // Everything is looked at before anything is removed.
  for (const fs::path& path : targets) {
    for (const fs::path& source : sources) {
      if (IsWithin(source, path)) {
        Refuse("dbt will not clean a source path", path,
               "Take it out of clean-targets in dbt_project.yml.");
      }
    }
    if (project_only && (!IsWithin(path, project.root) || path == project.root)) {
      Refuse("dbt will not clean a folder outside the project", path,
             "--no-clean-project-files-only allows it.");
    }
    if (fs::path warehouse = WarehouseIn(path); !warehouse.empty()) {
      Refuse("a folder to be cleaned holds a warehouse", warehouse,
             "Its tables would be lost: take the folder out of clean-targets in dbt_project.yml.");
    }
  }
  for (const fs::path& path : targets) {
    invocation.Say("Checking " + path.string() + "/*", "CheckCleanPath", "Z012",
                   {{"path", path.string()}});
    std::error_code failure;
    fs::remove_all(path, failure);
    if (failure) {
      throw Error(ErrorCode::kIo,
                  fmt::format("{} cannot be removed: {}", path.string(), failure.message()));
    }
    invocation.Say("Cleaned " + path.string() + "/*", "ConfirmCleanPath", "Z013",
                   {{"path", path.string()}});
  }
  invocation.Say("Finished cleaning all paths.", "FinishedCleanPaths", "Z015");
  return kSuccess;
}

}  // namespace

Command CleanCommand() {
  Command command;
  command.name = "clean";
  command.summary = "Remove the folders of clean-targets";
  command.description = "A folder that holds a warehouse or the project's sources is refused.";
  command.options = Concatenate({{{"--clean-project-files-only/--no-clean-project-files-only",
                                   Option::Kind::kFlag,
                                   "",
                                   "Refuse folders outside the project.",
                                   "DBT_CLEAN_PROJECT_FILES_ONLY",
                                   {}}},
                                 ProjectOptions()});
  command.run = [](const Arguments& arguments) { return RunInvocation(arguments, RunClean); };
  return command;
}

}  // namespace eider::cli
