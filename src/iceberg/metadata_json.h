// The JSON of metadata files.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace eider::iceberg {

// Throws kCorrupt naming `source` and the place. The file stands in the message itself: of an error
// on its way through DuckDB only that is kept.
Json ParseMetadataJson(std::string_view text, const std::string& source);

}  // namespace eider::iceberg
