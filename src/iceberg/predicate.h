// Conditions on columns, as far as files can be pruned by them ("Scan Planning" of the table spec).
#pragma once

#include <memory>
#include <vector>

#include "iceberg/manifest.h"

namespace eider::iceberg {

// A condition that the rows looked for satisfy. Where a condition cannot be expressed it is kTrue:
// pruning may keep too much, never too little.
struct Predicate {
  enum class Kind {
    kTrue,
    kFalse,
    kAnd,
    kOr,
    kIsNull,
    kNotNull,
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kIn,
    kStartsWith,
  };
  Kind kind = Kind::kTrue;
  std::vector<Predicate> children;  // kAnd, kOr
  int32_t field_id = 0;             // the rest but kTrue, kFalse
  std::vector<Literal> values;      // one for comparisons, all for kIn
};

// Whether a file may hold a row that satisfies the predicate, by its column bounds, its null counts
// and the partition values of identity transforms.
bool MightMatch(const Predicate& predicate, const DataFile& file, const Schema& schema,
                const PartitionSpec& spec);

}  // namespace eider::iceberg
