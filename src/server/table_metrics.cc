#include "server/table_metrics.h"

#include <functional>
#include <optional>

#include "base/error.h"

namespace eider::server {

namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

void TableMetrics::Update(const std::vector<Warehouse>& warehouses, size_t tables,
                          std::chrono::milliseconds patience) {
  Clock::time_point deadline = Clock::now() + patience;
  std::map<Name, Known> next;
  size_t named = 0;
  for (const Warehouse& warehouse : warehouses) {
    auto snapshot = warehouse.catalog->Snapshot();
    for (const auto& [identifier, entry] : snapshot->entries) {
      if (entry.kind != catalog::EntityKind::kTable) continue;
      if (named++ == tables) break;
      Name name{warehouse.name, identifier};
      auto before = known_.find(name);
      bool is_known = before != known_.end();
      bool is_current = is_known && before->second.location == entry.metadata_location;
      if (!is_current && Clock::now() < deadline) {
        try {
          const std::string& location = entry.metadata_location;
          auto metadata = warehouse.catalog->LoadTable(location);
          next[name] = {location, FiguresOf(*metadata, location, warehouse.catalog->files())};
          continue;
        } catch (const Error&) {
          // Dropped meanwhile, or damaged; `eider catalog check` tells of that.
          is_known = false;
        }
      }
      if (is_known) next[name] = std::move(before->second);
    }
  }
  known_ = std::move(next);
}

void TableMetrics::Write(PrometheusText& text, const std::vector<Warehouse>& warehouses,
                         size_t tables, std::chrono::milliseconds patience) {
  std::lock_guard<std::mutex> lock(mutex_);
  text.Family("eider_catalog_entries", "gauge", "Tables, views and namespaces of a warehouse.");
  for (const Warehouse& warehouse : warehouses) {
    auto snapshot = warehouse.catalog->Snapshot();
    size_t views = 0;
    for (const auto& [identifier, entry] : snapshot->entries) {
      if (entry.kind == catalog::EntityKind::kView) ++views;
    }
    auto sample = [&](std::string_view kind, size_t count) {
      text.Sample({{"warehouse", warehouse.name}, {"kind", kind}}, static_cast<double>(count));
    };
    sample("table", snapshot->entries.size() - views);
    sample("view", views);
    sample("namespace", snapshot->namespaces.size());
  }
  Update(warehouses, tables, patience);
  auto family = [&](std::string_view name, std::string_view help,
                    const std::function<std::optional<int64_t>(const TableFigures&)>& value) {
    text.Family(name, "gauge", help);
    for (const auto& [table, known] : known_) {
      std::optional<int64_t> figure = value(known.figures);
      if (!figure) continue;
      text.Sample({{"warehouse", table.first},
                   {"namespace", catalog::NamespaceText(table.second.name_space)},
                   {"table", table.second.name}},
                  static_cast<double>(*figure));
    }
  };
  family("eider_table_snapshots", "Snapshots that a table keeps.",
         [](const TableFigures& figures) { return std::optional(figures.snapshots); });
  family("eider_table_records", "Rows of a table's current snapshot, deleted ones included.",
         [](const TableFigures& figures) { return figures.records; });
  family("eider_table_data_files", "Data files of a table's current snapshot.",
         [](const TableFigures& figures) { return figures.data_files; });
  family("eider_table_delete_files", "Delete files of a table's current snapshot.",
         [](const TableFigures& figures) { return figures.delete_files; });
  family("eider_table_file_bytes", "Size of the files of a table's current snapshot.",
         [](const TableFigures& figures) { return figures.file_bytes; });
  family("eider_table_metadata_bytes",
         "Size of a table's metadata file, manifest list and manifests.",
         [](const TableFigures& figures) { return std::optional(figures.metadata_bytes); });
}

}  // namespace eider::server
