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
    kIsNan,
  };
  Kind kind = Kind::kTrue;
  std::vector<Predicate> children;  // kAnd, kOr
  int32_t field_id = 0;             // the rest but kTrue, kFalse
  std::vector<Literal> values;      // one for comparisons, for kIn all, ascending; never null

  static Predicate And(std::vector<Predicate> children);
  static Predicate Or(std::vector<Predicate> children);
  // Values of `type` in any order.
  static Predicate In(int32_t field_id, const Type& type, std::vector<Literal> values);
  bool is_true() const { return kind == Kind::kTrue; }
};

// What is known of the values of one column in one file, or in the files of a manifest.
struct ColumnFacts {
  struct Buckets {
    int count = 0;
    int64_t lowest = 0;
    int64_t highest = 0;
  };
  // Bounds of the values that are neither null nor NaN; not necessarily values that occur.
  std::optional<Literal> lower;
  std::optional<Literal> upper;
  // What all values begin with that are not null.
  std::optional<std::string> prefix;
  // The buckets that those values fall into.
  std::optional<Buckets> buckets;
  bool may_be_null = true;
  bool may_be_nan = false;
  bool all_null = false;
};

// By the values of a partition alone.
ColumnFacts FactsOfPartition(int32_t field_id, const Type& type,
                             const std::vector<Literal>& partition, const PartitionSpec& spec);

// By the column's bounds and counts and the file's partition. Bounds that cannot be read say
// nothing.
ColumnFacts FactsOf(int32_t field_id, const Type& type, const DataFile& file,
                    const PartitionSpec& spec);

// Whether some value of which `facts` are known may satisfy a predicate on its column alone.
bool MightMatch(const Predicate& predicate, const Type& type, const ColumnFacts& facts);

// Whether a file may hold a row that satisfies the predicate.
bool MightMatch(const Predicate& predicate, const DataFile& file, const Schema& schema,
                const PartitionSpec& spec);

// Whether any file of a manifest may, by the manifest's summary of its partitions.
bool MightMatch(const Predicate& predicate, const ManifestFile& manifest, const Schema& schema,
                const PartitionSpec& spec);

}  // namespace eider::iceberg
