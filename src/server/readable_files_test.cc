#include "server/readable_files.h"

#include "iceberg/manifest_cache.h"
#include "iceberg/snapshot_producer.h"
#include "server/rest_error.h"
#include "server/rest_testing.h"

namespace eider::server {
namespace {

// A table "secret", and the table "own" of somebody who knows where the files of the first lie.
class ReadableFilesTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    CreateNamespace("s");
    CreateTable("secret");
    CreateTable("own");
    iceberg::DataFile file;
    file.file_path = "file:///data/secret.parquet";
    file.record_count = 10;
    file.file_size_in_bytes = 1000;
    iceberg::SnapshotProducer producer(iceberg::SnapshotProducer::Mode::kAppend, {file});
    catalog::TableChange change;
    change.identifier = {{"s"}, "secret"};
    change.updates = producer.Produce(*Metadata("secret"), catalog_->files());
    catalog::CommitRequest request;
    request.tables = {change};
    catalog_->Commit(request);
    manifests_ =
        *iceberg::LoadManifestList(*Metadata("secret")->CurrentSnapshot(), catalog_->files());
    // "own" may have names of its own for its files.
    snapshot_ = *Metadata("secret")->CurrentSnapshot();
    snapshot_.snapshot_id = 7;
    snapshot_.parent_snapshot_id.reset();
  }

  iceberg::TableMetadataPtr Metadata(const std::string& table) {
    return catalog_->LoadTable(catalog_->Find({{"s"}, table})->metadata_location);
  }

  // A snapshot of "own" whose list names `manifest` is committed by somebody who may write it, and
  // planned.
  HttpResponse PlanWith(const std::string& manifest) {
    principal_ = nullptr;
    snapshot_.snapshot_id++;
    snapshot_.sequence_number = Metadata("own")->last_sequence_number + 1;
    snapshot_.manifest_list = Metadata("own")->location + "/metadata/snap-" +
                              std::to_string(snapshot_.snapshot_id) + ".avro";
    manifests_[0].manifest_path = manifest;
    catalog_->files().WriteNew(
        snapshot_.manifest_list,
        WriteManifestList(snapshot_, 2, manifests_, iceberg::avro::Codec::kDeflate));
    Json body;
    body["requirements"] = Json::array();
    body["updates"] = {{{"action", "add-snapshot"}, {"snapshot", SnapshotToJson(snapshot_, 2)}},
                       {{"action", "set-snapshot-ref"},
                        {"ref-name", "main"},
                        {"type", "branch"},
                        {"snapshot-id", snapshot_.snapshot_id}}};
    May({"write:w/s/own"});
    Expect(200, Send("POST", "/namespaces/s/tables/own", body.dump()));
    return Plan();
  }

  HttpResponse Plan() { return Send("POST", "/namespaces/s/tables/own/plan", "{}"); }

  void May(const std::vector<std::string>& grants) {
    std::vector<Grant> parsed(grants.begin(), grants.end());
    principal_ = std::make_shared<const Principal>("token:x", parsed);
  }

  std::vector<iceberg::ManifestFile> manifests_;
  iceberg::Snapshot snapshot_;
};

TEST_F(ReadableFilesTest, AnotherTablesManifestsAreForThoseWhoMayReadIt) {
  EXPECT_EQ(ErrorType(403, PlanWith(manifests_[0].manifest_path)), "ForbiddenException");
  May({"read:w/s/own", "read:w/s/secret"});
  ErrorType(403, Plan());
  May({"read:w"});
  EXPECT_EQ(Expect(200, Plan())["file-scan-tasks"].size(), 1U);
}

TEST_F(ReadableFilesTest, SpellingsOfAFolderLeadNowhereElse) {
  std::string own = Metadata("own")->location;
  std::string secret = manifests_[0].manifest_path;
  std::string from_own = secret.substr(secret.find("/secret/") + 1);
  for (const std::string& manifest :
       {own + "/../" + from_own, own + "/metadata/../../" + from_own, own + "2/metadata/m.avro",
        "file:" + io::LocalPath(own) + "/../" + from_own, io::LocalPath(secret)}) {
    EXPECT_EQ(PlanWith(manifest).status, 403) << manifest;
  }
  // One of its own that is not there was looked for.
  HttpResponse missing = PlanWith("file:" + io::LocalPath(own) + "/metadata/m.avro");
  EXPECT_NE(missing.status, 403);
  EXPECT_NE(missing.body.find("m.avro"), std::string::npos) << missing.status << missing.body;
}

TEST_F(ReadableFilesTest, NothingOutsideTheWarehouseIsForAnybody) {
  for (const char* manifest :
       {"file:///etc/passwd", "/etc/passwd", "s3://bucket/m.avro", "http://127.0.0.1:1/m.avro"}) {
    PlanWith(manifest);
    May({"admin"});
    int status = Plan().status;
    EXPECT_TRUE(status == 403 || status == 400) << manifest << " " << status;
  }
}

TEST_F(ReadableFilesTest, ManifestsThatASnapshotNamesItself) {
  iceberg::TableMetadata metadata = *Metadata("own");
  snapshot_.manifest_list.clear();
  snapshot_.manifests = {"/etc/passwd"};
  try {
    RequireReadableFiles(metadata, {&snapshot_}, nullptr, catalog_->files());
    FAIL();
  } catch (const RestError& error) {
    EXPECT_EQ(error.status(), 403);
  }
}

}  // namespace
}  // namespace eider::server
