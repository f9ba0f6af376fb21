#include "iceberg/bucket.h"

#include <cstring>
#include <limits>
#include <string>

namespace eider::iceberg {

namespace {

uint32_t RotateLeft(uint32_t value, int bits) { return (value << bits) | (value >> (32 - bits)); }

uint32_t MixBlock(uint32_t block) { return RotateLeft(block * 0xCC9E2D51U, 15) * 0x1B873593U; }

std::string LongBytes(int64_t value) {
  return LiteralToBytes(*Type::Primitive(TypeId::kLong), Literal{value});
}

int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

}  // namespace

uint32_t Murmur3(std::string_view bytes) {
  uint32_t hash = 0;
  size_t position = 0;
  for (; position + 4 <= bytes.size(); position += 4) {
    uint32_t block = 0;
    std::memcpy(&block, bytes.data() + position, sizeof(block));
    hash = RotateLeft(hash ^ MixBlock(block), 13) * 5 + 0xE6546B64U;
  }
  uint32_t tail = 0;
  for (size_t i = bytes.size(); i > position; --i) {
    tail = (tail << 8) | static_cast<unsigned char>(bytes[i - 1]);
  }
  if (position < bytes.size()) hash ^= MixBlock(tail);
  hash ^= static_cast<uint32_t>(bytes.size());
  hash = (hash ^ (hash >> 16)) * 0x85EBCA6BU;
  hash = (hash ^ (hash >> 13)) * 0xC2B2AE35U;
  return hash ^ (hash >> 16);
}

std::optional<int64_t> BucketOf(const Type& type, const Literal& value, int buckets) {
  if (buckets <= 0) return std::nullopt;
  std::string bytes;
  switch (type.id) {
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      bytes = LongBytes(std::get<int64_t>(value.value));
      break;
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      // As the same instant in microseconds.
      bytes = LongBytes(FloorDivide(std::get<int64_t>(value.value), 1000));
      break;
    case TypeId::kDecimal:
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      bytes = LiteralToBytes(type, value);
      break;
    default:
      return std::nullopt;
  }
  uint32_t positive = Murmur3(bytes) & static_cast<uint32_t>(std::numeric_limits<int32_t>::max());
  return positive % static_cast<uint32_t>(buckets);
}

}  // namespace eider::iceberg
