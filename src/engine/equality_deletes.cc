#include "engine/equality_deletes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/loaded_once.h"
#include "duckdb/common/types/vector.hpp"
#include "engine/file_rows.h"

namespace eider::engine {

namespace {

using iceberg::NestedField;
using iceberg::TypeId;

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Keys = std::unordered_set<std::string, TextHash, std::equal_to<>>;

// Counted in deletes, which take some hundred bytes each.
LoadedOnce<Keys>& Cache() {
  static LoadedOnce<Keys> cache(2U << 20);
  return cache;
}

// Where a key column is: the index of a column, then of a field in each struct below it.
using Path = std::vector<size_t>;

// What to read of a file to know the keys of its rows.
struct KeyColumns {
  iceberg::Schema schema;
  std::vector<Path> paths;
};

bool Holds(const NestedField& field, int32_t id) {
  if (field.id == id) return true;
  return field.type->id == TypeId::kStruct &&
         std::any_of(field.type->fields.begin(), field.type->fields.end(),
                     [&](const NestedField& child) { return Holds(child, id); });
}

// The column that is, or holds, the field: of the current schema, else of the newest that had it.
const NestedField* ColumnWith(const iceberg::TableMetadata& metadata, int32_t id) {
  auto find = [&](const iceberg::Schema& schema) -> const NestedField* {
    for (const NestedField& field : schema.fields) {
      if (Holds(field, id)) return &field;
    }
    return nullptr;
  };
  if (const NestedField* column = find(metadata.CurrentSchema())) return column;
  for (auto schema = metadata.schemas.rbegin(); schema != metadata.schemas.rend(); ++schema) {
    if (const NestedField* column = find(*schema)) return column;
  }
  return nullptr;
}

KeyColumns ColumnsOf(const ScannedTable& table, const iceberg::DataFile& deletes) {
  KeyColumns columns;
  auto refuse = [&](ErrorCode code, const std::string& reason) {
    throw Error(
        code, fmt::format("delete file {} of table {} {}", deletes.file_path, table.name, reason));
  };
  if (deletes.equality_ids.empty()) {
    refuse(ErrorCode::kCorrupt, "does not say by which columns it deletes");
  }
  for (int32_t id : deletes.equality_ids) {
    const NestedField* field = ColumnWith(*table.version.metadata, id);
    if (field == nullptr) {
      refuse(ErrorCode::kUnsupported,
             fmt::format("deletes by field {}, which is no column, nor in a struct", id));
    }
    Path path;
    auto known = std::find_if(columns.schema.fields.begin(), columns.schema.fields.end(),
                              [&](const NestedField& column) { return column.id == field->id; });
    path.push_back(static_cast<size_t>(known - columns.schema.fields.begin()));
    if (known == columns.schema.fields.end()) columns.schema.fields.push_back(*field);
    while (field->id != id) {
      const auto& children = field->type->fields;
      auto child = std::find_if(children.begin(), children.end(),
                                [&](const NestedField& each) { return Holds(each, id); });
      path.push_back(static_cast<size_t>(child - children.begin()));
      field = &*child;
    }
    if (field->type->is_nested()) {
      refuse(ErrorCode::kUnsupported,
             fmt::format("deletes by {}, a {}", field->name, field->type->ToString()));
    }
    columns.paths.push_back(std::move(path));
  }
  return columns;
}

// The values of one key column in a chunk.
class KeyValues {
 public:
  KeyValues(duckdb::DataChunk& chunk, const Path& path) {
    duckdb::Vector* vector = &chunk.data[path[0]];
    for (size_t i = 1; i < path.size(); ++i) {
      vector->Flatten(chunk.size());
      parents_.push_back(duckdb::FlatVector::Validity(*vector));
      vector = duckdb::StructVector::GetEntries(*vector)[path[i]].get();
    }
    vector->ToUnifiedFormat(chunk.size(), values_);
    type_ = vector->GetType().InternalType();
    width_ = duckdb::GetTypeIdSize(type_);
  }

  // Appends a form of the row's value that no other value has, and null a form of its own.
  void Append(duckdb::idx_t row, std::string& key) const {
    auto index = values_.sel->get_index(row);
    bool is_null = !values_.validity.RowIsValid(index) ||
                   std::any_of(parents_.begin(), parents_.end(),
                               [&](const auto& parent) { return !parent.RowIsValid(row); });
    key.push_back(is_null ? '\0' : '\1');
    if (is_null) return;
    switch (type_) {
      case duckdb::PhysicalType::VARCHAR: {
        const auto& text = reinterpret_cast<const duckdb::string_t*>(values_.data)[index];
        AppendBytes(text.GetSize(), key);
        key.append(text.GetData(), text.GetSize());
        break;
      }
      case duckdb::PhysicalType::FLOAT:
        AppendReal(reinterpret_cast<const float*>(values_.data)[index], key);
        break;
      case duckdb::PhysicalType::DOUBLE:
        AppendReal(reinterpret_cast<const double*>(values_.data)[index], key);
        break;
      default:
        key.append(reinterpret_cast<const char*>(values_.data) + index * width_, width_);
        break;
    }
  }

 private:
  template <typename Value>
  static void AppendBytes(Value value, std::string& key) {
    key.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

  // NaN is one value, and so is zero.
  template <typename Real>
  static void AppendReal(Real value, std::string& key) {
    if (std::isnan(value)) value = std::numeric_limits<Real>::quiet_NaN();
    AppendBytes(value == 0 ? Real{0} : value, key);
  }

  std::vector<duckdb::ValidityMask> parents_;
  duckdb::UnifiedVectorFormat values_;
  duckdb::PhysicalType type_;
  size_t width_ = 0;
};

// Calls `visit` with the key of every row of a file, in its order.
template <typename Visit>
void VisitKeys(duckdb::ClientContext& context, const ScannedTable& table, const char* file_kind,
               const KeyColumns& columns, iceberg::FileScanTask task, Visit&& visit) {
  std::string key;
  ReadFileRows(context, table, file_kind, columns.schema, std::move(task),
               [&](duckdb::DataChunk& chunk) {
                 std::vector<KeyValues> values;
                 for (const Path& path : columns.paths) values.emplace_back(chunk, path);
                 for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
                   key.clear();
                   for (const KeyValues& column : values) column.Append(row, key);
                   visit(key);
                 }
               });
}

// The types the keys were read with tell two readings of one file apart: a column may be promoted.
std::string TypesOf(const KeyColumns& columns) {
  std::string types;
  for (const NestedField& field : columns.schema.fields) types += field.type->ToString() + "\n";
  return types;
}

std::shared_ptr<const Keys> LoadKeys(duckdb::ClientContext& context, const ScannedTable& table,
                                     const KeyColumns& columns,
                                     const std::shared_ptr<const iceberg::DataFile>& file,
                                     int32_t spec_id) {
  auto cost = static_cast<size_t>(file->record_count) + 64;
  return Cache().Get(TypesOf(columns) + file->file_path, cost, [&] {
    Keys keys;
    iceberg::FileScanTask task;
    task.file = file;
    task.spec_id = spec_id;
    VisitKeys(context, table, "delete file", columns, std::move(task),
              [&](const std::string& key) { keys.insert(key); });
    return keys;
  });
}

// The deletes of a group in one: tables that are written by upserts have some in every commit, and
// to look a row up in each of them would cost rows times commits.
struct GroupKeys {
  // Each key with the youngest delete of it. The texts are those of `files`.
  std::unordered_map<std::string_view, int64_t> youngest;
  std::vector<std::shared_ptr<const Keys>> files;
};

std::shared_ptr<const GroupKeys> LoadGroup(duckdb::ClientContext& context,
                                           const ScannedTable& table, const KeyColumns& columns,
                                           const iceberg::EqualityGroup& group) {
  // Counted as the keys are.
  static LoadedOnce<GroupKeys> cache(2U << 20);
  size_t cost = 64;
  for (const auto& each : group.files) cost += static_cast<size_t>(each.file->record_count);
  return cache.Get(TypesOf(columns) + group.identity, cost, [&] {
    GroupKeys keys;
    for (const auto& each : group.files) {
      keys.files.push_back(LoadKeys(context, table, columns, each.file, each.spec_id));
      for (const std::string& key : *keys.files.back()) {
        int64_t& youngest = keys.youngest[key];
        youngest = std::max(youngest, each.sequence_number);
      }
    }
    return keys;
  });
}

}  // namespace

void AddEqualityDeletes(duckdb::ClientContext& context, const ScannedTable& table,
                        const iceberg::FileScanTask& task, iceberg::DeletedRows& rows) {
  std::unordered_set<const iceberg::DataFile*> deletes;
  for (const auto& file : task.deletes) deletes.insert(file.get());
  for (const auto& group : task.equality_groups) {
    std::vector<const iceberg::DeleteFile*> applying;
    for (const auto& each : group->files) {
      if (deletes.contains(each.file.get())) applying.push_back(&each);
    }
    KeyColumns columns = ColumnsOf(table, *group->files[0].file);
    std::shared_ptr<const GroupKeys> all;
    std::vector<std::shared_ptr<const Keys>> some;
    // Not worth it where most of the group are older than the file.
    constexpr size_t kFew = 4;
    if (applying.size() > kFew && applying.size() * kFew > group->files.size()) {
      all = LoadGroup(context, table, columns, *group);
    } else {
      for (const auto* each : applying) {
        some.push_back(LoadKeys(context, table, columns, each->file, each->spec_id));
      }
    }
    auto is_deleted = [&](const std::string& key) {
      if (all) {
        auto found = all->youngest.find(key);
        return found != all->youngest.end() && found->second > task.sequence_number;
      }
      return std::any_of(some.begin(), some.end(),
                         [&](const auto& keys) { return keys->contains(key); });
    };
    uint64_t position = 0;
    VisitKeys(context, table, "data file", columns, task, [&](const std::string& key) {
      if (is_deleted(key)) rows.Add(position);
      ++position;
    });
  }
}

}  // namespace eider::engine
