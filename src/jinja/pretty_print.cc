#include "jinja/pretty_print.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

constexpr size_t kColumns = 80;

class PrettyPrinter {
 public:
  std::string Run(const Value& value) {
    Print(value, 0, 0, 0);
    return std::move(out_);
  }

 private:
  // The entries by key; keys that have no order among each other by type, then by their text.
  static std::vector<Dict::Entry> Sorted(const Dict& dict) {
    std::vector<Dict::Entry> entries(dict.begin(), dict.end());
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      try {
        return a.key.Compare(b.key) < 0;
      } catch (const Error&) {
        return std::pair(a.key.TypeName(), a.key.Repr()) <
               std::pair(b.key.TypeName(), b.key.Repr());
      }
    });
    return entries;
  }

  static std::string Repr(const Value& value) {
    std::string out;
    if (value.IsDict()) {
      for (const auto& [key, item] : Sorted(value.AsDict())) {
        out += (out.empty() ? "" : ", ") + Repr(key) + ": " + Repr(item);
      }
      return "{" + out + "}";
    }
    if (const ValueList* items = value.Items()) {
      for (const Value& item : *items) out += (out.empty() ? "" : ", ") + Repr(item);
      if (value.IsList()) return "[" + out + "]";
      return "(" + out + (items->size() == 1 ? ",)" : ")");
    }
    return value.Repr();
  }

  // `indent` columns are taken already; `allowance` more must stay free for what follows.
  void Print(const Value& value, size_t indent, size_t allowance, int level) {
    std::string repr = Repr(value);
    if (CodePointCount(repr) + indent + allowance <= kColumns) {
      out_ += repr;
    } else if (value.IsDict() && !value.AsDict().empty()) {
      PrintDict(value.AsDict(), indent, allowance + 1, level + 1);
    } else if (value.Items() && !value.Items()->empty()) {
      PrintItems(value, indent, allowance, level + 1);
    } else if (value.IsString() && !value.IsSafe() && !value.AsString().empty()) {
      PrintString(value.AsString(), indent, allowance, level + 1);
    } else {
      out_ += repr;
    }
  }

  void NewLine(size_t indent) {
    out_ += '\n';
    out_.append(indent, ' ');
  }

  void PrintDict(const Dict& dict, size_t indent, size_t allowance, int level) {
    out_ += '{';
    std::vector<Dict::Entry> entries = Sorted(dict);
    for (size_t i = 0; i < entries.size(); ++i) {
      bool last = i + 1 == entries.size();
      std::string key = Repr(entries[i].key);
      out_ += key + ": ";
      Print(entries[i].value, indent + 1 + CodePointCount(key) + 2, last ? allowance : 1, level);
      if (last) break;
      out_ += ',';
      NewLine(indent + 1);
    }
    out_ += '}';
  }

  void PrintItems(const Value& value, size_t indent, size_t allowance, int level) {
    const ValueList& items = *value.Items();
    std::string close = value.IsList() ? "]" : items.size() == 1 ? ",)" : ")";
    out_ += value.IsList() ? '[' : '(';
    for (size_t i = 0; i < items.size(); ++i) {
      bool last = i + 1 == items.size();
      Print(items[i], indent + 1, last ? allowance + close.size() : 1, level);
      if (last) break;
      out_ += ',';
      NewLine(indent + 1);
    }
    out_ += close;
  }

  static size_t ReprSize(std::string_view text) { return CodePointCount(Value(text).Repr()); }

  // Words with the blanks after them.
  static std::vector<std::string> Words(std::string_view line) {
    std::u32string text = DecodeUtf8(line);
    std::vector<std::string> words;
    for (size_t i = 0; i < text.size();) {
      size_t begin = i;
      while (i < text.size() && !IsWhiteSpace(text[i])) ++i;
      while (i < text.size() && IsWhiteSpace(text[i])) ++i;
      words.push_back(EncodeUtf8(std::u32string_view(text).substr(begin, i - begin)));
    }
    return words;
  }

  void PrintString(const std::string& text, size_t indent, size_t allowance, int level) {
    std::vector<std::string> chunks;
    if (level == 1) {
      ++indent;
      ++allowance;
    }
    size_t width = kColumns > indent ? kColumns - indent : 0;
    auto fits = [&](size_t size, bool last) { return size + (last ? allowance : 0) <= width; };
    auto lines = SplitLines(text, true);
    for (size_t i = 0; i < lines.size(); ++i) {
      bool last_line = i + 1 == lines.size();
      if (fits(ReprSize(lines[i]), last_line)) {
        chunks.push_back(Value(lines[i]).Repr());
        continue;
      }
      std::string current;
      auto words = Words(lines[i]);
      for (size_t j = 0; j < words.size(); ++j) {
        bool last = last_line && j + 1 == words.size();
        if (fits(ReprSize(current + words[j]), last)) {
          current += words[j];
          continue;
        }
        if (!current.empty()) chunks.push_back(Value(current).Repr());
        current = words[j];
      }
      if (!current.empty()) chunks.push_back(Value(current).Repr());
    }
    bool parentheses = level == 1 && chunks.size() > 1;
    if (parentheses) out_ += '(';
    for (size_t i = 0; i < chunks.size(); ++i) {
      if (i > 0) NewLine(indent);
      out_ += chunks[i];
    }
    if (parentheses) out_ += ')';
  }

  std::string out_;
};

}  // namespace

std::string PrettyPrint(const Value& value) { return PrettyPrinter().Run(value); }

}  // namespace eider::jinja
