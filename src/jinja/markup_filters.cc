// Filters for HTML, XML, URLs and JSON.
#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "jinja/builtins.h"
#include "jinja/html_entities.h"
#include "jinja/json_text.h"
#include "jinja/operators.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

Value Escape(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("escape", arguments, {});
  return value.IsSafe() ? value : Value::Safe(EscapedText(value));
}

Value ForceEscape(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("forceescape", arguments, {});
  std::string out;
  AppendEscaped(out, value.Str());
  return Value::Safe(std::move(out));
}

Value MarkSafe(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("safe", arguments, {});
  return value.IsSafe() ? value : Value::Safe(value.Str());
}

// Text for HTML where that is asked for, plain otherwise.
Value ForOutput(State& state, std::string text) {
  return state.autoescape() ? Value::Safe(std::move(text)) : Value(std::move(text));
}

Value StripTags(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("striptags", arguments, {});
  std::string text = value.Str();
  std::string kept;
  size_t position = 0;
  for (size_t begin; (begin = text.find('<', position)) != std::string::npos;) {
    bool comment = text.compare(begin, 4, "<!--") == 0;
    size_t end = comment ? text.find("-->", begin + 4) : text.find('>', begin);
    if (end == std::string::npos) break;
    kept.append(text, position, begin - position);
    position = end + (comment ? 3 : 1);
  }
  kept.append(text, position);
  std::string collapsed;
  bool space = false;
  for (char32_t c : DecodeUtf8(kept)) {
    if (IsWhiteSpace(c)) {
      space = true;
      continue;
    }
    if (space && !collapsed.empty()) collapsed += ' ';
    space = false;
    AppendUtf8(collapsed, c);
  }
  return Value(UnescapeHtml(collapsed));
}

Value XmlAttr(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("xmlattr", arguments, {"autospace"});
  if (!value.IsMapping()) {
    if (value.IsUndefined()) Throw(value.AsUndefined().message);
    Throw("'" + value.TypeName() + "' object has no attribute 'items'");
  }
  std::string out;
  for (const Value& key : value.Iterate()) {
    Value item = state.GetItem(value, key);
    if (item.IsNone() || item.IsUndefined()) continue;
    if (!key.IsString())
      Throw("expected string or bytes-like object, got '" + key.TypeName() + "'");
    if (key.AsString().find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      Throw("Invalid character in attribute name: " + key.Repr());
    }
    if (!out.empty()) out += ' ';
    out += EscapedText(key) + "=\"" + EscapedText(item) + "\"";
  }
  if (bound.Bool(0, true) && !out.empty()) out.insert(0, " ");
  return ForOutput(state, std::move(out));
}

std::string QuoteUrl(const Value& value, bool for_query) {
  std::string out;
  for (char c : value.Str()) {
    if (c == '/' && !for_query) {
      out += c;
    } else if (c == ' ' && for_query) {
      out += '+';
    } else {
      out += PercentEncode(std::string_view(&c, 1));
    }
  }
  return out;
}

Value UrlEncode(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("urlencode", arguments, {});
  if (value.IsString() || (!value.IsIterable() && !value.IsUndefined())) {
    return Value(QuoteUrl(value, false));
  }
  std::string out;
  auto add = [&](const Value& key, const Value& item) {
    if (!out.empty()) out += '&';
    out += QuoteUrl(key, true) + "=" + QuoteUrl(item, true);
  };
  if (value.IsMapping()) {
    for (const Value& key : value.Iterate()) add(key, state.GetItem(value, key));
  } else {
    for (const Value& pair : value.Iterate()) {
      ValueList items = pair.Iterate();
      if (items.size() > 2) Throw("too many values to unpack (expected 2)");
      if (items.size() < 2) {
        Throw("not enough values to unpack (expected 2, got " + std::to_string(items.size()) + ")");
      }
      add(items[0], items[1]);
    }
  }
  return Value(std::move(out));
}

Value ToJsonText(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("tojson", arguments, {"indent"});
  JsonTextOptions options;
  options.sort_keys = true;
  if (!bound[0].IsNone()) options.indent = bound.Int(0);
  std::string out;
  for (char c : JsonText(value, options)) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      case '\'':
        out += "\\u0027";
        break;
      default:
        out += c;
    }
  }
  return Value::Safe(std::move(out));
}

// --- links

// What a link may look like: with a scheme or www., under a well-known domain, or an address.
const RE2& UrlPattern() {
  static const RE2 pattern(
      "(?i)^((https?://|www\\.)(([\\pL\\pN_%-]+\\.)+)?([a-z]{2,63}|xn--[\\pL\\pN_%]{2,59})"
      "|([\\pL\\pN_%-]{2,63}\\.)+(com|net|int|edu|gov|org|info|mil)"
      "|(https?://)((([0-9]{1,3})(\\.[0-9]{1,3}){3})"
      "|(\\[([0-9a-f]{0,4}:){2}([0-9a-f]{0,4}:?){1,6}])))"
      "(:[0-9]{1,5})?([/?#]\\S*)?$");
  return pattern;
}

const RE2& MailPattern() {
  static const RE2 pattern("^\\S+@[\\pL\\pN_][\\pL\\pN_.-]*\\.[\\pL\\pN_]+$");
  return pattern;
}

int64_t CountOf(std::string_view text, std::string_view part) {
  int64_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

struct LinkOptions {
  std::optional<int64_t> limit;
  std::string attributes;  // rel and target, ready to print
  std::vector<std::string> schemes;
};

std::string Shortened(const std::string& url, const LinkOptions& options) {
  if (!options.limit || static_cast<int64_t>(CodePointCount(url)) <= *options.limit) return url;
  if (*options.limit < 0) {
    return SliceOf(Value(url), Value(), Value(*options.limit), Value()).AsString() + "...";
  }
  return url.substr(0, ByteOffset(url, static_cast<size_t>(*options.limit))) + "...";
}

std::string Linked(const std::string& word, const LinkOptions& options) {
  static const RE2 kHead("^((?:[(<]|&lt;)+)");
  static const RE2 kTail("((?:[)>.,\\n]|&gt;)+)$");
  std::string middle = word;
  std::string head, tail;
  if (RE2::PartialMatch(middle, kHead, &head)) middle.erase(0, head.size());
  if (RE2::PartialMatch(middle, kTail, &tail)) middle.resize(middle.size() - tail.size());
  // Brackets that are balanced belong to the link.
  static constexpr std::pair<std::string_view, std::string_view> kBrackets[] = {
      {"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}};
  for (const auto& [open, close] : kBrackets) {
    int64_t opened = CountOf(middle, open);
    if (opened <= CountOf(middle, close)) continue;
    for (int64_t i = std::min(opened, CountOf(tail, close)); i > 0; --i) {
      size_t end = tail.find(close) + close.size();
      middle += tail.substr(0, end);
      tail.erase(0, end);
    }
  }
  auto link = [&](const std::string& target, const std::string& shown,
                  const std::string& attributes) {
    return "<a href=\"" + target + "\"" + attributes + ">" + shown + "</a>";
  };
  if (RE2::PartialMatch(middle, UrlPattern())) {
    bool complete = middle.starts_with("https://") || middle.starts_with("http://");
    middle =
        link((complete ? "" : "https://") + middle, Shortened(middle, options), options.attributes);
  } else if (middle.starts_with("mailto:") && RE2::PartialMatch(middle.substr(7), MailPattern())) {
    middle = link(middle, middle.substr(7), "");
  } else if (middle.find('@') != std::string::npos && !middle.starts_with("www.") &&
             !middle.starts_with("@") && middle.find(':') == std::string::npos &&
             RE2::PartialMatch(middle, MailPattern())) {
    middle = link("mailto:" + middle, middle, "");
  } else {
    for (const std::string& scheme : options.schemes) {
      if (middle != scheme && middle.starts_with(scheme)) {
        middle = link(middle, middle, options.attributes);
      }
    }
  }
  return head + middle + tail;
}

Value Urlize(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("urlize", arguments,
                       {"trim_url_limit", "nofollow", "target", "rel", "extra_schemes"});
  LinkOptions options;
  if (!bound[0].IsNone()) options.limit = bound.Int(0);
  std::set<std::string> relations{"noopener"};
  if (bound.Bool(1)) relations.insert("nofollow");
  if (bound[3].IsString()) {
    for (std::string& relation : Split(bound[3].AsString(), ' ')) {
      if (!relation.empty()) relations.insert(std::move(relation));
    }
  }
  std::string rel = Join({relations.begin(), relations.end()}, " ");
  options.attributes = " rel=\"" + EscapedText(Value(rel)) + "\"";
  if (bound[2].Truthy()) options.attributes += " target=\"" + EscapedText(bound[2]) + "\"";
  if (!bound[4].IsNone()) {
    static const RE2 kScheme("[\\pL\\pN_.+-]{2,}:/{0,2}");
    for (const Value& scheme : bound[4].Iterate()) {
      if (!RE2::FullMatch(scheme.Str(), kScheme)) {
        Throw(scheme.Repr() + " is not a valid URI scheme prefix.");
      }
      options.schemes.push_back(scheme.Str());
    }
  }
  std::string out;
  std::string word;
  for (char32_t c : DecodeUtf8(EscapedText(value))) {
    if (!IsWhiteSpace(c)) {
      AppendUtf8(word, c);
      continue;
    }
    if (!word.empty()) out += Linked(std::exchange(word, ""), options);
    AppendUtf8(out, c);
  }
  if (!word.empty()) out += Linked(word, options);
  return ForOutput(state, std::move(out));
}

}  // namespace

void AddMarkupFilters(Environment& environment) {
  environment.SetFilter("e", Escape);
  environment.SetFilter("escape", Escape);
  environment.SetFilter("forceescape", ForceEscape);
  environment.SetFilter("safe", MarkSafe);
  environment.SetFilter("striptags", StripTags);
  environment.SetFilter("tojson", ToJsonText);
  environment.SetFilter("urlencode", UrlEncode);
  environment.SetFilter("urlize", Urlize);
  environment.SetFilter("xmlattr", XmlAttr);
}

}  // namespace eider::jinja
