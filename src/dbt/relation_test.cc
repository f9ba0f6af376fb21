#include "dbt/relation.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "dbt/relation_cache.h"
#include "jinja/environment.h"

namespace eider::dbt {
namespace {

using jinja::Value;

Relation MakeRelation() {
  Relation relation;
  relation.database = "db";
  relation.schema = "main";
  relation.identifier = "orders";
  return relation;
}

std::string Render(const std::string& source) {
  jinja::Environment environment;
  return environment.Compile(source, "t")
      ->Render(jinja::Dict{{"this", RelationValue::Make(MakeRelation())},
                           {"Relation", RelationClass({})}});
}

TEST(RelationTest, RendersItsParts) {
  EXPECT_EQ(Render("{{ this }}"), R"("db"."main"."orders")");
  EXPECT_EQ(Render("{{ this.include(database=false) }}"), R"("main"."orders")");
  EXPECT_EQ(Render("{{ this.quote(identifier=false) }}"), R"("db"."main".orders)");
  EXPECT_EQ(Render("{{ this.without_identifier() }}"), R"("db"."main")");
  EXPECT_EQ(Render("{{ this.information_schema('tables') }}"), R"("db".INFORMATION_SCHEMA.tables)");
  EXPECT_EQ(Render("{{ this.database }} {{ this.schema }} {{ this.name }} {{ this.table }}"),
            "db main orders orders");
}

TEST(RelationTest, IsChangedByCopies) {
  EXPECT_EQ(Render("{% set x = this.incorporate(path={'identifier': 'x__tmp'}, type='table') %}"
                   "{{ x }} {{ x.is_table }} {{ this.type is none }}"),
            R"("db"."main"."x__tmp" True True)");
  EXPECT_EQ(Render("{{ this.replace_path(schema='other') }}"), R"("db"."other"."orders")");
  EXPECT_EQ(Render("{{ Relation.create(schema='s', identifier='i', type='view').is_view }}"),
            "True");
  EXPECT_EQ(Render("{{ Relation.create(identifier='i') }}"), "\"i\"");
}

TEST(RelationTest, IsToldFromANameByPackages) {
  EXPECT_EQ(Render("{{ this is mapping and this.get('metadata', {}).get('type', '').endswith("
                   "'Relation') }}"),
            "True");
}

TEST(RelationTest, ALimitMakesASubquery) {
  Relation relation = MakeRelation();
  relation.limit = 0;
  EXPECT_EQ(RelationValue::Make(relation).Str(),
            R"((select * from "db"."main"."orders" where false limit 0))");
}

TEST(RelationTest, SourcesOutsideTheDatabase) {
  Source source;
  source.name = "orders";
  source.identifier = "orders";
  source.schema = "raw";
  source.meta = {{"external_location", "/data/{schema}/{name}.parquet"}};
  EXPECT_EQ(RelationOf(source).Render(), "'/data/raw/orders.parquet'");
  source.meta = {{"external_location", "read_csv('{name}.csv')"}};
  EXPECT_EQ(RelationOf(source).Render(), "read_csv('orders.csv')");
}

TEST(RelationTest, AnythingElseIsRefused) {
  EXPECT_THROW(RequireRelation(Value("orders"), "drop_relation"), Error);
}

TEST(RelationCacheTest, KnowsWhatWasAddedDroppedAndRenamed) {
  RelationCache cache;
  EXPECT_FALSE(cache.HasSchema("db", "main"));
  cache.AddSchema("db", "Main");
  EXPECT_TRUE(cache.HasSchema("DB", "main"));
  Relation orders = MakeRelation();
  orders.type = RelationType::kTable;
  cache.Add(orders);
  EXPECT_TRUE(cache.Find("db", "main", "ORDERS")->is_table());
  Relation renamed = MakeRelation();
  renamed.identifier = "orders__backup";
  cache.Rename(orders, renamed);
  EXPECT_FALSE(cache.Find("db", "main", "orders").has_value());
  EXPECT_TRUE(cache.Find("db", "main", "orders__backup")->is_table());
  EXPECT_EQ(cache.List("db", "main").size(), 1u);
  cache.Drop(renamed);
  EXPECT_TRUE(cache.List("db", "main").empty());
}

}  // namespace
}  // namespace eider::dbt
