#include "dbt/table.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "jinja/environment.h"

namespace eider::dbt {
namespace {

using jinja::Value;

std::shared_ptr<Table> Query(const std::string& sql) {
  auto session = engine::OpenDatabase({})->NewSession();
  return Table::FromResult(*session->Execute(sql));
}

std::string Render(const std::shared_ptr<Table>& table, const std::string& source) {
  jinja::Environment environment;
  return environment.Compile(source, "t")->Render(jinja::Dict{{"t", Value(table)}});
}

TEST(TableTest, AnswersAsAgate) {
  auto table = Query("SELECT i AS id, 'n' || i AS name FROM range(3) r(i) ORDER BY i");
  EXPECT_EQ(
      Render(table, "{{ t.columns[0].values() }} {{ t.columns['name'].values() | join('-') }}"),
      "(0, 1, 2) n0-n1-n2");
  EXPECT_EQ(Render(table, "{{ t.rows[1][0] }} {{ t.rows[1]['name'] }} {{ t.rows[-1].name }}"),
            "1 n1 n2");
  EXPECT_EQ(Render(table, "{% for row in t %}{{ row[0] }};{% endfor %}{{ t | length }}"),
            "0;1;2;3");
  EXPECT_EQ(Render(table, "{% for c in t.columns %}{{ c.name }} {% endfor %}{{ t.column_names }}"),
            "id name ('id', 'name')");
  EXPECT_EQ(Render(table, "{{ t.rows[0].values() }} {{ t.rows[0].dict() }}"),
            "(0, 'n0') {'id': 0, 'name': 'n0'}");
  EXPECT_EQ(Render(table, "{{ t.rows[1] }}"), "<agate.Row: (1, 'n1')>");
  EXPECT_EQ(
      Render(table,
             "{{ t.select(['name']).rows[0].keys() }} {{ t.exclude('name').columns | length }}"),
      "('name',) 1");
}

TEST(TableTest, ValuesHaveTheirTypes) {
  auto table = Query(
      "SELECT 1::HUGEINT AS h, 1.50::DECIMAL(9,2) AS d, true AS b, NULL AS n, DATE '2018-01-31' AS "
      "a, "
      "TIMESTAMP '2018-01-31 10:00:00.5' AS t, [1, 2] AS l, 0.1::DOUBLE AS f");
  EXPECT_EQ(Render(table, "{{ t.rows[0].values() }}"),
            "(1, Decimal('1.50'), True, None, datetime.date(2018, 1, 31), "
            "datetime.datetime(2018, 1, 31, 10, 0, 0, 500000), '[1, 2]', 0.1)");
}

TEST(TableTest, DatesAreDatetimeObjects) {
  auto table = Query(
      "SELECT DATE '2018-01-31' AS d, TIMESTAMP '2018-01-31 10:00:00.5' AS t, "
      "TIMESTAMP_NS '2018-01-31 10:00:00.123456789' AS ns, DATE 'infinity' AS i, "
      "DATE '0044-03-15 (BC)' AS bc, DATE '12018-01-31' AS far");
  EXPECT_EQ(Render(table, "{{ t.rows[0].d.strftime('%d/%m/%Y') }} {{ t.rows[0].t.hour }}"),
            "31/01/2018 10");
  EXPECT_EQ(Render(table, "{{ t.rows[0].t }} {{ t.rows[0].ns }}"),
            "2018-01-31 10:00:00.500000 2018-01-31 10:00:00.123456");
  EXPECT_EQ(Render(table, "{{ t.rows[0].i }} {{ t.rows[0].bc }} {{ t.rows[0].far }}"),
            "infinity 0044-03-15 (BC) 12018-01-31");
  EXPECT_EQ(table->ToRowObjects()[0]["d"], "2018-01-31");
  EXPECT_EQ(table->ToRowObjects()[0]["t"], "2018-01-31T10:00:00.500000");
}

TEST(TableTest, RepeatedNamesAreNumbered) {
  EXPECT_EQ(Query("SELECT 1 AS a, 2 AS a")->column_names(), (std::vector<std::string>{"a", "a_2"}));
}

// As `dbt show` prints it.
TEST(TableTest, PrintsAsAgate) {
  auto table = Query(
      "SELECT 1 AS id, 'a' AS name, 1234.5::DOUBLE AS amount UNION ALL "
      "SELECT 22, 'this text is longer than twenty characters', NULL");
  EXPECT_EQ(table->Print(),
            "| id | name                 |  amount |\n"
            "| -- | -------------------- | ------- |\n"
            "|  1 | a                    | 1,234.5 |\n"
            "| 22 | this text is long... |         |\n");
  EXPECT_EQ(table->Print(1, 1),
            "|  id | ... |\n"
            "| --- | --- |\n"
            "|   1 | ... |\n"
            "| ... | ... |\n");
}

TEST(TableTest, AColumnThatIsNotThereIsNamed) {
  EXPECT_THROW(Render(Query("SELECT 1 AS a"), "{{ t.select(['b']) }}"), Error);
}

}  // namespace
}  // namespace eider::dbt
