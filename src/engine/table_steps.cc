#include "engine/table_steps.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "iceberg/metadata_builder.h"

namespace eider::engine {

namespace {

// Whether updates are the two of a new current schema.
bool IsNewSchema(const std::vector<iceberg::TableUpdate>& updates) {
  if (updates.size() != 2) return false;
  const auto* current = std::get_if<iceberg::SetCurrentSchema>(&updates[1]);
  return std::holds_alternative<iceberg::AddSchema>(updates[0]) && current != nullptr &&
         current->schema_id == iceberg::kLastAdded;
}

// Whether updates mean the same before another schema and after it.
bool ArePropertiesOnly(const std::vector<iceberg::TableUpdate>& updates) {
  return std::all_of(updates.begin(), updates.end(), [](const iceberg::TableUpdate& update) {
    return std::holds_alternative<iceberg::SetProperties>(update) ||
           std::holds_alternative<iceberg::RemoveProperties>(update);
  });
}

}  // namespace

iceberg::TableMetadataPtr ApplyUpdates(const iceberg::TableMetadata* base,
                                       const std::vector<iceberg::TableUpdate>& updates) {
  iceberg::TableMetadataBuilder builder =
      base != nullptr ? iceberg::TableMetadataBuilder(*base, "")
                      : iceberg::TableMetadataBuilder(iceberg::FormatVersionOf(updates));
  for (const iceberg::TableUpdate& update : updates) builder.Apply(update);
  return std::make_shared<const iceberg::TableMetadata>(builder.Build(NowMillis()));
}

SteppedTable::SteppedTable(iceberg::TableMetadataPtr base, const std::vector<TableStep>& steps)
    : table_(std::move(base)) {
  for (const TableStep& step : steps) Make(step);
}

void SteppedTable::Make(const TableStep& step) {
  std::vector<iceberg::TableUpdate> updates = step(table_.get());
  if (updates.empty()) return;
  bool is_schema = IsNewSchema(updates);
  if (is_schema && before_schema_) {
    // In the place of the one before.
    std::vector<iceberg::TableUpdate> made = updates_;
    std::move(updates.begin(), updates.end(), made.begin() + schema_at_);
    table_ = ApplyUpdates(before_schema_.get(), {made.begin() + schema_at_, made.end()});
    updates_ = std::move(made);
    return;
  }
  iceberg::TableMetadataPtr changed = ApplyUpdates(table_.get(), updates);
  if (is_schema) {
    before_schema_ = table_;
    schema_at_ = std::ssize(updates_);
  } else if (!ArePropertiesOnly(updates)) {
    before_schema_ = nullptr;
  }
  table_ = std::move(changed);
  updates_.insert(updates_.end(), updates.begin(), updates.end());
}

}  // namespace eider::engine
