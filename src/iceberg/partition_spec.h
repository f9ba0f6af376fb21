// Partition specs and transforms ("Partitioning" of the table spec).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/type.h"

namespace eider::iceberg {

struct Transform {
  enum class Kind { kIdentity, kBucket, kTruncate, kYear, kMonth, kDay, kHour, kVoid, kUnknown };
  Kind kind = Kind::kIdentity;
  int parameter = 0;  // kBucket: number of buckets; kTruncate: width
  std::string name;   // kUnknown: as it was read

  std::string ToString() const;
  bool operator==(const Transform& other) const = default;
};

// A transform we do not know is kept by name, as the spec asks.
Transform TransformFromText(const std::string& text);

// The type of a transform's result.
TypePtr ResultType(const Transform& transform, const TypePtr& source);

struct PartitionField {
  int32_t source_id = 0;
  int32_t field_id = 0;  // 0: not yet assigned
  std::string name;
  Transform transform;
  Json extra = Json::object();

  bool operator==(const PartitionField& other) const {
    return source_id == other.source_id && name == other.name && transform == other.transform;
  }
};

struct PartitionSpec {
  int32_t spec_id = 0;
  std::vector<PartitionField> fields;

  bool is_unpartitioned() const { return fields.empty(); }
};

constexpr int32_t kFirstPartitionFieldId = 1000;

PartitionSpec PartitionSpecFromJson(const Json& json, std::string_view what);
PartitionSpec PartitionFieldsFromJson(const Json& fields, int32_t spec_id, std::string_view what);
Json PartitionSpecToJson(const PartitionSpec& spec);

struct SortField {
  Transform transform;
  int32_t source_id = 0;
  bool ascending = true;
  bool nulls_first = true;
  Json extra = Json::object();

  bool operator==(const SortField& other) const {
    return transform == other.transform && source_id == other.source_id &&
           ascending == other.ascending && nulls_first == other.nulls_first;
  }
};

struct SortOrder {
  int32_t order_id = 0;  // 0 is the unsorted order
  std::vector<SortField> fields;
};

SortOrder SortOrderFromJson(const Json& json, std::string_view what);
Json SortOrderToJson(const SortOrder& order);

}  // namespace eider::iceberg
