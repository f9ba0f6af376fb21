#include "base/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/error.h"

namespace eider {

namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";
// A billion-laughs document must end in an error, not in a full memory.
constexpr size_t kMaxNodes = 2'000'000;
constexpr int kMaxDepth = 500;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllOf(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

std::string WithoutUnderscores(std::string_view text) {
  std::string out(text);
  std::erase(out, '_');
  return out;
}

bool IsBoolWord(std::string_view text, bool* value) {
  static const std::unordered_map<std::string_view, bool> kWords = {
      {"yes", true},    {"Yes", true},    {"YES", true},  {"no", false},  {"No", false},
      {"NO", false},    {"true", true},   {"True", true}, {"TRUE", true}, {"false", false},
      {"False", false}, {"FALSE", false}, {"on", true},   {"On", true},   {"ON", true},
      {"off", false},   {"Off", false},   {"OFF", false},
  };
  if (text.size() > 5) return false;
  auto found = kWords.find(text);
  if (found == kWords.end()) return false;
  *value = found->second;
  return true;
}

// "[0-5]?[0-9]" after each colon.
bool IsSexagesimalTail(std::string_view text) {
  while (!text.empty()) {
    if (text[0] != ':') return false;
    size_t end = text.find(':', 1);
    std::string_view part = text.substr(1, end == text.npos ? text.npos : end - 1);
    if (part.empty() || part.size() > 2 || !AllOf(part, "0123456789")) return false;
    if (part.size() == 2 && part[0] > '5') return false;
    text = end == text.npos ? std::string_view() : text.substr(end);
  }
  return true;
}

bool ParseUnsigned(const std::string& digits, int base, uint64_t* value) {
  auto result = std::from_chars(digits.data(), digits.data() + digits.size(), *value, base);
  return result.ec == std::errc() && result.ptr == digits.data() + digits.size();
}

// An integer by YAML 1.1. Values beyond 64 bits are left to the float rule of Json.
bool ParseInteger(std::string_view text, int64_t* integer) {
  bool negative = !text.empty() && text[0] == '-';
  std::string_view body = text;
  if (!body.empty() && (body[0] == '-' || body[0] == '+')) body.remove_prefix(1);
  if (body.empty() || !IsDigit(body[0])) return false;
  uint64_t value = 0;
  if (body.size() > 2 && body.starts_with("0b")) {
    if (!AllOf(body.substr(2), "01_")) return false;
    if (!ParseUnsigned(WithoutUnderscores(body.substr(2)), 2, &value)) return false;
  } else if (body.size() > 2 && body.starts_with("0x")) {
    if (!AllOf(body.substr(2), "0123456789abcdefABCDEF_")) return false;
    if (!ParseUnsigned(WithoutUnderscores(body.substr(2)), 16, &value)) return false;
  } else if (body.size() > 1 && body[0] == '0') {
    if (!AllOf(body, "01234567_")) return false;
    if (!ParseUnsigned(WithoutUnderscores(body), 8, &value)) return false;
  } else if (AllOf(body, "0123456789_")) {
    if (!ParseUnsigned(WithoutUnderscores(body), 10, &value)) return false;
  } else {
    size_t colon = body.find(':');
    if (colon == body.npos || body[0] == '0' || !AllOf(body.substr(0, colon), "0123456789_")) {
      return false;
    }
    if (!IsSexagesimalTail(body.substr(colon))) return false;
    std::string digits = WithoutUnderscores(body);
    for (size_t begin = 0; begin <= digits.size();) {
      size_t end = std::min(digits.find(':', begin), digits.size());
      uint64_t part = 0;
      if (!ParseUnsigned(digits.substr(begin, end - begin), 10, &part)) return false;
      value = value * 60 + part;
      begin = end + 1;
    }
  }
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return false;
  *integer = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  return true;
}

bool ParseFloat(std::string_view text, double* real) {
  std::string_view body = text;
  double sign = 1;
  if (!body.empty() && (body[0] == '-' || body[0] == '+')) {
    if (body[0] == '-') sign = -1;
    body.remove_prefix(1);
  }
  if (body == ".inf" || body == ".Inf" || body == ".INF") {
    *real = sign * std::numeric_limits<double>::infinity();
    return true;
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    *real = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  size_t dot = body.find('.');
  if (dot == body.npos) return false;
  std::string_view whole = body.substr(0, dot);
  std::string_view rest = body.substr(dot + 1);
  if (size_t colon = whole.find(':'); colon != whole.npos) {
    if (colon == 0 || !IsDigit(whole[0]) || !AllOf(whole.substr(0, colon), "0123456789_") ||
        !IsSexagesimalTail(whole.substr(colon)) || !AllOf(rest, "0123456789_")) {
      return false;
    }
    std::string digits = WithoutUnderscores(body);
    double value = 0;
    for (size_t begin = 0; begin <= digits.size();) {
      size_t end = std::min(digits.find(':', begin), digits.size());
      value = value * 60 + std::strtod(digits.substr(begin, end - begin).c_str(), nullptr);
      begin = end + 1;
    }
    *real = sign * value;
    return true;
  }
  size_t exponent = rest.find_first_of("eE");
  std::string_view fraction = rest.substr(0, exponent);
  if (!AllOf(fraction, "0123456789_")) return false;
  if (whole.empty()) {
    // A sign before a bare dot is no float to PyYAML.
    if (fraction.empty() || !IsDigit(fraction[0]) || body.size() != text.size()) return false;
  } else if (!IsDigit(whole[0]) || !AllOf(whole, "0123456789_")) {
    return false;
  }
  if (exponent != rest.npos) {
    std::string_view power = rest.substr(exponent + 1);
    if (power.size() < 2 || (power[0] != '+' && power[0] != '-') ||
        !AllOf(power.substr(1), "0123456789")) {
      return false;
    }
  }
  *real = sign * std::strtod(WithoutUnderscores(body).c_str(), nullptr);
  return true;
}

bool IsNullWord(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// A decimal integer too wide for 64 bits, which JSON holds as a float.
bool IsWideInteger(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text.size() > 18 && text[0] >= '1' && text[0] <= '9' && AllOf(text, "0123456789");
}

// Dates are left as text, but a writer must quote a text that looks like one.
bool LooksLikeTimestamp(std::string_view text) {
  auto digits = [&](size_t begin, size_t count) {
    if (begin + count > text.size()) return false;
    return AllOf(text.substr(begin, count), "0123456789");
  };
  if (!digits(0, 4) || text.size() < 8 || text[4] != '-') return false;
  if (text.size() == 10) return digits(5, 2) && text[7] == '-' && digits(8, 2);
  // year-month-day, then T, t or blanks, then hour:minute:second.
  size_t dash = text.find('-', 5);
  if (dash == text.npos || dash - 5 < 1 || dash - 5 > 2 || !digits(5, dash - 5)) return false;
  size_t day_end = text.find_first_not_of("0123456789", dash + 1);
  if (day_end == text.npos || day_end - dash > 3 || day_end == dash + 1) return false;
  size_t hour = text.find_first_not_of("Tt \t", day_end);
  if (hour == day_end || hour == text.npos || !IsDigit(text[hour])) return false;
  size_t colon = text.find(':', hour);
  return colon != text.npos && colon - hour <= 2 && digits(colon + 1, 2) &&
         colon + 3 < text.size() && text[colon + 3] == ':' && digits(colon + 4, 2);
}

void ResolvePlain(YamlNode& node) {
  const std::string& text = node.text;
  using Kind = YamlNode::Kind;
  if (IsNullWord(text)) {
    node.kind = Kind::kNull;
    return;
  }
  char first = text[0];
  if (IsDigit(first) || first == '-' || first == '+' || first == '.') {
    if (ParseInteger(text, &node.integer)) {
      node.kind = Kind::kInteger;
      return;
    }
    if (ParseFloat(text, &node.real)) {
      node.kind = Kind::kFloat;
      return;
    }
    if (IsWideInteger(text)) {
      node.kind = Kind::kFloat;
      node.real = std::strtod(text.c_str(), nullptr);
      return;
    }
  } else if (IsBoolWord(text, &node.boolean)) {
    node.kind = Kind::kBool;
    return;
  }
  node.kind = Kind::kString;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& source, std::vector<YamlDuplicate>* duplicates)
      : source_(source), duplicates_(duplicates) {
    if (!yaml_parser_initialize(&parser_)) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Reader() {
    yaml_parser_delete(&parser_);
    yaml_event_delete(&event_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  YamlNode Read() {
    Next();  // stream start
    Next();
    if (event_.type == YAML_STREAM_END_EVENT) return {};
    Next();
    YamlNode root = Node(0);
    Next();  // document end
    Next();
    if (event_.type != YAML_STREAM_END_EVENT) {
      Fail("expected a single document in the stream, but found another document", Mark());
    }
    return root;
  }

 private:
  const yaml_mark_t& Mark() const { return event_.start_mark; }

  [[noreturn]] void Fail(const std::string& message, const yaml_mark_t& mark) {
    throw Error(ErrorCode::kSyntax, message)
        .At(source_, static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1);
  }

  void Next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_)) return;
    std::string message = "YAML does not parse: ";
    if (parser_.context) message += std::string(parser_.context) + ", ";
    message += parser_.problem ? parser_.problem : "unreadable input";
    if (parser_.error == YAML_READER_ERROR) {
      throw Error(ErrorCode::kSyntax, message).At(source_);
    }
    if (parser_.context && parser_.context_mark.line != parser_.problem_mark.line) {
      message += " (begun on line " + std::to_string(parser_.context_mark.line + 1) + ")";
    }
    Fail(message, parser_.problem_mark);
  }

  YamlNode Node(int depth) {
    if (depth > kMaxDepth) Fail("YAML is nested too deeply", Mark());
    if (++nodes_ > kMaxNodes) Fail("YAML is too large", Mark());
    YamlNode node;
    node.line = static_cast<int>(Mark().line) + 1;
    node.column = static_cast<int>(Mark().column) + 1;
    std::string anchor;
    auto name = [](const yaml_char_t* text) {
      return text ? std::string(reinterpret_cast<const char*>(text)) : std::string();
    };
    switch (event_.type) {
      case YAML_ALIAS_EVENT: {
        std::string alias = name(event_.data.alias.anchor);
        auto found = anchors_.find(alias);
        if (found == anchors_.end()) Fail("found undefined alias '" + alias + "'", Mark());
        nodes_ += found->second.second;
        if (nodes_ > kMaxNodes) Fail("YAML is too large once its aliases are followed", Mark());
        return found->second.first;
      }
      case YAML_SCALAR_EVENT:
        anchor = name(event_.data.scalar.anchor);
        Scalar(node);
        break;
      case YAML_SEQUENCE_START_EVENT: {
        anchor = name(event_.data.sequence_start.anchor);
        node.kind = YamlNode::Kind::kSequence;
        size_t before = nodes_;
        for (Next(); event_.type != YAML_SEQUENCE_END_EVENT; Next()) {
          node.items.push_back(Node(depth + 1));
        }
        if (!anchor.empty()) anchors_[anchor] = {node, nodes_ - before + 1};
        return node;
      }
      case YAML_MAPPING_START_EVENT: {
        anchor = name(event_.data.mapping_start.anchor);
        node.kind = YamlNode::Kind::kMapping;
        size_t before = nodes_;
        Mapping(node, depth);
        if (!anchor.empty()) anchors_[anchor] = {node, nodes_ - before + 1};
        return node;
      }
      default:
        Fail("unexpected YAML event", Mark());
    }
    if (!anchor.empty()) anchors_[anchor] = {node, 1};
    return node;
  }

  void Scalar(YamlNode& node) {
    const auto& scalar = event_.data.scalar;
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    if (!scalar.tag) {
      if (scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.plain_implicit) {
        ResolvePlain(node);
      } else {
        node.kind = YamlNode::Kind::kString;
      }
      return;
    }
    std::string_view tag(reinterpret_cast<const char*>(scalar.tag));
    if (tag == "!") {
      node.kind = YamlNode::Kind::kString;
      return;
    }
    if (tag.starts_with(kTagPrefix)) {
      tag.remove_prefix(kTagPrefix.size());
      if (tag == "str" || tag == "binary" || tag == "timestamp") {
        node.kind = YamlNode::Kind::kString;
        return;
      }
      if (tag == "null") return;
      if (tag == "bool" || tag == "int" || tag == "float") {
        ResolvePlain(node);
        if (tag == "float" && node.kind == YamlNode::Kind::kInteger) {
          node.kind = YamlNode::Kind::kFloat;
          node.real = static_cast<double>(node.integer);
        }
        return;
      }
    }
    Fail("could not determine a constructor for the tag '" +
             std::string(reinterpret_cast<const char*>(scalar.tag)) + "'",
         Mark());
  }

  void Mapping(YamlNode& node, int depth) {
    std::vector<YamlNode::Entry> own, merged;
    yaml_mark_t begin = Mark();
    for (Next(); event_.type != YAML_MAPPING_END_EVENT; Next()) {
      bool merge = event_.type == YAML_SCALAR_EVENT &&
                   event_.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                   std::string_view(reinterpret_cast<const char*>(event_.data.scalar.value),
                                    event_.data.scalar.length) == "<<";
      YamlNode key = Node(depth + 1);
      if (key.IsMapping() || key.IsSequence()) Fail("found unhashable key", begin);
      Next();
      yaml_mark_t value_mark = Mark();
      YamlNode value = Node(depth + 1);
      if (!merge) {
        own.emplace_back(std::move(key), std::move(value));
      } else if (value.IsMapping()) {
        merged.insert(merged.end(), value.entries.begin(), value.entries.end());
      } else if (value.IsSequence()) {
        // The first mapping of the list wins, so it is laid down last.
        for (auto item = value.items.rbegin(); item != value.items.rend(); ++item) {
          if (!item->IsMapping()) {
            Fail("expected a mapping for merging, but found " + std::string(item->KindName()),
                 value_mark);
          }
          merged.insert(merged.end(), item->entries.begin(), item->entries.end());
        }
      } else {
        Fail("expected a mapping or list of mappings for merging, but found " +
                 std::string(value.KindName()),
             value_mark);
      }
    }
    node.entries.reserve(own.size() + merged.size());
    std::unordered_map<std::string, size_t> positions;
    auto add = [&](YamlNode::Entry&& entry, bool is_own, size_t merged_count) {
      std::string key = entry.first.KeyText();
      auto [position, is_new] = positions.try_emplace(key, node.entries.size());
      if (is_new) {
        node.entries.push_back(std::move(entry));
        return;
      }
      if (is_own && position->second >= merged_count && duplicates_) {
        duplicates_->push_back({key, entry.first.line});
      }
      node.entries[position->second] = std::move(entry);
    };
    for (auto& entry : merged) add(std::move(entry), false, 0);
    size_t merged_count = node.entries.size();
    for (auto& entry : own) add(std::move(entry), true, merged_count);
  }

  const std::string& source_;
  std::vector<YamlDuplicate>* duplicates_;
  yaml_parser_t parser_;
  yaml_event_t event_{};
  size_t nodes_ = 0;
  // With the number of nodes below, which every alias repeats.
  std::unordered_map<std::string, std::pair<YamlNode, size_t>> anchors_;
};

// Python's repr of a float, with the ".0" that PyYAML puts before an exponent.
std::string FloatText(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string scientific(buffer, end.ptr);
  size_t e = scientific.find('e');
  int exponent = std::atoi(scientific.c_str() + e + 1);
  if (exponent < -4 || exponent >= 16) {
    std::string mantissa = scientific.substr(0, e);
    if (mantissa.find('.') == mantissa.npos) mantissa += ".0";
    return mantissa + scientific.substr(e);
  }
  end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  std::string fixed(buffer, end.ptr);
  if (fixed.find('.') == fixed.npos) fixed += ".0";
  return fixed;
}

class Writer {
 public:
  explicit Writer(bool sort_keys) : sort_keys_(sort_keys) {
    if (!yaml_emitter_initialize(&emitter_)) throw std::bad_alloc();
    yaml_emitter_set_output(
        &emitter_,
        [](void* data, unsigned char* bytes, size_t size) {
          static_cast<std::string*>(data)->append(reinterpret_cast<char*>(bytes), size);
          return 1;
        },
        &out_);
  }
  ~Writer() { yaml_emitter_delete(&emitter_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  std::string Write(const Json& value) {
    Emit([](yaml_event_t* e) { return yaml_stream_start_event_initialize(e, YAML_UTF8_ENCODING); });
    Emit([](yaml_event_t* e) {
      return yaml_document_start_event_initialize(e, nullptr, nullptr, nullptr, 1);
    });
    Node(value);
    Emit([](yaml_event_t* e) { return yaml_document_end_event_initialize(e, 1); });
    Emit([](yaml_event_t* e) { return yaml_stream_end_event_initialize(e); });
    // libyaml, unlike PyYAML, leaves out the end of document after a bare scalar at the root.
    bool open_ended = !value.is_structured() && !out_.empty() && out_[0] != '\'' &&
                      out_[0] != '"' && !out_.ends_with("...\n");
    if (open_ended) out_ += "...\n";
    return std::move(out_);
  }

 private:
  template <typename Make>
  void Emit(Make make) {
    yaml_event_t event;
    if (!make(&event)) throw std::bad_alloc();
    if (!yaml_emitter_emit(&emitter_, &event)) {
      throw Error(ErrorCode::kInternal, std::string("YAML cannot be written: ") +
                                            (emitter_.problem ? emitter_.problem : "unknown"));
    }
  }

  void Scalar(const std::string& text, bool is_string) {
    // A string that would read back as something else is quoted.
    bool plain = true;
    if (is_string) {
      YamlNode probe;
      probe.text = text;
      ResolvePlain(probe);
      plain = probe.IsString() && text != "=" && text != "<<" && !LooksLikeTimestamp(text);
    }
    Emit([&](yaml_event_t* e) {
      return yaml_scalar_event_initialize(
          e, nullptr, nullptr, reinterpret_cast<const yaml_char_t*>(text.data()),
          static_cast<int>(text.size()), plain, is_string, YAML_ANY_SCALAR_STYLE);
    });
  }

  void Node(const Json& value) {
    switch (value.type()) {
      case Json::value_t::null:
      case Json::value_t::discarded:
        return Scalar("null", false);
      case Json::value_t::boolean:
        return Scalar(value.get<bool>() ? "true" : "false", false);
      case Json::value_t::number_integer:
        return Scalar(std::to_string(value.get<int64_t>()), false);
      case Json::value_t::number_unsigned:
        return Scalar(std::to_string(value.get<uint64_t>()), false);
      case Json::value_t::number_float:
        return Scalar(FloatText(value.get<double>()), false);
      case Json::value_t::string:
      case Json::value_t::binary:
        return Scalar(value.get_ref<const std::string&>(), true);
      case Json::value_t::array: {
        Emit([&](yaml_event_t* e) {
          return yaml_sequence_start_event_initialize(
              e, nullptr, nullptr, 1,
              value.empty() ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);
        });
        for (const Json& item : value) Node(item);
        Emit([](yaml_event_t* e) { return yaml_sequence_end_event_initialize(e); });
        return;
      }
      case Json::value_t::object: {
        Emit([&](yaml_event_t* e) {
          return yaml_mapping_start_event_initialize(
              e, nullptr, nullptr, 1,
              value.empty() ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE);
        });
        std::vector<std::pair<std::string, const Json*>> members;
        for (auto& [key, member] : value.items()) members.emplace_back(key, &member);
        if (sort_keys_) {
          std::stable_sort(members.begin(), members.end(),
                           [](auto& a, auto& b) { return a.first < b.first; });
        }
        for (auto& [key, member] : members) {
          Scalar(key, true);
          Node(*member);
        }
        Emit([](yaml_event_t* e) { return yaml_mapping_end_event_initialize(e); });
        return;
      }
    }
  }

  bool sort_keys_;
  std::string out_;
  yaml_emitter_t emitter_;
};

}  // namespace

YamlNode::YamlNode() = default;
YamlNode::~YamlNode() = default;
YamlNode::YamlNode(const YamlNode& other) = default;
YamlNode::YamlNode(YamlNode&& other) noexcept = default;
YamlNode& YamlNode::operator=(const YamlNode& other) = default;
YamlNode& YamlNode::operator=(YamlNode&& other) noexcept = default;

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name.text == key && (name.IsString() || name.KeyText() == key)) return &value;
  }
  return nullptr;
}

std::string_view YamlNode::KindName() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kBool:
      return "a boolean";
    case Kind::kInteger:
    case Kind::kFloat:
      return "a number";
    case Kind::kString:
      return "text";
    case Kind::kSequence:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
  }
  return "";
}

std::string YamlNode::KeyText() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return boolean ? "true" : "false";
    case Kind::kInteger:
      return std::to_string(integer);
    case Kind::kFloat:
      return FloatText(real);
    default:
      return text;
  }
}

Json YamlNode::ToJson() const {
  switch (kind) {
    case Kind::kNull:
      return nullptr;
    case Kind::kBool:
      return boolean;
    case Kind::kInteger:
      return integer;
    case Kind::kFloat:
      return real;
    case Kind::kString:
      return text;
    case Kind::kSequence: {
      Json list = Json::array();
      for (const auto& item : items) list.push_back(item.ToJson());
      return list;
    }
    case Kind::kMapping: {
      Json object = Json::object();
      // Keys are unique already; operator[] would look each one up again.
      auto& members = object.get_ref<Json::object_t&>();
      members.reserve(entries.size());
      for (const auto& [key, value] : entries) {
        members.Container::emplace_back(key.KeyText(), value.ToJson());
      }
      return object;
    }
  }
  return nullptr;
}

YamlNode ParseYaml(std::string_view text, const std::string& source,
                   std::vector<YamlDuplicate>* duplicates) {
  return Reader(text, source, duplicates).Read();
}

std::string DumpYaml(const Json& value, bool sort_keys) { return Writer(sort_keys).Write(value); }

}  // namespace eider
