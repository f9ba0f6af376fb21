#include "engine/table_steps.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "iceberg/metadata_builder.h"

namespace eider::engine {

namespace {

// AddSchema and SetCurrentSchema, the two updates of a new current schema.
constexpr std::ptrdiff_t kSchemaUpdates = 2;

bool IsNewSchema(const std::vector<iceberg::TableUpdate>& updates) {
  if (std::ssize(updates) != kSchemaUpdates) return false;
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
    std::vector<iceberg::TableUpdate> made(updates_.begin(), updates_.begin() + schema_at_);
    std::vector<iceberg::TableUpdate> since = updates;
    since.insert(since.end(), updates_.begin() + schema_at_ + kSchemaUpdates, updates_.end());
    table_ = ApplyUpdates(before_schema_.get(), since);
    made.insert(made.end(), since.begin(), since.end());
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
