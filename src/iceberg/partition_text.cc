#include "iceberg/partition_text.h"

#include <cmath>
#include <limits>

namespace eider::iceberg {

std::string PartitionText(int32_t spec_id, const std::vector<Literal>& partition) {
  std::string text = std::to_string(spec_id);
  auto append = [&text](const auto& value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  for (const Literal& literal : partition) {
    text.push_back(static_cast<char>(literal.value.index()));
    if (const auto* boolean = std::get_if<bool>(&literal.value)) {
      append(*boolean);
    } else if (const auto* integer = std::get_if<int64_t>(&literal.value)) {
      append(*integer);
    } else if (const auto* real = std::get_if<double>(&literal.value)) {
      append(std::isnan(*real) ? std::numeric_limits<double>::quiet_NaN() : *real);
    } else if (const auto* decimal = std::get_if<Int128>(&literal.value)) {
      append(*decimal);
    } else if (const auto* bytes = std::get_if<std::string>(&literal.value)) {
      append(bytes->size());
      text += *bytes;
    }
  }
  return text;
}

}  // namespace eider::iceberg
