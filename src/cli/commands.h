// The commands, a file each.
#pragma once

#include "cli/arguments.h"

namespace eider::cli {

// dbt's.
Command BuildCommand();
Command CleanCommand();
Command CompileCommand();
Command DebugCommand();
Command DepsCommand();
Command ListCommand();
Command ParseCommand();
Command RunCommand();
Command RunOperationCommand();
Command SeedCommand();
Command ShowCommand();
Command SnapshotCommand();
Command TestCommand();

// Eider's own.
Command CatalogCommand();
Command CompletionCommand();
Command ServeCommand();
Command SqlCommand();
Command TokenCommand();

// For other programs at a running server.
Command DuckDbCommand();
Command FlinkCommand();
Command PyIcebergCommand();
Command SparkCommand();
Command TrinoCommand();

}  // namespace eider::cli
