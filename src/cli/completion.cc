#include "cli/completion.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace eider::cli {

namespace {

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && EqualsIgnoreCase(text.substr(0, prefix.size()), prefix);
}

bool IsWordCharacter(char c) {
  auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || byte >= 0x80 || c == '_' || c == '.' || c == '$' || c == '"';
}

std::string LastWord(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0 && IsWordCharacter(text[begin - 1])) --begin;
  return std::string(text.substr(begin));
}

void AddUnique(std::vector<std::string>& words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

}  // namespace

void SqlCompletion::AddKeyword(const std::string& keyword) { keywords_.push_back(Lower(keyword)); }

void SqlCompletion::AddTable(const std::string& schema, const std::string& table,
                             const std::vector<std::string>& columns) {
  AddUnique(schemas_[schema], table);
  for (const std::string& column : columns) {
    AddUnique(columns_[table], column);
    AddUnique(columns_[schema + "." + table], column);
  }
}

std::vector<std::string> SqlCompletion::Complete(std::string_view before_cursor) const {
  std::string word = LastWord(before_cursor);
  std::set<std::string> found;
  size_t dot = word.rfind('.');
  if (dot != std::string::npos) {
    std::string owner = word.substr(0, dot);
    std::string prefix = word.substr(dot + 1);
    auto add = [&](const std::vector<std::string>& names) {
      for (const std::string& name : names) {
        if (StartsWithIgnoringCase(name, prefix)) found.insert(owner + "." + name);
      }
    };
    if (auto schema = schemas_.find(owner); schema != schemas_.end()) add(schema->second);
    if (auto table = columns_.find(owner); table != columns_.end()) add(table->second);
    return {found.begin(), found.end()};
  }
  if (word.empty()) return {};
  bool upper =
      std::none_of(word.begin(), word.end(), [](unsigned char c) { return std::islower(c); });
  for (const std::string& keyword : keywords_) {
    if (StartsWithIgnoringCase(keyword, word)) found.insert(upper ? Upper(keyword) : keyword);
  }
  for (const auto& [schema, tables] : schemas_) {
    if (StartsWithIgnoringCase(schema, word)) found.insert(schema);
  }
  for (const auto& [table, columns] : columns_) {
    if (table.find('.') == std::string::npos && StartsWithIgnoringCase(table, word)) {
      found.insert(table);
    }
    for (const std::string& column : columns) {
      if (StartsWithIgnoringCase(column, word)) found.insert(column);
    }
  }
  return {found.begin(), found.end()};
}

SqlCompletion LoadCompletion(engine::Session& session, const std::string& catalog) {
  SqlCompletion completion;
  std::vector<engine::Cell> row;
  try {
    auto keywords = session.Execute("SELECT DISTINCT keyword_name FROM duckdb_keywords()");
    while (keywords->Next(row)) completion.AddKeyword(row[0].text);
    auto tables = session.Execute(
        "SELECT schema_name, table_name, list(column_name ORDER BY column_index) "
        "FROM duckdb_columns() WHERE database_name = " +
        engine::QuoteLiteral(catalog) + " GROUP BY ALL");
    while (tables->Next(row)) {
      completion.AddTable(row[0].text, row[1].text,
                          row[2].ToJson().get<std::vector<std::string>>());
    }
  } catch (const Error&) {
    // A table whose metadata is damaged must not take the shell away from whoever repairs it.
  }
  return completion;
}

}  // namespace eider::cli
