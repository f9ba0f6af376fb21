#include "server/rest_locations.h"

#include <filesystem>

#include "server/rest_error.h"
#include "server/rest_testing.h"

namespace eider::server {
namespace {

class RestLocationsTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    CreateNamespace("s");
  }
};

TEST_F(RestLocationsTest, ATableLiesInTheWarehouse) {
  Json table = CreateTable("t", R"(,"location":")" + Location("/w/elsewhere/t/") + "\"");
  EXPECT_EQ(table["metadata"]["location"], Location("/w/elsewhere/t"));
  // As Java spells it; clients find the location they gave.
  std::string spelled = "file:" + folder_.path() + "/w/elsewhere/u";
  EXPECT_EQ(CreateTable("u", R"(,"location":")" + spelled + "\"")["metadata"]["location"], spelled);
}

TEST_F(RestLocationsTest, NoClientReachesBeyondIt) {
  std::filesystem::create_directories(folder_.path() + "/outside");
  std::filesystem::create_directory_symlink(folder_.path() + "/outside",
                                            folder_.path() + "/w/link");
  struct Case {
    std::string location;
    int status;
  };
  for (const Case& c : {Case{Location("/outside/t"), 403}, Case{Location("/w/../outside/t"), 400},
                        Case{Location("/w/./t"), 400}, Case{Location("/w/link/t"), 403},
                        Case{Location("/w"), 403}, Case{Location("/w2/t"), 403},
                        Case{"/etc/t", 403}, Case{"s3://bucket/t", 403}, Case{"gs://bucket/t", 400},
                        Case{"t", 400}, Case{"file:t", 400}, Case{"file://host/w/t", 400}}) {
    std::string more = R"(,"location":")" + c.location + "\"";
    for (const char* stage : {"", R"(,"stage-create":true)"}) {
      ErrorType(c.status, Send("POST", "/namespaces/s/tables", NewTable("t", more + stage)));
    }
  }
  EXPECT_TRUE(catalog_->files().List(folder_.path() + "/outside").empty());
}

TEST(RestLocations, OnS3NamesAreTakenAsTheyAre) {
  RestLocations locations({"s3://bucket/w"});
  EXPECT_EQ(locations.Checked("s3://bucket/w/s/t/", "location"), "s3://bucket/w/s/t");
  EXPECT_EQ(locations.Checked("s3a://bucket/w/a%2e?*", "location"), "s3://bucket/w/a%2e?*");
  auto status = [&](const std::string& location) {
    try {
      locations.Checked(location, "location");
    } catch (const RestError& error) {
      return error.status();
    }
    return 200;
  };
  for (const char* elsewhere : {"s3://bucket/w", "s3://bucket/w2/t", "s3://other/w/t",
                                "s3://bucket/W/t", "file:///bucket/w/t", "/w/t"}) {
    EXPECT_EQ(status(elsewhere), 403) << elsewhere;
  }
  for (const char* bad : {"s3://bucket/w/../x", "s3://bucket/w//t", "s3://bucket/w/./t",
                          "s3://bucket/w/t\n", "gs://bucket/w/t", "bucket/w/t"}) {
    EXPECT_EQ(status(bad), 400) << bad;
  }
}

TEST_F(RestLocationsTest, NeitherDoesACommitOrARegistration) {
  CreateTable("t");
  auto commit = [&](const std::string& update) {
    return Send("POST", "/namespaces/s/tables/t",
                R"({"requirements":[],"updates":[)" + update + "]}");
  };
  ErrorType(403, commit(R"({"action":"set-location","location":"file:///etc/t"})"));
  ErrorType(403, commit(R"({"action":"add-snapshot","snapshot":{"snapshot-id":1,"timestamp-ms":1,
      "sequence-number":1,"manifest-list":"file:///etc/passwd","summary":{"operation":"append"}}})"));
  ErrorType(403, Send("POST", "/namespaces/s/register",
                      R"({"name":"r","metadata-location":"file:///etc/passwd"})"));
  // Metadata that lies in the warehouse, but says that the table does not.
  Json metadata = Expect(200, Send("GET", "/namespaces/s/tables/t"))["metadata"];
  metadata["location"] = Location("/outside");
  catalog_->files().WriteNew(Location("/w/x/0.metadata.json"), metadata.dump());
  ErrorType(
      403, Send("POST", "/namespaces/s/register",
                R"({"name":"r","metadata-location":")" + Location("/w/x/0.metadata.json") + "\"}"));
  catalog_->files().WriteNew(Location("/w/x/1.metadata.json"), "no metadata");
  ErrorType(
      400, Send("POST", "/namespaces/s/register",
                R"({"name":"r","metadata-location":")" + Location("/w/x/1.metadata.json") + "\"}"));
}

TEST_F(RestLocationsTest, FoldersBesideItCanBeAllowed) {
  IcebergRest open({{"w", catalog_, {Location("/outside")}}});
  auto create = [&](const std::string& location) {
    return SendTo(open, "POST", "/iceberg/v1/w/namespaces/s/tables",
                  NewTable("t", R"(,"location":")" + location + "\""));
  };
  ErrorType(403, create(Location("/other/t")));
  EXPECT_EQ(Expect(200, create(Location("/outside/t")))["metadata"]["location"],
            Location("/outside/t"));
}

}  // namespace
}  // namespace eider::server
