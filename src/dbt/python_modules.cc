// `modules` of templates: datetime, pytz, re, itertools.
#include <re2/re2.h>

#include "base/error.h"
#include "dbt/base_context.h"
#include "dbt/python_datetime.h"
#include "jinja/object.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::Dict;
using jinja::Object;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

// re.IGNORECASE and its kin.
constexpr int64_t kIgnoreCase = 2, kMultiLine = 8, kDotAll = 16;

class Match final : public Object {
 public:
  Match(ValueList groups, Dict names, int64_t begin, int64_t end)
      : groups_(std::move(groups)), names_(std::move(names)), begin_(begin), end_(end) {}

  std::string TypeName() const override { return "re.Match"; }
  std::optional<Value> GetItem(State&, const Value& key) override { return Group(key); }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    auto self = std::static_pointer_cast<Match>(shared_from_this());
    auto method = [&](jinja::NativeFunction function) {
      return Value::Function(std::string(name), std::move(function));
    };
    if (name == "group") {
      return method([self](State&, const Arguments& arguments) {
        if (arguments.positional.empty()) return self->groups_[0];
        if (arguments.positional.size() == 1) return self->Group(arguments.positional[0]);
        ValueList groups;
        for (const auto& key : arguments.positional) groups.push_back(self->Group(key));
        return Value::Tuple(std::move(groups));
      });
    }
    if (name == "groups") {
      return method([self](State&, const Arguments&) {
        return Value::Tuple({self->groups_.begin() + 1, self->groups_.end()});
      });
    }
    if (name == "groupdict") {
      return method([self](State&, const Arguments&) {
        Dict out;
        for (const auto& entry : self->names_) out.Set(entry.key, self->Group(entry.value));
        return Value(std::move(out));
      });
    }
    if (name == "start") return method([self](State&, const Arguments&) { return self->begin_; });
    if (name == "end") return method([self](State&, const Arguments&) { return self->end_; });
    return std::nullopt;
  }

 private:
  Value Group(const Value& key) const {
    Value index = key;
    if (key.IsString()) {
      const Value* found = names_.Find(std::string_view(key.AsString()));
      index = found ? *found : Value(-1);
    }
    bool valid =
        index.IsInt() && index.AsInt() >= 0 && index.AsInt() < static_cast<int64_t>(groups_.size());
    if (!valid) throw Error(ErrorCode::kInvalidArgument, "no such group: " + key.Repr());
    return groups_[static_cast<size_t>(index.AsInt())];
  }

  ValueList groups_;  // the whole match first; None where a group took no part
  Dict names_;
  int64_t begin_, end_;
};

class Pattern final : public Object {
 public:
  Pattern(const std::string& pattern, int64_t flags) : text_(pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(!(flags & kIgnoreCase));
    options.set_dot_nl(flags & kDotAll);
    expression_ = std::make_unique<RE2>((flags & kMultiLine ? "(?m)" : "") + pattern, options);
    if (!expression_->ok()) {
      throw Error(ErrorCode::kInvalidArgument, "the regular expression '" + pattern +
                                                   "' is not understood: " + expression_->error())
          .WithHint("Backreferences and lookaround are not supported.");
    }
  }

  std::string TypeName() const override { return "re.Pattern"; }

  Value Search(const std::string& text, RE2::Anchor anchor) const {
    std::vector<re2::StringPiece> found(Groups());
    if (!expression_->Match(text, 0, text.size(), anchor, found.data(), Groups())) return Value();
    Dict names;
    for (const auto& [name, index] : expression_->NamedCapturingGroups()) {
      names.Set(name, Value(index));
    }
    int64_t begin = found[0].data() - text.data();
    return Value(std::make_shared<Match>(Values(found), std::move(names), begin,
                                         begin + static_cast<int64_t>(found[0].size())));
  }

  Value FindAll(const std::string& text) const {
    ValueList out;
    ForEach(text, [&](const std::vector<re2::StringPiece>& found) {
      ValueList groups = Values(found);
      if (groups.size() == 1) {
        out.push_back(groups[0]);
      } else if (groups.size() == 2) {
        out.push_back(groups[1].IsNone() ? Value("") : groups[1]);
      } else {
        out.push_back(Value::Tuple({groups.begin() + 1, groups.end()}));
      }
    });
    return Value::List(std::move(out));
  }

  Value Split(const std::string& text) const {
    ValueList out;
    const char* from = text.data();
    ForEach(text, [&](const std::vector<re2::StringPiece>& found) {
      out.push_back(Value(std::string(from, found[0].data())));
      ValueList groups = Values(found);
      out.insert(out.end(), groups.begin() + 1, groups.end());
      from = found[0].data() + found[0].size();
    });
    out.push_back(Value(std::string(from, text.data() + text.size())));
    return Value::List(std::move(out));
  }

  Value Substitute(State& state, const Value& replacement, const std::string& text,
                   int64_t most) const {
    std::string out;
    const char* from = text.data();
    int64_t count = 0;
    ForEach(text, [&](const std::vector<re2::StringPiece>& found) {
      if (most > 0 && count >= most) return;
      ++count;
      out.append(from, found[0].data());
      from = found[0].data() + found[0].size();
      if (replacement.IsCallable()) {
        Arguments arguments;
        arguments.positional = {Search(std::string(found[0]), RE2::UNANCHORED)};
        out += state.Call(replacement, arguments).Str();
      } else {
        AppendTemplate(replacement.Str(), found, out);
      }
    });
    out.append(from, text.data() + text.size());
    return Value(std::move(out));
  }

  std::optional<Value> GetAttribute(State&, std::string_view name) override;

 private:
  int Groups() const { return expression_->NumberOfCapturingGroups() + 1; }

  static ValueList Values(const std::vector<re2::StringPiece>& found) {
    ValueList out;
    for (const auto& group : found) {
      out.push_back(group.data() ? Value(std::string(group)) : Value());
    }
    return out;
  }

  template <typename Visit>
  void ForEach(const std::string& text, Visit visit) const {
    std::vector<re2::StringPiece> found(Groups());
    size_t at = 0;
    while (at <= text.size() &&
           expression_->Match(text, at, text.size(), RE2::UNANCHORED, found.data(), Groups())) {
      visit(found);
      size_t end = static_cast<size_t>(found[0].data() - text.data()) + found[0].size();
      at = found[0].empty() ? end + 1 : end;
    }
  }

  // \1 and \g<name> of a replacement.
  void AppendTemplate(const std::string& replacement, const std::vector<re2::StringPiece>& found,
                      std::string& out) const {
    for (size_t i = 0; i < replacement.size(); ++i) {
      if (replacement[i] != '\\' || i + 1 == replacement.size()) {
        out += replacement[i];
        continue;
      }
      char next = replacement[++i];
      size_t group = found.size();
      if (next >= '0' && next <= '9') {
        group = static_cast<size_t>(next - '0');
      } else if (next == 'g' && i + 1 < replacement.size() && replacement[i + 1] == '<') {
        size_t close = replacement.find('>', i);
        std::string name = replacement.substr(i + 2, close - i - 2);
        const auto& names = expression_->NamedCapturingGroups();
        if (auto named = names.find(name); named != names.end()) {
          group = static_cast<size_t>(named->second);
        } else if (!name.empty() && name.find_first_not_of("0123456789") == name.npos) {
          group = std::stoul(name);
        }
        i = close;
      } else if (next == 'n') {
        out += '\n';
        continue;
      } else {
        out += next;
        continue;
      }
      if (group >= found.size()) {
        throw Error(ErrorCode::kInvalidArgument,
                    "invalid group reference in '" + replacement + "' for '" + text_ + "'");
      }
      out.append(found[group].data(), found[group].size());
    }
  }

  std::string text_;
  std::unique_ptr<RE2> expression_;
};

// The functions of `re`, by name; `pattern` is bound in those of a compiled pattern.
Value Apply(State& state, std::string_view name, const Pattern& pattern,
            const ValueList& arguments) {
  auto text = [&](size_t index) {
    if (index >= arguments.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "re." + std::string(name) + "() is missing an argument");
    }
    return arguments[index].Str();
  };
  if (name == "match") return pattern.Search(text(0), RE2::ANCHOR_START);
  if (name == "fullmatch") return pattern.Search(text(0), RE2::ANCHOR_BOTH);
  if (name == "search") return pattern.Search(text(0), RE2::UNANCHORED);
  if (name == "findall") return pattern.FindAll(text(0));
  if (name == "split") return pattern.Split(text(0));
  int64_t most = arguments.size() > 2 && arguments[2].IsInt() ? arguments[2].AsInt() : 0;
  return pattern.Substitute(state, arguments.at(0), text(1), most);
}

constexpr const char* kFunctions[] = {"match", "fullmatch", "search", "findall", "split", "sub"};

std::optional<Value> Pattern::GetAttribute(State&, std::string_view name) {
  if (name == "pattern") return Value(text_);
  for (const char* function : kFunctions) {
    if (name != function) continue;
    auto self = std::static_pointer_cast<Pattern>(shared_from_this());
    return Value::Function(function, [self, function](State& state, const Arguments& arguments) {
      return Apply(state, function, *self, arguments.positional);
    });
  }
  return std::nullopt;
}

Value MakeRe() {
  Dict out;
  for (const char* function : kFunctions) {
    out.Set(function,
            Value::Function(function, [function](State& state, const Arguments& arguments) {
              const auto& given = arguments.positional;
              if (given.empty()) {
                throw Error(ErrorCode::kInvalidArgument,
                            std::string("re.") + function + "() is missing a pattern");
              }
              int64_t flags = 0;
              if (const Value* keyword = arguments.Keyword("flags")) flags = keyword->AsInt();
              size_t own = std::string_view(function) == "sub" ? 4 : 2;
              if (given.size() > own && given[own].IsInt()) flags = given[own].AsInt();
              ValueList rest(given.begin() + 1, given.end());
              if (auto* compiled = given[0].As<Pattern>()) {
                return Apply(state, function, *compiled, rest);
              }
              return Apply(state, function, Pattern(given[0].Str(), flags), rest);
            }));
  }
  out.Set("compile", Value::Function("compile", [](State&, const Arguments& arguments) {
            BoundArguments bound("compile", arguments, {"pattern", "flags"}, 1);
            return Value(std::make_shared<Pattern>(bound.String(0), bound.Int(1)));
          }));
  out.Set("escape", Value::Function("escape", [](State&, const Arguments& arguments) {
            BoundArguments bound("escape", arguments, {"pattern"}, 1);
            return Value(RE2::QuoteMeta(bound.String(0)));
          }));
  for (const char* name : {"IGNORECASE", "I"}) out.Set(name, Value(kIgnoreCase));
  for (const char* name : {"MULTILINE", "M"}) out.Set(name, Value(kMultiLine));
  for (const char* name : {"DOTALL", "S"}) out.Set(name, Value(kDotAll));
  return Value(std::move(out));
}

Value MakeItertools() {
  Dict out;
  auto add = [&](const char* name, jinja::NativeFunction function) {
    out.Set(name, Value::Function(name, std::move(function)));
  };
  add("chain", [](State&, const Arguments& arguments) {
    ValueList items;
    for (const auto& list : arguments.positional) {
      for (auto& item : list.Iterate()) items.push_back(std::move(item));
    }
    return Value::List(std::move(items));
  });
  add("product", [](State&, const Arguments& arguments) {
    std::vector<ValueList> rows = {{}};
    for (const auto& list : arguments.positional) {
      std::vector<ValueList> longer;
      ValueList items = list.Iterate();
      for (const auto& row : rows) {
        for (const auto& item : items) {
          longer.push_back(row);
          longer.back().push_back(item);
        }
      }
      rows = std::move(longer);
    }
    ValueList out;
    for (auto& row : rows) out.push_back(Value::Tuple(std::move(row)));
    return Value::List(std::move(out));
  });
  add("combinations", [](State&, const Arguments& arguments) {
    BoundArguments bound("combinations", arguments, {"iterable", "r"}, 2);
    ValueList items = bound[0].Iterate();
    size_t size = static_cast<size_t>(std::max<int64_t>(0, bound.Int(1)));
    ValueList out;
    std::vector<size_t> chosen;
    std::function<void(size_t)> choose = [&](size_t from) {
      if (chosen.size() == size) {
        ValueList row;
        for (size_t index : chosen) row.push_back(items[index]);
        out.push_back(Value::Tuple(std::move(row)));
        return;
      }
      for (size_t i = from; i < items.size(); ++i) {
        chosen.push_back(i);
        choose(i + 1);
        chosen.pop_back();
      }
    };
    choose(0);
    return Value::List(std::move(out));
  });
  add("zip_longest", [](State&, const Arguments& arguments) {
    std::vector<ValueList> columns;
    size_t length = 0;
    for (const auto& list : arguments.positional) {
      columns.push_back(list.Iterate());
      length = std::max(length, columns.back().size());
    }
    const Value* fill = arguments.Keyword("fillvalue");
    ValueList out;
    for (size_t i = 0; i < length; ++i) {
      ValueList row;
      for (const auto& column : columns) {
        row.push_back(i < column.size() ? column[i] : fill ? *fill : Value());
      }
      out.push_back(Value::Tuple(std::move(row)));
    }
    return Value::List(std::move(out));
  });
  add("repeat", [](State&, const Arguments& arguments) {
    BoundArguments bound("repeat", arguments, {"object", "times"}, 2);
    return Value::List(
        ValueList(static_cast<size_t>(std::max<int64_t>(0, bound.Int(1))), bound[0]));
  });
  return Value(std::move(out));
}

Value MakePytz() {
  Dict out;
  out.Set("utc", MakeTimeZone("UTC", 0));
  out.Set("UTC", MakeTimeZone("UTC", 0));
  out.Set("timezone", Value::Function("timezone", [](State&, const Arguments& arguments) {
            BoundArguments bound("timezone", arguments, {"zone"}, 1);
            std::string zone = bound.String(0);
            if (zone == "UTC" || zone == "utc" || zone == "Etc/UTC" || zone == "GMT") {
              return MakeTimeZone("UTC", 0);
            }
            throw Error(ErrorCode::kUnsupported,
                        "pytz.timezone('" + zone + "') is not supported in templates: only UTC is")
                .WithHint("Convert time zones in SQL: ts at time zone '" + zone + "'.");
          }));
  return Value(std::move(out));
}

}  // namespace

Value MakeModules() {
  return Value(Dict{{"datetime", MakeDatetimeModule()},
                    {"pytz", MakePytz()},
                    {"re", MakeRe()},
                    {"itertools", MakeItertools()}});
}

Value MakeDatetime(int64_t micros) { return Value(std::make_shared<PythonDatetime>(micros, 0)); }

}  // namespace eider::dbt
