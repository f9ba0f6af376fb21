// The data files of one version of a table, as DuckDB's list of files to scan.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/common/multi_file/multi_file_list.hpp"
#include "duckdb/function/table_function.hpp"
#include "engine/table_entry.h"
#include "iceberg/scan.h"
#include "io/file_system.h"

namespace eider::engine {

// Rows of the row groups DuckDB writes.
constexpr int64_t kRowGroupRows = 122'880;

// The extended option of a listed file that gives its number of rows.
constexpr char kRowCountOption[] = "eider_row_count";

// What a scan reads, shared by everything that takes part in it.
struct ScannedTable : public duckdb::TableFunctionInfo {
  TableVersion version;
  std::string name;                     // for errors
  std::string file_kind = "data file";  // what is read, for errors
  io::FileSystem* files = nullptr;
  TableEntry* entry = nullptr;  // lives as long as the transaction
  // The Parquet scan's own.
  duckdb::table_function_t scan = nullptr;
  duckdb::table_function_pushdown_complex_filter_t pushdown_filters = nullptr;
  duckdb::table_function_pushdown_expression_t pushdown_expression = nullptr;
};

// Manifests are read when the first file is asked for, by which time DuckDB has usually handed over
// the filters that prune them. Safe from any thread.
class DataFileList : public duckdb::MultiFileList {
 public:
  using Tasks = std::vector<iceberg::FileScanTask>;

  DataFileList(duckdb::shared_ptr<ScannedTable> table, iceberg::Predicate predicate);
  // A list of those files alone.
  DataFileList(duckdb::shared_ptr<ScannedTable> table, Tasks tasks);

  const ScannedTable& table() const { return *table_; }
  // Throws kUnsupported where a file cannot be read as it ought to be, and what reading manifests
  // throws.
  const Tasks& tasks() const;
  // The rows of the files, deleted ones included.
  int64_t RowCount() const;
  // The rows a scan gives; nullopt where that is not known without reading the deletes.
  std::optional<int64_t> RemainingRows() const;

  duckdb::unique_ptr<duckdb::MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      duckdb::MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      const duckdb::vector<duckdb::string>& names, const duckdb::vector<duckdb::LogicalType>& types,
      const duckdb::vector<duckdb::column_t>& column_ids,
      duckdb::TableFilterSet& filters) const override;

  duckdb::vector<duckdb::OpenFileInfo> GetAllFiles() const override;
  duckdb::FileExpandResult GetExpandResult() const override;
  duckdb::idx_t GetTotalFileCount() const override;
  duckdb::unique_ptr<duckdb::NodeStatistics> GetCardinality(
      duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> Copy() const override;

 protected:
  duckdb::OpenFileInfo GetFile(duckdb::idx_t i) const override;

 private:
  std::shared_ptr<const Tasks> Plan() const;

  duckdb::shared_ptr<ScannedTable> table_;
  iceberg::Predicate predicate_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Tasks> tasks_;
};

}  // namespace eider::engine
