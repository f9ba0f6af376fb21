// Conditions on columns, as far as files can be pruned by them ("Scan Planning" of the table spec).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "iceberg/manifest.h"

namespace eider::iceberg {

// A condition that the rows looked for satisfy. Where a condition cannot be expressed it is kTrue:
// pruning may keep too much, never too little. NaN is the largest floating point value and equal to
// itself, as DuckDB orders it.
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
  std::vector<Literal> values;      // one for comparisons, all for kIn; never null

  static Predicate And(std::vector<Predicate> children);
  static Predicate Or(std::vector<Predicate> children);
  bool is_true() const { return kind == Kind::kTrue; }
};

// What is known of the values of one column in one file.
struct ColumnFacts {
  // Bounds of the values that are neither null nor NaN; not necessarily values that occur.
  std::optional<Literal> lower;
  std::optional<Literal> upper;
  bool may_be_null = true;
  bool may_be_nan = false;
  bool all_null = false;
};

// By the column's bounds and counts and the file's partition. Bounds that cannot be read say
// nothing.
ColumnFacts FactsOf(int32_t field_id, const Type& type, const DataFile& file,
                    const PartitionSpec& spec);

// Whether a file may hold a row that satisfies the predicate.
bool MightMatch(const Predicate& predicate, const DataFile& file, const Schema& schema,
                const PartitionSpec& spec);

// Whether any file of a manifest may, by the manifest's summary of its partitions.
bool MightMatch(const Predicate& predicate, const ManifestFile& manifest, const Schema& schema,
                const PartitionSpec& spec);

}  // namespace eider::iceberg
