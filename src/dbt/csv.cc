#include "dbt/csv.h"

#include "base/error.h"
#include "dbt/text_encoding.h"

namespace eider::dbt {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class CsvParser {
 public:
  CsvParser(std::string_view text, char delimiter, const std::string& file)
      : text_(text), delimiter_(delimiter), file_(file) {}

  std::vector<CsvRecord> Parse() {
    std::vector<CsvRecord> records;
    while (position_ < text_.size()) {
      CsvRecord record;
      record.line = line_;
      bool blank = AtLineEnd();
      if (!blank) ReadFields(record);
      SkipLineEnd();
      if (!blank) records.push_back(std::move(record));
    }
    return records;
  }

 private:
  bool AtLineEnd() const {
    return position_ >= text_.size() || text_[position_] == '\n' || text_[position_] == '\r';
  }

  void SkipLineEnd() {
    if (position_ >= text_.size()) return;
    if (text_[position_] == '\r') {
      ++position_;
      if (position_ < text_.size() && text_[position_] == '\n') ++position_;
    } else {
      ++position_;
    }
    ++line_;
  }

  void ReadFields(CsvRecord& record) {
    while (true) {
      record.fields.push_back(ReadField());
      if (AtLineEnd()) return;
      ++position_;  // the delimiter
      if (AtLineEnd()) {
        record.fields.emplace_back();
        return;
      }
    }
  }

  std::string ReadField() {
    std::string field;
    if (text_[position_] == '"') ReadQuoted(field);
    size_t begin = position_;
    while (!AtLineEnd() && text_[position_] != delimiter_) ++position_;
    field.append(text_.substr(begin, position_ - begin));
    return field;
  }

  void ReadQuoted(std::string& field) {
    int opened = line_;
    ++position_;
    while (true) {
      if (position_ >= text_.size()) {
        throw Error(ErrorCode::kSyntax, "a quoted value is never closed").At(file_, opened);
      }
      char c = text_[position_++];
      if (c == '"') {
        if (position_ >= text_.size() || text_[position_] != '"') return;
        ++position_;
      }
      if (c == '\n') ++line_;
      field += c;
    }
  }

  std::string_view text_;
  char delimiter_;
  const std::string& file_;
  size_t position_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<CsvRecord> ParseCsv(std::string_view text, char delimiter, const std::string& file) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  RequireUtf8(text, file);
  return CsvParser(text, delimiter, file).Parse();
}

}  // namespace eider::dbt
