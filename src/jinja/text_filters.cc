// Filters on plain text.
#include <algorithm>
#include <utility>

#include "jinja/builtins.h"
#include "jinja/format.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/pretty_print.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"
#include "jinja/word_wrap.h"

namespace eider::jinja {

namespace {

// The value as text: strings as they are, safe ones still safe.
Value SoftText(const Value& value) { return value.IsString() ? value : Value(value.Str()); }

Value Like(const Value& source, std::string text) {
  return source.IsSafe() ? Value::Safe(std::move(text)) : Value(std::move(text));
}

const std::string& RequireText(const char* filter, const Value& value) {
  if (value.IsString()) return value.AsString();
  if (value.IsUndefined()) Throw(value.AsUndefined().message);
  Throw(std::string(filter) + "() works on str, not on " + value.TypeName());
}

template <std::string (*kChange)(std::string_view)>
Value Changed(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("the filter", arguments, {});
  Value text = SoftText(value);
  return Like(text, kChange(text.AsString()));
}

// Every word capitalized; a word begins after white space, a hyphen or an opening bracket.
std::string TitleWords(std::string_view text) {
  std::string out;
  bool starts = true;
  for (char32_t c : DecodeUtf8(text)) {
    bool separates = IsWhiteSpace(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    std::string character;
    AppendUtf8(character, c);
    out += separates ? character : starts ? UpperText(character) : LowerText(character);
    starts = separates;
  }
  return out;
}

Value String(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("string", arguments, {});
  return SoftText(value);
}

// A filter that is a method of str on the value's text.
Value CallStringMethod(State& state, const char* method, const Value& value,
                       const Arguments& arguments) {
  return FindStringMethod(method)->Call(state, SoftText(value), arguments);
}

Value Center(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("center", arguments, {"width"});
  Arguments width;
  width.positional.push_back(bound.Or(0, Value(80)));
  return CallStringMethod(state, "center", value, width);
}

Value TrimEnds(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("trim", arguments, {"chars"});
  Arguments characters;
  characters.positional.push_back(bound[0]);
  return CallStringMethod(state, "strip", value, characters);
}

Value Replace(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("replace", arguments, {"old", "new", "count"}, 2);
  Arguments replaced;
  Value text;
  if (!state.autoescape()) {
    text = Value(value.Str());
    replaced.positional = {Value(bound[0].Str()), Value(bound[1].Str())};
  } else {
    bool escape = bound[0].IsSafe() || (bound[1].IsSafe() && !value.IsSafe());
    text = escape ? Value::Safe(EscapedText(value)) : SoftText(value);
    replaced.positional = {SoftText(bound[0]), SoftText(bound[1])};
  }
  replaced.positional.push_back(bound[2].IsNone() ? Value(-1) : bound[2]);
  return FindStringMethod("replace")->Call(state, text, replaced);
}

Value Format(State& state, const Value& value, const Arguments& arguments) {
  if (!arguments.positional.empty() && !arguments.keyword.empty()) {
    Throw("can't handle positional and keyword arguments at the same time");
  }
  if (arguments.keyword.empty()) {
    return PercentFormat(state, SoftText(value), Value::Tuple(arguments.positional));
  }
  Dict named;
  for (const auto& [name, argument] : arguments.keyword) named.Set(Value(name), argument);
  return PercentFormat(state, SoftText(value), Value(std::move(named)));
}

Value Indent(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("indent", arguments, {"width", "first", "blank"});
  std::string text = RequireText("indent", value) + "\n";
  std::string indention;
  if (bound[0].IsString()) {
    indention = value.IsSafe() ? EscapedText(bound[0]) : bound[0].AsString();
  } else {
    int64_t width = std::max<int64_t>(0, bound.Int(0, 4));
    CheckRepetition(1, width);
    indention.assign(static_cast<size_t>(width), ' ');
  }
  bool blank = bound.Bool(2);
  std::string out = bound.Bool(1) ? indention : "";
  bool first = true;
  for (std::string_view line : SplitLines(text)) {
    if (!std::exchange(first, false)) {
      out += '\n';
      if (blank || !line.empty()) out += indention;
    }
    out += line;
  }
  return Like(value, std::move(out));
}

Value Truncate(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("truncate", arguments, {"length", "killwords", "end", "leeway"});
  int64_t length = bound.Int(0, 255);
  std::string end = bound.String(2, "...");
  int64_t leeway = bound[3].IsNone() ? 5 : bound.Int(3);
  int64_t end_length = static_cast<int64_t>(CodePointCount(end));
  if (length < end_length) {
    Throw("expected length >= " + std::to_string(end_length) + ", got " + std::to_string(length));
  }
  if (leeway < 0) Throw("expected leeway >= 0, got " + std::to_string(leeway));
  if (value.Length() <= length + leeway) return value;
  const std::string& text = RequireText("truncate", value);
  std::string kept = text.substr(0, ByteOffset(text, static_cast<size_t>(length - end_length)));
  if (!bound.Bool(1)) {
    size_t space = kept.rfind(' ');
    if (space != std::string::npos) kept.resize(space);
  }
  return Like(value, kept + (value.IsSafe() ? EscapedText(bound.Or(2, Value("..."))) : end));
}

Value WordWrap(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("wordwrap", arguments,
                       {"width", "break_long_words", "wrapstring", "break_on_hyphens"});
  WrapOptions options;
  options.width = bound.Int(0, 79);
  options.break_long_words = bound.Bool(1, true);
  options.break_on_hyphens = bound.Bool(3, true);
  std::string separator = bound[2].IsNone() ? "\n" : bound.String(2);
  std::string out;
  bool first = true;
  for (std::string_view paragraph : SplitLines(RequireText("wordwrap", value))) {
    if (!std::exchange(first, false)) out += separator;
    bool first_line = true;
    for (const std::string& line : WrapText(paragraph, options)) {
      if (!std::exchange(first_line, false)) out += separator;
      out += line;
    }
  }
  return Value(std::move(out));
}

Value WordCount(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("wordcount", arguments, {});
  int64_t count = 0;
  bool in_word = false;
  for (char32_t c : DecodeUtf8(SoftText(value).AsString())) {
    bool word = IsLetter(c) || IsNumeric(c) || c == '_';
    if (word && !in_word) ++count;
    in_word = word;
  }
  return count;
}

Value PrettyPrinted(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("pprint", arguments, {});
  return Value(PrettyPrint(value));
}

}  // namespace

void AddTextFilters(Environment& environment) {
  environment.SetFilter("capitalize", Changed<CapitalizeText>);
  environment.SetFilter("center", Center);
  environment.SetFilter("format", Format);
  environment.SetFilter("indent", Indent);
  environment.SetFilter("lower", Changed<LowerText>);
  environment.SetFilter("pprint", PrettyPrinted);
  environment.SetFilter("replace", Replace);
  environment.SetFilter("string", String);
  environment.SetFilter("title", Changed<TitleWords>);
  environment.SetFilter("trim", TrimEnds);
  environment.SetFilter("truncate", Truncate);
  environment.SetFilter("upper", Changed<UpperText>);
  environment.SetFilter("wordcount", WordCount);
  environment.SetFilter("wordwrap", WordWrap);
}

void AddBuiltinFilters(Environment& environment) {
  AddTextFilters(environment);
  AddSequenceFilters(environment);
  AddMarkupFilters(environment);
  AddNumberFilters(environment);
}

}  // namespace eider::jinja
