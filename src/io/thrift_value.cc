#include "io/thrift_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace eider::io {

namespace {

constexpr uint32_t kVersion = 0x80010000;
constexpr uint32_t kVersionMask = 0xffff0000;
constexpr uint8_t kStop = 0;
constexpr int kMaxDepth = 64;
constexpr int64_t kMaxBytes = int64_t{256} << 20;
constexpr int kMaxValues = 1 << 20;

uint8_t Code(ThriftType type) { return static_cast<uint8_t>(type); }

[[noreturn]] void Corrupt(const std::string& what) {
  throw Error(ErrorCode::kCorrupt, "this is no message of Thrift's binary protocol: " + what);
}

}  // namespace

ThriftValue ThriftValue::Text(std::string value) {
  ThriftValue text(ThriftType::kString, 0);
  text.text_ = std::move(value);
  return text;
}

ThriftValue ThriftValue::List(ThriftType type, std::vector<ThriftValue> items) {
  ThriftValue list(ThriftType::kList, 0);
  list.item_type_ = Code(type);
  list.items_ = std::move(items);
  return list;
}

ThriftValue ThriftValue::TextMap(const std::map<std::string, std::string>& entries) {
  ThriftValue map(ThriftType::kMap, 0);
  map.key_type_ = map.item_type_ = Code(ThriftType::kString);
  for (const auto& [key, value] : entries) {
    map.items_.push_back(Text(key));
    map.items_.push_back(Text(value));
  }
  return map;
}

ThriftValue& ThriftValue::Set(int16_t id, ThriftValue value) {
  fields_.insert_or_assign(id, std::move(value));
  return *this;
}

const ThriftValue* ThriftValue::Find(int16_t id, ThriftType type) const {
  auto found = fields_.find(id);
  return found == fields_.end() || found->second.type_ != type ? nullptr : &found->second;
}

std::string ThriftValue::TextAt(int16_t id) const {
  const ThriftValue* value = Find(id, ThriftType::kString);
  return value == nullptr ? "" : value->text_;
}

int64_t ThriftValue::IntegerAt(int16_t id, int64_t fallback) const {
  for (ThriftType type : {ThriftType::kI64, ThriftType::kI32, ThriftType::kI16}) {
    if (const ThriftValue* value = Find(id, type)) return value->number_;
  }
  return fallback;
}

ThriftValue ThriftValue::StructAt(int16_t id) const {
  const ThriftValue* value = Find(id, ThriftType::kStruct);
  return value == nullptr ? ThriftValue() : *value;
}

std::vector<ThriftValue> ThriftValue::ListAt(int16_t id) const {
  const ThriftValue* value = Find(id, ThriftType::kList);
  return value == nullptr ? std::vector<ThriftValue>() : value->items_;
}

std::vector<std::string> ThriftValue::TextsAt(int16_t id) const {
  std::vector<std::string> texts;
  for (const ThriftValue& item : ListAt(id)) texts.push_back(item.text_);
  return texts;
}

std::map<std::string, std::string> ThriftValue::TextMapAt(int16_t id) const {
  std::map<std::string, std::string> entries;
  const ThriftValue* value = Find(id, ThriftType::kMap);
  if (value == nullptr) return entries;
  for (size_t i = 0; i + 1 < value->items_.size(); i += 2) {
    entries[value->items_[i].text_] = value->items_[i + 1].text_;
  }
  return entries;
}

class ThriftWriter {
 public:
  void Number(uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
      out_ += static_cast<char>(value >> shift & 0xff);
    }
  }

  void Text(const std::string& text) {
    Number(text.size(), 4);
    out_ += text;
  }

  void Value(const ThriftValue& value) {
    auto number = static_cast<uint64_t>(value.number_);
    switch (value.type_) {
      case ThriftType::kBool:
      case ThriftType::kByte:
        return Number(number, 1);
      case ThriftType::kI16:
        return Number(number, 2);
      case ThriftType::kI32:
        return Number(number, 4);
      case ThriftType::kI64:
      case ThriftType::kDouble:
        return Number(number, 8);
      case ThriftType::kString:
        return Text(value.text_);
      case ThriftType::kStruct:
        for (const auto& [id, field] : value.fields_) {
          Number(Code(field.type_), 1);
          Number(static_cast<uint16_t>(id), 2);
          Value(field);
        }
        return Number(kStop, 1);
      case ThriftType::kMap:
        Number(value.key_type_, 1);
        Number(value.item_type_, 1);
        Number(value.items_.size() / 2, 4);
        break;
      case ThriftType::kSet:
      case ThriftType::kList:
        Number(value.item_type_, 1);
        Number(value.items_.size(), 4);
        break;
    }
    for (const ThriftValue& item : value.items_) Value(item);
  }

  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

class ThriftReader {
 public:
  explicit ThriftReader(ThriftSource& source) : source_(source) {}

  ThriftMessage Message() {
    auto head = static_cast<uint32_t>(Number(4));
    if ((head & kVersionMask) != kVersion) Corrupt("it begins otherwise");
    uint32_t kind = head & 0xff;
    if (kind < 1 || kind > 4) Corrupt(fmt::format("it is of kind {}", kind));
    ThriftMessage message;
    message.kind = static_cast<ThriftMessage::Kind>(kind);
    message.method = Text();
    message.sequence = static_cast<int32_t>(Number(4));
    message.body = Value(Code(ThriftType::kStruct), 0);
    return message;
  }

 private:
  void Read(char* data, size_t size) {
    left_ -= static_cast<int64_t>(size);
    if (left_ < 0) Corrupt("it is larger than 256 MB");
    source_.Read(data, size);
  }

  uint64_t Number(int bytes) {
    char data[8];
    Read(data, static_cast<size_t>(bytes));
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(data[i]);
    return value;
  }

  // As many as may still come: each takes a byte at least.
  size_t Size() {
    auto size = static_cast<int32_t>(Number(4));
    if (size < 0 || size > left_) Corrupt(fmt::format("it has a size of {}", size));
    return static_cast<size_t>(size);
  }

  std::string Text() {
    constexpr size_t kPiece = 1 << 16;
    size_t size = Size();
    std::string text;
    while (text.size() < size) {
      size_t begin = text.size();
      text.resize(std::min(size, begin + kPiece));
      Read(text.data() + begin, text.size() - begin);
    }
    return text;
  }

  ThriftValue Value(uint8_t code, int depth) {
    if (depth > kMaxDepth) Corrupt("it is nested too deep");
    if (--values_left_ < 0) Corrupt(fmt::format("it has more than {} values", kMaxValues));
    auto type = static_cast<ThriftType>(code);
    ThriftValue value(type, 0);
    switch (type) {
      case ThriftType::kBool:
        value.number_ = Number(1) != 0 ? 1 : 0;
        return value;
      case ThriftType::kByte:
        value.number_ = static_cast<int8_t>(Number(1));
        return value;
      case ThriftType::kI16:
        value.number_ = static_cast<int16_t>(Number(2));
        return value;
      case ThriftType::kI32:
        value.number_ = static_cast<int32_t>(Number(4));
        return value;
      case ThriftType::kI64:
      case ThriftType::kDouble:
        value.number_ = static_cast<int64_t>(Number(8));
        return value;
      case ThriftType::kString:
        value.text_ = Text();
        return value;
      case ThriftType::kStruct:
        while (auto field = static_cast<uint8_t>(Number(1))) {
          auto id = static_cast<int16_t>(Number(2));
          value.fields_.insert_or_assign(id, Value(field, depth + 1));
        }
        return value;
      case ThriftType::kMap: {
        value.key_type_ = static_cast<uint8_t>(Number(1));
        value.item_type_ = static_cast<uint8_t>(Number(1));
        for (size_t left = Size(); left > 0; --left) {
          value.items_.push_back(Value(value.key_type_, depth + 1));
          value.items_.push_back(Value(value.item_type_, depth + 1));
        }
        return value;
      }
      case ThriftType::kSet:
      case ThriftType::kList:
        value.item_type_ = static_cast<uint8_t>(Number(1));
        for (size_t left = Size(); left > 0; --left) {
          value.items_.push_back(Value(value.item_type_, depth + 1));
        }
        return value;
    }
    Corrupt(fmt::format("it has a value of type {}", code));
  }

  ThriftSource& source_;
  int64_t left_ = kMaxBytes;
  int values_left_ = kMaxValues;
};

std::string WriteThrift(const ThriftMessage& message) {
  ThriftWriter writer;
  writer.Number(kVersion | static_cast<uint32_t>(message.kind), 4);
  writer.Text(message.method);
  writer.Number(static_cast<uint32_t>(message.sequence), 4);
  writer.Value(message.body);
  return writer.Take();
}

ThriftMessage ReadThrift(ThriftSource& source) { return ThriftReader(source).Message(); }

}  // namespace eider::io
