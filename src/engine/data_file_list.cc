#include "engine/data_file_list.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "duckdb/storage/statistics/node_statistics.hpp"
#include "engine/duckdb_error.h"
#include "engine/scan_filter.h"
#include "iceberg/delete_index.h"

namespace eider::engine {

namespace {

void RequireReadable(const ScannedTable& table, const iceberg::FileScanTask& task) {
  auto require = [&](const char* kind, const iceberg::DataFile& file) {
    if (file.file_format == "PARQUET" || iceberg::IsDeletionVector(file)) return;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("table {} has the {} {} in the format {}; only Parquet is read",
                            table.name, kind, file.file_path, file.file_format));
  };
  require("data file", *task.file);
  for (const auto& deletes : task.deletes) require("delete file", *deletes);
}

duckdb::OpenFileInfo OpenInfo(const iceberg::DataFile& file) {
  duckdb::OpenFileInfo info(io::PathOf(file.file_path));
  info.extended_info = duckdb::make_shared_ptr<duckdb::ExtendedOpenFileInfo>();
  // Data files never change, so what DuckDB has cached of one needs no look at the file.
  info.extended_info->options["validate_external_file_cache"] = duckdb::Value::BOOLEAN(false);
  info.extended_info->options[kRowCountOption] = duckdb::Value::BIGINT(file.record_count);
  if (io::IsOnS3(info.path)) {
    // With all three httpfs does not ask for them. Of what never changes, two may be any.
    info.extended_info->options["file_size"] =
        duckdb::Value::UBIGINT(static_cast<uint64_t>(file.file_size_in_bytes));
    info.extended_info->options["etag"] = duckdb::Value("");
    info.extended_info->options["last_modified"] = duckdb::Value::TIMESTAMP(duckdb::timestamp_t(0));
  }
  return info;
}

}  // namespace

DataFileList::DataFileList(duckdb::shared_ptr<ScannedTable> table, iceberg::Predicate predicate)
    : table_(std::move(table)), predicate_(std::move(predicate)) {}

DataFileList::DataFileList(duckdb::shared_ptr<ScannedTable> table, Tasks tasks)
    : table_(std::move(table)), tasks_(std::make_shared<const Tasks>(std::move(tasks))) {}

std::shared_ptr<const DataFileList::Tasks> DataFileList::Plan() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (tasks_) return tasks_;
  const TableVersion& version = table_->version;
  Tasks tasks;
  if (version.snapshot != nullptr) {
    tasks = iceberg::PlanFiles(*version.metadata, *version.snapshot, *version.schema, predicate_,
                               *table_->files);
    for (const iceberg::FileScanTask& task : tasks) RequireReadable(*table_, task);
  }
  tasks_ = std::make_shared<const Tasks>(std::move(tasks));
  return tasks_;
}

const DataFileList::Tasks& DataFileList::tasks() const {
  return AtBorder([&]() -> const Tasks& { return *Plan(); });
}

int64_t DataFileList::RowCount() const {
  int64_t rows = 0;
  for (const iceberg::FileScanTask& task : tasks()) rows += task.file->record_count;
  return rows;
}

std::optional<int64_t> DataFileList::RemainingRows() const {
  int64_t rows = 0;
  for (const iceberg::FileScanTask& task : tasks()) {
    rows += task.file->record_count;
    // A deletion vector's count is of rows of this very file. Those of other deletes may count a
    // row twice, or one that is in no file.
    for (const auto& deletes : task.deletes) {
      if (!iceberg::IsDeletionVector(*deletes)) return std::nullopt;
      rows -= deletes->record_count;
    }
  }
  return rows;
}

duckdb::unique_ptr<duckdb::MultiFileList> DataFileList::ComplexFilterPushdown(
    duckdb::ClientContext&, const duckdb::MultiFileOptions&, duckdb::MultiFilePushdownInfo& info,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const {
  auto predicate = ToPredicate(*table_->version.schema, info, filters);
  if (predicate.is_true()) return nullptr;
  return duckdb::make_uniq<DataFileList>(
      table_, iceberg::Predicate::And({predicate_, std::move(predicate)}));
}

duckdb::unique_ptr<duckdb::MultiFileList> DataFileList::DynamicFilterPushdown(
    duckdb::ClientContext&, const duckdb::MultiFileOptions&, const duckdb::vector<duckdb::string>&,
    const duckdb::vector<duckdb::LogicalType>&, const duckdb::vector<duckdb::column_t>& column_ids,
    duckdb::TableFilterSet& filters) const {
  const TableVersion& version = table_->version;
  auto predicate = ToPredicate(*version.schema, column_ids, filters);
  if (predicate.is_true()) return nullptr;
  Tasks kept;
  for (const iceberg::FileScanTask& task : tasks()) {
    const iceberg::PartitionSpec* spec = version.metadata->SpecById(task.spec_id);
    if (iceberg::MightMatch(predicate, *task.file, *version.schema, *spec)) kept.push_back(task);
  }
  if (kept.size() == tasks().size()) return nullptr;
  auto narrowed = duckdb::make_uniq<DataFileList>(
      table_, iceberg::Predicate::And({predicate_, std::move(predicate)}));
  narrowed->tasks_ = std::make_shared<const Tasks>(std::move(kept));
  return narrowed;
}

duckdb::vector<duckdb::OpenFileInfo> DataFileList::GetAllFiles() const {
  duckdb::vector<duckdb::OpenFileInfo> files;
  for (duckdb::idx_t i = 0; i < tasks().size(); ++i) files.push_back(GetFile(i));
  return files;
}

// DuckDB takes "a single file" to mean "no more threads than its first reader has row groups", and
// here no reader has been opened yet. A scan of one row group is over before a second thread has
// begun.
duckdb::FileExpandResult DataFileList::GetExpandResult() const {
  if (tasks().empty()) return duckdb::FileExpandResult::NO_FILES;
  return RowCount() <= kRowGroupRows ? duckdb::FileExpandResult::SINGLE_FILE
                                     : duckdb::FileExpandResult::MULTIPLE_FILES;
}

duckdb::idx_t DataFileList::GetTotalFileCount() const { return tasks().size(); }

duckdb::unique_ptr<duckdb::NodeStatistics> DataFileList::GetCardinality(
    duckdb::ClientContext&) const {
  auto rows = static_cast<duckdb::idx_t>(RemainingRows().value_or(RowCount()));
  return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
}

duckdb::unique_ptr<duckdb::MultiFileList> DataFileList::Copy() const {
  auto copy = duckdb::make_uniq<DataFileList>(table_, predicate_);
  std::lock_guard<std::mutex> lock(mutex_);
  copy->tasks_ = tasks_;
  return copy;
}

duckdb::OpenFileInfo DataFileList::GetFile(duckdb::idx_t i) const {
  if (i >= tasks().size()) return duckdb::OpenFileInfo("");
  return AtBorder([&] { return OpenInfo(*tasks()[i].file); });
}

}  // namespace eider::engine
