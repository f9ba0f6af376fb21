// What a transaction does to one table, as steps that can be made again on what the table is by
// then.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace eider::engine {

// One change to a table. `current` is nullptr where the table does not exist yet. Throws kConflict
// where it cannot be made on `current`.
using TableStep =
    std::function<std::vector<iceberg::TableUpdate>(const iceberg::TableMetadata* current)>;

// The metadata that `updates` make of `base` (nullptr for a new table).
iceberg::TableMetadataPtr ApplyUpdates(const iceberg::TableMetadata* base,
                                       const std::vector<iceberg::TableUpdate>& updates);

// A table with steps made on it. Of schemas that follow each other with nothing written in between,
// such as those of a comment on each of a hundred columns, only the last is kept.
class SteppedTable {
 public:
  SteppedTable() = default;
  explicit SteppedTable(iceberg::TableMetadataPtr base) : table_(std::move(base)) {}
  SteppedTable(iceberg::TableMetadataPtr base, const std::vector<TableStep>& steps);

  // The table as it is now; nullptr for none.
  const iceberg::TableMetadataPtr& table() const { return table_; }
  // What leads from the base to it.
  const std::vector<iceberg::TableUpdate>& updates() const { return updates_; }

  // Throws what the step throws, and is as it was then.
  void Make(const TableStep& step);

 private:
  iceberg::TableMetadataPtr table_;
  std::vector<iceberg::TableUpdate> updates_;
  // The table before its latest schema, and where in `updates_` that stands; null where something
  // may refer to it.
  iceberg::TableMetadataPtr before_schema_;
  std::ptrdiff_t schema_at_ = 0;
};

}  // namespace eider::engine
