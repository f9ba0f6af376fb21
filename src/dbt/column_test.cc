#include "dbt/column.h"

#include <gtest/gtest.h>

#include "jinja/environment.h"

namespace eider::dbt {
namespace {

std::string Render(const std::string& source) {
  jinja::Environment environment;
  return environment.Compile(source, "t")->Render(jinja::Dict{{"Column", ColumnClass()}});
}

TEST(ColumnTest, HasDbtsTypes) {
  EXPECT_EQ(Render("{% set c = Column('name', 'VARCHAR') %}{{ c.name }} {{ c.dtype }} "
                   "{{ c.data_type }} {{ c.quoted }} {{ c.is_string() }} {{ c.is_number() }}"),
            "name VARCHAR character varying(256) \"name\" True False");
  EXPECT_EQ(Render("{% set c = Column('n', 'BIGINT') %}{{ c.is_integer() }} {{ c.is_numeric() }} "
                   "{{ c.data_type }}"),
            "True False BIGINT");
  EXPECT_EQ(
      Render("{{ Column('n', 'DOUBLE').is_float() }} {{ Column('n', 'decimal').is_number() }}"),
      "True True");
  EXPECT_EQ(Render("{{ Column.create('n', 'string').dtype }} {{ Column.string_type(9) }}"),
            "TEXT character varying(9)");
  EXPECT_EQ(Render("{{ Column('a', 'b') }}"), "<DuckDBColumn a (b)>");
}

TEST(ColumnTest, StructsFallApartIntoTheirFields) {
  EXPECT_EQ(Render("{% for c in Column('s', 'STRUCT(a INTEGER, \"b c\" STRUCT(d DECIMAL(9,2), e "
                   "DATE))').flatten() %}{{ c.name }}: {{ c.dtype }}; {% endfor %}"),
            "s.a: INTEGER; s.b c.d: DECIMAL(9,2); s.b c.e: DATE; ");
}

}  // namespace
}  // namespace eider::dbt
