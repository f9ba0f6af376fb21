#include "dbt/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "dbt/parser.h"
#include "dbt/selector.h"

namespace eider::dbt {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class KeepingSink final : public EventSink {
 public:
  void Emit(const Event& event) override {
    std::lock_guard<std::mutex> lock(mutex_);
    text_ += event.message + "\n";
    if (on_event) on_event(event);
  }
  bool Wants(EventLevel level) const override { return level != EventLevel::kDebug; }
  std::string text() {
    std::lock_guard<std::mutex> lock(mutex_);
    return text_;
  }
  std::function<void(const Event&)> on_event;

 private:
  std::mutex mutex_;
  std::string text_;
};

// A project in a folder of its own, run against DuckDB in memory or an Iceberg warehouse.
class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = fs::temp_directory_path() / ("eider_runner_test_" + name);
    fs::remove_all(root_);
    Write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n");
    Write("profiles.yml",
          "shop:\n  target: duck\n  outputs:\n"
          "    duck: {type: duckdb, path: ':memory:', threads: 4}\n"
          "    ice: {type: eider, warehouse: warehouse, schema: main, threads: 4}\n");
  }
  ~RunnerTest() override {
    adapter_.reset();
    fs::remove_all(root_);
  }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  std::string Read(const std::string& path) {
    std::ifstream in(root_ / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // Parses the project and opens its warehouse; an adapter that is open is kept.
  void Load(const std::string& target = "duck", bool full_refresh = false) {
    ConfigOptions options;
    options.project_dir = root_;
    options.profiles_dir = root_;
    options.target = target;
    options.full_refresh = full_refresh;
    options.command = options_.command;
    auto config = LoadConfig(options);
    manifest_ = ParseProject({config, nullptr});
    if (!adapter_ || adapter_->config().target.type != config->target.type || full_refresh) {
      if (full_refresh) adapter_.reset();
      adapter_ = Adapter::Open(config, sink_);
    }
  }

  RunResults Run(const std::vector<std::string>& select = {}) {
    Graph graph(*manifest_);
    SelectionOptions selection;
    selection.select = select;
    selection.resource_types = {NodeType::kModel, NodeType::kSeed, NodeType::kTest,
                                NodeType::kSnapshot, NodeType::kExposure};
    options_.selected = SelectNodes(*manifest_, graph, selection);
    options_.threads = 4;
    if (options_.command == "build") graph.AddTestEdges(*manifest_);
    return RunNodes(*manifest_, graph, *adapter_, options_);
  }

  // "success" for each node, by the end of its id.
  static std::map<std::string, std::string> Statuses(const RunResults& results) {
    std::map<std::string, std::string> out;
    for (const auto& result : results.results) {
      std::string name = result.unique_id.substr(result.unique_id.find('.') + 1);
      out[name.substr(name.find('.') + 1)] = NodeStatusName(result.status);
    }
    return out;
  }

  std::string MessageOf(const RunResults& results, const std::string& id) {
    for (const auto& result : results.results) {
      if (result.unique_id == id) return result.message;
    }
    return "no result of " + id;
  }

  // The rows of a query as text.
  std::string Query(const std::string& sql) {
    auto connection = adapter_->Acquire("test");
    std::shared_ptr<Table> table;
    connection->Execute(sql, false, true, &table);
    std::string out;
    for (const auto& row : table->rows()) {
      for (size_t i = 0; i < row.size(); ++i) out += (i ? "," : "") + row[i].Str();
      out += ";";
    }
    return out;
  }

  fs::path root_;
  KeepingSink sink_;
  std::shared_ptr<Manifest> manifest_;
  std::shared_ptr<Adapter> adapter_;
  RunOptions options_;
};

TEST_F(RunnerTest, BuildsSeedsModelsAndTests) {
  Write("seeds/raw.csv", "id,name\n1,ann\n2,bob\n");
  Write("models/stg.sql", "{{ config(materialized='view') }} select * from {{ ref('raw') }}");
  Write("models/mart.sql",
        "{{ config(materialized='table') }} select count(*) as n from {{ ref('stg') }}");
  Write("models/schema.yml",
        "models:\n  - name: stg\n    columns: [{name: id, data_tests: [unique, not_null]}]\n");
  for (const char* target : {"duck", "ice"}) {
    Load(target);
    RunResults results = Run();
    EXPECT_TRUE(results.success()) << sink_.text();
    EXPECT_EQ(results.results.size(), 5u);
    EXPECT_EQ(Query("select * from " + *manifest_->nodes.at("model.shop.mart").relation_name),
              "2;");
    EXPECT_EQ(MessageOf(results, "seed.shop.raw"), "INSERT 2");
    // Again, over what is there.
    EXPECT_TRUE(Run().success()) << sink_.text();
  }
  EXPECT_THAT(Read("target/compiled/shop/models/mart.sql"), HasSubstr("select count(*) as n from"));
  EXPECT_THAT(Read("target/run/shop/models/mart.sql"), HasSubstr("create"));
  EXPECT_THAT(sink_.text(), HasSubstr("PASS unique_stg_id"));
  EXPECT_THAT(sink_.text(), HasSubstr("Done. PASS=5 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=5"));
}

TEST_F(RunnerTest, AFailureSkipsWhatDependsOnItAndKeepsTheTable) {
  Write("models/bad.sql", "{{ config(materialized='table') }} select 1 as id");
  Write("models/after.sql", "select * from {{ ref('bad') }}");
  Write("models/apart.sql", "select 1 as id");
  for (const char* target : {"duck", "ice"}) {
    Write("models/bad.sql", "{{ config(materialized='table') }} select 1 as id");
    Load(target);
    ASSERT_TRUE(Run().success()) << sink_.text();
    Write("models/bad.sql", "{{ config(materialized='table') }} select error('boo') as id");
    Load(target);
    RunResults results = Run();
    EXPECT_FALSE(results.success());
    EXPECT_THAT(Statuses(results),
                UnorderedElementsAre(std::pair("bad", "error"), std::pair("after", "skipped"),
                                     std::pair("apart", "success")));
    EXPECT_THAT(MessageOf(results, "model.shop.bad"),
                HasSubstr("Runtime Error in model bad (models/bad.sql)"));
    EXPECT_EQ(Query("select * from " + *manifest_->nodes.at("model.shop.bad").relation_name), "1;");
  }
}

TEST_F(RunnerTest, APythonModelIsRefusedByName) {
  Write("models/scored.py", "def model(dbt, session):\n    return f'{{ not a template }}'\n");
  Write("models/after.sql", "select * from {{ ref('scored') }}");
  Write("models/apart.sql", "select 1 as id");
  Load();
  RunResults results = Run();
  EXPECT_THAT(Statuses(results),
              UnorderedElementsAre(std::pair("scored", "error"), std::pair("after", "skipped"),
                                   std::pair("apart", "success")));
  EXPECT_THAT(MessageOf(results, "model.shop.scored"),
              HasSubstr("Python models are not supported, and models/scored.py is one"));
}

TEST_F(RunnerTest, AMaterializationWithATypoIsGuessed) {
  Write("models/m.sql", "{{ config(materialized='tabel') }} select 1 as id");
  Load();
  EXPECT_THAT(MessageOf(Run(), "model.shop.m"), HasSubstr("Did you mean 'table'?"));
}

TEST_F(RunnerTest, AFailedTestHoldsUpABuild) {
  Write("models/a.sql", "select null::int as id");
  Write("models/b.sql", "select * from {{ ref('a') }}");
  Write("models/schema.yml",
        "models:\n  - name: a\n    columns: [{name: id, data_tests: [not_null]}]\n");
  Load();
  RunResults results = Run();
  EXPECT_EQ(Statuses(results)["b"], "skipped");
  EXPECT_EQ(MessageOf(results, results.results[1].unique_id),
            "Got 1 result, configured to fail if != 0");
  options_.command = "run";
  EXPECT_EQ(Statuses(Run())["b"], "success");
}

TEST_F(RunnerTest, ExposuresAreToldOfAndSkippedWithWhatTheyShow) {
  Write("models/a.sql", "select 1 as id");
  Write("models/b.sql", "select {{ var('column', 'id') }} from {{ ref('a') }}");
  Write("models/exposures.yml",
        "exposures:\n"
        "  - {name: early, type: dashboard, owner: {name: x}, depends_on: [ref('a')]}\n"
        "  - {name: late, type: dashboard, owner: {name: x}, depends_on: [ref('b')]}\n");
  Load();
  RunResults results = Run();
  EXPECT_TRUE(results.success());
  EXPECT_EQ(results.results.size(), 4U);
  EXPECT_EQ(results.Count(NodeStatus::kNoOp), 2);
  EXPECT_THAT(sink_.text(), HasSubstr(" of 4 NO-OP exposure early ...."));
  EXPECT_THAT(sink_.text(), HasSubstr("Finished running 2 exposures, 2 view models in"));
  EXPECT_THAT(sink_.text(), HasSubstr("Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=2 TOTAL=4"));
  Json artifact = RunResultsJson(results, *manifest_);
  for (const Json& result : artifact["results"]) {
    if (result["unique_id"] != "exposure.shop.late") continue;
    EXPECT_EQ(result["status"], "no-op");
    EXPECT_EQ(result["message"], "NO-OP");
    EXPECT_EQ(result["failures"], 0);
    EXPECT_TRUE(result["compiled"].is_null());
  }

  Write("models/b.sql", "select nope from {{ ref('a') }}");
  Load();
  results = Run();
  EXPECT_EQ(results.Count(NodeStatus::kNoOp), 1);
  EXPECT_THAT(sink_.text(), HasSubstr("4 of 4 SKIP exposure late ...."));
  EXPECT_THAT(sink_.text(), HasSubstr("Done. PASS=1 WARN=0 ERROR=1 SKIP=1 NO-OP=1 TOTAL=4"));
}

TEST_F(RunnerTest, EphemeralModelsBecomeCtes) {
  Write("models/one.sql", "{{ config(materialized='ephemeral') }} select 1 as id");
  Write(
      "models/two.sql",
      "{{ config(materialized='ephemeral') }} with x as (select * from {{ ref('one') }}) select id "
      "+ 1 as id from x");
  Write("models/three.sql",
        "select * from {{ ref('two') }} union all select * from {{ ref('one') }}");
  Load();
  RunResults results = Run();
  EXPECT_THAT(Statuses(results), ElementsAre(std::pair("three", "success")));
  EXPECT_EQ(Query("select * from main.three order by id"), "1;2;");
  EXPECT_THAT(*manifest_->nodes.at("model.shop.three").compiled_code,
              testing::StartsWith("with __dbt__cte__one as (\n"));
}

TEST_F(RunnerTest, HooksRunAroundTheRunAndTheModels) {
  Write(
      "dbt_project.yml",
      "name: shop\nversion: '1.0'\nprofile: shop\n"
      "on-run-start: \"create or replace table main.log as select 'start' as what\"\n"
      "on-run-end: [\"insert into main.log select '{{ results | length }} {{ schemas | join }}'\", "
      "\"insert into main.log values ('end')\"]\n"
      "models:\n  +pre-hook: \"insert into main.log values ('pre {{ this.name }}')\"\n"
      "  +post-hook: {sql: \"insert into main.log values ('post')\", transaction: false}\n");
  Write("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  Load();
  RunResults results = Run();
  EXPECT_TRUE(results.success()) << sink_.text();
  EXPECT_EQ(Query("select * from main.log"), "start;pre a;post;1 main;end;");
  EXPECT_EQ(results.results.size(), 4u);
  EXPECT_THAT(sink_.text(), HasSubstr("1 of 2 OK hook: shop.on-run-end.0"));
}

TEST_F(RunnerTest, AFailedHookIsAResult) {
  Write("dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: shop\non-run-end: [select nope, select 1]\n");
  Write("models/a.sql", "select 1 as id");
  Load();
  RunResults results = Run();
  EXPECT_FALSE(results.success());
  ASSERT_EQ(results.results.size(), 3u);
  EXPECT_EQ(results.results[1].status, NodeStatus::kError);
  EXPECT_THAT(results.results[1].message, HasSubstr("shop.on-run-end.0 failed, error:"));
  EXPECT_EQ(results.results[2].status, NodeStatus::kSkipped);
}

TEST_F(RunnerTest, IncrementalModelsAppendAndRefresh) {
  Write("models/inc.sql",
        "{{ config(materialized='incremental') }} select {{ 2 if is_incremental() else 1 }} as id");
  for (const char* target : {"duck", "ice"}) {
    Load(target);
    ASSERT_TRUE(Run().success()) << sink_.text();
    ASSERT_TRUE(Run().success()) << sink_.text();
    EXPECT_EQ(Query("select * from main.inc order by id"), "1;2;");
  }
  Load("ice", true);
  ASSERT_TRUE(Run().success()) << sink_.text();
  EXPECT_EQ(Query("select * from main.inc"), "1;");
}

TEST_F(RunnerTest, ContractsAreChecked) {
  Write("models/c.sql", "{{ config(materialized='table') }} select 1 as id, 'x' as name");
  auto contract = [&](const std::string& type) {
    Write("models/schema.yml",
          "models:\n  - name: c\n    config: {contract: {enforced: true}}\n    columns:\n      - "
          "{name: "
          "id, data_type: " +
              type +
              ", constraints: [{type: not_null}]}\n      - {name: name, data_type: varchar}\n");
  };
  for (const char* target : {"duck", "ice"}) {
    contract("integer");
    Load(target);
    EXPECT_TRUE(Run().success()) << sink_.text();
    contract("date");
    Load(target);
    EXPECT_THAT(
        MessageOf(Run(), "model.shop.c"),
        HasSubstr("| id          | INTEGER         | DATE          | data type mismatch |"));
    Write("models/c.sql", "{{ config(materialized='table') }} select null::int as id, 'x' as name");
    contract("integer");
    Load(target);
    EXPECT_EQ(Statuses(Run())["c"], "error");
    Write("models/c.sql", "{{ config(materialized='table') }} select 1 as id, 'x' as name");
  }
}

TEST_F(RunnerTest, FailFastSkipsTheRest) {
  Write("models/a.sql", "{{ config(materialized='table') }} select error('boo') as id");
  Write("models/slow.sql",
        "{{ config(materialized='table') }} select count(*) as n from range(100000000) x, "
        "range(100000000) y");
  Load();
  options_.fail_fast = true;
  RunResults results = Run();
  EXPECT_THAT(Statuses(results),
              UnorderedElementsAre(std::pair("a", "error"), std::pair("slow", "skipped")));
  EXPECT_EQ(MessageOf(results, "model.shop.slow"), "Skipping due to fail_fast");
}

TEST_F(RunnerTest, CancellingInterruptsAndStillGivesResults) {
  Write("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  Write("models/slow.sql",
        "{{ config(materialized='table') }} select count(*) as n from range(100000000) x, "
        "range(100000000) y, {{ ref('a') }}");
  Write("models/after.sql", "select * from {{ ref('slow') }}");
  for (const char* target : {"duck", "ice"}) {
    Load(target);
    Cancellation cancellation;
    options_.cancellation = &cancellation;
    std::thread canceller;
    sink_.on_event = [&](const Event& event) {
      if (event.message.find("START sql table model main.slow") == std::string::npos) return;
      canceller = std::thread([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        cancellation.Cancel();
      });
    };
    RunResults results = Run();
    canceller.join();
    sink_.on_event = nullptr;
    EXPECT_TRUE(results.interrupted);
    EXPECT_FALSE(results.success());
    EXPECT_EQ(Statuses(results)["a"], "success");
    EXPECT_EQ(Statuses(results)["slow"], "skipped");
    EXPECT_FALSE(Statuses(results).contains("after"));
    EXPECT_EQ(Query("select * from main.a"), "1;");
    EXPECT_EQ(Query("select count(*) from duckdb_tables() where table_name like 'slow%'"), "0;");
  }
}

TEST_F(RunnerTest, TemplatesSeeTheirNode) {
  Write(
      "macros/m.sql",
      "{% macro ref(name) %}{{ return(builtins.ref(name).include(database=false)) }}{% endmacro %}"
      "{% macro duckdb__word() %}adapter{% endmacro %}"
      "{% macro word() %}{{ return(adapter.dispatch('word', 'shop')()) }}{% endmacro %}");
  Write("models/a.sql", "{{ config(meta={'owner': 'me'}, tags=['x']) }} select 1 as id");
  Write("models/b.sql",
        "select '{{ ref('a') }}|{{ config.get('nothing', 'fallback') }}|{{ "
        "config.meta_get('owner') }}|"
        "{{ model.name }}|{{ this.name }}|{{ word() }}|{{ context['schema'] }}|"
        "{{ graph.nodes['model.shop.a'].tags | join }}|{{ run_query('select 40 + 2').columns[0][0] "
        "}}|"
        "{{ adapter.get_columns_in_relation(ref('a'))[0].dtype }}|{{ target.name }}|"
        "{{ load_relation(ref('a')).type }}' as t {{ config(meta={'owner': 'you'}) }}");
  Load();
  EXPECT_TRUE(Run().success()) << sink_.text();
  EXPECT_EQ(Query("select t from main.b"),
            "\"main\".\"a\"|fallback|you|b|b|adapter|main|x|42|INTEGER|duck|view;");
}

TEST_F(RunnerTest, CompileShowAndOperationsDoNotBuild) {
  Write("macros/m.sql",
        "{% macro greet(name) %}{% do log('hello ' ~ name, info=true) %}{{ return(name) }}"
        "{% endmacro %}");
  Write("models/a.sql", "select 1 as id");
  Load();
  Graph graph(*manifest_);
  options_.selected = {"model.shop.a"};
  RunResults compiled = CompileNodes(*manifest_, graph, *adapter_, options_);
  EXPECT_TRUE(compiled.success());
  EXPECT_EQ(*manifest_->nodes.at("model.shop.a").compiled_code, "select 1 as id");
  EXPECT_EQ(Query("select count(*) from duckdb_views() where view_name = 'a'"), "0;");

  Node inline_query = ParseInline(*manifest_, "select * from range(10) t(i)");
  ShowResult shown = ShowNode(*manifest_, *adapter_, inline_query, 3, options_);
  EXPECT_EQ(shown.table->rows().size(), 3u);
  EXPECT_EQ(ShowNode(*manifest_, *adapter_, inline_query, -1, options_).table->rows().size(), 10u);
  Node faulty = ParseInline(*manifest_, "select nothing");
  try {
    ShowNode(*manifest_, *adapter_, faulty, 3, options_);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("Runtime Error in sql_operation inline_query"));
  }

  EXPECT_EQ(RunOperation(*manifest_, *adapter_, "greet", {{"name", "you"}}, options_).Str(), "you");
  EXPECT_THAT(sink_.text(), HasSubstr("hello you"));
  EXPECT_THROW(RunOperation(*manifest_, *adapter_, "gret", Json::object(), options_), Error);
}

TEST_F(RunnerTest, IntrospectionMayBeOff) {
  Write("models/a.sql", "select {{ run_query('select 1').columns[0][0] if execute else 0 }} as id");
  Load();
  Graph graph(*manifest_);
  options_.selected = {"model.shop.a"};
  options_.introspect = false;
  RunResults results = CompileNodes(*manifest_, graph, *adapter_, options_);
  EXPECT_THAT(MessageOf(results, "model.shop.a"), HasSubstr("introspection is off"));
  options_.introspect = true;
  EXPECT_TRUE(CompileNodes(*manifest_, graph, *adapter_, options_).success());
}

TEST_F(RunnerTest, EmptyReadsNoRows) {
  Write("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  Write("models/b.sql", "{{ config(materialized='table') }} select * from {{ ref('a') }}");
  Load();
  options_.empty = true;
  EXPECT_TRUE(Run().success()) << sink_.text();
  EXPECT_EQ(Query("select count(*) from main.b"), "0;");
}

TEST_F(RunnerTest, StatementsCarryTheProjectsComment) {
  auto project = [&](const std::string& comment) {
    Write("dbt_project.yml",
          "name: shop\nversion: '1.0'\nprofile: shop\nquery-comment: \"" + comment + "\"\n");
  };
  project("");
  Write("models/a.sql", "{{ config(materialized='table') }} select nope");
  Load();
  std::string bare = MessageOf(Run(), "model.shop.a");
  project("by {{ node.name }} of {{ target.name }}");
  Load();
  std::string commented = MessageOf(Run(), "model.shop.a");
  // DuckDB counts the comment's line.
  EXPECT_THAT(bare, HasSubstr("LINE "));
  EXPECT_NE(bare, commented);
  project("a */ b");
  Load();
  EXPECT_THAT(MessageOf(Run(), "model.shop.a"), HasSubstr("query-comment"));
}

TEST_F(RunnerTest, SeedsMayBeShown) {
  Write("seeds/raw.csv", "id,name\n1,ann\n");
  Load();
  options_.show_rows = true;
  EXPECT_TRUE(Run().success());
  EXPECT_THAT(sink_.text(), HasSubstr("Random sample of table: main.raw\n-----"));
  EXPECT_THAT(sink_.text(), HasSubstr("|  1 | ann  |"));
}

TEST_F(RunnerTest, ABadSeedTellsItsLine) {
  Write("seeds/raw.csv", "id,name\n1,ann\n2,bob,extra\n");
  Load();
  EXPECT_THAT(MessageOf(Run(), "seed.shop.raw"), HasSubstr("seeds/raw.csv:3"));
}

TEST_F(RunnerTest, NothingSelectedIsSaid) {
  Write("models/a.sql", "select 1 as id");
  Load();
  RunResults results = Run({"tag:none"});
  EXPECT_TRUE(results.results.empty());
  EXPECT_THAT(sink_.text(), HasSubstr("Nothing to do."));
}

TEST_F(RunnerTest, IcebergRelationsOfADuckDBTarget) {
  Write(
      "profiles.yml",
      "shop:\n  target: duck\n  outputs:\n    duck: {type: duckdb, path: 'shop.duckdb', settings: "
      "{iceberg_catalog_path: lake}}\n");
  Write(
      "dbt_project.yml",
      "name: shop\nversion: '1.0'\nprofile: shop\nseeds:\n  +table_format: iceberg\n  +post-hook: "
      "\"ALTER TABLE {{ this }} SET TBLPROPERTIES (format='iceberg')\"\n");
  Write("seeds/raw.csv", "id\n1\n2\n");
  Write(
      "models/ice.sql",
      "{{ config(materialized='table', table_format='iceberg') }} select * from {{ ref('raw') }}");
  Write("models/local.sql",
        "{{ config(materialized='table') }} select count(*) as n from {{ ref('ice') }}");
  Load();
  EXPECT_TRUE(Run().success()) << sink_.text();
  EXPECT_EQ(Query("select * from shop.main.local"), "2;");
  EXPECT_TRUE(fs::exists(root_ / "lake/shop/main/ice/metadata"));
  EXPECT_TRUE(fs::exists(root_ / "lake/shop/main/raw/metadata"));
}

}  // namespace
}  // namespace eider::dbt
