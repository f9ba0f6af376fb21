#include "engine/row_deletes.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/lru_cache.h"
#include "engine/equality_deletes.h"
#include "engine/position_deletes.h"
#include "iceberg/delete_index.h"
#include "iceberg/deletion_vector.h"

namespace eider::engine {

namespace {

using iceberg::DataFile;
using iceberg::DeletedRows;

// By data file and the delete files that apply to it, counted in bytes.
LruCache<DeletedRows>& Cache() {
  static LruCache<DeletedRows> cache(256U << 20);
  return cache;
}

std::string KeyOf(const iceberg::FileScanTask& task) {
  std::string key = task.file->file_path;
  for (const auto& deletes : task.deletes) {
    key += '\n' + deletes->file_path + '#' + std::to_string(deletes->content_offset.value_or(0));
  }
  return key;
}

DeletedRows LoadVector(const ScannedTable& table, const DataFile& data, const DataFile& vector) {
  if (!vector.content_offset || !vector.content_size_in_bytes || *vector.content_offset < 0 ||
      *vector.content_size_in_bytes < 0) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("table {} does not say where in {} the deletion vector of {} is",
                            table.name, vector.file_path, data.file_path));
  }
  std::string blob = table.files->ReadRange(vector.file_path, *vector.content_offset,
                                            *vector.content_size_in_bytes);
  return iceberg::ReadDeletionVector(blob, data.record_count, vector.file_path);
}

DeletedRows Load(duckdb::ClientContext& context, const ScannedTable& table,
                 const iceberg::FileScanTask& task) {
  DeletedRows rows;
  for (const auto& deletes : task.deletes) {
    if (deletes->content == iceberg::FileContent::kEqualityDeletes) continue;
    if (iceberg::IsDeletionVector(*deletes)) {
      rows.AddAll(LoadVector(table, *task.file, *deletes));
    } else {
      auto positions = LoadPositionDeletes(context, table, *deletes);
      auto found = positions->find(task.file->file_path);
      if (found != positions->end()) rows.AddAll(found->second);
    }
  }
  AddEqualityDeletes(context, table, task, rows);
  return rows;
}

class RowFilter : public duckdb::DeleteFilter {
 public:
  explicit RowFilter(std::shared_ptr<const DeletedRows> rows) : rows_(std::move(rows)) {}

  duckdb::idx_t Filter(duckdb::row_t first, duckdb::idx_t count,
                       duckdb::SelectionVector& kept) override {
    kept.Initialize(STANDARD_VECTOR_SIZE);
    return rows_->KeptRows(static_cast<uint64_t>(first), count, kept.data());
  }

 private:
  std::shared_ptr<const DeletedRows> rows_;
};

}  // namespace

duckdb::unique_ptr<duckdb::DeleteFilter> MakeDeleteFilter(duckdb::ClientContext& context,
                                                          const ScannedTable& table,
                                                          const iceberg::FileScanTask& task) {
  std::string key = KeyOf(task);
  auto rows = Cache().Get(key);
  if (!rows) {
    rows = std::make_shared<const DeletedRows>(Load(context, table, task));
    Cache().Put(key, rows, key.size() + rows->MemoryBytes());
  }
  if (rows->empty()) return nullptr;
  return duckdb::make_uniq<RowFilter>(std::move(rows));
}

}  // namespace eider::engine
