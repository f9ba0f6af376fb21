#include "dbt/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "engine/session.h"

namespace eider::dbt {
namespace {

class SeedTest : public testing::Test {
 protected:
  SeedTest() {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::temp_directory_path() / ("eider_seed_test_" + name);
    std::filesystem::create_directories(folder_);
  }
  ~SeedTest() override { std::filesystem::remove_all(folder_); }

  Node MakeSeed(const std::string& text, Json config = Json::object()) {
    std::ofstream(folder_ / "s.csv", std::ios::binary) << text;
    Node node;
    node.type = NodeType::kSeed;
    node.name = "s";
    node.root_path = folder_.string();
    node.original_file_path = "s.csv";
    node.config = NodeConfig(std::move(config));
    return node;
  }

  // The type of a column with these values.
  std::string TypeOf(const std::vector<std::string>& values) {
    std::string text = "a,b\n";
    for (const auto& value : values) text += value + ",x\n";
    return InferSeed(MakeSeed(text)).columns[0].type;
  }

  // The rows DuckDB reads, as text.
  std::string Load(const Node& node) {
    auto session = engine::OpenDatabase({})->NewSession();
    auto result = session->Execute(SeedQuery(node, InferSeed(node)));
    std::string out;
    std::vector<engine::Cell> row;
    while (result->Next(row)) {
      for (const auto& cell : row) out += (cell.is_null() ? "NULL" : cell.text) + "|";
      out += "\n";
    }
    return out;
  }

  std::filesystem::path folder_;
};

// What dbt-duckdb 1.11 infers, by dbt's agate, from the same values.
TEST_F(SeedTest, InfersAsDbtDoes) {
  EXPECT_EQ(TypeOf({"1", "2"}), "integer");
  EXPECT_EQ(TypeOf({"1.5", "2"}), "float8");
  EXPECT_EQ(TypeOf({"1.00", "2.0"}), "integer");
  EXPECT_EQ(TypeOf({"007", "1"}), "integer");
  EXPECT_EQ(TypeOf({"1e5"}), "integer");
  EXPECT_EQ(TypeOf({"1e-2"}), "float8");
  EXPECT_EQ(TypeOf({"-3", "+4"}), "integer");
  EXPECT_EQ(TypeOf({"\"1,234\""}), "integer");
  EXPECT_EQ(TypeOf({"$5", "5%", "-$5", "--5", "1_000", "5."}), "integer");
  EXPECT_EQ(TypeOf({".5"}), "float8");
  EXPECT_EQ(TypeOf({"  5 "}), "integer");
  EXPECT_EQ(TypeOf({"2018-01-31"}), "date");
  EXPECT_EQ(TypeOf({"2018-1-3"}), "date");
  EXPECT_EQ(TypeOf({"2018-02-30"}), "text");
  EXPECT_EQ(TypeOf({"2018-01-31 10:00:00"}), "timestamp without time zone");
  EXPECT_EQ(TypeOf({"2018-01-31 1:2:3"}), "timestamp without time zone");
  EXPECT_EQ(TypeOf({"2018-01-31T10:00:00.5+01:00"}), "timestamp without time zone");
  EXPECT_EQ(TypeOf({"2018-01-31T10:00"}), "timestamp without time zone");
  EXPECT_EQ(TypeOf({"2018-01-31T10:00:00Z"}), "timestamp without time zone");
  EXPECT_EQ(TypeOf({"2018-01-31 10:00:00.5"}), "text");
  EXPECT_EQ(TypeOf({"2018-01-31", "2018-01-31 10:00:00"}), "text");
  EXPECT_EQ(TypeOf({"true", "FALSE", ""}), "boolean");
  EXPECT_EQ(TypeOf({"yes", "no"}), "text");
  EXPECT_EQ(TypeOf({"1", "true"}), "text");
  EXPECT_EQ(TypeOf({"", ""}), "integer");
  EXPECT_EQ(TypeOf({"null", "1"}), "integer");
  EXPECT_EQ(TypeOf({"1", "a"}), "text");
  for (const char* text : {"-", "1-2", "0x10", "01/02/2018", "12:30:00", "1 000", "t"}) {
    EXPECT_EQ(TypeOf({text}), "text") << text;
  }
}

TEST_F(SeedTest, IntegersGetTheWidthTheyNeed) {
  EXPECT_EQ(TypeOf({"2147483647"}), "integer");
  EXPECT_EQ(TypeOf({"3000000000"}), "bigint");
  EXPECT_EQ(TypeOf({"123456789012345678901234567890"}), "hugeint");
}

TEST_F(SeedTest, ColumnTypesAreTakenAsTheyAre) {
  Node node = MakeSeed("id,zip\n1,00501\n2,\n",
                       {{"column_types", {{"zip", "varchar(5)"}}}, {"delimiter", ","}});
  SeedSchema schema = InferSeed(node);
  EXPECT_EQ(schema.row_count, 2);
  EXPECT_EQ(schema.columns[1].type, "varchar(5)");
  EXPECT_EQ(Load(node), "1|00501|\n2|NULL|\n");
}

TEST_F(SeedTest, DuckDBReadsTheFile) {
  EXPECT_EQ(Load(MakeSeed("\xEF\xBB\xBFid;name;at\n1;\"a;b\";2018-01-31 10:00:00\n2;;\n",
                          {{"delimiter", ";"}})),
            "1|a;b|2018-01-31 10:00:00|\n2|NULL|NULL|\n");
}

TEST_F(SeedTest, AHeaderAloneIsATableOfNoRows) {
  Node node = MakeSeed("id,name\n");
  EXPECT_EQ(InferSeed(node).columns[0].type, "integer");
  EXPECT_EQ(Load(node), "");
}

TEST_F(SeedTest, NamesAreMadeUnique) {
  auto columns = InferSeed(MakeSeed("a,a,\n1,2,3\n")).columns;
  EXPECT_EQ(columns[1].name, "a_2");
  EXPECT_EQ(columns[2].name, "c");
}

TEST_F(SeedTest, TellsFileAndLineOfBadInput) {
  try {
    InferSeed(MakeSeed("a,b\n1,2\n1,2,3\n"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.line(), 3);
    EXPECT_EQ(error.message(), "the line has 3 values, but the header has 2 columns");
  }
  EXPECT_THROW(InferSeed(MakeSeed("")), Error);
  EXPECT_THROW(InferSeed(MakeSeed("a\n1\n", {{"delimiter", "||"}})), Error);
}

TEST_F(SeedTest, AValueThatDoesNotFitIsFoundInTheFile) {
  Node node = MakeSeed("id\n1\n$5\n");
  try {
    Load(node);
    FAIL();
  } catch (const Error& raised) {
    Error error = SeedError(node, raised);
    EXPECT_EQ(error.file(), "s.csv");
    EXPECT_EQ(error.line(), 3);
    EXPECT_THAT(error.message(), testing::HasSubstr("$5"));
    EXPECT_THAT(error.hint(), testing::HasSubstr("column_types"));
  }
}

TEST_F(SeedTest, TheTemplatesTableHasTypedValues) {
  auto table = LoadSeedTable(MakeSeed("n,f,b,t,d\n1,1.50,true,x,2018-01-31\n,,,null,\n"));
  EXPECT_THAT(table->column_types(),
              testing::ElementsAre("integer", "float8", "boolean", "text", "date"));
  EXPECT_TRUE(table->rows()[0][0].IsInt());
  EXPECT_EQ(table->rows()[0][1].Str(), "1.50");
  EXPECT_EQ(table->rows()[0][2].Repr(), "True");
  for (const auto& value : table->rows()[1]) EXPECT_TRUE(value.IsNone());
}

}  // namespace
}  // namespace eider::dbt
