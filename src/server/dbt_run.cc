#include "server/dbt_run.h"

#include <fmt/format.h>
#include <time.h>

#include <cstdio>

#include "base/error.h"
#include "io/file_system.h"

namespace eider::server {

namespace {

constexpr char kFile[] = "/run_results.json";
constexpr int64_t kMillis = 1000;

// "2026-11-25T02:51:09.310000Z"; 0 for what is no instant.
int64_t MillisOf(const std::string& text) {
  tm time{};
  double seconds = 0;
  int fields = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%lf", &time.tm_year, &time.tm_mon,
                           &time.tm_mday, &time.tm_hour, &time.tm_min, &seconds);
  if (fields != 6) return 0;
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  return static_cast<int64_t>(timegm(&time)) * kMillis +
         static_cast<int64_t>(seconds * static_cast<double>(kMillis));
}

bool IsFailure(const std::string& status) {
  return status == "error" || status == "fail" || status == "runtime error";
}

std::string TextOf(const Json& object, const char* key) {
  auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

double NumberOf(const Json& object, const char* key) {
  auto member = object.find(key);
  return member != object.end() && member->is_number() ? member->get<double>() : 0;
}

}  // namespace

std::map<std::string, size_t> DbtRun::Counts() const {
  std::map<std::string, size_t> counts;
  for (const DbtNodeResult& node : nodes) ++counts[node.status];
  return counts;
}

bool DbtRun::succeeded() const {
  for (const DbtNodeResult& node : nodes) {
    if (IsFailure(node.status)) return false;
  }
  return true;
}

DbtRun ParseDbtRun(std::string_view text, const std::string& source) {
  Json json = ParseJson(text, source);
  auto corrupt = [&] {
    return Error(ErrorCode::kCorrupt, fmt::format("{} holds no results of a dbt run", source));
  };
  if (!json.is_object() || !json.contains("results") || !json["results"].is_array()) {
    throw corrupt();
  }
  DbtRun run;
  if (json.contains("metadata") && json["metadata"].is_object()) {
    run.ended_ms = MillisOf(TextOf(json["metadata"], "generated_at"));
  }
  if (json.contains("args") && json["args"].is_object())
    run.command = TextOf(json["args"], "which");
  run.seconds = NumberOf(json, "elapsed_time");
  for (const Json& result : json["results"]) {
    if (!result.is_object()) throw corrupt();
    run.nodes.push_back({TextOf(result, "unique_id"), TextOf(result, "status"),
                         NumberOf(result, "execution_time"), TextOf(result, "message")});
  }
  return run;
}

std::vector<DbtRuns::Run> DbtRuns::Latest() {
  io::FileSystem& disk = io::LocalFileSystem();
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Run> runs;
  for (const DbtProject& project : projects_) {
    Read& read = read_[project.name];
    read.run.project = project.name;
    std::string path = project.target + kFile;
    try {
      io::FileInfo file = disk.Stat(path);
      if (file.modified_micros != read.modified_micros || file.size != read.size) {
        read.modified_micros = file.modified_micros;
        read.size = file.size;
        read.run.error.clear();
        read.run.run = std::make_shared<const DbtRun>(ParseDbtRun(disk.Read(path), path));
      }
    } catch (const Error& error) {
      read.run.run = nullptr;
      read.run.error = error.message();
    }
    runs.push_back(read.run);
  }
  return runs;
}

void WriteDbtMetrics(PrometheusText& text, const std::vector<DbtRuns::Run>& runs) {
  if (runs.empty()) return;
  auto family = [&](std::string_view name, std::string_view help, const auto& value) {
    text.Family(name, "gauge", help);
    for (const DbtRuns::Run& run : runs) {
      if (run.run) text.Sample({{"project", run.project}}, value(*run.run));
    }
  };
  family("eider_dbt_run_end_seconds", "When a project's last run ended, since 1970.",
         [](const DbtRun& run) { return static_cast<double>(run.ended_ms) / kMillis; });
  family("eider_dbt_run_duration_seconds", "How long a project's last run took.",
         [](const DbtRun& run) { return run.seconds; });
  family("eider_dbt_run_success", "1 where nothing failed in a project's last run, else 0.",
         [](const DbtRun& run) { return run.succeeded() ? 1.0 : 0.0; });
  text.Family("eider_dbt_run_nodes", "gauge", "Nodes of a project's last run by their outcome.");
  for (const DbtRuns::Run& run : runs) {
    if (!run.run) continue;
    for (const auto& [status, count] : run.run->Counts()) {
      text.Sample({{"project", run.project}, {"status", status}}, static_cast<double>(count));
    }
  }
}

}  // namespace eider::server
