#include "engine/file_rows.h"

#include <utility>

#include "duckdb/common/multi_file/multi_file_function.hpp"
#include "duckdb/execution/execution_context.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/parallel/thread_context.hpp"
#include "engine/parquet_scan.h"

namespace eider::engine {

void ReadFileRows(duckdb::ClientContext& context, const ScannedTable& table,
                  const std::string& file_kind, const iceberg::Schema& schema,
                  iceberg::FileScanTask task,
                  const std::function<void(duckdb::DataChunk&)>& visit) {
  auto read = duckdb::make_shared_ptr<ScannedTable>();
  read->version = table.version;
  read->version.schema = &schema;
  read->name = table.name;
  read->file_kind = file_kind;
  read->files = table.files;
  task.deletes.clear();

  // DuckDB's own way through a table function, in this thread and inside the query that waits for
  // it: another query would need a transaction, and threads, of its own.
  duckdb::TableFunction function = MakeParquetScan(context, read);
  auto bind_data = BindParquetScan(context, function);
  auto& multi_file = bind_data->Cast<duckdb::MultiFileBindData>();
  multi_file.file_list =
      duckdb::make_shared_ptr<DataFileList>(read, DataFileList::Tasks{std::move(task)});
  duckdb::vector<duckdb::column_t> column_ids;
  for (size_t i = 0; i < multi_file.types.size(); ++i) column_ids.push_back(i);
  duckdb::TableFunctionInitInput init(bind_data.get(), column_ids, {}, nullptr);
  auto global_state = function.init_global(context, init);
  duckdb::ThreadContext thread(context);
  duckdb::ExecutionContext execution(context, thread, nullptr);
  auto local_state = function.init_local(execution, init, global_state.get());

  duckdb::DataChunk chunk;
  chunk.Initialize(context, multi_file.types);
  while (true) {
    if (context.IsInterrupted()) throw duckdb::InterruptException();
    duckdb::TableFunctionInput input(bind_data.get(), local_state.get(), global_state.get());
    chunk.Reset();
    function.function(context, input, chunk);
    if (chunk.size() == 0) return;
    visit(chunk);
  }
}

}  // namespace eider::engine
