// Eider as a client of a REST catalog, which is Eider too, behind a network that loses answers.
#include "catalog/rest_catalog.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <utility>

#include "base/error_testing.h"
#include "base/text.h"
#include "base/uuid.h"
#include "catalog/catalog_reader.h"
#include "iceberg/metadata_builder.h"
#include "io/http_server_testing.h"
#include "server/rest_testing.h"

namespace eider::server {
namespace {

using catalog::CommitRequest;
using catalog::EntityKind;
using catalog::NamespaceChange;
using catalog::TableChange;
using catalog::TableIdentifier;

const TableIdentifier kTable{{"s"}, "t"};
const TableIdentifier kOther{{"s"}, "u"};
const TableIdentifier kView{{"s"}, "v"};

std::string FieldOf(const std::string& request, const std::string& name) {
  for (const std::string& line : Split(request.substr(0, request.find("\r\n\r\n")), '\n')) {
    size_t colon = line.find(':');
    if (colon != std::string::npos && EqualsIgnoreCase(line.substr(0, colon), name)) {
      return std::string(Trim(line.substr(colon + 1)));
    }
  }
  return "";
}

class RestCatalogTest : public RestTest {
 protected:
  enum class Fate { kAnswered, kAnswerLost, kNeverHeard };

  void SetUp() override {
    RestTest::SetUp();
    network_ = std::make_unique<io::TestServer>(
        [this](const std::string& request) { return Serve(request); });
  }

  std::shared_ptr<catalog::Catalog> Open(catalog::RestProperties more = {}) {
    catalog::RestCatalogOptions options;
    options.properties = {{"uri", network_->url("/iceberg")},
                          {"warehouse", "w"},
                          {"rest.client.retry-timeout-ms", "1500"}};
    for (auto& [name, value] : more) options.properties[name] = value;
    return catalog::OpenRestCatalog(options);
  }

  // What becomes of the next requests that change something, one after the other; all that follow
  // are answered.
  void Next(std::vector<Fate> fates) {
    std::lock_guard<std::mutex> lock(mutex_);
    fates_ = std::move(fates);
  }

  int changes() const { return changes_; }

  static NamespaceChange Schema(const std::string& name) {
    return {NamespaceChange::Kind::kCreate, {name}, {}};
  }

  static iceberg::Schema Columns() {
    iceberg::NestedField field;
    field.name = "id";
    field.type = iceberg::Type::Primitive(iceberg::TypeId::kLong);
    iceberg::Schema schema;
    schema.fields = {field};
    int32_t last = 0;
    return iceberg::AssignFieldIds(schema, nullptr, &last);
  }

  static TableChange Create(catalog::Catalog& client, const TableIdentifier& identifier) {
    TableChange change;
    change.kind = TableChange::Kind::kCreate;
    change.identifier = identifier;
    change.requirements = {iceberg::TableRequirement::Create()};
    change.updates = iceberg::CreateTableUpdates(Columns(), {},
                                                 client.Place({identifier, Columns(), {}, ""}), {});
    return change;
  }

  // A snapshot without rows, on top of what stands; made again on top of what came between.
  static TableChange Append(catalog::Catalog& client, const TableIdentifier& identifier) {
    auto entry = client.Find(identifier);
    auto base = client.LoadTable(entry->metadata_location);
    TableChange change;
    change.identifier = identifier;
    std::optional<int64_t> main;
    if (base->CurrentSnapshot() != nullptr) main = base->CurrentSnapshot()->snapshot_id;
    change.requirements = {iceberg::TableRequirement::TableUuid(base->table_uuid),
                           iceberg::TableRequirement::RefSnapshotId(iceberg::kMainBranch, main)};
    change.updates = AppendTo(*base);
    change.rebase = [](const iceberg::TableMetadata& current) {
      return catalog::RebasedChange{{}, AppendTo(current)};
    };
    return change;
  }

  static std::vector<iceberg::TableUpdate> AppendTo(const iceberg::TableMetadata& base) {
    iceberg::Snapshot snapshot;
    snapshot.snapshot_id = NewRandomId();
    if (base.CurrentSnapshot() != nullptr) {
      snapshot.parent_snapshot_id = base.CurrentSnapshot()->snapshot_id;
    }
    snapshot.sequence_number = base.last_sequence_number + 1;
    snapshot.timestamp_ms = base.last_updated_ms + 1;
    snapshot.summary["operation"] = "append";
    snapshot.schema_id = base.current_schema_id;
    snapshot.manifest_list = base.location + "/metadata/snap-" + NewUuid() + ".avro";
    iceberg::SnapshotRef main;
    main.snapshot_id = snapshot.snapshot_id;
    return {iceberg::AddSnapshot{snapshot}, iceberg::SetSnapshotRef{iceberg::kMainBranch, main}};
  }

  static TableChange View(catalog::Catalog& client, const std::string& sql) {
    iceberg::ViewVersion version;
    version.schema_id = iceberg::kLastAdded;
    version.timestamp_ms = 1'700'000'000'000;
    version.default_namespace = {"s"};
    version.representations = {{sql, "duckdb"}};
    TableChange change;
    change.entity = EntityKind::kView;
    change.identifier = kView;
    if (auto entry = client.Find(kView)) {
      change.requirements = {iceberg::TableRequirement::ViewUuid(
          client.LoadView(entry->metadata_location)->view_uuid)};
    } else {
      change.kind = TableChange::Kind::kCreate;
      change.updates = {iceberg::SetLocation{client.NewLocation(kView)}};
    }
    change.updates.push_back(iceberg::AddSchema{Columns()});
    change.updates.push_back(iceberg::AddViewVersion{version});
    change.updates.push_back(iceberg::SetCurrentViewVersion{});
    return change;
  }

  static TableChange Change(TableChange::Kind kind, const TableIdentifier& identifier,
                            EntityKind entity = EntityKind::kTable) {
    TableChange change;
    change.kind = kind;
    change.entity = entity;
    change.identifier = identifier;
    return change;
  }

  static CommitRequest Tables(std::vector<TableChange> changes) {
    CommitRequest request;
    request.tables = std::move(changes);
    return request;
  }
  static CommitRequest Namespaces(std::vector<NamespaceChange> changes) {
    CommitRequest request;
    request.namespaces = std::move(changes);
    return request;
  }

  size_t SnapshotsOf(const TableIdentifier& identifier) {
    return catalog_->LoadTable(catalog_->Find(identifier)->metadata_location)->snapshots.size();
  }

  bool keeps_answers_ = true;        // to requests with a key
  bool offers_transactions_ = true;  // commits of several tables
  // Asked before a request is; an answer is sent in place of the catalog's.
  std::function<std::string(const std::string& request)> intercept_;
  std::unique_ptr<io::TestServer> network_;

 private:
  Fate FateOf(const HttpRequest& request) {
    if (request.method == "GET" || request.method == "HEAD") return Fate::kAnswered;
    if (request.body.find("\"stage-create\":true") != std::string::npos) return Fate::kAnswered;
    std::lock_guard<std::mutex> lock(mutex_);
    ++changes_;
    if (fates_.empty()) return Fate::kAnswered;
    Fate fate = fates_.front();
    fates_.erase(fates_.begin());
    return fate;
  }

  std::string Serve(const std::string& text) {
    if (intercept_) {
      std::string answer = intercept_(text);
      if (!answer.empty()) return answer;
    }
    HttpRequest request;
    request.principal = Principal::Anonymous();
    std::vector<std::string> line = Split(text.substr(0, text.find("\r\n")), ' ');
    request.method = line[0];
    size_t question = std::min(line[1].find('?'), line[1].size());
    request.path = line[1].substr(0, question);
    if (question < line[1].size()) request.query = line[1].substr(question + 1);
    request.body = text.substr(text.find("\r\n\r\n") + 4);
    for (const char* name : {"If-None-Match", "Idempotency-Key"}) {
      std::string value = FieldOf(text, name);
      bool kept = keeps_answers_ || std::string_view(name) != "Idempotency-Key";
      if (!value.empty() && kept) request.fields[name] = value;
    }
    Fate fate = FateOf(request);
    if (fate == Fate::kNeverHeard) return "";
    HttpResponse response = rest_->Handle(request);
    if (fate == Fate::kAnswerLost) return "";
    if (request.path.ends_with("/config")) response.body = ConfigFrom(response.body);
    std::string fields;
    for (const auto& [name, value] : response.fields) fields += name + ": " + value + "\r\n";
    return io::TestServer::Reply(response.status, response.body, fields);
  }

  std::string ConfigFrom(const std::string& body) const {
    Json config = Json::parse(body);
    if (!keeps_answers_) config.erase("idempotency-key-lifetime");
    if (!offers_transactions_) {
      Json offered = Json::array();
      for (const Json& endpoint : config["endpoints"]) {
        if (endpoint != "POST /v1/{prefix}/transactions/commit") offered.push_back(endpoint);
      }
      config["endpoints"] = offered;
    }
    return config.dump();
  }

  std::mutex mutex_;
  std::vector<Fate> fates_;
  std::atomic<int> changes_ = 0;
};

TEST_F(RestCatalogTest, NamesAreAskedForWhenTheyAreNeeded) {
  auto client = Open();
  client->Commit(Namespaces({Schema("s"), Schema("empty")}));
  client->Commit(Tables({Create(*client, kTable)}));
  client->Commit(Tables({View(*client, "SELECT 1 AS id")}));
  NamespaceChange nested = Schema("s");
  nested.name = {"s", "inner"};
  client->Commit(Namespaces({nested}));

  auto reader = client->NewReader();
  size_t before = network_->requests().size();
  EXPECT_EQ(reader->Find(kTable)->kind, EntityKind::kTable);
  EXPECT_EQ(reader->Find(kTable)->metadata_location, catalog_->Find(kTable)->metadata_location);
  EXPECT_EQ(network_->requests().size(), before + 1);
  EXPECT_EQ(reader->Find(kView)->kind, EntityKind::kView);
  EXPECT_EQ(reader->Find({{"s"}, "absent"}), std::nullopt);
  EXPECT_EQ(reader->Find({{"absent"}, "t"}), std::nullopt);
  EXPECT_TRUE(reader->HasNamespace({"s"}));
  EXPECT_TRUE(reader->HasNamespace({"s", "inner"}));
  EXPECT_FALSE(reader->HasNamespace({"absent"}));
  EXPECT_FALSE(reader->HasNamespace({""}));
  std::vector<catalog::Namespace> expected = {{"empty"}, {"s"}, {"s", "inner"}};
  EXPECT_EQ(reader->Namespaces(), expected);
  std::map<std::string, EntityKind> names = {{"t", EntityKind::kTable}, {"v", EntityKind::kView}};
  EXPECT_EQ(reader->Names({"s"}), names);
  EXPECT_TRUE(reader->Names({"empty"}).empty());

  // What it has seen stays as it was.
  client->Commit(Tables({Append(*client, kTable)}));
  EXPECT_NE(reader->Find(kTable)->metadata_location, catalog_->Find(kTable)->metadata_location);
  EXPECT_EQ(client->NewReader()->Find(kTable)->metadata_location,
            catalog_->Find(kTable)->metadata_location);
}

TEST_F(RestCatalogTest, PagesAreReadToTheEnd) {
  auto client = Open({{"rest-page-size", "2"}});
  client->Commit(Namespaces({Schema("s")}));
  for (int i = 0; i < 5; ++i) {
    client->Commit(Tables({Create(*client, {{"s"}, "t" + std::to_string(i)})}));
  }
  EXPECT_EQ(client->NewReader()->Names({"s"}).size(), 5U);
}

TEST_F(RestCatalogTest, ATableThatDidNotChangeIsNotSentTwice) {
  auto client = Open();
  client->Commit(Namespaces({Schema("s")}));
  client->Commit(Tables({Create(*client, kTable)}));
  auto first = client->Find(kTable);
  auto again = client->Find(kTable);
  EXPECT_EQ(FieldOf(network_->requests().back(), "If-None-Match").size(), 34U);
  EXPECT_EQ(first->metadata_location, again->metadata_location);
  EXPECT_EQ(client->LoadTable(first->metadata_location),
            client->LoadTable(again->metadata_location));
}

TEST_F(RestCatalogTest, EachChangeHasAKeyAndNoReadHasOne) {
  auto client = Open();
  client->Commit(Namespaces({Schema("s")}));
  client->Commit(Tables({Create(*client, kTable)}));
  std::set<std::string> keys;
  int changes = 0;
  for (const std::string& request : network_->requests()) {
    std::string key = FieldOf(request, "Idempotency-Key");
    EXPECT_EQ(key.empty(), request.starts_with("GET ")) << request;
    if (key.empty()) continue;
    ++changes;
    keys.insert(key);
    EXPECT_EQ(key[14], '7');
  }
  EXPECT_EQ(changes, 3);
  EXPECT_EQ(keys.size(), 3U);
}

TEST_F(RestCatalogTest, SeveralTablesLandTogetherOrAreRefused) {
  auto client = Open();
  client->Commit(Namespaces({Schema("s")}));
  client->Commit(Tables({Create(*client, kTable), Create(*client, kOther)}));
  client->Commit(Tables({Append(*client, kTable), Append(*client, kOther)}));
  EXPECT_EQ(SnapshotsOf(kTable), 1U);
  EXPECT_EQ(SnapshotsOf(kOther), 1U);

  int before = changes();
  Error mixed = ErrorOf([&] {
    client->Commit(Tables({Append(*client, kTable), Change(TableChange::Kind::kDrop, kOther)}));
  });
  EXPECT_EQ(mixed.code(), ErrorCode::kUnsupported);
  EXPECT_EQ(mixed.message(),
            "a REST catalog takes one change at a time, and this transaction changes table s.t and "
            "drops table s.u");
  offers_transactions_ = false;
  auto single = Open();
  Error several = ErrorOf([&] {
    single->Commit(Tables({Append(*single, kTable), Append(*single, kOther)}));
  });
  EXPECT_EQ(several.code(), ErrorCode::kUnsupported);
  EXPECT_NE(several.message().find("s.t, s.u"), std::string::npos);
  EXPECT_EQ(changes(), before);
}

TEST_F(RestCatalogTest, ACommitThatLostARaceIsMadeAgain) {
  auto client = Open();
  client->Commit(Namespaces({Schema("s")}));
  client->Commit(Tables({Create(*client, kTable), Create(*client, kOther)}));
  TableChange first = Append(*client, kTable);
  TableChange second = Append(*client, kTable);
  TableChange third = Append(*client, kTable);
  client->Commit(Tables({first}));
  client->Commit(Tables({second}));
  EXPECT_EQ(SnapshotsOf(kTable), 2U);
  client->Commit(Tables({third, Append(*client, kOther)}));
  EXPECT_EQ(SnapshotsOf(kTable), 3U);

  TableChange last = Append(*client, kTable);
  last.rebase = nullptr;
  client->Commit(Tables({Append(*client, kTable)}));
  EXPECT_EQ(CodeOf([&] { client->Commit(Tables({last})); }), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf([&] { client->Commit(Tables({Create(*client, kOther)})); }),
            ErrorCode::kAlreadyExists);
}

TEST_F(RestCatalogTest, ASchemaThatACommitNeedsGoesWithItWhenItFails) {
  auto client = Open();
  client->Commit(Namespaces({Schema("s")}));
  client->Commit(Tables({Create(*client, kTable)}));
  CommitRequest request = Tables({Change(TableChange::Kind::kDrop, kOther)});
  request.namespaces = {Schema("made")};
  EXPECT_EQ(CodeOf([&] { client->Commit(request); }), ErrorCode::kNotFound);
  EXPECT_EQ(catalog_->FindNamespace({"made"}), std::nullopt);
  // A table can be placed in a schema that its transaction makes.
  CommitRequest create = Tables({Create(*client, {{"made"}, "t"})});
  create.namespaces = {Schema("made")};
  client->Commit(create);
  EXPECT_TRUE(catalog_->Find({{"made"}, "t"}).has_value());
}

// Every kind of request that changes something, with and without a catalog that knows its keys.
class LostAnswerTest : public RestCatalogTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    RestCatalogTest::SetUp();
    keeps_answers_ = GetParam();
    client_ = Open();
    client_->Commit(Namespaces({Schema("s")}));
    client_->Commit(Tables({Create(*client_, kTable)}));
    client_->Commit(Tables({View(*client_, "SELECT 1 AS id")}));
  }

  // Lands once, though its answer is lost, and once when it is not heard the first time.
  void Commit(const CommitRequest& request) {
    int before = changes();
    Next({Fate::kNeverHeard, Fate::kAnswerLost});
    client_->Commit(request);
    int expected = keeps_answers_ ? 3 : 2;  // without keys, a look tells that it landed
    EXPECT_EQ(changes() - before, expected);
  }

  std::shared_ptr<catalog::Catalog> client_;
};

TEST_P(LostAnswerTest, Namespaces) {
  Commit(Namespaces({Schema("n")}));
  NamespaceChange set{NamespaceChange::Kind::kSetProperties, {"n"}, {{"a", "1"}, {"b", "2"}}};
  Commit(Namespaces({set}));
  NamespaceChange remove{NamespaceChange::Kind::kSetProperties, {"n"}, {}, false, {"a"}};
  Commit(Namespaces({remove}));
  EXPECT_FALSE(catalog_->FindNamespace({"n"})->contains("a"));
  EXPECT_EQ(catalog_->FindNamespace({"n"})->at("b"), "2");
  Commit(Namespaces({{NamespaceChange::Kind::kDrop, {"n"}, {}}}));
  EXPECT_EQ(catalog_->FindNamespace({"n"}), std::nullopt);
}

TEST_P(LostAnswerTest, Tables) {
  Commit(Tables({Create(*client_, kOther)}));
  Commit(Tables({Append(*client_, kTable)}));
  EXPECT_EQ(SnapshotsOf(kTable), 1U);
  Commit(Tables({Append(*client_, kTable), Append(*client_, kOther)}));
  EXPECT_EQ(SnapshotsOf(kTable), 2U);
  EXPECT_EQ(SnapshotsOf(kOther), 1U);
  TableChange properties = Change(TableChange::Kind::kUpdate, kTable);
  properties.updates = {iceberg::SetProperties{{{"owner", "eva"}}}};
  Commit(Tables({properties}));
  auto table = catalog_->LoadTable(catalog_->Find(kTable)->metadata_location);
  EXPECT_EQ(table->properties.at("owner"), "eva");

  TableChange rename = Change(TableChange::Kind::kRename, kOther);
  rename.new_identifier = {{"s"}, "renamed"};
  Commit(Tables({rename}));
  EXPECT_EQ(catalog_->Find(kOther), std::nullopt);
  auto renamed = catalog_->Find({{"s"}, "renamed"});
  ASSERT_TRUE(renamed.has_value());
  catalog_->Commit(Tables({Change(TableChange::Kind::kDrop, {{"s"}, "renamed"})}));
  TableChange registered = Change(TableChange::Kind::kRegister, kOther);
  registered.metadata_location = renamed->metadata_location;
  Commit(Tables({registered}));
  EXPECT_EQ(catalog_->Find(kOther)->metadata_location, renamed->metadata_location);

  Commit(Tables({Change(TableChange::Kind::kDrop, kTable)}));
  EXPECT_EQ(catalog_->Find(kTable), std::nullopt);
  EXPECT_FALSE(catalog_->files().Exists(folder_.path() + "/w/s/t"));
}

TEST_P(LostAnswerTest, Views) {
  Commit(Tables({View(*client_, "SELECT 2 AS id")}));
  auto view = catalog_->LoadView(catalog_->Find(kView)->metadata_location);
  EXPECT_EQ(view->versions.size(), 2U);
  EXPECT_EQ(view->SqlFor("duckdb")->sql, "SELECT 2 AS id");
  TableChange rename = Change(TableChange::Kind::kRename, kView, EntityKind::kView);
  rename.new_identifier = {{"s"}, "w"};
  Commit(Tables({rename}));
  EXPECT_EQ(catalog_->Find(kView), std::nullopt);
  Commit(Tables({View(*client_, "SELECT 3 AS id")}));
  EXPECT_EQ(catalog_->LoadView(catalog_->Find(kView)->metadata_location)->versions.size(), 1U);
  Commit(Tables({Change(TableChange::Kind::kDrop, kView, EntityKind::kView)}));
  EXPECT_EQ(catalog_->Find(kView), std::nullopt);
}

// Somebody else changes the table before a commit that was not heard, or not answered, is sent
// again.
TEST_P(LostAnswerTest, ChangedBySomebodyElseInBetween) {
  for (Fate fate : {Fate::kNeverHeard, Fate::kAnswerLost}) {
    TableChange ours = Append(*client_, kTable);
    size_t before = SnapshotsOf(kTable);
    std::atomic<int> sendings = 0;
    intercept_ = [&](const std::string& request) -> std::string {
      if (request.find("add-snapshot") == std::string::npos || ++sendings != 2) return "";
      auto table = catalog_->LoadTable(catalog_->Find(kTable)->metadata_location);
      TableChange theirs = Change(TableChange::Kind::kUpdate, kTable);
      theirs.updates = AppendTo(*table);
      catalog_->Commit(Tables({theirs}));
      return "";
    };
    Next({fate});
    client_->Commit(Tables({ours}));
    intercept_ = nullptr;
    bool sent_again = fate == Fate::kNeverHeard || GetParam();
    EXPECT_EQ(SnapshotsOf(kTable), before + (sent_again ? 2 : 1));
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, LostAnswerTest, testing::Bool());

TEST_F(RestCatalogTest, WhatCannotBeFoundOutIsUnknown) {
  auto client = Open();
  client->Commit(Namespaces({Schema("s")}));
  client->Commit(Tables({Create(*client, kTable)}));
  TableChange append = Append(*client, kTable);
  std::atomic<bool> gone = false;
  intercept_ = [&](const std::string& request) -> std::string {
    if (request.starts_with("POST ")) gone = true;
    // An answer that is none, and no sign of what was done.
    return gone ? io::TestServer::Reply(502, "bad gateway") : "";
  };
  Error error = ErrorOf([&] { client->Commit(Tables({append})); });
  EXPECT_EQ(error.code(), ErrorCode::kUnknownOutcome);
  EXPECT_EQ(error.message(),
            "whether the commit to s.t landed is not known: the commit to s.t: the catalog "
            "answered 502");
}

// A server that fails after it has done what it was asked, and one that fails before.
TEST_F(RestCatalogTest, AFailureOfTheServerIsLookedInto) {
  for (bool keeps : {false, true}) {
    for (bool done : {false, true}) {
      keeps_answers_ = keeps;
      auto client = Open();
      std::string name = fmt::format("t_{}_{}", keeps, done);
      catalog_->Commit(Namespaces({{NamespaceChange::Kind::kCreate, {"s"}, {}, true}}));
      TableChange create = Create(*client, {{"s"}, name});
      std::atomic<int> posts = 0;
      intercept_ = [&](const std::string& request) -> std::string {
        if (request.find("assert-create") == std::string::npos) return "";
        if (done || ++posts > 1) return "";
        return io::TestServer::Reply(500, R"({"error":{"code":500,"type":"X"}})");
      };
      if (done) Next({Fate::kAnswerLost});
      client->Commit(Tables({create}));
      intercept_ = nullptr;
      EXPECT_TRUE(catalog_->Find({{"s"}, name}).has_value());
    }
  }
}

TEST_F(RestCatalogTest, ABusyServerIsAskedAgainWhenItSays) {
  auto client = Open();
  std::atomic<int> requests = 0;
  intercept_ = [&](const std::string&) -> std::string {
    int number = ++requests;
    if (number == 1) return io::TestServer::Reply(429, "", "Retry-After: 1\r\n");
    if (number == 2) return io::TestServer::Reply(503, "", "Retry-After: 0\r\n");
    return "";
  };
  auto start = std::chrono::steady_clock::now();
  client->Commit(Namespaces({Schema("s")}));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  requests = 0;
  EXPECT_TRUE(client->FindNamespace({"s"}).has_value());
  EXPECT_EQ(requests, 3);
}

TEST_F(RestCatalogTest, ErrorsSayWhatTheCatalogSaid) {
  EXPECT_EQ(CodeOf([&] { Open({{"warehouse", "absent"}}); }), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf([&] { Open({{"uri", network_->url("/elsewhere")}}); }), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf([&] { Open({{"uri", ""}}); }), ErrorCode::kInvalidArgument);
  auto client = Open();
  Error absent = ErrorOf([&] {
    CommitRequest request = Tables({Change(TableChange::Kind::kDrop, kTable)});
    client->Commit(request);
  });
  EXPECT_EQ(absent.message(), "table s.t does not exist");
  EXPECT_EQ(CodeOf([&] {
              client->Commit(Namespaces({{NamespaceChange::Kind::kDrop, {"s"}, {}}}));
            }),
            ErrorCode::kNotFound);
  client->Commit(Namespaces({Schema("s")}));
  Error again = ErrorOf([&] { client->Commit(Namespaces({Schema("s")})); });
  EXPECT_EQ(again.code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(CodeOf([&] { client->Snapshot(); }), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace eider::server
