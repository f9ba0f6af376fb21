// Data and delete files in JSON: ContentFile of the REST specification.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"

namespace eider::iceberg {

// Writes files of one table.
class ContentFileWriter {
 public:
  // `metadata` and `schema` outlive the writer. Partition values are given of fields that are in
  // `schema` or the current one: of others, clients do not know the type. Counts are given of the
  // fields in `counted`; bounds are not, since the specification and the reference implementation
  // write them differently (docs/decisions.md).
  ContentFileWriter(const TableMetadata& metadata, const Schema& schema, std::set<int32_t> counted);

  void Append(const DataFile& file, int32_t spec_id, std::string& text) const;

 private:
  void AppendPartition(const DataFile& file, int32_t spec_id, std::string& text) const;
  void AppendCounts(const char* name, const std::map<int32_t, int64_t>& counts,
                    std::string& text) const;

  std::set<int32_t> counted_;
  std::map<int32_t, std::vector<TypePtr>> partition_types_;  // by spec id; nullptr as above
};

}  // namespace eider::iceberg
