// Thrift's binary protocol: values, and messages of them.
//
// A value is a tree that needs no generated code and keeps the fields it does not know, so that
// what a newer server sent goes back to it whole.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace eider::io {

enum class ThriftType : uint8_t {
  kBool = 2,
  kByte = 3,
  kDouble = 4,
  kI16 = 6,
  kI32 = 8,
  kI64 = 10,
  kString = 11,
  kStruct = 12,
  kMap = 13,
  kSet = 14,
  kList = 15,
};

class ThriftValue {
 public:
  // A struct without fields.
  ThriftValue() = default;
  static ThriftValue Bool(bool value) { return ThriftValue(ThriftType::kBool, value ? 1 : 0); }
  static ThriftValue I16(int16_t value) { return ThriftValue(ThriftType::kI16, value); }
  static ThriftValue I32(int32_t value) { return ThriftValue(ThriftType::kI32, value); }
  static ThriftValue I64(int64_t value) { return ThriftValue(ThriftType::kI64, value); }
  static ThriftValue Text(std::string value);
  // `items` are all of that type.
  static ThriftValue List(ThriftType type, std::vector<ThriftValue> items);
  static ThriftValue TextMap(const std::map<std::string, std::string>& entries);

  ThriftType type() const { return type_; }
  // Booleans and integers.
  int64_t integer() const { return number_; }
  // Of kString, which may be any bytes.
  const std::string& text() const { return text_; }
  // Of lists and sets; of a map keys and values by turns.
  const std::vector<ThriftValue>& items() const { return items_; }

  // Fields of a struct. Absent is one that is not there or of another type.
  ThriftValue& Set(int16_t id, ThriftValue value);
  void Remove(int16_t id) { fields_.erase(id); }
  const ThriftValue* Find(int16_t id, ThriftType type) const;  // nullptr where absent
  std::string TextAt(int16_t id) const;                        // "" where absent
  int64_t IntegerAt(int16_t id, int64_t fallback) const;       // kI16, kI32, kI64
  ThriftValue StructAt(int16_t id) const;                      // without fields where absent
  std::vector<ThriftValue> ListAt(int16_t id) const;           // empty where absent
  std::vector<std::string> TextsAt(int16_t id) const;          // the texts in a list
  std::map<std::string, std::string> TextMapAt(int16_t id) const;

 private:
  friend class ThriftReader;
  friend class ThriftWriter;

  ThriftValue(ThriftType type, int64_t number) : type_(type), number_(number) {}

  ThriftType type_ = ThriftType::kStruct;
  int64_t number_ = 0;  // of kDouble its bits
  std::string text_;
  // What is in a list, set or map; a peer's empty map need not say it.
  uint8_t item_type_ = 0;
  uint8_t key_type_ = 0;
  std::vector<ThriftValue> items_;
  std::map<int16_t, ThriftValue> fields_;
};

struct ThriftMessage {
  enum class Kind { kCall = 1, kReply = 2, kException = 3, kOneway = 4 };
  Kind kind = Kind::kCall;
  std::string method;
  int32_t sequence = 0;
  ThriftValue body;  // a struct
};

std::string WriteThrift(const ThriftMessage& message);

// Where the bytes of a message come from.
class ThriftSource {
 public:
  virtual ~ThriftSource() = default;
  // Fills `data` whole, or throws.
  virtual void Read(char* data, size_t size) = 0;
};

// Throws kCorrupt for what is no message, is nested too deep, is larger than 256 MB or has more
// than a million values; and what the source throws. Memory grows with what has come, whatever
// sizes the message claims.
ThriftMessage ReadThrift(ThriftSource& source);

}  // namespace eider::io
