// str's methods.
#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "jinja/environment.h"
#include "jinja/format.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

// The result of a method of `self`: as safe as that is.
Value Like(const Value& self, std::string text) {
  return self.IsSafe() ? Value::Safe(std::move(text)) : Value(std::move(text));
}

// An argument that becomes part of the result: escaped when `self` is safe.
std::string Part(const Value& self, const Value& argument, const char* what) {
  if (!argument.IsString()) {
    if (argument.IsUndefined()) Throw(argument.AsUndefined().message);
    Throw(std::string(what) + " must be str, not " + argument.TypeName());
  }
  return self.IsSafe() ? EscapedText(argument) : argument.AsString();
}

Value StrUpper(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.upper", arguments, {});
  return Like(self, UpperText(self.AsString()));
}

Value StrLower(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.lower", arguments, {});
  return Like(self, LowerText(self.AsString()));
}

Value StrCasefold(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.casefold", arguments, {});
  std::string out;
  for (char32_t c : DecodeUtf8(self.AsString())) {
    if (c == 0xDF || c == 0x1E9E) {
      out += "ss";
    } else {
      AppendUtf8(out, c == 0x3C2 ? 0x3C3 : ToLower(c));
    }
  }
  return Like(self, std::move(out));
}

Value StrCapitalize(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.capitalize", arguments, {});
  return Like(self, CapitalizeText(self.AsString()));
}

Value StrTitle(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.title", arguments, {});
  return Like(self, TitleText(self.AsString()));
}

Value StrSwapcase(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.swapcase", arguments, {});
  std::string out;
  for (char32_t c : DecodeUtf8(self.AsString())) {
    if (c == 0xDF) {
      out += "SS";
    } else {
      AppendUtf8(out, IsUpperCase(c) ? ToLower(c) : ToUpper(c));
    }
  }
  return Like(self, std::move(out));
}

Value StripWith(const char* name, const Value& self, const Arguments& arguments, bool left,
                bool right) {
  BoundArguments bound(name, arguments, {"chars"});
  std::u32string characters;
  if (!bound[0].IsNone()) {
    if (!bound[0].IsString()) Throw(std::string(name + 4) + " arg must be None or str");
    characters = DecodeUtf8(bound[0].AsString());
    if (characters.empty()) return self;
  }
  std::string_view text = self.AsString();
  if (left) text = StripLeft(text, characters);
  if (right) text = StripRight(text, characters);
  return Like(self, std::string(text));
}

Value StrStrip(State&, const Value& self, const Arguments& arguments) {
  return StripWith("str.strip", self, arguments, true, true);
}
Value StrLstrip(State&, const Value& self, const Arguments& arguments) {
  return StripWith("str.lstrip", self, arguments, true, false);
}
Value StrRstrip(State&, const Value& self, const Arguments& arguments) {
  return StripWith("str.rstrip", self, arguments, false, true);
}

std::string Fill(const BoundArguments& bound, size_t index) {
  if (!bound.Has(index)) return " ";
  std::string fill = bound.String(index);
  if (CodePointCount(fill) != 1) Throw("The fill character must be exactly one character long");
  return fill;
}

std::string Times(const std::string& text, int64_t count) {
  CheckRepetition(text.size(), count);
  std::string out;
  for (int64_t i = 0; i < count; ++i) out += text;
  return out;
}

Value StrCenter(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.center", arguments, {"width", "fillchar"}, 1);
  int64_t width = bound.Int(0);
  std::string fill = Fill(bound, 1);
  int64_t missing = width - self.Length();
  if (missing <= 0) return self;
  // An odd character goes to the left when the width is odd, as CPython has it.
  int64_t left = missing / 2 + (missing & width & 1);
  return Like(self, Times(fill, left) + self.AsString() + Times(fill, missing - left));
}

Value StrLjust(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.ljust", arguments, {"width", "fillchar"}, 1);
  return Like(self, self.AsString() + Times(Fill(bound, 1), bound.Int(0) - self.Length()));
}

Value StrRjust(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.rjust", arguments, {"width", "fillchar"}, 1);
  return Like(self, Times(Fill(bound, 1), bound.Int(0) - self.Length()) + self.AsString());
}

Value StrZfill(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.zfill", arguments, {"width"}, 1);
  std::string text = self.AsString();
  int64_t missing = bound.Int(0) - self.Length();
  bool sign = !text.empty() && (text[0] == '+' || text[0] == '-');
  if (missing > 0) text.insert(sign ? 1 : 0, Times("0", missing));
  return Like(self, std::move(text));
}

// --- searching

struct Range {
  bool valid;
  size_t begin, end;  // bytes
};

// The part of `text` between the code points `start` and `end`, Python's way.
Range SearchRange(std::string_view text, const Value& start, const Value& end) {
  int64_t length = static_cast<int64_t>(CodePointCount(text));
  auto clip = [&](const Value& value, int64_t fallback) {
    if (value.IsNone()) return fallback;
    if (!value.IsInt() && !value.IsBool()) {
      Throw("slice indices must be integers or None or have an __index__ method");
    }
    int64_t index = value.IsInt() ? value.AsInt() : static_cast<int64_t>(value.AsBool());
    if (index < 0) index = std::max<int64_t>(0, index + length);
    return index;
  };
  int64_t from = clip(start, 0);
  int64_t to = std::min(clip(end, length), length);
  if (from > to) return {false, 0, 0};
  return {true, ByteOffset(text, static_cast<size_t>(from)),
          ByteOffset(text, static_cast<size_t>(to))};
}

int64_t FindIn(const char* name, const Value& self, const Arguments& arguments, bool last) {
  BoundArguments bound(name, arguments, {"sub", "start", "end"}, 1);
  if (!bound[0].IsString()) Throw("must be str, not " + bound[0].TypeName());
  std::string_view text = self.AsString();
  Range range = SearchRange(text, bound[1], bound[2]);
  if (!range.valid) return -1;
  std::string_view part = text.substr(range.begin, range.end - range.begin);
  size_t at = last ? part.rfind(bound[0].AsString()) : part.find(bound[0].AsString());
  if (at == std::string_view::npos) return -1;
  return static_cast<int64_t>(CodePointCount(text.substr(0, range.begin + at)));
}

Value StrFind(State&, const Value& self, const Arguments& arguments) {
  return FindIn("str.find", self, arguments, false);
}
Value StrRfind(State&, const Value& self, const Arguments& arguments) {
  return FindIn("str.rfind", self, arguments, true);
}
Value StrIndex(State&, const Value& self, const Arguments& arguments) {
  int64_t at = FindIn("str.index", self, arguments, false);
  if (at < 0) Throw("substring not found");
  return at;
}
Value StrRindex(State&, const Value& self, const Arguments& arguments) {
  int64_t at = FindIn("str.rindex", self, arguments, true);
  if (at < 0) Throw("substring not found");
  return at;
}

Value StrCount(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.count", arguments, {"sub", "start", "end"}, 1);
  if (!bound[0].IsString()) Throw("must be str, not " + bound[0].TypeName());
  std::string_view text = self.AsString();
  Range range = SearchRange(text, bound[1], bound[2]);
  if (!range.valid) return 0;
  text = text.substr(range.begin, range.end - range.begin);
  const std::string& part = bound[0].AsString();
  if (part.empty()) return static_cast<int64_t>(CodePointCount(text)) + 1;
  int64_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

Value AffixTest(const char* name, const Value& self, const Arguments& arguments, bool prefix) {
  BoundArguments bound(name, arguments, {prefix ? "prefix" : "suffix", "start", "end"}, 1);
  std::string_view text = self.AsString();
  Range range = SearchRange(text, bound[1], bound[2]);
  std::string_view part = range.valid ? text.substr(range.begin, range.end - range.begin) : "";
  auto matches = [&](const Value& affix) {
    if (!affix.IsString()) {
      Throw(std::string(name + 4) + " first arg must be str or a tuple of str, not " +
            affix.TypeName());
    }
    if (!range.valid) return false;
    return prefix ? part.starts_with(affix.AsString()) : part.ends_with(affix.AsString());
  };
  if (bound[0].IsTuple()) {
    const ValueList& affixes = bound[0].AsTuple();
    return Value(std::any_of(affixes.begin(), affixes.end(), matches));
  }
  return Value(matches(bound[0]));
}

Value StrStartswith(State&, const Value& self, const Arguments& arguments) {
  return AffixTest("str.startswith", self, arguments, true);
}
Value StrEndswith(State&, const Value& self, const Arguments& arguments) {
  return AffixTest("str.endswith", self, arguments, false);
}

Value StrRemoveprefix(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.removeprefix", arguments, {"prefix"}, 1);
  std::string prefix = bound.String(0);
  const std::string& text = self.AsString();
  return Like(self, text.starts_with(prefix) ? text.substr(prefix.size()) : text);
}

Value StrRemovesuffix(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.removesuffix", arguments, {"suffix"}, 1);
  std::string suffix = bound.String(0);
  const std::string& text = self.AsString();
  return Like(self, text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text);
}

Value StrReplace(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.replace", arguments, {"old", "new", "count"}, 2);
  if (!bound[0].IsString()) {
    Throw("replace() argument 1 must be str, not " + bound[0].TypeName());
  }
  const std::string& from = bound[0].AsString();
  std::string to = Part(self, bound[1], "replace() argument 2");
  int64_t count = bound.Int(2, -1);
  const std::string& text = self.AsString();
  if (count < 0) count = INT64_MAX;
  std::string out;
  size_t position = 0;
  if (from.empty()) {
    while (count-- > 0) {
      out += to;
      if (position >= text.size()) return Like(self, std::move(out));
      size_t size = CodePointSize(text, position);
      out.append(text, position, size);
      position += size;
    }
    return Like(self, out.append(text, position));
  }
  for (size_t at; count-- > 0 && (at = text.find(from, position)) != std::string::npos;) {
    out.append(text, position, at - position).append(to);
    position = at + from.size();
  }
  return Like(self, out.append(text, position));
}

// --- splitting and joining

ValueList SplitAtSpace(const Value& self, int64_t limit, bool from_right) {
  std::u32string text = DecodeUtf8(self.AsString());
  ValueList parts;
  size_t begin = 0;
  size_t end = text.size();
  auto add = [&](size_t from, size_t to) {
    parts.push_back(Like(self, EncodeUtf8(std::u32string_view(text).substr(from, to - from))));
  };
  if (from_right) {
    for (;;) {
      while (end > 0 && IsWhiteSpace(text[end - 1])) --end;
      if (end == 0) break;
      if (limit-- == 0) {
        add(0, end);
        break;
      }
      size_t from = end;
      while (from > 0 && !IsWhiteSpace(text[from - 1])) --from;
      add(from, end);
      end = from;
    }
    std::reverse(parts.begin(), parts.end());
    return parts;
  }
  for (;;) {
    while (begin < end && IsWhiteSpace(text[begin])) ++begin;
    if (begin == end) break;
    if (limit-- == 0) {
      add(begin, end);
      break;
    }
    size_t to = begin;
    while (to < end && !IsWhiteSpace(text[to])) ++to;
    add(begin, to);
    begin = to;
  }
  return parts;
}

Value SplitWith(const char* name, const Value& self, const Arguments& arguments, bool from_right) {
  BoundArguments bound(name, arguments, {"sep", "maxsplit"});
  int64_t limit = bound.Int(1, -1);
  if (bound[0].IsNone()) return Value::List(SplitAtSpace(self, limit, from_right));
  if (!bound[0].IsString()) Throw("must be str or None, not " + bound[0].TypeName());
  const std::string& separator = bound[0].AsString();
  if (separator.empty()) Throw("empty separator");
  const std::string& text = self.AsString();
  ValueList parts;
  if (from_right) {
    size_t end = text.size();
    while (limit != 0) {
      size_t at = end < separator.size() ? std::string::npos
                                         : text.rfind(separator, end - separator.size());
      if (at == std::string::npos) break;
      size_t begin = at + separator.size();
      parts.push_back(Like(self, text.substr(begin, end - begin)));
      end = at;
      --limit;
    }
    parts.push_back(Like(self, text.substr(0, end)));
    std::reverse(parts.begin(), parts.end());
  } else {
    size_t begin = 0;
    while (limit != 0) {
      size_t at = text.find(separator, begin);
      if (at == std::string::npos) break;
      parts.push_back(Like(self, text.substr(begin, at - begin)));
      begin = at + separator.size();
      --limit;
    }
    parts.push_back(Like(self, text.substr(begin)));
  }
  return Value::List(std::move(parts));
}

Value StrSplit(State&, const Value& self, const Arguments& arguments) {
  return SplitWith("str.split", self, arguments, false);
}
Value StrRsplit(State&, const Value& self, const Arguments& arguments) {
  return SplitWith("str.rsplit", self, arguments, true);
}

Value StrSplitlines(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.splitlines", arguments, {"keepends"});
  ValueList lines;
  for (std::string_view line : SplitLines(self.AsString(), bound.Bool(0))) {
    lines.push_back(Like(self, std::string(line)));
  }
  return Value::List(std::move(lines));
}

Value PartitionWith(const char* name, const Value& self, const Arguments& arguments, bool last) {
  BoundArguments bound(name, arguments, {"sep"}, 1);
  if (!bound[0].IsString()) Throw("must be str, not " + bound[0].TypeName());
  const std::string& separator = bound[0].AsString();
  if (separator.empty()) Throw("empty separator");
  const std::string& text = self.AsString();
  size_t at = last ? text.rfind(separator) : text.find(separator);
  if (at == std::string::npos) {
    return last ? Value::Tuple({Like(self, ""), Like(self, ""), self})
                : Value::Tuple({self, Like(self, ""), Like(self, "")});
  }
  return Value::Tuple({Like(self, text.substr(0, at)), Like(self, separator),
                       Like(self, text.substr(at + separator.size()))});
}

Value StrPartition(State&, const Value& self, const Arguments& arguments) {
  return PartitionWith("str.partition", self, arguments, false);
}
Value StrRpartition(State&, const Value& self, const Arguments& arguments) {
  return PartitionWith("str.rpartition", self, arguments, true);
}

Value StrJoin(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.join", arguments, {"iterable"}, 1);
  std::string out;
  int64_t position = 0;
  if (!bound[0].IsIterable() && !bound[0].IsUndefined()) Throw("can only join an iterable");
  for (const Value& item : bound[0].Iterate()) {
    if (!item.IsString() && !self.IsSafe()) {
      Throw("sequence item " + std::to_string(position) + ": expected str instance, " +
            item.TypeName() + " found");
    }
    if (position++ > 0) out += self.AsString();
    out += self.IsSafe() ? EscapedText(item) : item.AsString();
  }
  return Like(self, std::move(out));
}

Value StrExpandtabs(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.expandtabs", arguments, {"tabsize"});
  int64_t size = bound.Int(0, 8);
  std::string out;
  int64_t column = 0;
  for (char32_t c : DecodeUtf8(self.AsString())) {
    if (c == '\t') {
      int64_t count = size > 0 ? size - column % size : 0;
      CheckRepetition(1, count);
      out.append(static_cast<size_t>(count), ' ');
      column += count;
    } else {
      AppendUtf8(out, c);
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
  }
  return Like(self, std::move(out));
}

// --- character tables

Value StrMaketrans(State&, const Value&, const Arguments& arguments) {
  BoundArguments bound("str.maketrans", arguments, {"x", "y", "z"}, 1);
  Dict table;
  auto code = [](char32_t c) { return Value(static_cast<int64_t>(c)); };
  if (!bound.Has(1)) {
    if (!bound[0].IsDict()) {
      Throw("if you give only one argument to maketrans it must be a dict");
    }
    for (const auto& [key, value] : bound[0].AsDict()) {
      if (key.IsString()) {
        std::u32string character = DecodeUtf8(key.AsString());
        if (character.size() != 1) Throw("string keys in translate table must be of length 1");
        table.Set(code(character[0]), value);
      } else if (key.IsInt()) {
        table.Set(key, value);
      } else {
        Throw("keys in translate table must be strings or integers");
      }
    }
    return Value(std::move(table));
  }
  std::u32string from = DecodeUtf8(bound.String(0));
  std::u32string to = DecodeUtf8(bound.String(1));
  if (from.size() != to.size()) Throw("the first two maketrans arguments must have equal length");
  for (size_t i = 0; i < from.size(); ++i) table.Set(code(from[i]), code(to[i]));
  for (char32_t c : DecodeUtf8(bound.String(2))) table.Set(code(c), Value());
  return Value(std::move(table));
}

Value StrTranslate(State& state, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.translate", arguments, {"table"}, 1);
  std::string out;
  for (char32_t c : DecodeUtf8(self.AsString())) {
    Value key(static_cast<int64_t>(c));
    Value mapped;
    if (bound[0].IsDict()) {
      const Value* found = bound[0].AsDict().Find(key);
      if (!found) {
        AppendUtf8(out, c);
        continue;
      }
      mapped = *found;
    } else {
      mapped = state.GetItem(bound[0], key);
      if (mapped.IsUndefined()) {
        AppendUtf8(out, c);
        continue;
      }
    }
    if (mapped.IsString()) {
      out += mapped.AsString();
    } else if (mapped.IsInt()) {
      if (mapped.AsInt() < 0 || mapped.AsInt() > 0x10FFFF) {
        Throw("character mapping must be in range(0x110000)");
      }
      AppendUtf8(out, static_cast<char32_t>(mapped.AsInt()));
    } else if (!mapped.IsNone()) {
      Throw("character mapping must return integer, None or str");
    }
  }
  return Like(self, std::move(out));
}

// --- questions

template <typename Test>
Value EveryCharacter(const char* name, const Value& self, const Arguments& arguments, Test test,
                     bool if_empty = false) {
  BoundArguments bound(name, arguments, {});
  std::u32string text = DecodeUtf8(self.AsString());
  if (text.empty()) return Value(if_empty);
  return Value(std::all_of(text.begin(), text.end(), test));
}

bool IsDigitLike(char32_t c) {
  return IsDecimalDigit(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || c == 0x2070 ||
         (c >= 0x2074 && c <= 0x2079) || (c >= 0x2080 && c <= 0x2089) ||
         (c >= 0x2460 && c <= 0x2468);
}

Value StrIsalpha(State&, const Value& self, const Arguments& arguments) {
  return EveryCharacter("str.isalpha", self, arguments, IsLetter);
}
Value StrIsalnum(State&, const Value& self, const Arguments& arguments) {
  return EveryCharacter("str.isalnum", self, arguments,
                        [](char32_t c) { return IsLetter(c) || IsNumeric(c); });
}
Value StrIsdigit(State&, const Value& self, const Arguments& arguments) {
  return EveryCharacter("str.isdigit", self, arguments, IsDigitLike);
}
Value StrIsdecimal(State&, const Value& self, const Arguments& arguments) {
  return EveryCharacter("str.isdecimal", self, arguments, IsDecimalDigit);
}
Value StrIsnumeric(State&, const Value& self, const Arguments& arguments) {
  return EveryCharacter("str.isnumeric", self, arguments, IsNumeric);
}
Value StrIsspace(State&, const Value& self, const Arguments& arguments) {
  return EveryCharacter("str.isspace", self, arguments, IsWhiteSpace);
}
Value StrIsascii(State&, const Value& self, const Arguments& arguments) {
  return EveryCharacter(
      "str.isascii", self, arguments, [](char32_t c) { return c < 0x80; }, true);
}
Value StrIsprintable(State&, const Value& self, const Arguments& arguments) {
  return EveryCharacter("str.isprintable", self, arguments, IsPrintable, true);
}
Value StrIsidentifier(State&, const Value& self, const Arguments& arguments) {
  bool first = true;
  return EveryCharacter("str.isidentifier", self, arguments, [&](char32_t c) {
    bool fits = c == '_' || IsLetter(c) || (!first && IsDecimalDigit(c));
    first = false;
    return fits;
  });
}

Value StrIslower(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.islower", arguments, {});
  return Value(IsLowerText(self.AsString()));
}
Value StrIsupper(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.isupper", arguments, {});
  return Value(IsUpperText(self.AsString()));
}
Value StrIstitle(State&, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.istitle", arguments, {});
  bool in_word = false;
  bool any = false;
  for (char32_t c : DecodeUtf8(self.AsString())) {
    if (IsUpperCase(c)) {
      if (in_word) return Value(false);
      in_word = any = true;
    } else if (IsLowerCase(c)) {
      if (!in_word) return Value(false);
      any = true;
    } else {
      in_word = false;
    }
  }
  return Value(any);
}

Value StrFormat(State& state, const Value& self, const Arguments& arguments) {
  return FormatText(state, self, arguments);
}

Value StrFormatMap(State& state, const Value& self, const Arguments& arguments) {
  BoundArguments bound("str.format_map", arguments, {"mapping"}, 1);
  if (!bound[0].IsDict()) Throw("format requires a mapping");
  Arguments named;
  for (const auto& [key, value] : bound[0].AsDict()) {
    if (key.IsString()) named.keyword.emplace_back(key.AsString(), value);
  }
  return FormatText(state, self, named);
}

}  // namespace

const Method* FindStringMethod(std::string_view name) {
  static const std::unordered_map<std::string_view, Method> kMethods = {
      {"capitalize", {StrCapitalize}},
      {"casefold", {StrCasefold}},
      {"center", {StrCenter}},
      {"count", {StrCount}},
      {"endswith", {StrEndswith}},
      {"expandtabs", {StrExpandtabs, true}},
      {"find", {StrFind}},
      {"format", {StrFormat, true}},
      {"format_map", {StrFormatMap}},
      {"index", {StrIndex}},
      {"isalnum", {StrIsalnum}},
      {"isalpha", {StrIsalpha}},
      {"isascii", {StrIsascii}},
      {"isdecimal", {StrIsdecimal}},
      {"isdigit", {StrIsdigit}},
      {"isidentifier", {StrIsidentifier}},
      {"islower", {StrIslower}},
      {"isnumeric", {StrIsnumeric}},
      {"isprintable", {StrIsprintable}},
      {"isspace", {StrIsspace}},
      {"istitle", {StrIstitle}},
      {"isupper", {StrIsupper}},
      {"join", {StrJoin}},
      {"ljust", {StrLjust}},
      {"lower", {StrLower}},
      {"lstrip", {StrLstrip}},
      {"maketrans", {StrMaketrans}},
      {"partition", {StrPartition}},
      {"removeprefix", {StrRemoveprefix}},
      {"removesuffix", {StrRemovesuffix}},
      {"replace", {StrReplace}},
      {"rfind", {StrRfind}},
      {"rindex", {StrRindex}},
      {"rjust", {StrRjust}},
      {"rpartition", {StrRpartition}},
      {"rsplit", {StrRsplit, true}},
      {"rstrip", {StrRstrip}},
      {"split", {StrSplit, true}},
      {"splitlines", {StrSplitlines, true}},
      {"startswith", {StrStartswith}},
      {"strip", {StrStrip}},
      {"swapcase", {StrSwapcase}},
      {"title", {StrTitle}},
      {"translate", {StrTranslate}},
      {"upper", {StrUpper}},
      {"zfill", {StrZfill}},
  };
  auto it = kMethods.find(name);
  return it == kMethods.end() ? nullptr : &it->second;
}

}  // namespace eider::jinja
