#include "cli/invocation.h"

#include <fmt/format.h>
#include <signal.h>

#include <filesystem>

#include "base/clock.h"
#include "base/text.h"
#include "base/uuid.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/version.h"
#include "dbt/manifest_artifact.h"
#include "dbt/parser.h"
#include "dbt/secret.h"

namespace eider::cli {

namespace fs = std::filesystem;

Invocation::Invocation(const Arguments& arguments) : arguments_(arguments), console_(arguments) {}

const dbt::Config& Invocation::config(bool need_profile) {
  if (config_) return *config_;
  dbt::ConfigOptions options = ConfigOptionsFrom(arguments_);
  // --log-path is relative to where the user stands, log-path to the project.
  std::optional<fs::path> log_path;
  if (auto folder = arguments_.Text("log-path")) log_path = fs::absolute(*folder);
  try {
    config_ = dbt::LoadConfig(options, need_profile);
  } catch (...) {
    if (log_path) {
      console_.OpenLog(*log_path);
    } else if (fs::exists(options.project_dir / "dbt_project.yml")) {
      console_.OpenLog(options.project_dir / "logs");
    }
    throw;
  }
  console_.SetInvocation(config_->invocation_id);
  console_.OpenLog(log_path.value_or(config_->project.root / config_->project.log_path));
  fs::current_path(config_->project.root);
  return *config_;
}

dbt::Manifest& Invocation::manifest() {
  if (manifest_) return *manifest_;
  config();
  std::vector<std::string> warnings;
  manifest_ = dbt::ParseProject(
      {config_, [&](const std::string& warning) { warnings.push_back(warning); }});
  for (const std::string& warning : warnings) Warn("[WARNING]: " + warning);
  return *manifest_;
}

dbt::Graph& Invocation::graph() {
  if (!graph_) graph_ = std::make_unique<dbt::Graph>(manifest());
  return *graph_;
}

dbt::Adapter& Invocation::adapter() {
  if (adapter_) return *adapter_;
  config();
  adapter_ = dbt::Adapter::Open(config_, console_);
  return *adapter_;
}

std::set<std::string> Invocation::Select(const std::vector<dbt::NodeType>& types) {
  std::vector<std::string> warnings;
  dbt::SelectionOptions options = SelectionFrom(arguments_, types);
  const Json& flags = config().project.flags;
  if (auto mode = flags.find("indirect_selection");
      mode != flags.end() && mode->is_string() && !arguments_.Has("indirect-selection")) {
    options.indirect = dbt::IndirectSelectionFromName(mode->get<std::string>());
  }
  auto selected = dbt::SelectNodes(manifest(), graph(), options, &warnings);
  for (const std::string& warning : warnings) {
    Warn(warning, "NoNodesForSelectionCriteria", "M030");
  }
  return selected;
}

dbt::RunOptions Invocation::RunOptionsFor(std::set<std::string> selected) {
  dbt::RunOptions options;
  options.command = arguments_.command();
  options.selected = std::move(selected);
  options.threads = config().target.threads;
  options.fail_fast = Flag("fail-fast");
  if (arguments_.Has("store-failures")) options.store_failures = arguments_.Flag("store-failures");
  options.warn_error = Flag("warn-error");
  options.show_rows = arguments_.Flag("show");
  options.empty = arguments_.Flag("empty");
  options.write_json = Flag("write-json", true);
  options.introspect = Flag("introspect", true);
  options.args = ArgumentsForArtifacts(arguments_);
  return options;
}

bool Invocation::Flag(std::string_view key, bool fallback) {
  if (arguments_.Has(key)) return arguments_.Flag(key);
  if (!config_) return fallback;
  auto found = config_->project.flags.find(ReplaceAll(key, "-", "_"));
  return found != config_->project.flags.end() && found->is_boolean() ? found->get<bool>()
                                                                      : fallback;
}

void Invocation::Say(std::string message, const std::string& name, const std::string& code,
                     Json data) {
  dbt::EmitNote(console_, dbt::EventLevel::kInfo, std::move(message), name, code, std::move(data));
}

void Invocation::Warn(const std::string& message, const std::string& name,
                      const std::string& code) {
  if (Flag("warn-error")) {
    throw Error(ErrorCode::kInvalidArgument, message)
        .WithHint("It is a warning, which --warn-error makes an error.");
  }
  dbt::Event event;
  event.name = name;
  event.code = code;
  event.level = dbt::EventLevel::kWarn;
  event.message = message;
  if (message.starts_with("[WARNING]")) event.status = "WARNING";
  event.tone = dbt::EventTone::kWarning;
  event.data["msg"] = message;
  dbt::Emit(console_, std::move(event));
}

void Invocation::Print(const std::string& text, const std::string& name, const std::string& code,
                       Json data) {
  dbt::EmitNote(console_, dbt::EventLevel::kInfo, text, name, code, std::move(data));
}

void Invocation::WriteArtifacts(const dbt::RunResults* results) {
  if (!Flag("write-json", true)) return;
  fs::path folder = config_->target_dir();
  if (results) dbt::WriteRunResults(*results, *manifest_, folder);
  dbt::WriteManifest(*manifest_, folder);
}

int RunInvocation(const Arguments& arguments, const std::function<int(Invocation&)>& body) {
  // Whoever reads our lines may stop reading (`| head`); the work goes on.
  signal(SIGPIPE, SIG_IGN);
  int64_t begin = NowMicros();
  Invocation invocation(arguments);
  invocation.Say(fmt::format("Running with eider={} (dbt {})", Version(), DbtRelease()),
                 "MainReportVersion", "A001", {{"version", "=" + Version()}, {"log_version", 3}});
  dbt::EmitNote(invocation.console(), dbt::EventLevel::kDebug,
                "running " + arguments.program() + " with arguments " + arguments.text(),
                "MainReportArgs", "A002");
  int code = kError;
  try {
    code = body(invocation);
  } catch (const std::exception& e) {
    Error error = ToError(e);
    std::string text = FailureText(error);
    text = std::string(Trim(std::string_view(text).substr(std::string_view("Error: ").size())));
    dbt::EmitNote(invocation.console(), dbt::EventLevel::kError, "Encountered an error:\n" + text,
                  "MainEncounteredError", "Z002", {{"exc", text}});
    code = ExitCodeFor(error);
  }
  double elapsed = static_cast<double>(NowMicros() - begin) / 1e6;
  dbt::EmitNote(
      invocation.console(), dbt::EventLevel::kDebug,
      fmt::format("Command `{} {}` {} after {:.2f} seconds", arguments.program(),
                  arguments.command(), code == kSuccess ? "succeeded" : "failed", elapsed),
      "CommandCompleted", "Q039",
      {{"command", arguments.program() + " " + arguments.command()},
       {"success", code == kSuccess},
       {"elapsed", elapsed}});
  return code;
}

}  // namespace eider::cli
