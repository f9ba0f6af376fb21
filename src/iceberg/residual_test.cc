#include "iceberg/residual.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "iceberg/bucket.h"
#include "iceberg/calendar.h"
#include "iceberg/literal_json.h"
#include "iceberg/partition_text.h"

namespace eider::iceberg {
namespace {

using Kind = Expression::Kind;

constexpr int64_t kMicrosPerHour = 3'600'000'000;

struct Column {
  int32_t id;
  const char* name;
  TypePtr type;
};

const std::vector<Column>& Columns() {
  static const std::vector<Column> columns = {
      {1, "n", Type::Primitive(TypeId::kInt)},    {2, "s", Type::Primitive(TypeId::kString)},
      {3, "d", Type::Primitive(TypeId::kDate)},   {4, "t", Type::Primitive(TypeId::kTimestamp)},
      {5, "r", Type::Primitive(TypeId::kDouble)}, {6, "p", Type::Decimal(9, 2)},
  };
  return columns;
}

Schema TestSchema() {
  Schema schema;
  for (const Column& column : Columns()) {
    NestedField field;
    field.id = column.id;
    field.name = column.name;
    field.type = column.type;
    schema.fields.push_back(field);
  }
  return schema;
}

using Row = std::vector<Literal>;

int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// As a writer applies it.
Literal Transformed(const Transform& transform, const Type& type, const Literal& value) {
  if (value.is_null()) return {};
  int64_t width = transform.parameter;
  using TransformKind = Transform::Kind;
  const auto* integer = std::get_if<int64_t>(&value.value);
  switch (transform.kind) {
    case TransformKind::kIdentity:
      return value;
    case TransformKind::kBucket:
      return Literal{*BucketOf(type, value, transform.parameter)};
    case TransformKind::kTruncate:
      if (const auto* text = std::get_if<std::string>(&value.value)) {
        return Literal{text->substr(0, static_cast<size_t>(width))};
      }
      if (const auto* decimal = std::get_if<Int128>(&value.value)) {
        return Literal{
            static_cast<Int128>(FloorDivide(static_cast<int64_t>(*decimal), width) * width)};
      }
      return Literal{FloorDivide(*integer, width) * width};
    case TransformKind::kHour:
      return Literal{FloorDivide(*integer, kMicrosPerHour)};
    case TransformKind::kVoid:
    case TransformKind::kUnknown:
      return {};
    default:
      break;
  }
  int64_t day = type.id == TypeId::kDate ? *integer : FloorDivide(*integer, 24 * kMicrosPerHour);
  CalendarDate date = DateOfDay(day);
  if (transform.kind == TransformKind::kYear) return Literal{date.year - 1970};
  if (transform.kind == TransformKind::kDay) return Literal{day};
  return Literal{(date.year - 1970) * 12 + date.month - 1};
}

// What a row gives, in SQL's sense, or in Iceberg's, where null is "not equal" to everything.
bool Matches(const Expression& expression, const Row& row, bool negated, bool sql) {
  switch (expression.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
      return (expression.kind == Kind::kTrue) != negated;
    case Kind::kNot:
      return Matches(expression.children[0], row, !negated, sql);
    case Kind::kAnd:
    case Kind::kOr: {
      auto matches = [&](const Expression& child) { return Matches(child, row, negated, sql); };
      const auto& children = expression.children;
      bool all = (expression.kind == Kind::kAnd) != negated;
      return all ? std::all_of(children.begin(), children.end(), matches)
                 : std::any_of(children.begin(), children.end(), matches);
    }
    default:
      break;
  }
  Kind kind = negated ? Negated(expression.kind) : expression.kind;
  const Column& column = Columns()[static_cast<size_t>(expression.field_id - 1)];
  Literal value = Transformed(expression.transform, *column.type,
                              row[static_cast<size_t>(expression.field_id - 1)]);
  const Type& type = *expression.type;
  bool is_negative = kind == Kind::kNotEqual || kind == Kind::kNotIn ||
                     kind == Kind::kNotStartsWith || kind == Kind::kNotNan;
  if (kind == Kind::kIsNull) return value.is_null();
  if (kind == Kind::kNotNull) return !value.is_null();
  if (value.is_null()) return is_negative && !sql;
  const auto* real = std::get_if<double>(&value.value);
  bool is_nan = real != nullptr && std::isnan(*real);
  if (kind == Kind::kIsNan) return is_nan;
  if (kind == Kind::kNotNan) return !is_nan;
  auto is_equal = [&](const Literal& other) {
    return std::is_eq(CompareLiterals(type, value, other));
  };
  const auto& values = expression.values;
  switch (kind) {
    case Kind::kLess:
      return CompareLiterals(type, value, values[0]) < 0;
    case Kind::kLessOrEqual:
      return CompareLiterals(type, value, values[0]) <= 0;
    case Kind::kGreater:
      return CompareLiterals(type, value, values[0]) > 0;
    case Kind::kGreaterOrEqual:
      return CompareLiterals(type, value, values[0]) >= 0;
    case Kind::kEqual:
    case Kind::kIn:
      return std::any_of(values.begin(), values.end(), is_equal);
    case Kind::kNotEqual:
    case Kind::kNotIn:
      return std::none_of(values.begin(), values.end(), is_equal);
    default: {
      bool starts =
          std::get<std::string>(value.value).starts_with(std::get<std::string>(values[0].value));
      return starts == (kind == Kind::kStartsWith);
    }
  }
}

// Random rows, specs and filters; always the same ones.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int64_t Number(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  bool Chance(int percent) { return Number(1, 100) <= percent; }

  Literal Value(const Type& type) {
    switch (type.id) {
      case TypeId::kInt:
        return Literal{Number(-30, 30)};
      case TypeId::kDate:
        return Literal{Number(-800, 800)};
      case TypeId::kTimestamp:
        return Literal{Number(-100, 100) * kMicrosPerHour + Number(-2, 2)};
      case TypeId::kDouble:
        return Literal{static_cast<double>(Number(-8, 8)) / 4};
      case TypeId::kDecimal:
        return Literal{static_cast<Int128>(Number(-40, 40))};
      default: {
        std::string text;
        for (int64_t i = Number(0, 4); i > 0; --i) text += static_cast<char>('a' + Number(0, 2));
        return Literal{text};
      }
    }
  }

  Row NewRow() {
    Row row;
    for (const Column& column : Columns()) {
      bool is_nan = column.type->id == TypeId::kDouble && Chance(10);
      if (is_nan) {
        row.push_back(Literal{std::numeric_limits<double>::quiet_NaN()});
      } else {
        row.push_back(Chance(10) ? Literal{} : Value(*column.type));
      }
    }
    return row;
  }

  std::string TransformFor(const Type& type) {
    std::vector<std::string> names = {"identity", "void"};
    switch (type.id) {
      case TypeId::kDate:
        names = {"identity", "year", "month", "day", "bucket[3]"};
        break;
      case TypeId::kTimestamp:
        names = {"year", "month", "day", "hour", "bucket[3]"};
        break;
      case TypeId::kDouble:
        break;
      default:
        names = {"identity", "bucket[4]", "truncate[2]", "truncate[7]"};
    }
    return names[static_cast<size_t>(Number(0, static_cast<int64_t>(names.size()) - 1))];
  }

  const Column& AnyColumn() {
    return Columns()[static_cast<size_t>(Number(0, static_cast<int64_t>(Columns().size()) - 1))];
  }

  PartitionSpec NewSpec() {
    PartitionSpec spec;
    for (int64_t i = Number(0, 2); i > 0; --i) {
      const Column& column = AnyColumn();
      PartitionField field;
      field.source_id = column.id;
      field.field_id = 1000 + static_cast<int32_t>(spec.fields.size());
      field.transform = TransformFromText(TransformFor(*column.type));
      spec.fields.push_back(field);
    }
    return spec;
  }

  std::string Constant(const Type& type) {
    std::string text;
    AppendLiteral(type, Value(type), text);
    return text;
  }

  std::string Filter(int depth) {
    if (depth > 0 && Chance(60)) {
      if (Chance(25)) return R"({"type":"not","child":)" + Filter(depth - 1) + "}";
      return std::string(R"({"type":")") + (Chance(50) ? "and" : "or") + R"(","left":)" +
             Filter(depth - 1) + R"(,"right":)" + Filter(depth - 1) + "}";
    }
    const Column& column = AnyColumn();
    std::string term = std::string("\"") + column.name + "\"";
    TypePtr type = column.type;
    if (Chance(15)) {
      std::string name = TransformFor(*type);
      if (name != "void") {
        type = ResultType(TransformFromText(name), type);
        term = R"({"type":"transform","transform":")" + name + R"(","term":)" + term + "}";
      }
    }
    std::vector<std::string> kinds = {"is-null", "not-null", "lt",     "lt-eq", "gt",
                                      "gt-eq",   "eq",       "not-eq", "in",    "not-in"};
    if (type->id == TypeId::kDouble) kinds.insert(kinds.end(), {"is-nan", "not-nan"});
    if (type->id == TypeId::kString) {
      kinds.insert(kinds.end(), {"starts-with", "not-starts-with", "starts-with"});
    }
    const std::string& kind =
        kinds[static_cast<size_t>(Number(0, static_cast<int64_t>(kinds.size()) - 1))];
    std::string json = R"({"type":")" + kind + R"(","term":)" + term;
    if (kind.ends_with("null") || kind.ends_with("nan")) return json + "}";
    if (!kind.ends_with("in")) return json + R"(,"value":)" + Constant(*type) + "}";
    json += R"(,"values":[)" + Constant(*type);
    for (int64_t i = Number(0, 3); i > 0; --i) json += "," + Constant(*type);
    return json + "]}";
  }

 private:
  std::mt19937 random_;
};

// As a writer fills it in.
DataFile FileOf(const std::vector<Row>& rows, const PartitionSpec& spec) {
  DataFile file;
  file.record_count = static_cast<int64_t>(rows.size());
  for (const PartitionField& field : spec.fields) {
    auto column = static_cast<size_t>(field.source_id - 1);
    file.partition.push_back(
        Transformed(field.transform, *Columns()[column].type, rows[0][column]));
  }
  for (const Column& column : Columns()) {
    auto index = static_cast<size_t>(column.id - 1);
    file.value_counts[column.id] = file.record_count;
    file.null_value_counts[column.id] = 0;
    const bool is_double = column.type->id == TypeId::kDouble;
    if (is_double) file.nan_value_counts[column.id] = 0;
    std::optional<Literal> lower;
    std::optional<Literal> upper;
    for (const Row& row : rows) {
      const Literal& value = row[index];
      if (value.is_null()) {
        ++file.null_value_counts[column.id];
      } else if (is_double && std::isnan(std::get<double>(value.value))) {
        ++file.nan_value_counts[column.id];
      } else {
        if (!lower || CompareLiterals(*column.type, value, *lower) < 0) lower = value;
        if (!upper || CompareLiterals(*column.type, value, *upper) > 0) upper = value;
      }
    }
    if (lower) file.lower_bounds[column.id] = LiteralToBytes(*column.type, *lower);
    if (upper) file.upper_bounds[column.id] = LiteralToBytes(*column.type, *upper);
  }
  return file;
}

// Against every row by itself: no row is lost, by files or by manifests, and what is left of the
// filter selects the same rows of a file as the filter.
TEST(ResidualTest, NoRowIsLostAndNoneIsGained) {
  Schema schema = TestSchema();
  TableMetadata metadata;
  metadata.schemas = {schema};
  int decided = 0;
  int pruned = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Generator generator(seed);
    PartitionSpec spec = generator.NewSpec();
    metadata.partition_specs = {spec};
    std::map<std::string, std::vector<Row>> partitions;
    for (int i = 0; i < 40; ++i) {
      Row row = generator.NewRow();
      partitions[PartitionText(0, FileOf({row}, spec).partition)].push_back(row);
    }
    std::vector<ManifestEntry> entries;
    for (const auto& [key, rows] : partitions) {
      ManifestEntry entry;
      entry.file = FileOf(rows, spec);
      entries.push_back(std::move(entry));
    }
    ManifestFile manifest = SummarizeManifest(metadata, spec, false, entries);
    for (int i = 0; i < 10; ++i) {
      std::string text = generator.Filter(3);
      SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text);
      Expression filter = ExpressionFromJson(Json::parse(text), schema, true);
      Predicate predicate = PredicateOf(filter);
      Residuals residuals(filter);
      size_t index = 0;
      for (const auto& [key, rows] : partitions) {
        const DataFile& file = entries[index++].file;
        const Residual& residual = residuals.Of(file.partition, spec);
        SCOPED_TRACE("residual " + residual.json);
        Expression rest = ExpressionFromJson(Json::parse(residual.json), schema, true);
        bool is_kept = residual.matches != Truth::kNo && MightMatch(predicate, file, schema, spec);
        if (!is_kept) ++pruned;
        if (residual.matches != Truth::kMaybe) ++decided;
        for (const Row& row : rows) {
          for (bool sql : {false, true}) {
            bool matches = Matches(filter, row, false, sql);
            ASSERT_EQ(Matches(rest, row, false, sql), matches);
            if (!matches) continue;
            ASSERT_TRUE(is_kept);
            ASSERT_TRUE(MightMatch(predicate, manifest, schema, spec));
          }
        }
      }
    }
  }
  // The test is worth something only where there was something to tell.
  EXPECT_GT(decided, 5'000);
  EXPECT_GT(pruned, 10'000);
}

std::string ResidualOf(const std::string& transform, const Type& type, const Literal& value,
                       const std::string& filter) {
  Schema schema = TestSchema();
  PartitionSpec spec;
  PartitionField field;
  for (const Column& column : Columns()) {
    if (*column.type == type) field.source_id = column.id;
  }
  field.transform = TransformFromText(transform);
  spec.fields = {field};
  Expression expression = ExpressionFromJson(Json::parse(filter), schema, true);
  return Residuals(expression).Of({value}, spec).json;
}

TEST(ResidualTest, PartitionsDecideConditions) {
  const Type& number = *Columns()[0].type;
  const Type& text = *Columns()[1].type;
  const Type& date = *Columns()[2].type;
  Literal five{int64_t{5}};
  constexpr char kLess[] = R"({"type":"lt","term":"n","value":7})";
  constexpr char kNotSeven[] = R"({"type":"not-eq","term":"n","value":7})";
  EXPECT_EQ(ResidualOf("identity", number, five, kLess), "true");
  EXPECT_EQ(ResidualOf("identity", number, Literal{int64_t{7}}, kLess), "false");
  EXPECT_EQ(ResidualOf("identity", number, {}, kLess), "false");
  EXPECT_EQ(ResidualOf("identity", number, {}, kNotSeven), kNotSeven);
  EXPECT_EQ(ResidualOf("truncate[5]", number, five, kLess), kLess);
  EXPECT_EQ(ResidualOf("truncate[2]", number, Literal{int64_t{4}}, kLess), "true");
  EXPECT_EQ(ResidualOf("bucket[16]", number, Literal{*BucketOf(number, five, 16)},
                       R"({"type":"eq","term":"n","value":5})"),
            R"({"type":"eq","term":"n","value":5})");
  EXPECT_EQ(ResidualOf("bucket[16]", number, Literal{*BucketOf(number, five, 16) + 1},
                       R"({"type":"eq","term":"n","value":5})"),
            "false");
  EXPECT_EQ(ResidualOf("truncate[2]", text, Literal{std::string("ab")},
                       R"({"type":"starts-with","term":"s","value":"a"})"),
            "true");
  EXPECT_EQ(ResidualOf("truncate[2]", text, Literal{std::string("ab")},
                       R"({"type":"not-starts-with","term":"s","value":"abc"})"),
            R"({"type":"not-starts-with","term":"s","value":"abc"})");
  EXPECT_EQ(ResidualOf("month", date, Literal{int64_t{1}},
                       R"({"type":"and","left":{"type":"gt-eq","term":"d","value":"1970-02-01"},
                           "right":{"type":"lt","term":"d","value":"1970-02-20"}})"),
            R"({"type":"lt","term":"d","value":"1970-02-20"})");
}

// Iceberg before 0.11 put 1969-12-31T10:00 into day 0.
TEST(ResidualTest, TimesBefore1970MayBeOneOff) {
  const Type& time = *Columns()[3].type;
  std::string filter = R"({"type":"eq","term":"t","value":"1969-12-31T10:00:00"})";
  EXPECT_EQ(ResidualOf("day", time, Literal{int64_t{0}}, filter), filter);
  EXPECT_EQ(ResidualOf("day", time, Literal{int64_t{-1}}, filter), filter);
  EXPECT_EQ(ResidualOf("day", time, Literal{int64_t{1}}, filter), "false");
}

}  // namespace
}  // namespace eider::iceberg
