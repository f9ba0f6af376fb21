// YAML 1.1 as PyYAML reads and writes it, on libyaml, which PyYAML itself stands on: yes/no/on/off
// are booleans, 010 is 8, 1:30 is 90, << merges. Dates stay the text that was written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace eider {

// One node, with where it begins (lines and columns count from 1).
class YamlNode {
 public:
  enum class Kind : uint8_t { kNull, kBool, kInteger, kFloat, kString, kSequence, kMapping };
  using Entry = std::pair<YamlNode, YamlNode>;

  // Defined where Entry is complete.
  YamlNode();
  ~YamlNode();
  YamlNode(const YamlNode& other);
  YamlNode(YamlNode&& other) noexcept;
  YamlNode& operator=(const YamlNode& other);
  YamlNode& operator=(YamlNode&& other) noexcept;

  Kind kind = Kind::kNull;
  int line = 0;
  int column = 0;
  bool boolean = false;
  int64_t integer = 0;
  double real = 0;
  std::string text;  // of a string; of a number, bool or null as it was written
  std::vector<YamlNode> items;
  // Keys are unique; merged keys stand first, as in the dict PyYAML builds.
  std::vector<Entry> entries;

  bool IsNull() const { return kind == Kind::kNull; }
  bool IsString() const { return kind == Kind::kString; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsMapping() const { return kind == Kind::kMapping; }

  // The value at `key` of a mapping, or null (also when this is no mapping).
  const YamlNode* Find(std::string_view key) const;
  // "a mapping", "a list", "text", .. for messages.
  std::string_view KindName() const;
  // The text of a key in JSON, as Python's json writes it: true, 1, null.
  std::string KeyText() const;
  Json ToJson() const;
};

struct YamlDuplicate {
  std::string key;
  int line = 0;
};

// Parses the one document of `text`; an empty text is null. `source` (a file) is named in errors.
// Throws kSyntax with line and column. Where a mapping repeats a key the last one counts, and the
// repetition is added to `duplicates`.
YamlNode ParseYaml(std::string_view text, const std::string& source,
                   std::vector<YamlDuplicate>* duplicates = nullptr);

// What PyYAML's safe_dump prints: block style, lines of 80 columns, ASCII. `sort_keys` orders the
// keys of every mapping.
std::string DumpYaml(const Json& value, bool sort_keys = false);

}  // namespace eider
