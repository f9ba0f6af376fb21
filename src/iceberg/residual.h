// What is left of a filter for the rows of one file once its partition is known ("Scan Planning" of
// the table spec).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "iceberg/expression.h"
#include "iceberg/partition_spec.h"

namespace eider::iceberg {

enum class Truth { kNo, kMaybe, kYes };

struct Residual {
  // Of no row, of some, of every row.
  Truth matches = Truth::kMaybe;
  // The expression of the REST specification: "true", "false", or what of the client's own text is
  // still to be judged.
  std::string json;
};

// Whether values of which `facts` are known satisfy a condition, or `negated` its opposite. A null
// satisfies no comparison; whether it satisfies the opposite of one, readers decide.
Truth TruthOf(const Expression& condition, bool negated, const ColumnFacts& facts);

// The residuals of one filter, made once for each partition.
class Residuals {
 public:
  // `filter` outlives them.
  explicit Residuals(const Expression& filter) : filter_(filter) {}

  // Valid until the next call.
  const Residual& Of(const std::vector<Literal>& partition, const PartitionSpec& spec);

 private:
  const Expression& filter_;
  size_t bytes_ = 0;
  std::map<std::string, Residual, std::less<>> by_partition_;
};

}  // namespace eider::iceberg
