#include "dbt/run_results.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "dbt/base_context.h"
#include "dbt/secret.h"
#include "io/file_system.h"

namespace eider::dbt {

std::string_view NodeStatusName(NodeStatus status) {
  switch (status) {
    case NodeStatus::kSuccess:
      return "success";
    case NodeStatus::kError:
      return "error";
    case NodeStatus::kSkipped:
      return "skipped";
    case NodeStatus::kPass:
      return "pass";
    case NodeStatus::kFail:
      return "fail";
    case NodeStatus::kWarn:
      return "warn";
    case NodeStatus::kRuntimeError:
      return "runtime error";
    case NodeStatus::kPartialSuccess:
      return "partial success";
    case NodeStatus::kNoOp:
      return "no-op";
  }
  return "error";
}

int RunResults::Count(NodeStatus status) const {
  int count = 0;
  for (const auto& result : results) count += result.status == status;
  return count;
}

bool RunResults::success() const {
  if (interrupted) return false;
  for (const auto& result : results) {
    if (result.is_failure() || result.status == NodeStatus::kSkipped ||
        result.status == NodeStatus::kPartialSuccess) {
      return false;
    }
  }
  return true;
}

namespace {

Json OptionalText(const std::optional<std::string>& text) {
  return text ? Json(ScrubSecrets(*text)) : Json();
}

Json ResultJson(const NodeResult& result, const Manifest& manifest) {
  Json timing = Json::array();
  for (const auto& part : result.timing) {
    timing.push_back({{"name", part.name},
                      {"started_at", FormatInstant(part.started_micros)},
                      {"completed_at", FormatInstant(part.completed_micros)}});
  }
  Json out = Json::object();
  out["status"] = NodeStatusName(result.status);
  out["timing"] = std::move(timing);
  out["thread_id"] = result.thread_id;
  out["execution_time"] = result.execution_time;
  out["adapter_response"] = result.adapter_response;
  out["message"] = result.message.empty() ? Json() : Json(ScrubSecrets(result.message));
  out["failures"] = result.failures ? Json(*result.failures) : Json();
  out["unique_id"] = result.unique_id;
  auto found = manifest.nodes.find(result.unique_id);
  // A seed has no code to compile.
  bool has_code = found != manifest.nodes.end() && found->second.type != NodeType::kSeed;
  if (has_code) {
    const Node& node = found->second;
    out["compiled"] = node.compiled;
    out["compiled_code"] = ScrubSecrets(node.compiled_code.value_or(""));
    out["relation_name"] = OptionalText(node.relation_name);
  } else {
    out["compiled"] = Json();
    out["compiled_code"] = Json();
    out["relation_name"] =
        found == manifest.nodes.end() ? Json() : OptionalText(found->second.relation_name);
  }
  out["batch_results"] = Json();
  return out;
}

}  // namespace

Json RunResultsJson(const RunResults& results, const Manifest& manifest) {
  Json env = Json::object();
  constexpr std::string_view kPrefix = "DBT_ENV_CUSTOM_ENV_";
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string_view variable(*entry);
    size_t equals = variable.find('=');
    if (equals == variable.npos || !variable.starts_with(kPrefix)) continue;
    env[std::string(variable.substr(kPrefix.size(), equals - kPrefix.size()))] =
        ScrubSecrets(variable.substr(equals + 1));
  }
  Json metadata = Json::object();
  metadata["dbt_schema_version"] = "https://schemas.getdbt.com/dbt/run-results/v6.json";
  metadata["dbt_version"] = kDbtVersion;
  metadata["generated_at"] = FormatInstant(results.generated_micros);
  metadata["invocation_id"] = manifest.config->invocation_id;
  metadata["invocation_started_at"] = FormatInstant(manifest.config->run_started_at);
  metadata["env"] = std::move(env);

  Json list = Json::array();
  for (const auto& result : results.results) list.push_back(ResultJson(result, manifest));
  Json out = Json::object();
  out["metadata"] = std::move(metadata);
  out["results"] = std::move(list);
  out["elapsed_time"] = results.elapsed_time;
  out["args"] = results.args;
  return out;
}

void WriteRunResults(const RunResults& results, const Manifest& manifest,
                     const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  io::LocalFileSystem().Replace((folder / "run_results.json").string(),
                                RunResultsJson(results, manifest).dump());
}

}  // namespace eider::dbt
