// Writes the rows of a plan into new Parquet data files with DuckDB's own copy operator, and
// gathers what the Parquet writer knows of each file. No row passes through our code.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/common/types/value.hpp"
#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "io/file_system.h"

namespace eider::engine {

// What the writer knows of one leaf column of one file. Minimum and maximum are in DuckDB's text
// form.
struct WrittenColumn {
  std::optional<std::string> min;
  std::optional<std::string> max;
  std::optional<int64_t> value_count;
  std::optional<int64_t> null_count;
  std::optional<int64_t> size_bytes;
  bool has_nan = false;
};

struct WrittenFile {
  std::string path;  // as io::PathOf has it
  int64_t row_count = 0;
  int64_t size_bytes = 0;
  // By path in the Parquet schema, each part in double quotes: "a"."element".
  std::map<std::string, WrittenColumn> columns;
};

struct DataFileOptions {
  io::FileSystem* files = nullptr;  // makes the folder and removes what failed; not owned
  std::string folder;               // absolute; made with its parents when the first row arrives
  std::string file_prefix;  // unique to this statement: what a failed one leaves is found by it
  std::string compression;  // zstd, snappy, gzip, lz4, uncompressed, brotli
  std::optional<int64_t> compression_level;
  int64_t target_file_size = 0;  // bytes
  std::vector<std::string> column_names;
  std::vector<duckdb::LogicalType> column_types;
  duckdb::Value field_ids;  // DuckDB's FIELD_IDS option: a struct by column name
};

// Called once, when all files are closed and before the statement answers. Throws to fail it.
using FilesWritten =
    std::function<void(duckdb::ClientContext& context, std::vector<WrittenFile> files)>;

// An operator over `input` that writes its rows, calls `done`, and answers with the row count.
// Files of a statement that fails on the way are removed.
duckdb::PhysicalOperator& PlanDataFiles(duckdb::ClientContext& context,
                                        duckdb::PhysicalPlanGenerator& planner,
                                        duckdb::PhysicalOperator& input, DataFileOptions options,
                                        FilesWritten done);

}  // namespace eider::engine
