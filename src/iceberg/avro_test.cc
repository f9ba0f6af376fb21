#include "iceberg/avro.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>

#include "base/error.h"

namespace eider::iceberg::avro {
namespace {

const std::string kFile = "m.avro";

Json PersonSchema() {
  return Json::parse(R"({"type": "record", "name": "person", "fields": [
    {"name": "id", "type": "long", "field-id": 1},
    {"name": "name", "type": ["null", "string"], "default": null, "field-id": 2},
    {"name": "scores", "field-id": 3, "type": {"type": "array", "items": "double"}},
    {"name": "hash", "field-id": 4, "type": {"type": "fixed", "name": "h4", "size": 4}},
    {"name": "again", "field-id": 5, "type": ["h4", "null"]},
    {"name": "counts", "field-id": 6, "type": {"type": "map", "values": "int"}},
    {"name": "kind", "field-id": 7,
     "type": {"type": "enum", "name": "kind", "symbols": ["A", "B"]}},
    {"name": "sure", "field-id": 8, "type": "boolean"}]})");
}

std::string Persons(int count) {
  Encoder out;
  for (int i = 0; i < count; ++i) {
    out.Long(i);
    if (i % 2 == 0) {
      out.Null();
    } else {
      out.NotNull();
      out.Bytes("name " + std::to_string(i));
    }
    out.Long(2);
    out.Double(0.5);
    out.Double(i);
    out.Long(0);
    out.Fixed("abcd");
    out.Long(1);  // "again" is null
    out.Long(1);
    out.Bytes("k");
    out.Long(7);
    out.Long(0);
    out.Long(1);
    out.Boolean(true);
  }
  return out.bytes();
}

TEST(Avro, NumbersAreZigZagVarints) {
  auto encoded = [](int64_t value) {
    Encoder out;
    out.Long(value);
    return out.bytes();
  };
  EXPECT_EQ(encoded(0), std::string("\0", 1));
  EXPECT_EQ(encoded(-1), "\x01");
  EXPECT_EQ(encoded(1), "\x02");
  EXPECT_EQ(encoded(-64), "\x7F");
  EXPECT_EQ(encoded(64), "\x80\x01");
  for (int64_t value : {int64_t{0}, int64_t{-1}, int64_t{300}, int64_t{-1234567890123},
                        std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    std::string bytes = encoded(value);
    Decoder in(bytes, kFile);
    EXPECT_EQ(in.Long(), value);
    EXPECT_TRUE(in.done());
  }
}

TEST(Avro, EveryCodecGivesTheRecordsBack) {
  for (Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kZstandard}) {
    std::string records = Persons(1000);
    std::string file = WriteContainer(PersonSchema(), {{"content", "data"}}, codec, records, 1000);
    Container container = ReadContainer(file, kFile);
    EXPECT_EQ(container.count, 1000);
    EXPECT_EQ(container.records, records);
    EXPECT_EQ(container.metadata.at("content"), "data");
    EXPECT_EQ(Json::parse(container.metadata.at("avro.schema")), PersonSchema());
    if (codec != Codec::kNull) {
      EXPECT_LT(file.size(), records.size());
    }
  }
}

TEST(Avro, AFileOfNoRecordsIsRead) {
  Container container =
      ReadContainer(WriteContainer(PersonSchema(), {}, Codec::kDeflate, "", 0), kFile);
  EXPECT_EQ(container.count, 0);
  EXPECT_TRUE(container.records.empty());
}

TEST(Avro, SeveralBlocksAreJoined) {
  // Two files of one schema differ in their sync markers only; blocks are appended by hand.
  std::string one = WriteContainer(PersonSchema(), {}, Codec::kDeflate, Persons(3), 3);
  std::string empty = WriteContainer(PersonSchema(), {}, Codec::kDeflate, "", 0);
  std::string block = one.substr(empty.size());
  Container container = ReadContainer(one + block, kFile);
  EXPECT_EQ(container.count, 6);
  EXPECT_EQ(container.records, Persons(3) + Persons(3));
}

TEST(Avro, FieldIdsAndNamedTypesAreKept) {
  Container container =
      ReadContainer(WriteContainer(PersonSchema(), {}, Codec::kNull, Persons(1), 1), kFile);
  const Schema& schema = *container.schema;
  ASSERT_EQ(schema.kind, Schema::Kind::kRecord);
  ASSERT_EQ(schema.fields.size(), 8u);
  EXPECT_EQ(schema.fields[1].field_id, 2);
  EXPECT_EQ(schema.fields[4].schema->children[0]->size, 4) << "a type referred to by its name";
}

TEST(Avro, SkipGoesOverEveryKindOfValue) {
  Container container =
      ReadContainer(WriteContainer(PersonSchema(), {}, Codec::kNull, Persons(5), 5), kFile);
  Decoder in(container.records, kFile);
  for (int i = 0; i < 5; ++i) in.Skip(*container.schema);
  EXPECT_TRUE(in.done());
}

TEST(Avro, BlocksWithASizeAreRead) {
  // A negative count is followed by the block's size in bytes.
  Encoder out;
  out.Long(-2);
  out.Long(2);
  out.Long(7);
  out.Long(8);
  out.Long(0);
  Decoder in(out.bytes(), kFile);
  EXPECT_EQ(in.BlockCount(), 2);
  EXPECT_EQ(in.Long(), 7);
  EXPECT_EQ(in.Long(), 8);
  EXPECT_EQ(in.BlockCount(), 0);
}

TEST(Avro, CorruptCountsAreRefused) {
  for (int64_t count :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), int64_t{1000}}) {
    Encoder out;
    out.Long(count);
    out.Long(0);
    Decoder in(out.bytes(), kFile);
    EXPECT_THROW(in.BlockCount(), Error) << count;
  }
  // A block of few bytes that claims many records.
  std::string file = WriteContainer(PersonSchema(), {}, Codec::kNull, "abc", 1 << 30);
  EXPECT_THROW(ReadContainer(file, kFile), Error);
}

TEST(Avro, SchemasThatHoldThemselvesAreRefused) {
  Json schema = Json::parse(R"({"type": "record", "name": "node", "fields": [
    {"name": "next", "type": ["null", "node"]}]})");
  EXPECT_THROW(ReadContainer(WriteContainer(schema, {}, Codec::kNull, "", 0), kFile), Error);
}

TEST(Avro, UnknownCodecsAreUnsupportedByName) {
  std::string file = WriteContainer(PersonSchema(), {}, Codec::kNull, Persons(1), 1);
  size_t at = file.find("\x08null", file.find("avro.codec"));
  ASSERT_NE(at, std::string::npos);
  file.replace(at, 5, "\x0Csnappy");
  try {
    ReadContainer(file, kFile);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kUnsupported);
    EXPECT_NE(e.message().find("snappy"), std::string::npos);
  }
  EXPECT_THROW(CodecFromName("lzma"), Error);
}

// Whatever the bytes, a file is read or refused as corrupt: no crash, no other exception.
TEST(Avro, DamagedFilesAreReadOrRefused) {
  std::mt19937 random(42);
  int refused = 0;
  for (Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kZstandard}) {
    const std::string file = WriteContainer(PersonSchema(), {}, codec, Persons(20), 20);
    for (int round = 0; round < 3000; ++round) {
      std::string damaged = file;
      if (round % 3 == 0) {
        damaged.resize(random() % file.size());
      } else {
        for (unsigned i = 0; i <= random() % 4; ++i) {
          damaged[random() % damaged.size()] = static_cast<char>(random());
        }
      }
      try {
        Container container = ReadContainer(damaged, kFile);
        Decoder in(container.records, kFile);
        for (int64_t i = 0; i < container.count; ++i) in.Skip(*container.schema);
      } catch (const Error& e) {
        ++refused;
        EXPECT_TRUE(e.code() == ErrorCode::kCorrupt || e.code() == ErrorCode::kUnsupported)
            << e.what();
        EXPECT_NE(e.message().find(kFile), std::string::npos) << e.message();
      }
    }
  }
  EXPECT_GT(refused, 4000);
}

}  // namespace
}  // namespace eider::iceberg::avro
