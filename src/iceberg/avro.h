// Avro container files, as far as manifests need them (Avro 1.11 specification: "Binary Encoding",
// "Object Container Files"). Own code because libavro drops the field-id attributes of schemas,
// which Iceberg needs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace eider::iceberg::avro {

// Appends values in Avro's binary encoding.
class Encoder {
 public:
  void Long(int64_t value);
  void Boolean(bool value) { bytes_ += value ? '\1' : '\0'; }
  void Float(float value);
  void Double(double value);
  void Bytes(std::string_view value);
  void Fixed(std::string_view value) { bytes_ += value; }
  // The branches of ["null", X].
  void Null() { Long(0); }
  void NotNull() { Long(1); }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

enum class Codec { kNull, kDeflate, kZstandard };
// "null", "deflate" (also "gzip", the table property's name for it), "zstandard" ("zstd"); throws
// kInvalidArgument for others.
Codec CodecFromName(const std::string& name);

// A whole container file. `records` is the encoding of `count` records of `schema`, one after the
// other; `metadata` joins the header.
std::string WriteContainer(const Json& schema, const std::map<std::string, std::string>& metadata,
                           Codec codec, const std::string& records, int64_t count);

// A schema as read: a tree of nodes with names resolved.
struct Schema {
  enum class Kind {
    kNull,
    kBoolean,
    kInt,
    kLong,
    kFloat,
    kDouble,
    kBytes,
    kString,
    kRecord,
    kEnum,
    kArray,
    kMap,
    kUnion,
    kFixed,
  };
  struct Field;
  Kind kind = Kind::kNull;
  std::string logical_type;
  int64_t size = 0;                                     // kFixed, bytes
  std::vector<Field> fields;                            // kRecord
  std::vector<std::shared_ptr<const Schema>> children;  // kArray, kMap: one; kUnion: the branches
};

struct Schema::Field {
  std::string name;
  int32_t field_id = -1;
  std::shared_ptr<const Schema> schema;
};

// Reads values in Avro's binary encoding. Every read is checked against the end of the data; throws
// kCorrupt naming the file.
class Decoder {
 public:
  Decoder(std::string_view data, const std::string& file) : data_(data), file_(file) {}

  int64_t Long();
  bool Boolean();
  float Float();
  double Double();
  std::string_view Bytes();
  std::string_view Fixed(int64_t size);
  // Skips a value of any schema.
  void Skip(const Schema& schema);
  // Reads a union's branch; other schemas are themselves. nullptr for null.
  const Schema* Branch(const Schema& schema);
  // The items of the next block of an array or map, 0 at its end.
  int64_t BlockCount();

  bool done() const { return data_.empty(); }
  [[noreturn]] void Corrupt(const std::string& why) const;

 private:
  std::string_view data_;
  const std::string& file_;
};

struct Container {
  std::shared_ptr<const Schema> schema;
  std::map<std::string, std::string> metadata;
  std::string records;  // all blocks, uncompressed
  int64_t count = 0;
};

// `file` names the file in errors (kCorrupt; kUnsupported for an unknown codec).
Container ReadContainer(std::string_view data, const std::string& file);

}  // namespace eider::iceberg::avro
