// The files of dbt-duckdb's `external` materialization: options of the COPY that writes one, and
// the pattern that reads it back.
#pragma once

#include <string>

#include "jinja/value.h"

namespace eider::dbt {

// "format parquet, compression zstd". The format comes from the file's ending where the options do
// not say; what is derived is added to `options`.
std::string RenderWriteOptions(const std::string& location, jinja::Dict& options);

// `location`, or a glob over the files a partitioned write leaves below it.
std::string RenderReadLocation(const std::string& location, const jinja::Dict& options);

}  // namespace eider::dbt
