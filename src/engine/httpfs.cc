#include "engine/httpfs.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "duckdb/common/error_data.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/extension_helper.hpp"

namespace eider::engine {

namespace fs = std::filesystem;

namespace {

constexpr char kFile[] = "httpfs.duckdb_extension";

// In the build folder, and where `make install` puts it.
std::vector<fs::path> PlacesBesideTheProgram() {
  std::error_code error;
  fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return {};
  fs::path folder = program.parent_path();
  return {folder / kFile, folder.parent_path() / "lib" / kFile};
}

void Load(duckdb::DatabaseInstance& database, const std::string& file) {
  duckdb::ExtensionHelper::LoadExternalExtension(database, database.GetFileSystem(), file);
}

}  // namespace

void LoadHttpfs(duckdb::DatabaseInstance& database) {
  if (database.ExtensionIsLoaded("httpfs")) return;
  std::string file;
  std::string looked_for;
  if (const char* given = std::getenv("EIDER_HTTPFS"); given != nullptr && *given != '\0') {
    file = given;
  } else {
    std::error_code ignored;
    for (const fs::path& place : PlacesBesideTheProgram()) {
      if (file.empty() && fs::exists(place, ignored)) file = place.string();
      looked_for += (looked_for.empty() ? "" : ", ") + place.string();
    }
  }
  try {
    if (file.empty()) {
      duckdb::ExtensionHelper::AutoLoadExtension(database, "httpfs");
    } else {
      Load(database, file);
    }
  } catch (const std::exception& e) {
    std::string reason = duckdb::ErrorData(e).RawMessage();
    throw Error(ErrorCode::kUnsupported,
                fmt::format("DuckDB's extension httpfs, which reads and writes on S3, cannot be "
                            "loaded: {}",
                            reason))
        .WithHint(file.empty()
                      ? fmt::format("It was looked for as {}, and where DuckDB installs "
                                    "extensions. Put it there, or set EIDER_HTTPFS to its file; "
                                    "it has to be that of DuckDB {}.",
                                    looked_for, duckdb::DuckDB::LibraryVersion())
                      : fmt::format("It is {}, and has to be that of DuckDB {}.", file,
                                    duckdb::DuckDB::LibraryVersion()));
  }
}

}  // namespace eider::engine
