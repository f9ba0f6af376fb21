#include "engine/dialect.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"
#include "duckdb/parser/parser.hpp"

namespace eider::engine {

namespace {

// A text with DuckDB's tokens. Comments and white space lie between tokens and belong to none.
class TokenizedText {
 public:
  explicit TokenizedText(const std::string& sql)
      : sql_(sql), tokens_(duckdb::Parser::Tokenize(sql)) {
    words_.reserve(tokens_.size());
    for (size_t i = 0; i < tokens_.size(); ++i) words_.push_back(ReadWord(tokens_[i].start));
  }

  size_t size() const { return tokens_.size(); }
  size_t Start(size_t i) const { return i < size() ? tokens_[i].start : sql_.size(); }
  char FirstChar(size_t i) const { return i < size() ? sql_[tokens_[i].start] : '\0'; }

  bool IsWord(size_t i, std::string_view word) const { return i < size() && words_[i] == word; }
  bool IsAnyWord(size_t i, const std::set<std::string>& words) const {
    return i < size() && words.count(words_[i]) > 0;
  }
  bool IsWord(size_t i) const { return i < size() && !words_[i].empty(); }

  bool IsString(size_t i) const {
    return i < size() &&
           tokens_[i].type == duckdb::SimplifiedTokenType::SIMPLIFIED_TOKEN_STRING_CONSTANT;
  }
  // Whether the token can name a table in a query: a quoted name, or a word that is not reserved.
  bool IsAlias(size_t i) const {
    if (FirstChar(i) == '"') return true;
    if (!IsWord(i)) return false;
    switch (duckdb::Parser::IsKeyword(Lower(words_[i]))) {
      case duckdb::KeywordCategory::KEYWORD_RESERVED:
      case duckdb::KeywordCategory::KEYWORD_TYPE_FUNC:
        return false;
      default:
        return true;
    }
  }

  // The text from token `first` up to token `last`, without what trails it.
  std::string Slice(size_t first, size_t last) const {
    return std::string(
        Trim(std::string_view(sql_).substr(Start(first), Start(last) - Start(first))));
  }

  // The token after the parenthesis that closes the one at `open`; size() when none does.
  size_t AfterParentheses(size_t open) const {
    int depth = 0;
    for (size_t i = open; i < size(); ++i) {
      if (FirstChar(i) == '(') ++depth;
      if (FirstChar(i) == ')' && --depth == 0) return i + 1;
    }
    return size();
  }

 private:
  // The upper-cased bare word at `start`, "" where the token is none (quoted names are none).
  std::string ReadWord(size_t start) const {
    size_t end = start;
    while (end < sql_.size() &&
           (std::isalnum(static_cast<unsigned char>(sql_[end])) != 0 || sql_[end] == '_')) {
      ++end;
    }
    if (end > start && std::isdigit(static_cast<unsigned char>(sql_[start])) != 0) return "";
    return Upper(std::string_view(sql_).substr(start, end - start));
  }

  const std::string& sql_;
  duckdb::vector<duckdb::SimplifiedToken> tokens_;
  std::vector<std::string> words_;
};

struct Edit {
  size_t start;
  size_t end;
  std::string text;
};

bool IsExpression(const std::string& sql) {
  try {
    return duckdb::Parser::ParseExpressionList("(" + sql + "\n)").size() == 1;
  } catch (const std::exception&) {
    return false;
  }
}

// The token after the longest expression that starts at `first` and lies in no clause or item of
// FROM that follows; `first` where there is none. What an expression is, DuckDB's parser says.
size_t AfterExpression(const TokenizedText& text, size_t first) {
  static const std::set<std::string> kClauses = {
      "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER",     "LIMIT",
      "JOIN",  "ON",    "USING",  "UNION",   "EXCEPT", "INTERSECT", "SELECT"};
  size_t end = first;
  while (end < text.size() && !text.IsAnyWord(end, kClauses)) {
    char c = text.FirstChar(end);
    if (c == ',' || c == ')' || c == ';') break;
    end = c == '(' ? text.AfterParentheses(end) : end + 1;
  }
  while (end > first && !IsExpression(text.Slice(first, end))) --end;
  return end;
}

// [FOR] VERSION AS OF n, [FOR] TIMESTAMP AS OF ts.
void RewriteTimeTravel(const TokenizedText& text, std::vector<Edit>& edits) {
  for (size_t i = 1; i + 3 < text.size(); ++i) {
    size_t unit_at = text.IsWord(i, "FOR") ? i + 1 : i;
    if (!text.IsWord(unit_at + 1, "AS") || !text.IsWord(unit_at + 2, "OF")) continue;
    std::string unit;
    if (text.IsAnyWord(unit_at, {"VERSION", "SYSTEM_VERSION"})) unit = "VERSION";
    if (text.IsAnyWord(unit_at, {"TIMESTAMP", "SYSTEM_TIME"})) unit = "TIMESTAMP";
    if (unit.empty()) continue;
    size_t value = unit_at + 3;
    size_t end = AfterExpression(text, value);
    if (end == value) continue;
    std::string expression = text.Slice(value, end);
    // A comment between the expression and what follows it came with it.
    if (expression.find("--") != std::string::npos) expression += "\n";
    std::string clause = "AT (" + unit + " => " + expression + ") ";
    // Trino and Spark write the alias after the version, DuckDB before it.
    size_t alias = text.IsWord(end, "AS") ? end + 1 : end;
    if (text.IsAlias(alias)) {
      clause = text.Slice(end, alias + 1) + " " + clause;
      end = alias + 1;
    }
    edits.push_back({text.Start(i), text.Start(end), clause});
    i = end - 1;
  }
}

// One of the properties within parentheses: its key is the tokens from `first` up to `key_end`, its
// value what follows up to `end`.
struct Property {
  size_t first;
  size_t key_end;
  size_t end;
};

// Those in the parentheses at `open`.
std::vector<Property> PropertiesAt(const TokenizedText& text, size_t open) {
  size_t close = text.AfterParentheses(open) - 1;
  std::vector<Property> properties;
  for (size_t first = open + 1; first < close;) {
    size_t end = first;
    size_t key_end = 0;
    while (end < close && text.FirstChar(end) != ',') {
      if (key_end == 0 && text.FirstChar(end) == '=') key_end = end;
      end = text.FirstChar(end) == '(' ? text.AfterParentheses(end) : end + 1;
    }
    properties.push_back({first, key_end == 0 ? end : key_end, end});
    first = end + 1;
  }
  return properties;
}

// The key, in quotes where it is more than a word: DuckDB takes write.format.default for an
// expression.
std::string KeyOf(const TokenizedText& text, const Property& property) {
  std::string key = text.Slice(property.first, property.key_end);
  return property.key_end - property.first > 1 ? QuoteLiteral(key) : key;
}

// What stands in the parentheses at `open`.
std::string Properties(const TokenizedText& text, size_t open) {
  std::vector<std::string> properties;
  for (const Property& property : PropertiesAt(text, open)) {
    properties.push_back(KeyOf(text, property) + text.Slice(property.key_end, property.end));
  }
  return Join(properties, ", ");
}

// ALTER TABLE x SET (a.b = 1), RESET (a.b) and CREATE TABLE x WITH (a.b = 1) from `first` on.
void QuoteOptionNames(const TokenizedText& text, size_t first, size_t end,
                      std::vector<Edit>& edits) {
  bool alters = text.IsWord(first, "ALTER");
  if (!alters && !text.IsWord(first, "CREATE")) return;
  for (size_t i = first; i + 1 < end && (alters || !text.IsWord(i, "AS")); ++i) {
    bool options =
        alters ? text.IsWord(i, "SET") || text.IsWord(i, "RESET") : text.IsWord(i, "WITH");
    if (!options || text.FirstChar(i + 1) != '(') continue;
    for (const Property& property : PropertiesAt(text, i + 1)) {
      std::string key = KeyOf(text, property);
      size_t start = text.Start(property.first);
      size_t length = text.Slice(property.first, property.key_end).size();
      if (key.size() != length) edits.push_back({start, start + length, key});
    }
  }
}

// SET TBLPROPERTIES (..), UNSET TBLPROPERTIES [IF EXISTS] (..) within ALTER.
void RewriteTableProperties(const TokenizedText& text, std::vector<Edit>& edits) {
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    bool set = text.IsWord(i, "SET");
    bool unset = text.IsWord(i, "UNSET");
    if ((!set && !unset) || !text.IsWord(i + 1, "TBLPROPERTIES")) continue;
    size_t open = i + 2;
    if (unset && text.IsWord(open, "IF") && text.IsWord(open + 1, "EXISTS")) open += 2;
    size_t after = text.AfterParentheses(open);
    if (text.FirstChar(open) != '(' || text.FirstChar(after - 1) != ')') continue;
    edits.push_back({text.Start(i), text.Start(after - 1) + 1,
                     (set ? "SET (" : "RESET (") + Properties(text, open) + ")"});
  }
}

// USING ICEBERG [LOCATION '..'] [TBLPROPERTIES (..)] within the CREATE that starts at `first`.
void RewriteUsingIceberg(const TokenizedText& text, size_t first, size_t end,
                         std::vector<Edit>& edits) {
  size_t as = end;
  size_t using_iceberg = end;
  int depth = 0;
  for (size_t i = first; i < end; ++i) {
    if (text.FirstChar(i) == '(') ++depth;
    if (text.FirstChar(i) == ')') --depth;
    if (depth != 0) continue;
    if (as == end && text.IsWord(i, "AS")) as = i;
    if (text.IsWord(i, "USING") && text.IsWord(i + 1, "ICEBERG")) using_iceberg = i;
  }
  if (using_iceberg == end) return;
  std::vector<std::string> options;
  size_t i = using_iceberg + 2;
  while (i < end) {
    if (text.IsWord(i, "LOCATION") && text.IsString(i + 1)) {
      options.push_back("location=" + text.Slice(i + 1, i + 2));
      i += 2;
    } else if (text.IsWord(i, "TBLPROPERTIES") && text.FirstChar(i + 1) == '(') {
      options.push_back(Properties(text, i + 1));
      i = text.AfterParentheses(i + 1);
    } else {
      break;
    }
  }
  std::string with = options.empty() ? "" : "WITH (" + Join(options, ", ") + ") ";
  Edit remove{text.Start(using_iceberg), text.Start(i), ""};
  if (as < using_iceberg) {
    edits.push_back({text.Start(as), text.Start(as), with});
    edits.push_back(remove);
  } else {
    remove.text = with;
    edits.push_back(remove);
  }
}

// Calls `visit` with the first token of every statement and the one that ends it.
void ForStatements(const TokenizedText& text,
                   const std::function<void(size_t first, size_t end)>& visit) {
  for (size_t first = 0; first < text.size();) {
    size_t end = first;
    while (end < text.size() && text.FirstChar(end) != ';') ++end;
    visit(first, end);
    first = end + 1;
  }
}

// nullopt where there are no edits.
std::optional<std::string> Apply(const std::string& sql, std::vector<Edit> edits) {
  if (edits.empty()) return std::nullopt;
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.start < b.start; });
  std::string rewritten;
  size_t position = 0;
  for (const Edit& edit : edits) {
    rewritten += sql.substr(position, edit.start - position);
    rewritten += edit.text;
    position = edit.end;
  }
  return rewritten + sql.substr(position);
}

// Whether `rest` holds nothing but white space and finished comments.
bool IsBlank(std::string_view rest) {
  while (true) {
    rest = Trim(rest);
    if (rest.empty()) return true;
    if (rest.substr(0, 2) == "--") {
      size_t newline = rest.find('\n');
      if (newline == std::string_view::npos) return true;
      rest.remove_prefix(newline);
    } else if (rest.substr(0, 2) == "/*") {
      size_t close = rest.find("*/", 2);
      if (close == std::string_view::npos) return false;
      rest.remove_prefix(close + 2);
    } else {
      return false;
    }
  }
}

}  // namespace

std::optional<std::string> RewriteDialect(const std::string& sql) {
  TokenizedText text(sql);
  std::vector<Edit> edits;
  RewriteTimeTravel(text, edits);
  RewriteTableProperties(text, edits);
  ForStatements(text, [&](size_t first, size_t end) {
    QuoteOptionNames(text, first, end, edits);
    if (text.IsWord(first, "CREATE")) RewriteUsingIceberg(text, first, end, edits);
  });
  return Apply(sql, std::move(edits));
}

std::optional<std::string> QuoteOptionNames(const std::string& sql) {
  TokenizedText text(sql);
  std::vector<Edit> edits;
  ForStatements(text, [&](size_t first, size_t end) { QuoteOptionNames(text, first, end, edits); });
  return Apply(sql, std::move(edits));
}

Session::Split SplitStatements(std::string_view sql) {
  Session::Split split;
  std::string owned(sql);
  TokenizedText text(owned);
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.FirstChar(i) != ';') continue;
    std::string_view statement = std::string_view(owned).substr(start, text.Start(i) - start);
    if (!IsBlank(statement)) split.statements.emplace_back(Trim(statement));
    start = text.Start(i) + 1;
  }
  std::string_view rest = std::string_view(owned).substr(start);
  if (!IsBlank(rest)) {
    split.statements.emplace_back(Trim(rest));
    split.complete = false;
  }
  return split;
}

}  // namespace eider::engine
