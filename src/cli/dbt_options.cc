#include "cli/dbt_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "dbt/secret.h"

namespace eider::cli {

namespace fs = std::filesystem;
using Kind = Option::Kind;

namespace {

const std::vector<std::string> kLogFormats = {"text", "debug", "json", "default"};
const std::vector<std::string> kLogLevels = {"debug", "info", "warn", "error", "none"};

// Options of dbt that change what is done, and that Eider cannot honour yet: to pass them over in
// silence would do something else than was asked for.
const std::vector<std::string> kNotYet = {
    "defer", "state", "defer-state", "favor-state", "sample", "event-time-start", "event-time-end"};

Option Flag(std::string names, std::string help, std::string environment = "") {
  return {std::move(names), Kind::kFlag, "", std::move(help), std::move(environment), {}};
}

Option Text(std::string names, std::string value_name, std::string help,
            std::string environment = "") {
  return {std::move(names),       Kind::kText, std::move(value_name), std::move(help),
          std::move(environment), {}};
}

Option Choice(std::string names, std::vector<std::string> choices, std::string help,
              std::string environment) {
  return {std::move(names),       Kind::kText,       "CHOICE", std::move(help),
          std::move(environment), std::move(choices)};
}

Option Integer(std::string names, std::string help, std::string environment) {
  return {std::move(names), Kind::kInteger, "N", std::move(help), std::move(environment), {}};
}

std::vector<dbt::NodeType> AllTypes() {
  return {dbt::NodeType::kModel,    dbt::NodeType::kSeed,   dbt::NodeType::kTest,
          dbt::NodeType::kSnapshot, dbt::NodeType::kSource, dbt::NodeType::kExposure,
          dbt::NodeType::kAnalysis};
}

// Kinds of resources that a project for Eider cannot hold, though the flag may name them.
bool IsTypeWithoutNodes(const std::string& word) {
  static const std::vector<std::string> kWords = {"metric", "semantic_model", "saved_query",
                                                  "unit_test", "function"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

void AddTypes(const std::string& word, std::vector<dbt::NodeType>& types) {
  if (word == "all" || word == "default") {
    auto all = AllTypes();
    if (word == "default") std::erase(all, dbt::NodeType::kAnalysis);
    types.insert(types.end(), all.begin(), all.end());
  } else if (auto type = dbt::NodeTypeFromName(word)) {
    types.push_back(*type);
  }
}

// Stands for an empty choice of types, since no type at all means every type.
constexpr dbt::NodeType kTypeOfNoNode = dbt::NodeType::kMacro;

bool Contains(const std::vector<dbt::NodeType>& types, dbt::NodeType type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

std::vector<Option> GlobalOptions() {
  return {
      Flag("--help,-h", "Show this text and exit."),
      Flag("--version,-V,-v", "Show the version and exit."),
      Text("--target,-t", "NAME", "The profile's target to use.", "DBT_TARGET"),
      Text("--profile", "NAME", "The profile to use instead of the project's.", "DBT_PROFILE"),
      Flag("--quiet,-q/--no-quiet", "Print errors and what the command is for, nothing else.",
           "DBT_QUIET"),
      Flag("--debug,-d/--no-debug", "Print debug messages too.", "DBT_DEBUG"),
      Flag("--fail-fast,-x/--no-fail-fast", "Stop at the first failure.", "DBT_FAIL_FAST"),
      Flag("--warn-error", "Treat warnings as errors.", "DBT_WARN_ERROR"),
      Text("--warn-error-options", "YAML", "", "DBT_WARN_ERROR_OPTIONS"),
      Choice("--indirect-selection", {"eager", "cautious", "buildable", "empty"},
             "Which tests come along with selected resources: all they touch (eager), those with "
             "all parents selected (cautious), with all parents selected or built (buildable), "
             "none (empty).",
             "DBT_INDIRECT_SELECTION"),
      Choice("--log-format", kLogFormats, "Form of the console's lines.", "DBT_LOG_FORMAT"),
      Choice("--log-format-file", kLogFormats, "Form of the log file's lines.",
             "DBT_LOG_FORMAT_FILE"),
      Choice("--log-level", kLogLevels, "Least level that is printed.", "DBT_LOG_LEVEL"),
      Choice("--log-level-file", kLogLevels, "Least level that is written to the log file.",
             "DBT_LOG_LEVEL_FILE"),
      Text("--log-path", "DIR", "Folder of dbt.log.", "DBT_LOG_PATH"),
      Integer("--log-file-max-bytes", "", "DBT_LOG_FILE_MAX_BYTES"),
      Flag("--use-colors/--no-use-colors", "Colour the console's lines.", "DBT_USE_COLORS"),
      Flag("--use-colors-file/--no-use-colors-file", "", "DBT_USE_COLORS_FILE"),
      Flag("--print/--no-print", "Print what templates print().", "DBT_PRINT"),
      Integer("--printer-width", "", "DBT_PRINTER_WIDTH"),
      Flag("--write-json/--no-write-json", "Write manifest.json and run_results.json.",
           "DBT_WRITE_JSON"),
      Flag("--version-check/--no-version-check", "Check require-dbt-version of the project.",
           "DBT_VERSION_CHECK"),
      // dbt's options without an effect here: about its caches, its parser, its statistics.
      Flag("--cache-selected-only/--no-cache-selected-only", "", "DBT_CACHE_SELECTED_ONLY"),
      Flag("--log-cache-events/--no-log-cache-events", "", "DBT_LOG_CACHE_EVENTS"),
      Flag("--macro-debugging/--no-macro-debugging", "", "DBT_MACRO_DEBUGGING"),
      Flag("--partial-parse/--no-partial-parse", "", "DBT_PARTIAL_PARSE"),
      Text("--partial-parse-file-path", "FILE", "", "DBT_PARTIAL_PARSE_FILE_PATH"),
      Flag("--partial-parse-file-diff/--no-partial-parse-file-diff", "",
           "DBT_PARTIAL_PARSE_FILE_DIFF"),
      Flag("--populate-cache/--no-populate-cache", "", "DBT_POPULATE_CACHE"),
      Text("--record-timing-info,-r", "FILE", ""),
      Flag("--send-anonymous-usage-stats/--no-send-anonymous-usage-stats", "",
           "DBT_SEND_ANONYMOUS_USAGE_STATS"),
      Flag("--single-threaded/--no-single-threaded", "", "DBT_SINGLE_THREADED"),
      Flag("--show-all-deprecations/--no-show-all-deprecations", ""),
      Flag("--show-resource-report/--no-show-resource-report", "", "DBT_SHOW_RESOURCE_REPORT"),
      Flag("--static-parser/--no-static-parser", "", "DBT_STATIC_PARSER"),
      Text("--static-analysis", "MODE", ""),
      Flag("--use-experimental-parser/--no-use-experimental-parser", "",
           "DBT_USE_EXPERIMENTAL_PARSER"),
      Flag("--use-fast-test-edges/--no-use-fast-test-edges", "", "DBT_USE_FAST_TEST_EDGES"),
      Flag("--upload-to-artifacts-ingest-api/--no-upload-to-artifacts-ingest-api", "",
           "DBT_UPLOAD_TO_ARTIFACTS_INGEST_API"),
      // Refused by ConfigOptionsFrom.
      Flag("--defer/--no-defer", "", "DBT_DEFER"),
      Text("--state", "DIR", "", "DBT_STATE"),
      Text("--defer-state", "DIR", "", "DBT_DEFER_STATE"),
      Flag("--favor-state/--no-favor-state", "", "DBT_FAVOR_STATE"),
  };
}

std::vector<Option> ProjectOptions() {
  return {
      Text("--project-dir", "DIR",
           "Folder of dbt_project.yml; else the current folder or the nearest above it.",
           "DBT_PROJECT_DIR"),
      Text("--profiles-dir", "DIR", "Folder of profiles.yml; else the current folder or ~/.dbt.",
           "DBT_PROFILES_DIR"),
      Text("--vars", "YAML", "Variables, over those of the project: '{name: value}'."),
      Text("--target-path", "DIR", "Folder for artifacts instead of the project's target-path.",
           "DBT_TARGET_PATH"),
  };
}

std::vector<Option> SelectionOptions() {
  return {
      {"--select,-s,--models,--model,-m",
       Kind::kList,
       "SELECTOR",
       "Only these: a name, a path, tag:x, source:x, +parents, children+, ..",
       "",
       {}},
      {"--exclude", Kind::kList, "SELECTOR", "Not these.", "", {}},
      Text("--selector", "NAME", "What this entry of selectors.yml selects."),
  };
}

std::vector<Option> ResourceTypeOptions() {
  const std::vector<std::string> types = {
      "model",  "seed",     "test",      "snapshot",       "source",      "exposure", "analysis",
      "metric", "function", "unit_test", "semantic_model", "saved_query", "default",  "all"};
  return {
      {"--resource-type,--resource-types", Kind::kList, "TYPE", "Only resources of these types.",
       "DBT_RESOURCE_TYPES", types},
      {"--exclude-resource-type,--exclude-resource-types", Kind::kList, "TYPE",
       "No resources of these types.", "DBT_EXCLUDE_RESOURCE_TYPES", types},
  };
}

Option ThreadsOption() {
  return Integer("--threads", "How many nodes run at once; else the profile says.", "DBT_THREADS");
}

Option FullRefreshOption() {
  return Flag("--full-refresh,-f", "Build incremental models anew; replace seeds.",
              "DBT_FULL_REFRESH");
}

Option IntrospectOption() {
  return Flag("--introspect/--no-introspect", "Let templates query the warehouse.",
              "DBT_INTROSPECT");
}

Option StoreFailuresOption() {
  return Flag("--store-failures", "Keep the failing rows of tests in tables.",
              "DBT_STORE_FAILURES");
}

Option EmptyOption() {
  return Flag("--empty/--no-empty", "Limit every ref and source to no rows.", "DBT_EMPTY");
}

std::vector<Option> Concatenate(const std::vector<std::vector<Option>>& groups) {
  std::vector<Option> all;
  for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
  return all;
}

dbt::ConfigOptions ConfigOptionsFrom(const Arguments& arguments) {
  for (const std::string& key : kNotYet) {
    if (!arguments.Has(key) || arguments.Text(key) == "false") continue;
    throw Error(ErrorCode::kUnsupported, fmt::format("--{} is not supported yet", key));
  }
  dbt::ConfigOptions options;
  if (auto folder = arguments.Text("project-dir")) {
    if (!fs::is_directory(*folder)) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("the folder of --project-dir does not exist: {}", *folder));
    }
    options.project_dir = *folder;
  } else {
    // As dbt: the nearest folder that holds a project, from here upwards.
    fs::path here = fs::current_path();
    options.project_dir = here;
    for (fs::path folder = here;; folder = folder.parent_path()) {
      if (fs::exists(folder / "dbt_project.yml")) {
        options.project_dir = folder;
        break;
      }
      if (folder == folder.parent_path()) break;
    }
  }
  if (auto folder = arguments.Text("profiles-dir")) {
    if (!fs::is_directory(*folder)) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("the folder of --profiles-dir does not exist: {}", *folder));
    }
    options.profiles_dir = *folder;
  }
  options.profile = arguments.Text("profile");
  options.target = arguments.Text("target");
  options.threads = arguments.Integer("threads");
  if (options.threads && *options.threads < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--threads must be at least 1, not {}", *options.threads));
  }
  if (arguments.Flag("single-threaded")) options.threads = 1;
  options.target_path = arguments.Text("target-path");
  if (auto vars = arguments.Text("vars")) options.cli_vars = dbt::ParseCliVars(*vars);
  options.full_refresh = arguments.Flag("full-refresh");
  options.warn_error = arguments.Flag("warn-error");
  options.version_check = arguments.Flag("version-check", true);
  options.command = arguments.command();
  return options;
}

dbt::SelectionOptions SelectionFrom(const Arguments& arguments, std::vector<dbt::NodeType> types) {
  dbt::SelectionOptions selection;
  selection.select = arguments.List("select");
  selection.exclude = arguments.List("exclude");
  selection.selector = arguments.Text("selector");
  if (auto name = arguments.Text("indirect-selection")) {
    selection.indirect = dbt::IndirectSelectionFromName(*name);
  }
  auto wanted = arguments.List("resource-type");
  auto unwanted = arguments.List("exclude-resource-type");
  if (!wanted.empty()) {
    std::vector<dbt::NodeType> named;
    for (const std::string& word : wanted) AddTypes(word, named);
    if (named.empty() && std::all_of(wanted.begin(), wanted.end(), IsTypeWithoutNodes)) {
      named.push_back(kTypeOfNoNode);
    }
    if (types.empty()) {
      types = named;
    } else {
      std::erase_if(types, [&](dbt::NodeType type) { return !Contains(named, type); });
      if (types.empty()) types.push_back(kTypeOfNoNode);
    }
  }
  if (!unwanted.empty()) {
    std::vector<dbt::NodeType> named;
    for (const std::string& word : unwanted) AddTypes(word, named);
    if (types.empty()) types = AllTypes();
    std::erase_if(types, [&](dbt::NodeType type) { return Contains(named, type); });
    if (types.empty()) types.push_back(kTypeOfNoNode);
  }
  selection.resource_types = types;
  return selection;
}

std::vector<std::string> NodesToPrint(const Arguments& arguments, const dbt::Manifest& manifest,
                                      const std::set<std::string>& selected) {
  std::vector<std::string> named;
  std::vector<std::string> all;
  for (const std::string& id : selected) {
    auto found = manifest.nodes.find(id);
    if (found == manifest.nodes.end()) continue;
    const dbt::Node& node = found->second;
    for (const std::string& word : arguments.List("select")) {
      if (word.find(node.name) == std::string::npos) continue;
      named.push_back(id);
      break;
    }
    if (node.type != dbt::NodeType::kTest) all.push_back(id);
  }
  return named.empty() ? all : named;
}

Json ArgumentsForArtifacts(const Arguments& arguments) {
  Json args = Json::object();
  args["which"] = arguments.command() == "ls" ? "list" : arguments.command();
  args["invocation_command"] = dbt::ScrubSecrets(arguments.program() + " " + arguments.text());
  for (const char* key : {"select", "exclude"}) {
    Json list = Json::array();
    for (const std::string& word : arguments.List(key)) list.push_back(word);
    args[key] = std::move(list);
  }
  for (const char* key : {"target", "profile", "selector", "project-dir", "profiles-dir",
                          "target-path", "log-path"}) {
    if (auto value = arguments.Text(key)) args[ReplaceAll(key, "-", "_")] = *value;
  }
  Json vars = Json::object();
  if (auto text = arguments.Text("vars")) {
    vars = Json::parse(dbt::ScrubSecrets(dbt::ParseCliVars(*text).dump()));
  }
  args["vars"] = std::move(vars);
  args["full_refresh"] = arguments.Flag("full-refresh");
  args["fail_fast"] = arguments.Flag("fail-fast");
  args["store_failures"] = arguments.Flag("store-failures");
  args["empty"] = arguments.Flag("empty");
  args["quiet"] = arguments.Flag("quiet");
  args["print"] = arguments.Flag("print", true);
  args["write_json"] = arguments.Flag("write-json", true);
  args["use_colors"] = arguments.Flag("use-colors", true);
  args["version_check"] = arguments.Flag("version-check", true);
  args["indirect_selection"] = arguments.Text("indirect-selection").value_or("eager");
  args["log_format"] = arguments.Text("log-format").value_or("default");
  args["log_level"] = arguments.Text("log-level").value_or("info");
  args["log_format_file"] = arguments.Text("log-format-file").value_or("debug");
  args["log_level_file"] = arguments.Text("log-level-file").value_or("debug");
  args["introspect"] = arguments.Flag("introspect", true);
  return args;
}

}  // namespace eider::cli
