#include "dbt/generic_test_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(SynthesizeTestName, JoinsSortedArgumentsAsPythonPrintsThem) {
  // Names that dbt-core 1.11.16 gave.
  auto name = [](const char* type, const char* target, const char* arguments) {
    return SynthesizeTestName(type, target, Json::parse(arguments)).full_name;
  };
  EXPECT_EQ(name("not_null", "orders", R"({"column_name": "id"})"), "not_null_orders_id");
  EXPECT_EQ(name("accepted_values", "m_table",
                 R"json({"values": [1, 2.5, true, null, "it's"], "quote": false,
                         "column_name": "\"id\"", "model": "left out"})json"),
            "accepted_values_m_table__id___False__1__2_5__True__None__it_s");
  EXPECT_EQ(name("relationships", "orders",
                 R"json({"to": "ref('customers')", "field": "customer_id",
                         "column_name": "customer_id"})json"),
            "relationships_orders_customer_id__customer_id__ref_customers_");
  EXPECT_EQ(name("source_own_generic", "raw_orders", R"({"arg1": 5})"),
            "source_own_generic_raw_orders_5");
}

TEST(SynthesizeTestName, LongNamesAreCutAndHashed) {
  auto name = SynthesizeTestName(
      "accepted_values", "orders",
      Json::parse(
          R"({"values": ["placed", "shipped", "completed", "return_pending", "returned"],
              "column_name": "status"})"));
  EXPECT_EQ(name.short_name, "accepted_values_orders_1ce6ab157c285f7cd2ac656013faf758");
  EXPECT_EQ(name.full_name,
            "accepted_values_orders_status__placed__shipped__completed__return_pending__returned");
}

TEST(GenericTests, HaveTheIdsThatDbtGivesThem) {
  TestProject project(
      {{"models/orders.sql", "select 1 as order_id, 'placed' as status"}, {"models/schema.yml", R"(
models:
  - name: orders
    columns:
      - name: order_id
        data_tests: [unique, not_null]
      - name: status
        data_tests:
          - accepted_values:
              arguments:
                values: ['placed', 'shipped', 'completed', 'return_pending', 'returned']
)"}});
  auto manifest = project.Parse();
  // The hashes come from test metadata alone; jaffle_shop's tests have the same ones.
  EXPECT_TRUE(manifest->nodes.contains("test.shop.unique_orders_order_id.fed79b3a6e"));
  EXPECT_TRUE(manifest->nodes.contains("test.shop.not_null_orders_order_id.cf6c17daed"));
  const Node& test = manifest->nodes.at(
      "test.shop.accepted_values_orders_status__placed__shipped__completed__return_pending__"
      "returned.be6b5b5ec3");
  EXPECT_EQ(test.alias, "accepted_values_orders_1ce6ab157c285f7cd2ac656013faf758");
  EXPECT_EQ(test.raw_code,
            "{{ test_accepted_values(**_dbt_generic_test_kwargs) }}{{ "
            "config(alias=\"accepted_values_orders_1ce6ab157c285f7cd2ac656013faf758\") }}");
  EXPECT_EQ(test.attached_node, "model.shop.orders");
  EXPECT_EQ(test.column_name, "status");
  EXPECT_EQ(test.file_key_name, "models.orders");
  EXPECT_THAT(test.depends_on_nodes, ElementsAre("model.shop.orders"));
  EXPECT_THAT(test.depends_on_macros,
              ElementsAre("macro.dbt.test_accepted_values", "macro.dbt.get_where_subquery"));
}

TEST(GenericTests, TakeConfigFromArgumentsConfigBlockAndProject) {
  TestProject project({{"dbt_project.yml",
                        "name: shop\nprofile: shop\ndata_tests:\n  +store_failures: true\n  shop:\n"
                        "    +severity: warn\n"},
                       {"models/orders.sql", "select 1 as id"},
                       {"models/schema.yml", R"yaml(
models:
  - name: orders
    columns:
      - name: id
        tags: [column_tag]
        data_tests:
          - unique:
              name: ids_are_unique
              where: "id > 0"
              config: {severity: "{{ 'error' if target.name == 'dev' else 'warn' }}", limit: 7,
                       tags: [nightly], meta: {owner: me}}
          - not_null
)yaml"}});
  auto manifest = project.Parse();
  const Node* unique = nullptr;
  const Node* not_null = nullptr;
  for (const auto& [id, node] : manifest->nodes) {
    if (node.name == "ids_are_unique") unique = &node;
    if (node.name == "not_null_orders_id") not_null = &node;
  }
  ASSERT_TRUE(unique && not_null);
  EXPECT_EQ(unique->config.severity(), "error");
  EXPECT_EQ(unique->config.String("where"), "id > 0");
  EXPECT_EQ(unique->config.Integer("limit"), 7);
  EXPECT_EQ(unique->config.Bool("store_failures"), true);
  EXPECT_EQ(unique->config.String("store_failures_as"), "table");
  EXPECT_EQ(unique->meta["owner"], "me");
  EXPECT_THAT(unique->tags, ElementsAre("column_tag", "nightly"));
  EXPECT_EQ(unique->relation_name, "\"memory\".\"dev_dbt_test__audit\".\"ids_are_unique\"");
  EXPECT_EQ(not_null->config.severity(), "warn");
}

TEST(GenericTests, OwnTestsMayConfigureThemselvesAndReferToMore) {
  TestProject project({{"tests/generic/close_to.sql", R"(
{% test close_to(model, column_name, other, tolerance=0) %}
  {{ config(severity='warn') }}
  select * from {{ model }} cross join {{ other }} where {{ column_name }} > {{ tolerance }}
{% endtest %})"},
                       {"models/a.sql", "select 1 as id"},
                       {"models/b.sql", "select 1 as id"},
                       {"models/schema.yml", R"(
models:
  - name: a
    columns:
      - name: id
        data_tests:
          - close_to: {arguments: {other: ref('b'), tolerance: 2}}
)"}});
  auto manifest = project.Parse();
  const Node& test = manifest->nodes.lower_bound("test.shop.close_to_a_id__ref_b___2.")->second;
  EXPECT_EQ(test.name, "close_to_a_id__ref_b___2");
  EXPECT_EQ(test.config.severity(), "warn");
  EXPECT_THAT(test.depends_on_nodes, ElementsAre("model.shop.b", "model.shop.a"));
  EXPECT_EQ(test.depends_on_macros[0], "macro.shop.test_close_to");
}

struct Fault {
  const char* test;
  int line;
  const char* message;
};

TEST(GenericTests, FaultsAreToldWithTheirPlace) {
  for (const Fault& fault : {
           Fault{"- unique: [1]", 6, "test arguments must be a dict"},
           Fault{"- {unique: {}, not_null: {}}", 6, "exactly one key, got unique, not_null"},
           Fault{"- unique: {model: x}", 6, "\"model\", which is a reserved argument"},
           Fault{"- uniqe", 6, "'test_uniqe' is undefined"},
           Fault{"- nowhere.unique", 6, "the data test 'nowhere.unique'"},
           Fault{"- 'not a name'", 6, "did not match expected pattern: not a name"},
           Fault{"- unique: {severity: loud}", 0, "'warn' or 'error'"},
           Fault{"- unique: {where: a, config: {where: b}}", 6, "top-level and in config"},
           Fault{"- unique: {config: {where: \"{{ nope() }}\"}}", 6, "nope"},
           Fault{"- 5", 6, "must be dict or str"},
       }) {
    TestProject project(
        {{"models/a.sql", "select 1 as id"},
         {"models/schema.yml", std::string("models:\n  - name: a\n    columns:\n      - name: id\n"
                                           "        data_tests:\n          ") +
                                   fault.test + "\n"}});
    Error error = project.ParseError();
    EXPECT_THAT(error.message(), HasSubstr(fault.message)) << fault.test;
    EXPECT_EQ(error.file(), "models/schema.yml") << fault.test;
    EXPECT_EQ(error.line(), fault.line) << fault.test;
  }
}

TEST(GenericTests, AnUnknownTestSuggestsTheNearest) {
  TestProject project({{"models/a.sql", "select 1 as id"},
                       {"models/schema.yml",
                        "models:\n  - name: a\n    columns:\n      - name: id\n"
                        "        tests: [not_nul]\n"}});
  EXPECT_THAT(project.ParseError().hint(), HasSubstr("Did you mean 'not_null'?"));
}

}  // namespace
}  // namespace eider::dbt
