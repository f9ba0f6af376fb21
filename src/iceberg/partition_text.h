// Partitions as keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "iceberg/literal.h"

namespace eider::iceberg {

// Partitions that are the same give the same text; NaN is one value. Not for people.
std::string PartitionText(int32_t spec_id, const std::vector<Literal>& partition);

}  // namespace eider::iceberg
