#include "engine/data_file_writer.h"

#include <atomic>
#include <filesystem>
#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/execution/operator/persistent/physical_copy_to_file.hpp"
#include "duckdb/main/client_context.hpp"
#include "engine/duckdb_error.h"
#include "engine/table_folder.h"
#include "io/file_system.h"

namespace eider::engine {

namespace {

// What the Parquet writer opens a file with; the same for all databases of the process.
std::atomic<duckdb::copy_to_initialize_global_t> open_parquet_file = nullptr;

// The folder was made when the statement began. Another one that failed meanwhile may have found it
// empty and removed it.
duckdb::unique_ptr<duckdb::GlobalFunctionData> OpenFileInItsFolder(duckdb::ClientContext& context,
                                                                   duckdb::FunctionData& bind_data,
                                                                   const std::string& path) {
  if (!io::IsOnS3(path)) {
    AtBorder([&] {
      io::LocalFileSystem().CreateDirectories(std::filesystem::path(path).parent_path().string());
    });
  }
  return open_parquet_file.load()(context, bind_data, path);
}

// DuckDB's copy operator, which makes the last folder of its path only.
class PhysicalDataFiles : public duckdb::PhysicalCopyToFile {
 public:
  using duckdb::PhysicalCopyToFile::PhysicalCopyToFile;

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override {
    AtBorder([&] { files->CreateDirectories(file_path); });
    return duckdb::PhysicalCopyToFile::GetGlobalSinkState(context);
  }

  io::FileSystem* files = nullptr;
};

std::vector<WrittenFile> ReadStatistics(duckdb::DataChunk& chunk) {
  std::vector<WrittenFile> files;
  for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
    WrittenFile file;
    file.path = chunk.GetValue(0, row).GetValue<std::string>();
    file.row_count = chunk.GetValue(1, row).GetValue<int64_t>();
    file.size_bytes = chunk.GetValue(2, row).GetValue<int64_t>();
    duckdb::Value statistics = chunk.GetValue(4, row);
    for (const duckdb::Value& entry : duckdb::MapValue::GetChildren(statistics)) {
      const auto& pair = duckdb::StructValue::GetChildren(entry);
      WrittenColumn& column = file.columns[pair[0].GetValue<std::string>()];
      for (const duckdb::Value& statistic : duckdb::MapValue::GetChildren(pair[1])) {
        const auto& name_and_value = duckdb::StructValue::GetChildren(statistic);
        std::string name = name_and_value[0].GetValue<std::string>();
        std::string value = name_and_value[1].GetValue<std::string>();
        if (name == "min") column.min = value;
        if (name == "max") column.max = value;
        if (name == "null_count") column.null_count = std::stoll(value);
        if (name == "num_values") column.value_count = std::stoll(value);
        if (name == "column_size_bytes") column.size_bytes = std::stoll(value);
        if (name == "has_nan") column.has_nan = value == "true";
      }
    }
    files.push_back(std::move(file));
  }
  return files;
}

class CollectState : public duckdb::GlobalSinkState {
 public:
  CollectState(io::FileSystem& storage, std::string folder, std::string file_prefix)
      : storage_(storage), folder_(std::move(folder)), file_prefix_(std::move(file_prefix)) {}

  ~CollectState() override {
    if (finished) return;
    // The statement failed: its files are known to nobody and are removed, as far as that goes.
    try {
      std::vector<std::string> left;
      for (const io::FileInfo& file : storage_.List(folder_)) {
        size_t name = file.path.rfind('/') + 1;
        if (file.path.compare(name, file_prefix_.size(), file_prefix_) == 0) {
          left.push_back(file.path);
        }
      }
      RemoveUnnamedFiles(storage_, left);
      RemoveIfEmpty(storage_, folder_);
    } catch (const Error&) {
      // What could not be removed is an orphan, which `eider catalog check` lists.
    }
  }

  std::vector<WrittenFile> files;
  int64_t row_count = 0;
  bool finished = false;

 private:
  io::FileSystem& storage_;
  std::string folder_;
  std::string file_prefix_;
};

// Receives the statistics of the files below it and reports the rows they hold.
class PhysicalCollectFiles : public duckdb::PhysicalOperator {
 public:
  PhysicalCollectFiles(duckdb::PhysicalPlan& plan, io::FileSystem& storage, std::string folder,
                       std::string file_prefix, FilesWritten done,
                       duckdb::idx_t estimated_cardinality)
      : duckdb::PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION,
                                 {duckdb::LogicalType::BIGINT}, estimated_cardinality),
        storage_(storage),
        folder_(std::move(folder)),
        file_prefix_(std::move(file_prefix)),
        done_(std::move(done)) {}

  std::string GetName() const override { return "EIDER_WRITE"; }

  bool IsSink() const override { return true; }
  bool IsSource() const override { return true; }
  bool ParallelSink() const override { return false; }

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext&) const override {
    return duckdb::make_uniq<CollectState>(storage_, folder_, file_prefix_);
  }

  duckdb::SinkResultType Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override {
    auto& state = input.global_state.Cast<CollectState>();
    for (WrittenFile& file : ReadStatistics(chunk)) {
      state.row_count += file.row_count;
      if (file.row_count == 0) {
        // The copy operator writes one file even for no rows; an Iceberg table needs none.
        AtBorder([&] { storage_.Remove(file.path); });
        continue;
      }
      state.files.push_back(std::move(file));
    }
    return duckdb::SinkResultType::NEED_MORE_INPUT;
  }

  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override {
    auto& state = input.global_state.Cast<CollectState>();
    AtBorder([&] { done_(context, std::move(state.files)); });
    state.finished = true;
    return duckdb::SinkFinalizeType::READY;
  }

  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput&) const override {
    auto& state = sink_state->Cast<CollectState>();
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, duckdb::Value::BIGINT(state.row_count));
    return duckdb::SourceResultType::FINISHED;
  }

 private:
  io::FileSystem& storage_;
  std::string folder_;
  std::string file_prefix_;
  FilesWritten done_;
};

}  // namespace

duckdb::PhysicalOperator& PlanDataFiles(duckdb::ClientContext& context,
                                        duckdb::PhysicalPlanGenerator& planner,
                                        duckdb::PhysicalOperator& input, DataFileOptions options,
                                        FilesWritten done) {
  auto& entry =
      duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::CopyFunctionCatalogEntry>(
          context, DEFAULT_SCHEMA, "parquet");
  duckdb::CopyFunction function = entry.function;
  open_parquet_file = function.copy_to_initialize_global;
  function.copy_to_initialize_global = OpenFileInItsFolder;

  duckdb::CopyInfo info;
  info.format = "parquet";
  info.is_from = false;
  info.options["compression"] = {duckdb::Value(options.compression)};
  if (options.compression_level) {
    info.options["compression_level"] = {duckdb::Value::BIGINT(*options.compression_level)};
  }
  info.options["field_ids"] = {options.field_ids};

  duckdb::vector<std::string> names(options.column_names.begin(), options.column_names.end());
  duckdb::vector<duckdb::LogicalType> types(options.column_types.begin(),
                                            options.column_types.end());
  duckdb::CopyFunctionBindInput bind_input(info, function.function_info);
  auto bind_data = function.copy_to_bind(context, bind_input, names, types);

  auto return_type = duckdb::CopyFunctionReturnType::WRITTEN_FILE_STATISTICS;
  auto& physical =
      planner.Make<PhysicalDataFiles>(duckdb::GetCopyFunctionReturnLogicalTypes(return_type),
                                      function, std::move(bind_data), input.estimated_cardinality);
  auto& copy = physical.Cast<PhysicalDataFiles>();
  copy.files = options.files;
  copy.file_path = options.folder;
  copy.use_tmp_file = false;
  copy.filename_pattern.SetFilenamePattern(options.file_prefix + "-{i}");
  copy.file_extension = "parquet";
  copy.overwrite_mode = duckdb::CopyOverwriteMode::COPY_APPEND;
  copy.per_thread_output = true;
  copy.rotate = options.target_file_size > 0;
  if (copy.rotate) copy.file_size_bytes = static_cast<duckdb::idx_t>(options.target_file_size);
  copy.return_type = return_type;
  copy.partition_output = false;
  copy.write_partition_columns = true;
  copy.write_empty_file = false;
  copy.hive_file_pattern = false;
  copy.names = names;
  copy.expected_types = types;
  copy.children.push_back(input);

  auto& collect =
      planner.Make<PhysicalCollectFiles>(*options.files, options.folder, options.file_prefix,
                                         std::move(done), input.estimated_cardinality);
  collect.children.push_back(copy);
  return collect;
}

}  // namespace eider::engine
