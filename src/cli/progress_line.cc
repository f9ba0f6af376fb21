#include "cli/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/display_width.h"

namespace eider::cli {

void ProgressLine::Note(const dbt::Event& event) {
  auto info = event.data.find("node_info");
  if (info == event.data.end() || !info->is_object()) return;
  std::string id = info->value("unique_id", "");
  if (event.name == "LogStartLine") {
    total_ = event.data.value("total", total_);
    running_[id] = {info->value("node_name", id), event.micros};
    return;
  }
  // Every kind of node has its own event for its end; all of them say which of how many it was.
  bool ends = event.data.contains("index") &&
              (event.data.contains("execution_time") || event.name == "SkippingDetails");
  if (!ends) return;
  if (running_.erase(id) > 0 || event.name == "SkippingDetails") ++done_;
}

std::string ProgressLine::Text(int64_t now, size_t width) const {
  if (running_.empty()) return "";
  std::vector<const Running*> oldest;
  for (const auto& [id, running] : running_) oldest.push_back(&running);
  std::stable_sort(oldest.begin(), oldest.end(),
                   [](const Running* a, const Running* b) { return a->since < b->since; });
  std::string text = fmt::format("{} of {} | running {}:", done_, total_, running_.size());
  for (size_t i = 0; i < oldest.size(); ++i) {
    int64_t seconds = std::max<int64_t>(0, now - oldest[i]->since) / 1'000'000;
    text += fmt::format("{} {} {}s", i > 0 ? "," : "", oldest[i]->name, seconds);
  }
  return Truncate(Printable(text), width);
}

}  // namespace eider::cli
