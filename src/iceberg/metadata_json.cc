#include "iceberg/metadata_json.h"

#include <fmt/format.h>

#include "base/error.h"

namespace eider::iceberg {

Json ParseMetadataJson(std::string_view text, const std::string& source) {
  try {
    return ParseJson(text, source);
  } catch (const Error& error) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the metadata file {} is damaged: {} at line {}, column {}", source,
                            error.message(), error.line(), error.column()));
  }
}

}  // namespace eider::iceberg
