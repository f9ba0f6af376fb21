#include "dbt/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;

std::vector<std::vector<std::string>> Fields(std::string_view text, char delimiter = ',') {
  std::vector<std::vector<std::string>> out;
  for (auto& record : ParseCsv(text, delimiter, "x.csv")) out.push_back(std::move(record.fields));
  return out;
}

TEST(CsvTest, ReadsFieldsQuotesAndLineEnds) {
  EXPECT_THAT(
      Fields("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n,\n"),
      ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "x, \"y\"\nz"), ElementsAre("", "")));
  EXPECT_THAT(Fields("a\tb", '\t'), ElementsAre(ElementsAre("a", "b")));
}

TEST(CsvTest, AQuoteCountsOnlyAtTheBeginning) {
  EXPECT_THAT(Fields("5\" pipe,\"a\"b"), ElementsAre(ElementsAre("5\" pipe", "ab")));
}

TEST(CsvTest, SkipsTheByteOrderMarkAndBlankLines) {
  auto records = ParseCsv("\xEF\xBB\xBFid\n\n\n7\n", ',', "x.csv");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].fields[0], "id");
  EXPECT_EQ(records[1].line, 4);
}

TEST(CsvTest, LinesCountThroughQuotedLineBreaks) {
  auto records = ParseCsv("a\n\"x\ny\"\nz\n", ',', "x.csv");
  EXPECT_EQ(records[2].line, 4);
}

TEST(CsvTest, NamesTheLineOfWhatIsBroken) {
  try {
    ParseCsv("a\nb\n\"never closed\n\n", ',', "seeds/x.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSyntax);
    EXPECT_EQ(error.file(), "seeds/x.csv");
    EXPECT_EQ(error.line(), 3);
  }
  try {
    ParseCsv("a\nna\xEFve\n", ',', "seeds/x.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.line(), 2);
    EXPECT_THAT(error.message(), testing::HasSubstr("UTF-8"));
  }
}

}  // namespace
}  // namespace eider::dbt
