#include "engine/position_deletes.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/loaded_once.h"
#include "engine/file_rows.h"

namespace eider::engine {

namespace {

// Counted in deletes, which take up to some 16 bytes each.
LoadedOnce<PositionDeletes>& Cache() {
  static LoadedOnce<PositionDeletes> cache(16U << 20);
  return cache;
}

const iceberg::Schema& DeleteSchema() {
  static const iceberg::Schema schema = [] {
    iceberg::Schema made;
    made.fields.resize(2);
    made.fields[0].id = 2147483546;
    made.fields[0].name = "file_path";
    made.fields[0].type = iceberg::Type::Primitive(iceberg::TypeId::kString);
    made.fields[1].id = 2147483545;
    made.fields[1].name = "pos";
    made.fields[1].type = iceberg::Type::Primitive(iceberg::TypeId::kLong);
    return made;
  }();
  return schema;
}

// Neither the partitions nor the name mapping of the table hold for its position delete files.
const iceberg::TableMetadataPtr& PlainMetadata() {
  static const iceberg::TableMetadataPtr metadata = [] {
    auto made = std::make_shared<iceberg::TableMetadata>();
    made->partition_specs.emplace_back();
    return made;
  }();
  return metadata;
}

PositionDeletes Read(duckdb::ClientContext& context, const ScannedTable& table,
                     const iceberg::DataFile& file) {
  ScannedTable plain = table;
  plain.version.metadata = PlainMetadata();
  iceberg::FileScanTask task;
  task.file = std::make_shared<const iceberg::DataFile>(file);
  PositionDeletes deletes;
  iceberg::DeletedRows* rows = nullptr;
  std::string path;
  ReadFileRows(
      context, plain, "delete file", DeleteSchema(), std::move(task),
      [&](duckdb::DataChunk& chunk) {
        duckdb::UnifiedVectorFormat paths;
        duckdb::UnifiedVectorFormat positions;
        chunk.data[0].ToUnifiedFormat(chunk.size(), paths);
        chunk.data[1].ToUnifiedFormat(chunk.size(), positions);
        const auto* path_data = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(paths);
        const auto* position_data = duckdb::UnifiedVectorFormat::GetData<int64_t>(positions);
        for (duckdb::idx_t i = 0; i < chunk.size(); ++i) {
          auto path_index = paths.sel->get_index(i);
          auto position_index = positions.sel->get_index(i);
          if (!paths.validity.RowIsValid(path_index) ||
              !positions.validity.RowIsValid(position_index) || position_data[position_index] < 0) {
            throw Error(ErrorCode::kCorrupt,
                        fmt::format("delete file {} of table {} has a row without file "
                                    "or position",
                                    file.file_path, table.name));
          }
          const duckdb::string_t& text = path_data[path_index];
          std::string_view view(text.GetData(), text.GetSize());
          // Rows are sorted by file.
          if (rows == nullptr || view != path) {
            path = view;
            rows = &deletes[path];
          }
          rows->Add(static_cast<uint64_t>(position_data[position_index]));
        }
      });
  return deletes;
}

}  // namespace

std::shared_ptr<const PositionDeletes> LoadPositionDeletes(duckdb::ClientContext& context,
                                                           const ScannedTable& table,
                                                           const iceberg::DataFile& file) {
  return Cache().Get(file.file_path, static_cast<size_t>(file.record_count) + 64,
                     [&] { return Read(context, table, file); });
}

}  // namespace eider::engine
