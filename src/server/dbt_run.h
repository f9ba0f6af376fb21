// The last run of a dbt project, as its target/run_results.json tells: Eider's or dbt's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "server/prometheus_text.h"

namespace eider::server {

struct DbtNodeResult {
  std::string unique_id;  // "model.jaffle_shop.customers"
  std::string status;     // "success", "error", "pass", ..
  double seconds = 0;
  std::string message;
};

struct DbtRun {
  std::string command;  // "build"
  int64_t ended_ms = 0;
  double seconds = 0;
  std::vector<DbtNodeResult> nodes;

  // By status.
  std::map<std::string, size_t> Counts() const;
  // Whether nothing in it has failed.
  bool succeeded() const;
};

// Throws kCorrupt, kSyntax naming the source.
DbtRun ParseDbtRun(std::string_view text, const std::string& source);

struct DbtProject {
  std::string name;
  std::string target;  // the folder of run_results.json
};

// The runs of some projects, read anew when the files change. Safe from any thread.
class DbtRuns {
 public:
  explicit DbtRuns(std::vector<DbtProject> projects) : projects_(std::move(projects)) {}

  struct Run {
    std::string project;
    std::shared_ptr<const DbtRun> run;  // null where there is none yet, or it cannot be read
    std::string error;                  // why it cannot
  };
  std::vector<Run> Latest();

 private:
  struct Read {
    int64_t modified_micros = 0;
    int64_t size = 0;
    Run run;
  };

  std::vector<DbtProject> projects_;
  std::mutex mutex_;
  std::map<std::string, Read> read_;  // by project
};

void WriteDbtMetrics(PrometheusText& text, const std::vector<DbtRuns::Run>& runs);

}  // namespace eider::server
