#include "server/rest_plan.h"

#include <set>

#include "iceberg/manifest_cache.h"
#include "iceberg/snapshot_producer.h"
#include "server/rest_testing.h"

namespace eider::server {
namespace {

using iceberg::DataFile;
using iceberg::Literal;

using Strings = std::vector<std::string>;

class RestPlanTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    CreateNamespace("s");
  }

  // A table s.t of a long and a string, partitioned by the string.
  void CreatePartitioned() {
    CreateTable("t", R"(,"partition-spec":{"fields":[
        {"source-id":9,"name":"data","transform":"identity"}]})");
  }

  iceberg::TableMetadataPtr Metadata() {
    return catalog_->LoadTable(catalog_->Find({{"s"}, "t"})->metadata_location);
  }

  static DataFile File(const std::string& name, int64_t lower, int64_t upper,
                       const std::string& partition = "") {
    DataFile file;
    file.file_path = "file:///data/" + name + ".parquet";
    file.record_count = 10;
    file.file_size_in_bytes = 1000;
    if (!partition.empty()) file.partition = {Literal{partition}};
    const iceberg::Type& type = *iceberg::Type::Primitive(iceberg::TypeId::kLong);
    file.value_counts[1] = 10;
    file.null_value_counts[1] = 0;
    file.lower_bounds[1] = LiteralToBytes(type, Literal{lower});
    file.upper_bounds[1] = LiteralToBytes(type, Literal{upper});
    return file;
  }

  void Commit(std::vector<iceberg::TableUpdate> updates) {
    catalog::TableChange change;
    change.identifier = {{"s"}, "t"};
    change.updates = std::move(updates);
    catalog::CommitRequest request;
    request.tables = {change};
    catalog_->Commit(request);
  }

  // The new snapshot's id.
  int64_t Append(std::vector<DataFile> files) {
    iceberg::SnapshotProducer producer(iceberg::SnapshotProducer::Mode::kAppend, std::move(files));
    Commit(producer.Produce(*Metadata(), catalog_->files()));
    return *Metadata()->current_snapshot_id;
  }

  // A snapshot that adds files of deletes alone.
  void Delete(const std::vector<DataFile>& files) {
    auto base = Metadata();
    auto snapshot = *base->CurrentSnapshot();
    std::vector<iceberg::ManifestFile> manifests =
        *iceberg::LoadManifestList(snapshot, catalog_->files());
    snapshot.parent_snapshot_id = snapshot.snapshot_id++;
    ++snapshot.sequence_number;
    ++snapshot.timestamp_ms;
    snapshot.summary = {{"operation", "delete"}};
    std::vector<iceberg::ManifestEntry> entries;
    for (const DataFile& file : files) entries.emplace_back().file = file;
    iceberg::ManifestFile manifest = SummarizeManifest(*base, base->DefaultSpec(), true, entries);
    manifest.manifest_path = base->location + "/metadata/deletes.avro";
    manifest.is_deletes = true;
    manifest.sequence_number = snapshot.sequence_number;
    manifest.min_sequence_number = snapshot.sequence_number;
    manifest.added_snapshot_id = snapshot.snapshot_id;
    auto write = [&](const std::string& path, const std::string& bytes) {
      catalog_->files().WriteNew(path, bytes);
    };
    write(manifest.manifest_path,
          WriteManifest(*base, base->DefaultSpec(), true, entries, iceberg::avro::Codec::kDeflate));
    manifests.push_back(manifest);
    snapshot.manifest_list = base->location + "/metadata/snap-deletes.avro";
    write(snapshot.manifest_list,
          WriteManifestList(snapshot, 2, manifests, iceberg::avro::Codec::kDeflate));
    Json body;
    body["requirements"] = Json::array();
    body["updates"] = {{{"action", "add-snapshot"}, {"snapshot", SnapshotToJson(snapshot, 2)}},
                       {{"action", "set-snapshot-ref"},
                        {"ref-name", "main"},
                        {"type", "branch"},
                        {"snapshot-id", snapshot.snapshot_id}}};
    Expect(200, Send("POST", kTable, body.dump()));
  }

  Json Plan(const std::string& body = "{}") { return Expect(200, Send("POST", kPlan, body)); }

  HttpResponse Fetch(const std::string& task) {
    return Send("POST", std::string(kTable) + "/tasks", R"({"plan-task":")" + task + "\"}");
  }

  static Strings Files(const Json& tasks) {
    Strings files;
    for (const Json& task : tasks["file-scan-tasks"]) {
      auto path = task["data-file"]["file-path"].get<std::string>();
      size_t begin = path.rfind('/') + 1;
      files.push_back(path.substr(begin, path.rfind('.') - begin));
    }
    return files;
  }

  static constexpr char kTable[] = "/namespaces/s/tables/t";
  static constexpr char kPlan[] = "/namespaces/s/tables/t/plan";
};

TEST_F(RestPlanTest, FilesOfTheLatestSnapshotWithWhatReadersNeed) {
  CreatePartitioned();
  Append({File("a", 0, 9, "x"), File("b", 10, 19, "y")});
  Json plan = Plan();
  EXPECT_EQ(plan["status"], "completed");
  EXPECT_FALSE(plan["plan-id"].get<std::string>().empty());
  EXPECT_EQ(plan["file-scan-tasks"][1], Json::parse(R"({"data-file":{"spec-id":0,"content":"data",
      "file-path":"file:///data/b.parquet","file-format":"parquet","partition":["y"],
      "file-size-in-bytes":1000,"record-count":10},"residual-filter":true})"));
  EXPECT_FALSE(plan.contains("delete-files"));
  EXPECT_FALSE(plan.contains("plan-tasks"));
}

TEST_F(RestPlanTest, ATableWithoutSnapshotsHasNoFiles) {
  CreateTable("t");
  Json plan = Plan(R"({"filter":{"type":"eq","term":"id","value":5}})");
  EXPECT_EQ(plan["status"], "completed");
  EXPECT_TRUE(plan["file-scan-tasks"].empty());
  EXPECT_EQ(Files(Plan("")), Strings());
}

TEST_F(RestPlanTest, FiltersPruneByPartitionAndBounds) {
  CreatePartitioned();
  Append({File("a", 0, 9, "x"), File("b", 10, 19, "y")});
  Append({File("c", 15, 29, "x")});
  constexpr char kLarge[] = R"({"type":"gt","term":"id","value":12})";
  Json plan = Plan(std::string(R"({"filter":)") + kLarge + "}");
  EXPECT_EQ(Files(plan), (Strings{"c", "b"}));
  EXPECT_EQ(plan["file-scan-tasks"][0]["residual-filter"], Json::parse(kLarge));
  plan = Plan(std::string(R"({"filter":{"type":"and","left":{"type":"not-eq","term":"DATA",
      "value":"y"},"right":)") +
              kLarge + R"(},"case-sensitive":false})");
  EXPECT_EQ(Files(plan), Strings{"c"});
  EXPECT_EQ(plan["file-scan-tasks"][0]["residual-filter"], Json::parse(kLarge));
  EXPECT_TRUE(Files(Plan(R"({"filter":false})")).empty());
}

TEST_F(RestPlanTest, CountsOfTheFieldsAskedFor) {
  CreateTable("t");
  Append({File("a", 0, 9)});
  Json file =
      Plan(R"({"stats-fields":["id","data","none"],"select":["id","_file"]})")["file-scan-tasks"][0]
                                                                              ["data-file"];
  EXPECT_EQ(file["value-counts"], Json::parse(R"({"keys":[1],"values":[10]})"));
  EXPECT_EQ(file["null-value-counts"], Json::parse(R"({"keys":[1],"values":[0]})"));
  EXPECT_FALSE(file.contains("lower-bounds"));
}

TEST_F(RestPlanTest, SnapshotsOfThePastAndAppendsBetween) {
  CreateTable("t");
  std::string first = std::to_string(Append({File("a", 0, 9)}));
  std::string second = std::to_string(Append({File("b", 10, 19)}));
  std::string third = std::to_string(Append({File("c", 20, 29)}));
  EXPECT_EQ(Files(Plan(R"({"snapshot-id":)" + first + "}")), Strings{"a"});
  auto between = [&](const std::string& start, const std::string& end, const char* more = "") {
    return R"({"start-snapshot-id":)" + start + R"(,"end-snapshot-id":)" + end + more + "}";
  };
  EXPECT_EQ(Files(Plan(between(first, third))), (Strings{"c", "b"}));
  EXPECT_EQ(Files(Plan(between(first, second))), Strings{"b"});
  EXPECT_TRUE(Files(Plan(between(third, third))).empty());
  EXPECT_EQ(Files(Plan(between(first, third, R"(,"filter":{"type":"lt","term":"id","value":15})"))),
            Strings{"b"});
  for (const std::string& body :
       {between(third, first), between("5", third), between(first, "5"),
        R"({"snapshot-id":)" + first + R"(,"start-snapshot-id":)" + first +
            R"(,"end-snapshot-id":)" + third + "}",
        R"({"start-snapshot-id":)" + first + "}", R"({"end-snapshot-id":)" + first + "}",
        std::string(R"({"snapshot-id":5})"), std::string(R"({"snapshot-id":"5"})")}) {
    SCOPED_TRACE(body);
    EXPECT_EQ(ErrorType(400, Send("POST", kPlan, body)), "BadRequestException");
  }
}

TEST_F(RestPlanTest, NamesAreThoseOfTheSchemaAskedFor) {
  CreateTable("t");
  std::string first = std::to_string(Append({File("a", 0, 9)}));
  Expect(200, Send("POST", kTable, R"({"requirements":[],"updates":[
      {"action":"add-schema","schema":{"type":"struct","schema-id":1,"fields":[
          {"id":1,"name":"number","type":"long","required":true},
          {"id":2,"name":"data","type":"string","required":false}]}},
      {"action":"set-current-schema","schema-id":-1}]})"));
  std::string of_past = R"({"snapshot-id":)" + first + R"(,"use-snapshot-schema":true,"filter":
      {"type":"eq","term":"id","value":5}})";
  EXPECT_EQ(Files(Plan(of_past)), Strings{"a"});
  for (const char* more : {"", R"("use-snapshot-schema":true,)"}) {
    std::string of_now = std::string("{") + more + R"("snapshot-id":)" + first + R"(,"filter":
        {"type":"eq","term":"number","value":50}})";
    EXPECT_TRUE(Files(Plan(of_now)).empty());
  }
  EXPECT_EQ(
      ErrorType(400, Send("POST", kPlan, R"({"filter":{"type":"eq","term":"id","value":5}})")),
      "BadRequestException");
}

TEST_F(RestPlanTest, DeletesAreNamedOnceAndReferredTo) {
  CreateTable("t");
  Append({File("a", 0, 9), File("b", 10, 19)});
  DataFile positions;
  positions.content = iceberg::FileContent::kPositionDeletes;
  positions.file_path = "file:///data/positions.parquet";
  positions.referenced_data_file = "file:///data/b.parquet";
  DataFile equality;
  equality.content = iceberg::FileContent::kEqualityDeletes;
  equality.file_path = "file:///data/equality.parquet";
  equality.equality_ids = {1};
  Delete({positions, equality});
  Append({File("c", 0, 99)});
  Json plan = Plan();
  std::map<std::string, std::set<std::string>> deletes;
  Strings files = Files(plan);
  for (size_t i = 0; i < files.size(); ++i) {
    const Json& task = plan["file-scan-tasks"][i];
    if (!task.contains("delete-file-references")) continue;
    for (const Json& reference : task["delete-file-references"]) {
      deletes[files[i]].insert(plan["delete-files"][reference.get<size_t>()]["content"]);
    }
  }
  EXPECT_EQ(deletes,
            (std::map<std::string, std::set<std::string>>{
                {"a", {"equality-deletes"}}, {"b", {"equality-deletes", "position-deletes"}}}));
  EXPECT_EQ(plan["delete-files"].size(), 2u);
  for (const Json& file : plan["delete-files"]) {
    if (file["content"] == "equality-deletes") {
      EXPECT_EQ(file["equality-ids"], Json::parse("[1]"));
    } else {
      EXPECT_EQ(file["referenced-data-file"], "file:///data/b.parquet");
    }
  }
}

TEST_F(RestPlanTest, EnoughRowsAreEnough) {
  CreateTable("t");
  Append({File("a", 0, 9), File("b", 10, 19), File("c", 20, 29)});
  EXPECT_EQ(Files(Plan(R"({"min-rows-requested":15})")).size(), 2u);
  EXPECT_EQ(Files(Plan(R"({"min-rows-requested":31})")).size(), 3u);
  // Of these rows, none is sure to be wanted.
  EXPECT_EQ(Files(Plan(R"({"min-rows-requested":1,"filter":
      {"type":"gt","term":"id","value":3}})"))
                .size(),
            3u);
  ErrorType(400, Send("POST", kPlan, R"({"min-rows-requested":-1})"));
}

class RestPlanTasksTest : public RestPlanTest {
 protected:
  void SetUp() override {
    RestPlanTest::SetUp();
    CreateTable("t");
    std::vector<DataFile> files;
    for (int i = 0; i < 100; ++i) {
      files.push_back(File(std::to_string(i), i * 10, i * 10 + 9));
      if (files.size() == 10) Append(std::exchange(files, {}));
    }
    Limit({.tasks = 7, .bytes = 1 << 20, .entries = 25, .plan_tasks = 3});
  }

  void Limit(const PlanLimits& limits) {
    rest_ = std::make_unique<IcebergRest>(
        std::vector<IcebergRestWarehouse>{{"w", catalog_, {}, nullptr, limits}});
  }

  // Everything a plan leads to; each answer within its limits.
  std::multiset<std::string> FetchAll(const Json& plan) {
    std::multiset<std::string> files;
    std::vector<Json> answers = {plan};
    while (!answers.empty()) {
      Json answer = answers.back();
      answers.pop_back();
      EXPECT_LE(answer["file-scan-tasks"].size(), 7u);
      for (const std::string& file : Files(answer)) files.insert(file);
      if (!answer.contains("plan-tasks")) continue;
      EXPECT_LE(answer["plan-tasks"].size(), 3u);
      for (const Json& task : answer["plan-tasks"]) {
        answers.push_back(Expect(200, Fetch(task.get<std::string>())));
      }
    }
    return files;
  }

  static std::multiset<std::string> Numbers(int begin, int end) {
    std::multiset<std::string> numbers;
    for (int i = begin; i < end; ++i) numbers.insert(std::to_string(i));
    return numbers;
  }
};

TEST_F(RestPlanTasksTest, TheRestIsFetchedByTasksEachFileOnce) {
  EXPECT_EQ(FetchAll(Plan()), Numbers(0, 100));
  EXPECT_EQ(FetchAll(Plan(R"({"filter":{"type":"and",
      "left":{"type":"gt-eq","term":"id","value":305},
      "right":{"type":"lt","term":"id","value":705}}})")),
            Numbers(30, 71));
  Limit({.tasks = 7, .bytes = 400, .entries = 3, .plan_tasks = 2});
  EXPECT_EQ(FetchAll(Plan()), Numbers(0, 100));
}

// By another server, on what was planned, however the table went on.
TEST_F(RestPlanTasksTest, TasksOutliveServersAndCommits) {
  Json plan = Plan();
  Append({File("new", 0, 9)});
  Restart();
  Limit({.tasks = 7, .bytes = 1 << 20, .entries = 25, .plan_tasks = 3});
  EXPECT_EQ(FetchAll(plan), Numbers(0, 100));
}

TEST_F(RestPlanTasksTest, WhatIsNoTaskIsNotFound) {
  auto task = Plan()["plan-tasks"][0].get<std::string>();
  for (const std::string& wrong : {std::string("x"), task.substr(0, task.size() - 4),
                                   task.substr(4), "A" + task.substr(1), std::string()}) {
    EXPECT_EQ(ErrorType(404, Fetch(wrong)), "NoSuchPlanTaskException");
  }
  ErrorType(400, Send("POST", std::string(kTable) + "/tasks", "{}"));
  CreateTable("u");
  EXPECT_EQ(ErrorType(404, Send("POST", "/namespaces/s/tables/u/tasks",
                                R"({"plan-task":")" + task + "\"}")),
            "NoSuchPlanTaskException");
  EXPECT_EQ(ErrorType(404, Send("POST", "/namespaces/s/tables/none/tasks",
                                R"({"plan-task":")" + task + "\"}")),
            "NoSuchTableException");
  Json remove;
  remove["requirements"] = Json::array();
  remove["updates"] = {
      {{"action", "remove-snapshot-ref"}, {"ref-name", "main"}},
      {{"action", "remove-snapshots"}, {"snapshot-ids", {*Metadata()->current_snapshot_id}}}};
  Expect(200, Send("POST", kTable, remove.dump()));
  EXPECT_EQ(ErrorType(404, Fetch(task)), "NoSuchPlanTaskException");
}

TEST_F(RestPlanTest, PlansAreRememberedUntilTheyAreCancelled) {
  CreateTable("t");
  Append({File("a", 0, 9), File("b", 10, 19)});
  Json plan = Plan(R"({"filter":{"type":"lt","term":"id","value":5}})");
  std::string path = std::string(kPlan) + "/" + plan["plan-id"].get<std::string>();
  Append({File("c", 0, 9)});
  Json again = Expect(200, Send("GET", path));
  EXPECT_EQ(again["status"], "completed");
  EXPECT_EQ(again["file-scan-tasks"], plan["file-scan-tasks"]);
  CreateTable("u");
  std::string of_other = "/namespaces/s/tables/u/plan/" + plan["plan-id"].get<std::string>();
  EXPECT_EQ(ErrorType(404, Send("GET", of_other)), "NoSuchPlanIdException");
  EXPECT_EQ(ErrorType(404, Send("DELETE", of_other)), "NoSuchPlanIdException");
  Expect(204, Send("DELETE", path));
  EXPECT_EQ(ErrorType(404, Send("GET", path)), "NoSuchPlanIdException");
  EXPECT_EQ(ErrorType(404, Send("DELETE", path)), "NoSuchPlanIdException");
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces/s/tables/none/plan/x")),
            "NoSuchTableException");
}

TEST_F(RestPlanTest, WhatCannotBePlannedIsRefused) {
  CreateTable("t");
  Append({File("a", 0, 9)});
  for (const char* body : {
           R"([])",
           R"({"filter":5})",
           R"({"filter":{"type":"eq","term":"none","value":5}})",
           R"({"filter":{"type":"eq","term":"id","value":"five"}})",
           R"({"filter":{"type":"is-nan","term":"id"}})",
           R"({"case-sensitive":"yes"})",
           R"({"use-snapshot-schema":"yes"})",
           R"({"select":"id"})",
           R"({"stats-fields":[5]})",
           R"({"min-rows-requested":1.5})",
       }) {
    SCOPED_TRACE(body);
    EXPECT_EQ(ErrorType(400, Send("POST", kPlan, body)), "BadRequestException");
  }
  EXPECT_EQ(ErrorType(404, Send("POST", "/namespaces/s/tables/none/plan", "{}")),
            "NoSuchTableException");
  EXPECT_EQ(ErrorType(404, Send("POST", "/namespaces/none/tables/t/plan", "{}")),
            "NoSuchTableException");
  std::string deep = "true";
  for (int i = 0; i < 900; ++i) deep = R"({"type":"not","child":)" + deep + "}";
  EXPECT_EQ(Files(Plan(R"({"filter":)" + deep + "}")), Strings{"a"});
  for (int i = 0; i < 2000; ++i) deep = R"({"type":"not","child":)" + deep + "}";
  ErrorType(400, Send("POST", kPlan, R"({"filter":)" + deep + "}"));
}

}  // namespace
}  // namespace eider::server
