#include "dbt/cte_injection.h"

#include "base/text.h"

namespace eider::dbt {

namespace {

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}

// The position behind white space and comments.
size_t SkipBlanks(std::string_view sql, size_t position) {
  while (position < sql.size()) {
    if (std::isspace(static_cast<unsigned char>(sql[position]))) {
      ++position;
    } else if (sql.substr(position).starts_with("--")) {
      position = std::min(sql.find('\n', position), sql.size());
    } else if (sql.substr(position).starts_with("/*")) {
      size_t end = sql.find("*/", position + 2);
      position = end == sql.npos ? sql.size() : end + 2;
    } else {
      break;
    }
  }
  return position;
}

// The position behind `word` where it stands at `position`, or npos.
size_t SkipWord(std::string_view sql, size_t position, std::string_view word) {
  if (!EqualsIgnoreCase(sql.substr(position, word.size()), word)) return sql.npos;
  size_t end = position + word.size();
  return end < sql.size() && IsWordCharacter(sql[end]) ? sql.npos : end;
}

}  // namespace

std::string InjectCtes(const std::string& sql, const std::vector<InjectedCte>& ctes) {
  if (ctes.empty()) return sql;
  std::vector<std::string> parts;
  for (const auto& cte : ctes) parts.push_back(cte.sql);
  std::string joined = Join(parts, ", ");

  size_t start = SkipBlanks(sql, 0);
  size_t after_with = SkipWord(sql, start, "with");
  if (after_with == sql.npos) {
    return sql.substr(0, start) + "with" + joined + " " + sql.substr(start);
  }
  size_t next = SkipBlanks(sql, after_with);
  if (size_t end = SkipWord(sql, next, "recursive"); end != sql.npos) after_with = end;
  return sql.substr(0, after_with) + joined + ", " + sql.substr(after_with);
}

}  // namespace eider::dbt
