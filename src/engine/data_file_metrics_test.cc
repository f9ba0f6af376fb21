#include "engine/data_file_metrics.h"

#include <gmock/gmock.h>

#include "iceberg/literal.h"

namespace eider::engine {
namespace {

using iceberg::Type;
using iceberg::TypeId;
using testing::ElementsAre;
using testing::Pair;

WrittenColumn Column(const std::string& min, const std::string& max) {
  WrittenColumn column;
  column.min = min;
  column.max = max;
  column.value_count = 5;
  column.null_count = 1;
  column.size_bytes = 40;
  return column;
}

class DataFileMetricsTest : public testing::Test {
 protected:
  DataFileMetricsTest() {
    file_.path = "/w/t/data/x.parquet";
    file_.row_count = 5;
    file_.size_bytes = 300;
  }

  void Add(const std::string& name, iceberg::TypePtr type) {
    iceberg::NestedField field;
    field.id = static_cast<int32_t>(schema_.fields.size()) + 1;
    field.name = name;
    field.type = std::move(type);
    schema_.fields.push_back(std::move(field));
  }

  // The bounds of a column of that type whose minimum and maximum the writer gives so, as text.
  std::string Bounds(iceberg::TypePtr type, const std::string& min, const std::string& max) {
    schema_.fields.clear();
    Add("c", type);
    file_.columns = {{"\"c\"", Column(min, max)}};
    iceberg::DataFile described = DescribeDataFile(file_, schema_, properties_);
    auto text = [&](const std::map<int32_t, std::string>& bounds) -> std::string {
      auto bound = bounds.find(1);
      if (bound == bounds.end()) return "none";
      return iceberg::LiteralToText(*type, *iceberg::LiteralFromBytes(*type, bound->second));
    };
    return text(described.lower_bounds) + " .. " + text(described.upper_bounds);
  }

  WrittenFile file_;
  iceberg::Schema schema_;
  std::map<std::string, std::string> properties_;
};

TEST_F(DataFileMetricsTest, BoundsOfEveryType) {
  auto primitive = Type::Primitive;
  EXPECT_EQ(Bounds(primitive(TypeId::kBoolean), "0", "1"), "false .. true");
  EXPECT_EQ(Bounds(primitive(TypeId::kInt), "-7", "2147483647"), "-7 .. 2147483647");
  EXPECT_EQ(Bounds(primitive(TypeId::kLong), "-9223372036854775808", "1"),
            "-9223372036854775808 .. 1");
  EXPECT_EQ(Bounds(Type::Decimal(9, 2), "-1.50", "12.30"), "-1.50 .. 12.30");
  EXPECT_EQ(Bounds(Type::Decimal(38, 10), "-1.5000000000", "99999999999.1234567890"),
            "-1.5000000000 .. 99999999999.1234567890");
  EXPECT_EQ(Bounds(primitive(TypeId::kDate), "1969-12-31", "2026-01-31"),
            "1969-12-31 .. 2026-01-31");
  EXPECT_EQ(Bounds(primitive(TypeId::kTime), "00:00:00", "23:59:59.123456"),
            "00:00:00 .. 23:59:59.123456");
  EXPECT_EQ(Bounds(primitive(TypeId::kTimestamp), "1969-12-31 23:59:59.5", "2026-01-31 12:00:00"),
            "1969-12-31 23:59:59.500000 .. 2026-01-31 12:00:00");
  EXPECT_EQ(Bounds(primitive(TypeId::kString), "", "zebra"), " .. zebra");
  EXPECT_EQ(Bounds(primitive(TypeId::kUuid), "00000000-0000-0000-0000-000000000001",
                   "ffffffff-0000-0000-0000-000000000001"),
            "00000000-0000-0000-0000-000000000001 .. ffffffff-0000-0000-0000-000000000001");
}

TEST_F(DataFileMetricsTest, BinaryBoundsComeAsHexadecimal) {
  Add("b", Type::Primitive(TypeId::kBinary));
  file_.columns["\"b\""] = Column("00FF", "FFFE");
  iceberg::DataFile described = DescribeDataFile(file_, schema_, {});
  EXPECT_EQ(described.lower_bounds.at(1), std::string("\0\xFF", 2));
  EXPECT_EQ(described.upper_bounds.at(1), "\xFF\xFE");
}

TEST_F(DataFileMetricsTest, StringsAreCutAtCodePointsAndTheUpperBoundGoesUp) {
  EXPECT_EQ(Bounds(Type::Primitive(TypeId::kString), "äöüäöüäöüäöüäöüäöü", "sixteen letters and"),
            "äöüäöüäöüäöüäöüä .. sixteen letters!");
  properties_["write.metadata.metrics.default"] = "truncate(3)";
  EXPECT_EQ(Bounds(Type::Primitive(TypeId::kString), "abcd", "wxyz"), "abc .. wxz");
  properties_["write.metadata.metrics.column.c"] = "full";
  EXPECT_EQ(Bounds(Type::Primitive(TypeId::kString), "abcd", "wxyz"), "abcd .. wxyz");
}

TEST_F(DataFileMetricsTest, ZeroCoversBothZeros) {
  Add("d", Type::Primitive(TypeId::kDouble));
  file_.columns["\"d\""] = Column("0.0", "-0.0");
  iceberg::DataFile described = DescribeDataFile(file_, schema_, {});
  EXPECT_EQ(described.lower_bounds.at(1), std::string("\0\0\0\0\0\0\0\x80", 8));
  EXPECT_EQ(described.upper_bounds.at(1), std::string("\0\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(described.nan_value_counts.at(1), 0);
  file_.columns["\"d\""].has_nan = true;
  EXPECT_EQ(DescribeDataFile(file_, schema_, {}).nan_value_counts.count(1), 0);
}

TEST_F(DataFileMetricsTest, NestedFieldsHaveCountsAndOnlyThoseOfARowBounds) {
  iceberg::NestedField inner;
  inner.id = 10;
  inner.name = "a \"b\"";
  inner.type = Type::Primitive(TypeId::kInt);
  Add("s", Type::Struct({inner}));
  Add("l", Type::List(20, Type::Primitive(TypeId::kInt), false));
  Add("m",
      Type::Map(30, Type::Primitive(TypeId::kString), 31, Type::Primitive(TypeId::kInt), false));
  file_.columns["\"s\".\"a \"\"b\"\"\""] = Column("1", "2");
  file_.columns["\"l\".\"element\""] = Column("1", "2");
  file_.columns["\"m\".\"key\""] = Column("a", "b");
  file_.columns["\"m\".\"value\""] = Column("1", "2");
  iceberg::DataFile described = DescribeDataFile(file_, schema_, {});
  EXPECT_THAT(described.value_counts,
              ElementsAre(Pair(10, 5), Pair(20, 5), Pair(30, 5), Pair(31, 5)));
  EXPECT_EQ(described.lower_bounds.size(), 1);
  EXPECT_EQ(described.lower_bounds.count(10), 1);
}

TEST_F(DataFileMetricsTest, TheTableSaysHowMuchIsKept) {
  Add("c", Type::Primitive(TypeId::kInt));
  file_.columns["\"c\""] = Column("1", "2");
  iceberg::DataFile counts =
      DescribeDataFile(file_, schema_, {{"write.metadata.metrics.default", "counts"}});
  EXPECT_EQ(counts.null_value_counts.at(1), 1);
  EXPECT_TRUE(counts.lower_bounds.empty());
  iceberg::DataFile none =
      DescribeDataFile(file_, schema_, {{"write.metadata.metrics.column.c", "none"}});
  EXPECT_TRUE(none.value_counts.empty());
  EXPECT_EQ(none.file_path, "file:///w/t/data/x.parquet");
  EXPECT_EQ(none.record_count, 5);
  EXPECT_EQ(none.file_size_in_bytes, 300);
}

}  // namespace
}  // namespace eider::engine
