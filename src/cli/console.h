// Where events go: lines on standard output, with a live line on a terminal, and the log file.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "cli/arguments.h"
#include "cli/event_text.h"
#include "cli/log_file.h"
#include "cli/progress_line.h"
#include "dbt/events.h"

namespace eider::cli {

class Console : public dbt::EventSink {
 public:
  // By --log-format, --log-level, --quiet, --debug, --use-colors, --print and their kin.
  explicit Console(const Arguments& arguments);
  ~Console() override;

  void Emit(const dbt::Event& event) override;
  bool Wants(dbt::EventLevel level) const override;

  // In JSON lines and at the head of a run in the log file.
  void SetInvocation(const std::string& id);
  // From here on the log file is written, beginning with what was said until now.
  void OpenLog(const std::filesystem::path& folder);

 private:
  struct Threshold {
    dbt::EventLevel level = dbt::EventLevel::kInfo;
    bool off = false;
    bool Passes(dbt::EventLevel other) const { return !off && other >= level; }
  };

  static Threshold ThresholdFrom(const std::string& name);
  bool IsPrinted(const dbt::Event& event) const;
  // Both with mutex_ held.
  void ClearProgress();
  void DrawProgress();
  void KeepDrawing();

  EventStyle console_style_;
  EventStyle file_style_;
  Threshold console_threshold_;
  Threshold file_threshold_;
  bool quiet_ = false;
  bool prints_ = true;

  std::mutex mutex_;
  LogFile log_;
  ProgressLine progress_;
  bool live_ = false;  // standard output is a terminal that shows the progress line
  bool progress_drawn_ = false;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread drawer_;
};

}  // namespace eider::cli
