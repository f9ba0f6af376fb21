#include "iceberg/avro.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>

#include "base/error.h"
#include "base/hash.h"
#include "base/lru_cache.h"
#include "base/uuid.h"
#include "iceberg/inflate.h"

namespace eider::iceberg::avro {

namespace {

constexpr std::string_view kMagic("Obj\1", 4);
constexpr size_t kSyncSize = 16;
// A manifest block is a few megabytes; more than this from one block is an attack or an accident.
constexpr size_t kMaxBlockSize = size_t{1} << 31;
constexpr int kMaxSchemaDepth = 64;

std::string Deflate(const std::string& data) {
  z_stream stream{};
  // Window bits below zero: raw deflate, as Avro wants it.
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw Error(ErrorCode::kInternal, "zlib could not start");
  }
  std::string out(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw Error(ErrorCode::kInternal, "zlib could not compress");
  return out;
}

void Unzstd(std::string_view data, const std::string& file, std::string& out) {
  unsigned long long size = ZSTD_getFrameContentSize(data.data(), data.size());
  if (size == ZSTD_CONTENTSIZE_ERROR ||
      (size != ZSTD_CONTENTSIZE_UNKNOWN && size > kMaxBlockSize)) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: a compressed block is damaged", file));
  }
  ZSTD_DStream* stream = ZSTD_createDStream();
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  size_t result = 1;
  size_t start = out.size();
  while (in.pos < in.size || result > 0) {
    size_t filled = out.size();
    out.resize(filled + ZSTD_DStreamOutSize());
    ZSTD_outBuffer target{out.data() + filled, out.size() - filled, 0};
    size_t consumed = in.pos;
    result = ZSTD_decompressStream(stream, &target, &in);
    out.resize(filled + target.pos);
    bool stuck = in.pos == consumed && target.pos == 0;
    if (ZSTD_isError(result) != 0U || out.size() - start > kMaxBlockSize || (stuck && result > 0)) {
      ZSTD_freeDStream(stream);
      throw Error(ErrorCode::kCorrupt, fmt::format("{}: a compressed block is damaged", file));
    }
    if (result == 0 && in.pos == in.size) break;
  }
  ZSTD_freeDStream(stream);
}

class SchemaParser {
 public:
  explicit SchemaParser(const std::string& file) : file_(file) {}

  std::shared_ptr<const Schema> Parse(const Json& json, int depth = 0) {
    if (depth > kMaxSchemaDepth) Fail("its schema is nested too deep");
    if (json.is_string()) return Named(json.get<std::string>());
    auto schema = std::make_shared<Schema>();
    if (json.is_array()) {
      schema->kind = Schema::Kind::kUnion;
      for (const Json& branch : json) schema->children.push_back(Parse(branch, depth + 1));
      return schema;
    }
    if (!json.is_object() || !json.contains("type")) Fail("its schema is not a schema");
    const Json& type = json["type"];
    if (!type.is_string()) return Parse(type, depth + 1);
    std::string kind = type.get<std::string>();
    if (json.contains("logicalType") && json["logicalType"].is_string()) {
      schema->logical_type = json["logicalType"].get<std::string>();
    }
    if (kind == "record") {
      schema->kind = Schema::Kind::kRecord;
      for (const Json& field : RequireArray(json, "fields", file_)) {
        Schema::Field parsed;
        parsed.name = RequireString(field, "name", file_);
        if (field.contains("field-id") && field["field-id"].is_number_integer()) {
          parsed.field_id = ToInt32(field["field-id"], "a field id");
        }
        parsed.schema = Parse(RequireMember(field, "type", file_), depth + 1);
        schema->fields.push_back(std::move(parsed));
      }
      // Only now: no manifest nests a record in itself, and a damaged one must not make a cycle.
      Register(json, schema);
    } else if (kind == "array") {
      schema->kind = Schema::Kind::kArray;
      schema->children.push_back(Parse(RequireMember(json, "items", file_), depth + 1));
    } else if (kind == "map") {
      schema->kind = Schema::Kind::kMap;
      schema->children.push_back(Parse(RequireMember(json, "values", file_), depth + 1));
    } else if (kind == "fixed") {
      schema->kind = Schema::Kind::kFixed;
      schema->size = RequireInteger(json, "size", file_);
      Register(json, schema);
    } else if (kind == "enum") {
      schema->kind = Schema::Kind::kEnum;
      Register(json, schema);
    } else {
      schema->kind = Named(kind)->kind;
    }
    return schema;
  }

 private:
  [[noreturn]] void Fail(const std::string& why) const {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", file_, why));
  }

  void Register(const Json& json, const std::shared_ptr<Schema>& schema) {
    if (!json.contains("name") || !json["name"].is_string()) return;
    std::string name = json["name"].get<std::string>();
    named_[name] = schema;
    if (json.contains("namespace") && json["namespace"].is_string()) {
      named_[json["namespace"].get<std::string>() + "." + name] = schema;
    }
  }

  std::shared_ptr<const Schema> Named(const std::string& name) {
    static const std::map<std::string, Schema::Kind> kPrimitives = {
        {"null", Schema::Kind::kNull},   {"boolean", Schema::Kind::kBoolean},
        {"int", Schema::Kind::kInt},     {"long", Schema::Kind::kLong},
        {"float", Schema::Kind::kFloat}, {"double", Schema::Kind::kDouble},
        {"bytes", Schema::Kind::kBytes}, {"string", Schema::Kind::kString},
    };
    auto primitive = kPrimitives.find(name);
    if (primitive != kPrimitives.end()) {
      auto schema = std::make_shared<Schema>();
      schema->kind = primitive->second;
      return schema;
    }
    auto known = named_.find(name);
    if (known == named_.end()) Fail("its schema uses the unknown type " + name);
    return known->second;
  }

  const std::string& file_;
  std::map<std::string, std::shared_ptr<const Schema>> named_;
};

std::map<std::string, std::string> ReadHeader(Decoder& decoder) {
  std::map<std::string, std::string> metadata;
  for (int64_t count = decoder.BlockCount(); count != 0; count = decoder.BlockCount()) {
    for (int64_t i = 0; i < count; ++i) {
      std::string key(decoder.Bytes());
      metadata[key] = std::string(decoder.Bytes());
    }
  }
  return metadata;
}

}  // namespace

void Encoder::Long(int64_t value) {
  auto zigzag = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  while (zigzag >= 0x80) {
    bytes_ += static_cast<char>(zigzag | 0x80);
    zigzag >>= 7;
  }
  bytes_ += static_cast<char>(zigzag);
}

void Encoder::Float(float value) {
  char raw[sizeof(value)];
  std::memcpy(raw, &value, sizeof(value));
  bytes_.append(raw, sizeof(raw));
}

void Encoder::Double(double value) {
  char raw[sizeof(value)];
  std::memcpy(raw, &value, sizeof(value));
  bytes_.append(raw, sizeof(raw));
}

void Encoder::Bytes(std::string_view value) {
  Long(static_cast<int64_t>(value.size()));
  bytes_ += value;
}

Codec CodecFromName(const std::string& name) {
  if (name == "null" || name == "uncompressed") return Codec::kNull;
  if (name == "deflate" || name == "gzip") return Codec::kDeflate;
  if (name == "zstandard" || name == "zstd") return Codec::kZstandard;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("\"{}\" is not an Avro codec Eider writes", name))
      .WithHint("Use gzip, zstd or uncompressed.");
}

std::string WriteContainer(const Json& schema, const std::map<std::string, std::string>& metadata,
                           Codec codec, const std::string& records, int64_t count) {
  static const std::map<Codec, std::string> kNames = {
      {Codec::kNull, "null"}, {Codec::kDeflate, "deflate"}, {Codec::kZstandard, "zstandard"}};
  Encoder header;
  header.Fixed(kMagic);
  header.Long(static_cast<int64_t>(metadata.size()) + 2);
  header.Bytes("avro.schema");
  header.Bytes(schema.dump());
  header.Bytes("avro.codec");
  header.Bytes(kNames.at(codec));
  for (const auto& [key, value] : metadata) {
    header.Bytes(key);
    header.Bytes(value);
  }
  header.Long(0);
  std::string uuid = NewUuid();
  std::string sync = Sha256Hex(uuid).substr(0, kSyncSize);
  header.Fixed(sync);
  if (count > 0) {
    header.Long(count);
    if (codec == Codec::kDeflate) {
      header.Bytes(Deflate(records));
    } else if (codec == Codec::kZstandard) {
      std::string compressed(ZSTD_compressBound(records.size()), '\0');
      compressed.resize(ZSTD_compress(compressed.data(), compressed.size(), records.data(),
                                      records.size(), ZSTD_CLEVEL_DEFAULT));
      header.Bytes(compressed);
    } else {
      header.Bytes(records);
    }
    header.Fixed(sync);
  }
  return header.bytes();
}

void Decoder::Corrupt(const std::string& why) const {
  throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", file_, why));
}

int64_t Decoder::Long() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (data_.empty()) Corrupt("it ends in the middle of a number");
    auto byte = static_cast<unsigned char>(data_.front());
    data_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
    }
  }
  Corrupt("a number is too long");
}

bool Decoder::Boolean() { return Fixed(1)[0] != '\0'; }

float Decoder::Float() {
  float value;
  std::memcpy(&value, Fixed(sizeof(value)).data(), sizeof(value));
  return value;
}

double Decoder::Double() {
  double value;
  std::memcpy(&value, Fixed(sizeof(value)).data(), sizeof(value));
  return value;
}

std::string_view Decoder::Bytes() { return Fixed(Long()); }

std::string_view Decoder::Fixed(int64_t size) {
  if (size < 0 || static_cast<uint64_t>(size) > data_.size()) {
    Corrupt("a value is longer than the file");
  }
  std::string_view value = data_.substr(0, static_cast<size_t>(size));
  data_.remove_prefix(static_cast<size_t>(size));
  return value;
}

int64_t Decoder::BlockCount() {
  int64_t count = Long();
  auto items = static_cast<uint64_t>(count);
  if (count < 0) {
    Long();  // the block's size in bytes, which lets a reader skip it
    items = 0 - items;
  }
  if (items > data_.size()) Corrupt("a list claims more items than the file holds");
  return static_cast<int64_t>(items);
}

const Schema* Decoder::Branch(const Schema& schema) {
  if (schema.kind == Schema::Kind::kNull) return nullptr;
  if (schema.kind != Schema::Kind::kUnion) return &schema;
  int64_t branch = Long();
  if (branch < 0 || static_cast<size_t>(branch) >= schema.children.size()) {
    Corrupt("a union names a branch it does not have");
  }
  const Schema* chosen = schema.children[static_cast<size_t>(branch)].get();
  return chosen->kind == Schema::Kind::kNull ? nullptr : chosen;
}

void Decoder::Skip(const Schema& schema) {
  switch (schema.kind) {
    case Schema::Kind::kNull:
      return;
    case Schema::Kind::kBoolean:
      Fixed(1);
      return;
    case Schema::Kind::kInt:
    case Schema::Kind::kLong:
    case Schema::Kind::kEnum:
      Long();
      return;
    case Schema::Kind::kFloat:
      Fixed(4);
      return;
    case Schema::Kind::kDouble:
      Fixed(8);
      return;
    case Schema::Kind::kBytes:
    case Schema::Kind::kString:
      Bytes();
      return;
    case Schema::Kind::kFixed:
      Fixed(schema.size);
      return;
    case Schema::Kind::kRecord:
      for (const Schema::Field& field : schema.fields) Skip(*field.schema);
      return;
    case Schema::Kind::kArray:
    case Schema::Kind::kMap:
      for (int64_t count = BlockCount(); count != 0; count = BlockCount()) {
        for (int64_t i = 0; i < count; ++i) {
          if (schema.kind == Schema::Kind::kMap) Bytes();
          Skip(*schema.children[0]);
        }
      }
      return;
    case Schema::Kind::kUnion:
      if (const Schema* branch = Branch(schema)) Skip(*branch);
      return;
  }
}

namespace {

// Nearly all files share a few schemas, and reading one costs more than a small file's records.
std::shared_ptr<const Schema> ParsedSchema(const std::string& text, const Decoder& decoder,
                                           const std::string& file) {
  constexpr size_t kCachedBytes = 4 << 20;
  static LruCache<Schema> cache(kCachedBytes);
  if (auto cached = cache.Get(text)) return cached;
  Json parsed = TryParseJson(text);
  if (parsed.is_discarded()) decoder.Corrupt("its schema is not valid JSON");
  std::shared_ptr<const Schema> schema = SchemaParser(file).Parse(parsed);
  cache.Put(text, schema, text.size());
  return schema;
}

}  // namespace

Container ReadContainer(std::string_view data, const std::string& file) {
  Decoder decoder(data, file);
  if (data.substr(0, kMagic.size()) != kMagic) decoder.Corrupt("it is not an Avro file");
  decoder.Fixed(static_cast<int64_t>(kMagic.size()));
  Container container;
  container.metadata = ReadHeader(decoder);
  std::string sync(decoder.Fixed(kSyncSize));
  auto schema = container.metadata.find("avro.schema");
  if (schema == container.metadata.end()) decoder.Corrupt("it has no schema");
  container.schema = ParsedSchema(schema->second, decoder, file);
  auto codec = container.metadata.find("avro.codec");
  std::string codec_name = codec == container.metadata.end() ? "null" : codec->second;
  while (!decoder.done()) {
    int64_t count = decoder.Long();
    std::string_view block = decoder.Bytes();
    size_t start = container.records.size();
    if (codec_name == "null") {
      container.records += block;
    } else if (codec_name == "deflate") {
      Inflate(block, DeflateFormat::kRaw, file, container.records);
    } else if (codec_name == "zstandard") {
      Unzstd(block, file, container.records);
    } else {
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format("{} is compressed with {}, which Eider does not read", file, codec_name));
    }
    // Every record of a manifest is at least a byte long.
    if (count < 0 || static_cast<uint64_t>(count) > container.records.size() - start) {
      decoder.Corrupt("a block claims more records than it holds");
    }
    container.count += count;
    if (decoder.Fixed(kSyncSize) != sync) decoder.Corrupt("a block does not end where it should");
  }
  return container;
}

}  // namespace eider::iceberg::avro
