// The bucket transform ("Bucket Transform Details", Appendix B of the table spec).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "iceberg/literal.h"

namespace eider::iceberg {

// MurmurHash3, x86, 32 bits, seed 0.
uint32_t Murmur3(std::string_view bytes);

// The bucket of a value that is not null, of `buckets`; nullopt for a type that has no buckets.
std::optional<int64_t> BucketOf(const Type& type, const Literal& value, int buckets);

}  // namespace eider::iceberg
