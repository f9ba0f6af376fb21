#include "cli/result_format.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::cli {
namespace {

using engine::Cell;

Cell Text(std::string text) {
  Cell cell;
  cell.kind = Cell::Kind::kText;
  cell.text = std::move(text);
  return cell;
}

Cell Integer(int64_t value) {
  Cell cell;
  cell.kind = Cell::Kind::kInteger;
  cell.integer = value;
  cell.text = std::to_string(value);
  return cell;
}

Cell Decimal(std::string text) {
  Cell cell;
  cell.kind = Cell::Kind::kDecimal;
  cell.real = std::stod(text);
  cell.text = std::move(text);
  return cell;
}

class Rows : public engine::Result {
 public:
  Rows(std::vector<engine::Column> columns, std::vector<std::vector<Cell>> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}
  const std::vector<engine::Column>& columns() const override { return columns_; }
  bool Next(std::vector<Cell>& row) override {
    if (next_ >= rows_.size()) return false;
    row = rows_[next_++];
    return true;
  }
  bool returns_rows() const override { return true; }
  std::optional<int64_t> rows_changed() const override { return std::nullopt; }

 private:
  std::vector<engine::Column> columns_;
  std::vector<std::vector<Cell>> rows_;
  size_t next_ = 0;
};

std::string Write(Rows rows, ResultFormat format, const TableStyle& style = {}) {
  std::string out;
  WriteResult(rows, format, style, [&](std::string_view piece) { out += piece; });
  return out;
}

Rows Sample() {
  return Rows({{"id", "INTEGER"}, {"name", "VARCHAR"}, {"amount", "DECIMAL(9,2)"}},
              {{Integer(1), Text("Michael"), Decimal("33.50")},
               {Integer(20), Text("日本"), Cell()},
               {Integer(3), Text("a|b\nc"), Decimal("-0.10")}});
}

TEST(ResultFormatTest, TablesAreAlignedByTypeAndWidth) {
  EXPECT_EQ(Write(Sample(), ResultFormat::kTable),
            " id | name    | amount\n"
            "----+---------+--------\n"
            "  1 | Michael |  33.50\n"
            " 20 | 日本    |   NULL\n"
            "  3 | a|b\\nc  |  -0.10\n"
            "(3 rows)\n");
}

TEST(ResultFormatTest, TablesAreCutToTheWidthGiven) {
  Rows rows({{"a", "VARCHAR"}, {"b", "VARCHAR"}}, {{Text("short"), Text(std::string(1000, 'x'))}});
  std::string out = Write(std::move(rows), ResultFormat::kTable, {.width = 30});
  size_t begin = 0;
  for (size_t end; (end = out.find('\n', begin)) != std::string::npos; begin = end + 1) {
    EXPECT_LE(end - begin, 32u) << out;  // "…" has three bytes
  }
  EXPECT_NE(out.find("short"), std::string::npos);
  EXPECT_NE(out.find("x…"), std::string::npos);
}

TEST(ResultFormatTest, AnEmptyResultStillHasItsHeader) {
  Rows rows({{"a", "INTEGER"}}, {});
  EXPECT_EQ(Write(std::move(rows), ResultFormat::kTable), " a\n---\n(0 rows)\n");
  Rows again({{"a", "INTEGER"}}, {});
  EXPECT_EQ(Write(std::move(again), ResultFormat::kJson), "[]\n");
}

TEST(ResultFormatTest, CsvQuotesWhatNeedsIt) {
  Rows rows({{"a", "VARCHAR"}, {"b,c", "VARCHAR"}},
            {{Text("plain"), Text("say \"hi\"")}, {Cell(), Text("")}, {Text("x\ny"), Text(" z")}});
  EXPECT_EQ(Write(std::move(rows), ResultFormat::kCsv),
            "a,\"b,c\"\n"
            "plain,\"say \"\"hi\"\"\"\n"
            ",\"\"\n"
            "\"x\ny\",\" z\"\n");
}

TEST(ResultFormatTest, JsonKeepsEveryDigitOfADecimal) {
  Rows rows({{"d", "DECIMAL(38,10)"}, {"d", "VARCHAR"}},
            {{Decimal("1234567890123456789.0123456789"), Text("ü\"")}, {Cell(), Cell()}});
  EXPECT_EQ(Write(std::move(rows), ResultFormat::kJson),
            "[\n"
            "  {\"d\":1234567890123456789.0123456789,\"d_1\":\"ü\\\"\"},\n"
            "  {\"d\":null,\"d_1\":null}\n"
            "]\n");
}

TEST(ResultFormatTest, NdjsonIsALineEach) {
  Rows rows({{"a", "INTEGER"}}, {{Integer(1)}, {Integer(2)}});
  EXPECT_EQ(Write(std::move(rows), ResultFormat::kNdjson), "{\"a\":1}\n{\"a\":2}\n");
}

TEST(ResultFormatTest, MarkdownEscapesBars) {
  EXPECT_EQ(Write(Sample(), ResultFormat::kMarkdown),
            "|  id | name    | amount |\n"
            "| --: | ------- | -----: |\n"
            "|   1 | Michael |  33.50 |\n"
            "|  20 | 日本    |   NULL |\n"
            "|   3 | a\\|b\\nc |  -0.10 |\n");
}

TEST(ResultFormatTest, AnUnknownNameIsRefused) {
  EXPECT_EQ(ResultFormatFromName("CSV"), ResultFormat::kCsv);
  EXPECT_THROW(ResultFormatFromName("xml"), Error);
}

}  // namespace
}  // namespace eider::cli
