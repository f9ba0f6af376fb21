#include "catalog/rest_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "base/clock.h"
#include "base/error_testing.h"
#include "base/text.h"
#include "io/http_server_testing.h"

namespace eider::catalog {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Config = io::StorageProperties;

const TableIdentifier kTable{{"s"}, "t"};
const TableIdentifier kOther{{"s"}, "u"};
const Config kOwnKeys = {{"s3.access-key-id", "own-id"}, {"s3.secret-access-key", "OWN-SECRET"}};

Config Keys(const std::string& id, int64_t expires_at_millis = 0) {
  Config config = {{"s3.access-key-id", id},
                   {"s3.secret-access-key", "SECRET-" + id},
                   {"s3.session-token", "TOKEN-" + id}};
  if (expires_at_millis > 0) {
    config["s3.session-token-expires-at-ms"] = std::to_string(expires_at_millis);
  }
  return config;
}

// What a catalog answers to the load of a table.
Json Answer(const std::string& location, const Config& config,
            const std::vector<std::pair<std::string, Config>>& lent = {}) {
  Json answer;
  answer["metadata"]["location"] = location;
  answer["config"] = config;
  for (const auto& [prefix, keys] : lent) {
    Json credential;
    credential["prefix"] = prefix;
    credential["config"] = keys;
    answer["storage-credentials"].push_back(std::move(credential));
  }
  return answer;
}

// A store that tells with which key each object was asked for.
class RestStorageTest : public testing::Test {
 protected:
  RestStorageTest() : store_([this](const std::string& request) { return Serve(request); }) {
    for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION",
                             "AWS_DEFAULT_REGION", "AWS_PROFILE"}) {
      const char* value = std::getenv(name);
      before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
      ::unsetenv(name);
    }
  }
  ~RestStorageTest() override {
    for (const auto& [name, value] : before_) {
      if (value) ::setenv(name.c_str(), value->c_str(), 1);
    }
  }

  RestStorage Storage(Config own = {}, Config offered = {}) {
    return RestStorage(io::LocalFileSystem(), std::move(own), std::move(offered));
  }

  Config With(Config config) const {
    config["s3.endpoint"] = store_.url("");
    config["s3.region"] = "eu-north-1";
    return config;
  }

  static RestStorage::Renewal None() {
    return []() -> Json { throw Error(ErrorCode::kInternal, "nothing was to be renewed"); };
  }

  std::string Serve(const std::string& request) {
    constexpr std::string_view kCredential = "Credential=";
    size_t at = request.find(kCredential) + kCredential.size();
    std::string id = request.substr(at, request.find('/', at) - at);
    if (id == refused_) {
      return io::TestServer::Reply(
          400, "<Error><Code>ExpiredToken</Code><Message>old</Message></Error>");
    }
    return io::TestServer::Reply(200, id);
  }

  std::string refused_;
  io::TestServer store_;
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(RestStorageTest, TheLongestPrefixOfTheTableCounts) {
  RestStorage storage = Storage();
  storage.Learn(kTable,
                Answer("s3://b/w/t", With(Keys("config")),
                       {{"s3://b/", Keys("bucket")},
                        {"s3://b/w/t/data", Keys("data")},
                        {"gs://b/w/t", {{"gcs.oauth2.token", "x"}}},
                        {"s3://elsewhere/x", Keys("elsewhere")}}),
                None());
  EXPECT_EQ(storage.Read("s3://b/w/t/data/1.parquet"), "data");
  EXPECT_EQ(storage.Read("s3a://b/w/t/data/1.parquet"), "data");
  EXPECT_EQ(storage.Read("s3://b/w/t/metadata/1.json"), "bucket");
  EXPECT_EQ(storage.Read("s3://elsewhere/x/1.parquet"), "elsewhere");
  EXPECT_THAT(store_.requests()[0], HasSubstr("/eu-north-1/s3/"));
  EXPECT_EQ(storage.FindS3Scope("s3://b/w/t/data/1.parquet")->prefix, "s3://b/w/t/");
  EXPECT_EQ(storage.FindS3Scope("s3://b/w/t/data/1.parquet")->options.endpoint, store_.url(""));
  EXPECT_EQ(storage.FindS3Scope("s3://b/w/tt/data/1.parquet"), nullptr);
  EXPECT_EQ(storage.FindS3Scope("/b/w/t"), nullptr);
}

TEST_F(RestStorageTest, OnePrefixForManyTablesMixesNoKeys) {
  RestStorage storage = Storage();
  auto learn = [&](const TableIdentifier& table, const std::string& key) {
    storage.Learn(table, Answer("s3://b/w/" + table.name, With({}), {{"s3://b/", Keys(key)}}),
                  None());
  };
  learn(kTable, "of-t");
  learn(kOther, "of-u");
  EXPECT_EQ(storage.Read("s3://b/w/t/x"), "of-t");
  EXPECT_EQ(storage.Read("s3://b/w/u/x"), "of-u");
  // Loaded again, it has others, and the connection stays.
  learn(kTable, "newer");
  EXPECT_EQ(storage.Read("s3://b/w/t/x"), "newer");
  EXPECT_EQ(store_.connections(), 2);
}

TEST_F(RestStorageTest, FilesElsewhereAreReachedAsTheTableIs) {
  RestStorage storage = Storage();
  Json answer = Answer("s3://b/w/t", With(Keys("lent")));
  answer["metadata"]["properties"]["write.data.path"] = "s3://data/of-t/";
  storage.Learn(kTable, answer, None());
  EXPECT_EQ(storage.Read("s3://data/of-t/x"), "lent");
}

TEST_F(RestStorageTest, KeysAreRenewedBeforeTheyEnd) {
  RestStorage storage = Storage();
  int64_t now = NowMillis();
  int renewals = 0;
  auto renewal = [&]() -> Json {
    Json answer = Answer("", {}, {{"s3://b/w/t/", Keys("second", now + 3'600'000)}});
    answer.erase("config");
    answer.erase("metadata");
    ++renewals;
    return answer;
  };
  storage.Learn(kTable, Answer("s3://b/w/t", With({}), {{"s3://b/w/t/", Keys("first", now + 10)}}),
                renewal);
  ::usleep(20'000);
  EXPECT_EQ(storage.Read("s3://b/w/t/x"), "second");
  EXPECT_EQ(storage.Read("s3://b/w/t/y"), "second");
  EXPECT_EQ(renewals, 1);
}

TEST_F(RestStorageTest, RefusedKeysAreRenewed) {
  RestStorage storage = Storage();
  refused_ = "first";
  storage.Learn(kTable, Answer("s3://b/w/t", With(Keys("first"))),
                [&] { return Answer("s3://b/w/t", With(Keys("second"))); });
  EXPECT_EQ(storage.Read("s3://b/w/t/x"), "second");
}

TEST_F(RestStorageTest, KeysThatCannotBeRenewedSayWhose) {
  RestStorage storage = Storage();
  storage.Learn(kTable, Answer("s3://b/w/t", With(Keys("first", NowMillis() - 1))),
                []() -> Json { throw Error(ErrorCode::kNotFound, "it does not exist any more"); });
  Error error = ErrorOf([&] { storage.Read("s3://b/w/t/x"); });
  EXPECT_EQ(error.message(), "table s.t: it does not exist any more");
  // What still holds is used.
  storage.Learn(kOther, Answer("s3://b/w/u", With(Keys("first", NowMillis() + 30'000))), None());
  EXPECT_EQ(storage.Read("s3://b/w/u/x"), "first");
}

// A catalog must not get at the keys of its user by naming itself as the store.
TEST_F(RestStorageTest, OwnKeysAreSentToNoEndpointOfTheCatalog) {
  for (bool of_all : {false, true}) {
    RestStorage storage = Storage(kOwnKeys, of_all ? With({}) : Config());
    storage.Learn(kTable, Answer("s3://b/w/t", of_all ? Config() : With({})), None());
    Error error = ErrorOf([&] { storage.Read("s3://b/w/t/x"); });
    EXPECT_EQ(error.code(), ErrorCode::kPermission);
    EXPECT_THAT(error.message(), HasSubstr("your own are not sent"));
    EXPECT_EQ(CodeOf([&] { storage.FindS3Scope("s3://b/w/t/x"); }), ErrorCode::kPermission);
  }
  EXPECT_THAT(store_.requests(), IsEmpty());
  // Unless the user names it too; and then it is the user's word that counts.
  Config own = kOwnKeys;
  own["s3.endpoint"] = store_.url("");
  RestStorage storage = Storage(own);
  storage.Learn(kTable, Answer("s3://b/w/t", {{"s3.endpoint", "http://127.0.0.1:9"}}), None());
  EXPECT_EQ(storage.Read("s3://b/w/t/x"), "own-id");
  EXPECT_EQ(storage.Read("s3://b/of-no-table"), "own-id");
}

TEST_F(RestStorageTest, LentKeysAreSentWhereTheUserSeesTheStore) {
  RestStorage storage = Storage({{"s3.endpoint", store_.url("")}});
  Config config = Keys("lent");
  config["s3.endpoint"] = "http://minio.inside:9000";
  storage.Learn(kTable, Answer("s3://b/w/t", config), None());
  EXPECT_EQ(storage.Read("s3://b/w/t/x"), "lent");
}

TEST_F(RestStorageTest, RequestsThatTheCatalogSignsAreRefused) {
  RestStorage storage = Storage({{"s3.endpoint", store_.url("")}});
  Config config = {{"s3.remote-signing-enabled", "true"}};
  storage.Learn(kTable, Answer("s3://b/w/t", config), None());
  Error error = ErrorOf([&] { storage.Read("s3://b/w/t/x"); });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), HasSubstr("table s.t: the catalog signs requests"));
  // Where it does both, keys are taken.
  config.merge(Keys("lent"));
  storage.Learn(kTable, Answer("s3://b/w/t", config), None());
  EXPECT_EQ(storage.Read("s3://b/w/t/x"), "lent");
}

TEST_F(RestStorageTest, NoErrorShowsAKey) {
  RestStorage storage = Storage();
  storage.Learn(kTable, Answer("s3://b/w/t", With(Keys("k", NowMillis() - 1))),
                []() -> Json { return Answer("s3://b/w/t", {}); });
  storage.Learn(kOther,
                Answer("s3://b/w/u", {{"s3.endpoint", "nonsense"},
                                      {"s3.access-key-id", "k"},
                                      {"s3.secret-access-key", "SECRET-k"}}),
                None());
  for (const char* path : {"s3://b/w/t/x", "s3://b/w/u/x"}) {
    Error error = ErrorOf([&] { storage.Read(path); });
    EXPECT_THAT(error.what(), HasSubstr("table s."));
    EXPECT_THAT(error.what(), Not(HasSubstr("SECRET")));
    EXPECT_THAT(error.what(), Not(HasSubstr("TOKEN")));
  }
}

TEST_F(RestStorageTest, LocalTablesNeedNothing) {
  RestStorage storage = Storage();
  storage.Learn(kTable, Answer("file:///w/t", {}), None());
  EXPECT_FALSE(storage.Exists("file:///w/t/nothing"));
  EXPECT_TRUE(storage.Reaches("file:///w"));
  EXPECT_TRUE(storage.Reaches("s3://b/w"));
  EXPECT_EQ(CodeOf([] {
              RestStorage(io::LocalFileSystem(), {{"s3.nothing", "x"}}, {});
            }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::catalog
