#include "server/dbt_run.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "io/file_system.h"

namespace eider::server {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kResults[] = R"({
  "metadata": {"generated_at": "2026-11-25T02:00:01.500000Z"}, "args": {"which": "build"},
  "elapsed_time": 2.5,
  "results": [
    {"unique_id": "model.p.a", "status": "success", "execution_time": 0.5, "message": "OK"},
    {"unique_id": "model.p.b", "status": "error", "execution_time": 0.1, "message": "no table"},
    {"unique_id": "test.p.c", "status": "skipped", "execution_time": 0.0, "message": null}]})";

TEST(DbtRun, IsRead) {
  DbtRun run = ParseDbtRun(kResults, "f");
  EXPECT_EQ(run.command, "build");
  EXPECT_EQ(run.ended_ms, 1795572001500);
  EXPECT_EQ(run.seconds, 2.5);
  EXPECT_FALSE(run.succeeded());
  EXPECT_THAT(run.Counts(), ElementsAre(Pair("error", 1), Pair("skipped", 1), Pair("success", 1)));
  EXPECT_EQ(run.nodes[1].message, "no table");
}

TEST(DbtRun, WhatIsNoneIsRefused) {
  for (const char* text : {"[]", "{}", R"({"results": 1})", R"({"results": [1]})"}) {
    EXPECT_EQ(CodeOf([&] { ParseDbtRun(text, "f"); }), ErrorCode::kCorrupt) << text;
  }
  EXPECT_EQ(CodeOf([&] { ParseDbtRun("{", "f"); }), ErrorCode::kSyntax);
}

TEST(DbtRun, TheLastOneOfEachProject) {
  TemporaryFolder folder;
  DbtRuns runs({{"p", folder.path()}, {"none", folder.path() + "/none"}});
  EXPECT_EQ(runs.Latest()[0].run, nullptr);
  io::LocalFileSystem().Replace(folder.path() + "/run_results.json", kResults);
  auto first = runs.Latest();
  ASSERT_NE(first[0].run, nullptr);
  EXPECT_EQ(first[1].run, nullptr);
  EXPECT_THAT(first[1].error, HasSubstr("none"));
  // Not read twice.
  EXPECT_EQ(runs.Latest()[0].run, first[0].run);
  io::LocalFileSystem().Replace(folder.path() + "/run_results.json", R"({"results": []})");
  EXPECT_TRUE(runs.Latest()[0].run->succeeded());

  PrometheusText text;
  WriteDbtMetrics(text, first);
  EXPECT_THAT(text.text(), HasSubstr("eider_dbt_run_success{project=\"p\"} 0\n"));
  EXPECT_THAT(text.text(), HasSubstr("eider_dbt_run_nodes{project=\"p\",status=\"error\"} 1\n"));
  EXPECT_THAT(text.text(), HasSubstr("eider_dbt_run_end_seconds{project=\"p\"} 1795572001.5\n"));
}

}  // namespace

}  // namespace eider::server
