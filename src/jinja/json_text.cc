#include "jinja/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "jinja/number.h"
#include "jinja/object.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

constexpr int kMaxDepth = 400;

void AppendString(std::string& out, std::string_view text) {
  auto unit = [&](unsigned code) { fmt::format_to(std::back_inserter(out), "\\u{:04x}", code); };
  out += '"';
  for (char32_t c : DecodeUtf8(text)) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c >= 0x20 && c < 0x7F) {
          out += static_cast<char>(c);
        } else if (c < 0x10000) {
          unit(c);
        } else {
          unit(0xD800 + ((c - 0x10000) >> 10));
          unit(0xDC00 + ((c - 0x10000) & 0x3FF));
        }
    }
  }
  out += '"';
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return FloatRepr(value);
}

class JsonWriter {
 public:
  explicit JsonWriter(const JsonTextOptions& options) : options_(options) {}

  void Write(const Value& value) {
    switch (value.type()) {
      case Value::Type::kNone:
        out_ += "null";
        return;
      case Value::Type::kBool:
        out_ += value.AsBool() ? "true" : "false";
        return;
      case Value::Type::kInt:
        out_ += std::to_string(value.AsInt());
        return;
      case Value::Type::kFloat:
        out_ += Number(value.AsFloat());
        return;
      case Value::Type::kString:
        AppendString(out_, value.AsString());
        return;
      case Value::Type::kList:
      case Value::Type::kTuple:
        Enter();
        WriteItems(*value.Items());
        --depth_;
        return;
      case Value::Type::kDict:
        Enter();
        WriteDict(value.AsDict());
        --depth_;
        return;
      case Value::Type::kObject:
        if (auto json = value.AsObject()->ToJson()) {
          Write(Value::FromJson(*json));
          return;
        }
        break;
      case Value::Type::kUndefined:
        break;
    }
    Throw("Object of type " + value.TypeName() + " is not JSON serializable");
  }

  std::string Take() { return std::move(out_); }

 private:
  void Enter() {
    if (++depth_ > kMaxDepth) Throw("Circular reference detected");
  }

  void NewLine(int depth) {
    out_ += '\n';
    out_.append(static_cast<size_t>(std::max<int64_t>(0, *options_.indent) * depth), ' ');
  }

  // What stands between two items, and around them all.
  void Separate(bool first) {
    if (!first) out_ += options_.indent ? "," : ", ";
    if (options_.indent) NewLine(depth_);
  }
  void Close(char bracket) {
    if (options_.indent) NewLine(depth_ - 1);
    out_ += bracket;
  }

  void WriteItems(const ValueList& items) {
    if (items.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    for (size_t i = 0; i < items.size(); ++i) {
      Separate(i == 0);
      Write(items[i]);
    }
    Close(']');
  }

  static std::string Key(const Value& key) {
    if (key.IsString()) return key.AsString();
    if (key.IsNone()) return "null";
    if (key.IsBool()) return key.AsBool() ? "true" : "false";
    if (key.IsInt()) return std::to_string(key.AsInt());
    if (key.IsFloat()) return Number(key.AsFloat());
    Throw("keys must be str, int, float, bool or None, not " + key.TypeName());
  }

  void WriteDict(const Dict& dict) {
    if (dict.empty()) {
      out_ += "{}";
      return;
    }
    std::vector<const Dict::Entry*> entries;
    for (const auto& entry : dict) entries.push_back(&entry);
    if (options_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto* a, const auto* b) { return a->key.Compare(b->key) < 0; });
    }
    out_ += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
      Separate(i == 0);
      AppendString(out_, Key(entries[i]->key));
      out_ += ": ";
      Write(entries[i]->value);
    }
    Close('}');
  }

  const JsonTextOptions& options_;
  std::string out_;
  int depth_ = 0;
};

}  // namespace

std::string JsonText(const Value& value, const JsonTextOptions& options) {
  JsonWriter writer(options);
  writer.Write(value);
  return writer.Take();
}

}  // namespace eider::jinja
