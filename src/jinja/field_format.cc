// str.format: text with {fields}.
#include <algorithm>
#include <utility>

#include "jinja/environment.h"
#include "jinja/format.h"
#include "jinja/operators.h"
#include "jinja/throw.h"

namespace eider::jinja {

namespace {

class FieldFormatter {
 public:
  FieldFormatter(State& state, const Arguments& arguments, bool safe)
      : state_(state), arguments_(arguments), safe_(safe) {}

  std::string Run(std::string_view text, int depth) {
    if (depth < 0) Throw("Max string recursion exceeded");
    std::string out;
    for (size_t i = 0; i < text.size();) {
      char c = text[i++];
      if (c == '{') {
        if (i < text.size() && text[i] == '{') {
          out += '{';
          ++i;
          continue;
        }
        size_t end = FieldEnd(text, i);
        out += Field(text.substr(i, end - i), depth);
        i = end + 1;
      } else if (c == '}') {
        if (i >= text.size() || text[i] != '}') {
          Throw("Single '}' encountered in format string");
        }
        out += '}';
        ++i;
      } else {
        out += c;
      }
    }
    return out;
  }

 private:
  static size_t FieldEnd(std::string_view text, size_t begin) {
    if (begin >= text.size()) Throw("Single '{' encountered in format string");
    int depth = 1;
    for (size_t i = begin; i < text.size(); ++i) {
      // Inside [] anything goes.
      if (text[i] == '[') {
        size_t close = text.find(']', i);
        if (close != std::string_view::npos) i = close;
      } else if (text[i] == '{') {
        ++depth;
      } else if (text[i] == '}' && --depth == 0) {
        return i;
      }
    }
    Throw("expected '}' before end of string");
  }

  std::string Field(std::string_view field, int depth) {
    // name [!conversion] [:specification]
    size_t name_end = 0;
    while (name_end < field.size() && field[name_end] != '!' && field[name_end] != ':') {
      if (field[name_end] == '[') {
        size_t close = field.find(']', name_end);
        if (close == std::string_view::npos) Throw("expected '}' before end of string");
        name_end = close;
      }
      ++name_end;
    }
    std::string_view name = field.substr(0, name_end);
    std::string_view rest = field.substr(name_end);
    char conversion = '\0';
    if (!rest.empty() && rest[0] == '!') {
      if (rest.size() < 2) Throw("end of string while looking for conversion specifier");
      conversion = rest[1];
      rest.remove_prefix(2);
      if (!rest.empty() && rest[0] != ':') {
        Throw("expected ':' after conversion specifier");
      }
    }
    Value value = Lookup(name);
    std::string specification;
    if (!rest.empty()) specification = Run(rest.substr(1), depth - 1);
    switch (conversion) {
      case '\0':
        break;
      case 's':
        value = Value(value.Str());
        break;
      case 'r':
      case 'a':
        value = Value(value.Repr());
        break;
      default:
        Throw(std::string("Unknown conversion specifier '") + conversion + "'");
    }
    if (!safe_) return FormatValue(value, specification);
    if (value.IsSafe()) {
      if (!specification.empty()) Throw("Unsupported format specification for Markup.");
      return value.AsString();
    }
    return EscapedText(Value(FormatValue(value, specification)));
  }

  Value Lookup(std::string_view name) {
    size_t end = std::min(name.find_first_of(".["), name.size());
    std::string_view first = name.substr(0, end);
    Value value;
    bool is_index = !first.empty() && first.find_first_not_of("0123456789") == first.npos;
    if (first.empty() || is_index) {
      size_t index;
      if (first.empty()) {
        if (manual_) {
          Throw("cannot switch from manual field specification to automatic field numbering");
        }
        automatic_ = true;
        index = next_++;
      } else {
        if (automatic_) {
          Throw("cannot switch from automatic field numbering to manual field specification");
        }
        manual_ = true;
        if (first.size() > 9) Throw("Too many decimal digits in format string");
        index = std::stoul(std::string(first));
      }
      if (index >= arguments_.positional.size()) {
        Throw("Replacement index " + std::to_string(index) +
              " out of range for positional args tuple");
      }
      value = arguments_.positional[index];
    } else {
      const Value* found = arguments_.Keyword(first);
      if (!found) Throw(Value(first).Repr());
      value = *found;
    }
    for (std::string_view rest = name.substr(end); !rest.empty();) {
      if (rest[0] == '.') {
        size_t stop = std::min(rest.find_first_of(".[", 1), rest.size());
        std::string_view attribute = rest.substr(1, stop - 1);
        if (attribute.empty()) Throw("Empty attribute in format string");
        value = Defined(state_.GetAttribute(value, attribute));
        rest = rest.substr(stop);
      } else if (rest[0] == '[') {
        size_t stop = rest.find(']');
        std::string_view key = rest.substr(1, stop - 1);
        if (key.empty()) Throw("Empty attribute in format string");
        bool number = key.find_first_not_of("0123456789") == key.npos && key.size() < 18;
        value = Defined(
            state_.GetItem(value, number ? Value(static_cast<int64_t>(std::stoll(std::string(key))))
                                         : Value(key)));
        rest = rest.substr(stop + 1);
        if (!rest.empty() && rest[0] != '.' && rest[0] != '[') {
          Throw("Only '.' or '[' may follow ']' in format field specifier");
        }
      }
    }
    return value;
  }

  static Value Defined(Value value) {
    if (value.IsUndefined()) Throw(value.AsUndefined().message);
    return value;
  }

  State& state_;
  const Arguments& arguments_;
  bool safe_;
  bool manual_ = false, automatic_ = false;
  size_t next_ = 0;
};

}  // namespace

Value FormatText(State& state, const Value& format, const Arguments& arguments) {
  std::string text = FieldFormatter(state, arguments, format.IsSafe()).Run(format.AsString(), 2);
  return format.IsSafe() ? Value::Safe(std::move(text)) : Value(std::move(text));
}

}  // namespace eider::jinja
