#include "io/thrift_value.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error_testing.h"
#include "io/thrift_testing.h"

namespace eider::io {
namespace {

// Of a text with zeros in it.
template <size_t N>
std::string Bytes(const char (&text)[N]) {
  return {text, N - 1};
}

ThriftMessage Read(const std::string& text) {
  ThriftText source(text);
  return ReadThrift(source);
}

// Head of a call of "m" with sequence number 7, and its body.
std::string Call(const std::string& body) {
  return Bytes("\x80\x01\x00\x01\x00\x00\x00\x01m\x00\x00\x00\x07") + body;
}

ThriftValue Body(const std::string& body) { return Read(Call(body)).body; }

// The bytes are those of the protocol's specification (thrift/doc/specs/thrift-binary-protocol.md).
TEST(ThriftValue, IsWrittenAsSpecified) {
  ThriftMessage call;
  call.method = "m";
  call.sequence = 7;
  call.body.Set(1, ThriftValue::I32(-2))
      .Set(2, ThriftValue::Text("ab"))
      .Set(3, ThriftValue::Bool(true))
      .Set(4, ThriftValue::List(ThriftType::kI16, {ThriftValue::I16(5), ThriftValue::I16(-1)}))
      .Set(5, ThriftValue::TextMap({{"k", "v"}}))
      .Set(6, ThriftValue::I64(std::numeric_limits<int64_t>::min()));
  std::string expected =
      Call(Bytes("\x08\x00\x01\xff\xff\xff\xfe"
                 "\x0b\x00\x02\x00\x00\x00\x02"
                 "ab"
                 "\x02\x00\x03\x01"
                 "\x0f\x00\x04\x06\x00\x00\x00\x02\x00\x05\xff\xff"
                 "\x0d\x00\x05\x0b\x0b\x00\x00\x00\x01\x00\x00\x00\x01k\x00\x00\x00\x01v"
                 "\x0a\x00\x06\x80\x00\x00\x00\x00\x00\x00\x00"
                 "\x00"));
  EXPECT_EQ(WriteThrift(call), expected);
  ThriftMessage read = Read(expected);
  EXPECT_EQ(read.method, "m");
  EXPECT_EQ(read.sequence, 7);
  EXPECT_EQ(read.body.IntegerAt(1, 0), -2);
  EXPECT_EQ(read.body.TextAt(2), "ab");
  EXPECT_EQ(read.body.Find(3, ThriftType::kBool)->integer(), 1);
  EXPECT_EQ(read.body.ListAt(4)[1].integer(), -1);
  EXPECT_EQ(read.body.TextMapAt(5), (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_EQ(read.body.IntegerAt(6, 0), std::numeric_limits<int64_t>::min());
}

// A struct that a later version knows more of, with every type: what is unknown goes back whole.
TEST(ThriftValue, KeepsWhatItDoesNotKnow) {
  std::string body = Bytes(
      "\x0b\x00\x01\x00\x00\x00\x01t"                             // what we know
      "\x03\x00\x20\xfe"                                          // byte
      "\x04\x00\x21\x40\x09\x21\xfb\x54\x44\x2d\x18"              // double
      "\x0c\x00\x22\x0b\x00\x09\x00\x00\x00\x01x\x00"             // struct
      "\x0e\x00\x23\x08\x00\x00\x00\x01\x00\x00\x00\x05"          // set
      "\x0d\x00\x24\x08\x0c\x00\x00\x00\x01\x00\x00\x00\x01\x00"  // map of i32 to struct
      "\x0d\x00\x25\x00\x00\x00\x00\x00\x00"                      // empty map, no types said
      "\x0f\x7f\xff\x0f\x00\x00\x00\x01\x02\x00\x00\x00\x01\x01"  // list of lists
      "\x00");
  ThriftMessage read = Read(Call(body));
  EXPECT_EQ(WriteThrift(read), Call(body));
  read.body.Set(1, ThriftValue::Text("u"));
  std::string changed = body;
  changed[7] = 'u';
  EXPECT_EQ(WriteThrift(read), Call(changed));
}

TEST(ThriftValue, AFieldOfAnotherTypeIsAbsent) {
  ThriftValue value;
  value.Set(1, ThriftValue::Text("5"));
  EXPECT_EQ(value.IntegerAt(1, 3), 3);
  EXPECT_EQ(value.TextAt(2), "");
  EXPECT_TRUE(value.ListAt(1).empty());
  EXPECT_TRUE(value.TextMapAt(1).empty());
  EXPECT_EQ(value.StructAt(1).Find(1, ThriftType::kString), nullptr);
}

TEST(ThriftValue, RefusesWhatIsNoMessage) {
  auto refused = [](const std::string& text) { return ErrorOf([&] { Read(text); }); };
  EXPECT_EQ(refused("HTTP/1.1 400 Bad Request\r\n").code(), ErrorCode::kCorrupt);
  EXPECT_EQ(refused(Bytes("\x80\x01\x00\x09")).code(), ErrorCode::kCorrupt);
  // A text, a list and a map that claim more than can be, and a type that there is none of.
  EXPECT_EQ(refused(Call(Bytes("\x0b\x00\x01\xff\xff\xff\xff"))).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(refused(Call(Bytes("\x0f\x00\x01\x08\x7f\xff\xff\xff"))).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(refused(Call(Bytes("\x0d\x00\x01\x0b\x0b\x80\x00\x00\x00"))).code(),
            ErrorCode::kCorrupt);
  EXPECT_EQ(refused(Call(Bytes("\x07\x00\x01"))).code(), ErrorCode::kCorrupt);
  // One that claims 200 MB and ends asks for no memory: the end of the text is what is found.
  EXPECT_EQ(refused(Call(Bytes("\x0b\x00\x01\x0b\xeb\xc2\x00z"))).code(), ErrorCode::kIo);
}

TEST(ThriftValue, DepthAndNumberOfValuesAreBounded) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += Bytes("\x0c\x00\x01");
  EXPECT_EQ(ErrorOf([&] { Body(deep); }).code(), ErrorCode::kCorrupt);
  // 1.1 million booleans.
  std::string wide = Bytes("\x0f\x00\x01\x02\x00\x10\xc8\xe0");
  wide.append(1'100'000, 1);
  EXPECT_EQ(ErrorOf([&] { Body(wide + std::string(1, 0)); }).code(), ErrorCode::kCorrupt);
}

// Every cut of a message is found out.
TEST(ThriftValue, ATornMessageIsNone) {
  ThriftMessage call;
  call.method = "get_table";
  call.body.Set(1, ThriftValue::Text("database"))
      .Set(2, ThriftValue::TextMap({{"a", "1"}, {"b", "2"}}));
  std::string whole = WriteThrift(call);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ErrorOf([&] { Read(whole.substr(0, size)); }).code(), ErrorCode::kIo) << size;
  }
}

}  // namespace
}  // namespace eider::io
