#include "cli/resource_counts.h"

#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

namespace eider::cli {

std::string Counted(int64_t count, const std::string& noun) {
  if (count == 1) return "1 " + noun;
  if (noun == "test") return fmt::format("{} data tests", count);
  return fmt::format("{} {}", count, noun == "analysis" ? "analyses" : noun + "s");
}

std::string ResourceCounts(const dbt::Manifest& manifest) {
  // dbt lists them in the order in which it met them; ours is fixed.
  static const std::vector<std::pair<dbt::NodeType, std::string>> kNouns = {
      {dbt::NodeType::kModel, "model"},
      {dbt::NodeType::kSeed, "seed"},
      {dbt::NodeType::kSnapshot, "snapshot"},
      {dbt::NodeType::kAnalysis, "analysis"},
      {dbt::NodeType::kOperation, "operation"},
      {dbt::NodeType::kSqlOperation, "sql operation"},
      {dbt::NodeType::kTest, "test"}};
  std::map<dbt::NodeType, int64_t> counts;
  for (const auto& [id, node] : manifest.nodes) ++counts[node.type];
  std::string out;
  auto add = [&](size_t count, const std::string& noun) {
    if (count == 0) return;
    if (!out.empty()) out += ", ";
    out += Counted(static_cast<int64_t>(count), noun);
  };
  for (const auto& [type, noun] : kNouns) add(static_cast<size_t>(counts[type]), noun);
  add(manifest.sources.size(), "source");
  add(manifest.exposures.size(), "exposure");
  add(manifest.macros.size(), "macro");
  add(manifest.groups.size(), "group");
  return out;
}

void EmitFound(dbt::EventSink& sink, const dbt::Manifest& manifest) {
  std::string counts = ResourceCounts(manifest);
  dbt::EmitNote(sink, dbt::EventLevel::kInfo, "Found " + counts, "FoundStats", "W006",
                {{"stat_line", counts}});
}

}  // namespace eider::cli
