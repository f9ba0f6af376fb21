#include "cli/version.h"

#include <fmt/format.h>

#include "dbt/base_context.h"
#include "engine/session.h"

namespace eider::cli {

std::string Version() { return EIDER_VERSION; }

std::string DbtRelease() {
  std::string version = dbt::kDbtVersion;
  return version.substr(0, version.rfind('.'));
}

std::string VersionText(bool as_dbt) {
  if (!as_dbt) return fmt::format("eider {} (DuckDB {})\n", Version(), engine::DuckDBVersion());
  return fmt::format(
      "Core:\n"
      "  - installed: {}\n"
      "\n"
      "Plugins:\n"
      "  - eider:  {} - this program answers as dbt\n"
      "  - duckdb: {}\n",
      dbt::kDbtVersion, Version(), engine::DuckDBVersion().substr(1));
}

}  // namespace eider::cli
