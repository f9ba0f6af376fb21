// Figures of the tables of warehouses, for /metrics.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "server/prometheus_text.h"
#include "server/table_figures.h"

namespace eider::server {

// Safe from any thread.
class TableMetrics {
 public:
  struct Warehouse {
    std::string name;
    std::shared_ptr<catalog::Catalog> catalog;
  };

  // Of no more than `tables` tables, the first by warehouse and name. One call reads metadata for
  // no longer than `patience`: of a table that has changed, the figures of before stand until then,
  // and those not read yet are left out.
  void Write(PrometheusText& text, const std::vector<Warehouse>& warehouses, size_t tables,
             std::chrono::milliseconds patience = std::chrono::milliseconds(200));

 private:
  struct Known {
    std::string location;
    TableFigures figures;
  };
  using Name = std::pair<std::string, catalog::TableIdentifier>;

  void Update(const std::vector<Warehouse>& warehouses, size_t tables,
              std::chrono::milliseconds patience);

  std::mutex mutex_;
  std::map<Name, Known> known_;
};

}  // namespace eider::server
