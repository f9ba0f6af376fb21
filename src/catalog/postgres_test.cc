#include "catalog/postgres.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error_testing.h"
#include "catalog/postgres_testing.h"

namespace eider::catalog {
namespace {

TEST(ForPostgresTest, StatementsAreTakenOver) {
  EXPECT_EQ(ForPostgres("SELECT ? WHERE a = ? AND b = ?"), "SELECT $1 WHERE a = $2 AND b = $3");
  EXPECT_EQ(ForPostgres("SELECT ?2 WHERE a = ?1"), "SELECT $2 WHERE a = $1");
  EXPECT_EQ(ForPostgres("ORDER BY a COLLATE BINARY"), "ORDER BY a COLLATE \"C\"");
  EXPECT_EQ(ForPostgres("LIMIT 1 /*+ FOR UPDATE */"), "LIMIT 1  FOR UPDATE ");
}

class PostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    if (PostgresServer::Get() == nullptr) GTEST_SKIP() << "PostgreSQL is not installed";
    url_ = PostgresServer::Get()->NewCatalog();
    database_ = std::make_unique<PostgresDatabase>(url_, "here", 0);
  }
  std::string url_;
  std::unique_ptr<PostgresDatabase> database_;
};

TEST_F(PostgresTest, NullAndTextSurvive) {
  database_->Execute("CREATE TABLE t (a TEXT, b TEXT)");
  EXPECT_EQ(database_->Execute("INSERT INTO t VALUES (?, ?)", {"größe'\n", std::nullopt}), 1);
  auto rows = database_->Query("SELECT a, b FROM t WHERE a = ?", {"größe'\n"});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0], "größe'\n");
  EXPECT_EQ(rows[0][1], std::nullopt);
  EXPECT_EQ(CodeOf([&] { database_->Query("SELECT ?", {std::string("a\0b", 3)}); }),
            ErrorCode::kInvalidArgument);
}

TEST_F(PostgresTest, TextIsOrderedByBytesWhereThatIsAskedFor) {
  database_->Execute("CREATE TABLE t (a TEXT)");
  for (const char* name : {"a", "B", "_"}) {
    database_->Execute("INSERT INTO t VALUES (?)", {name});
  }
  auto first = [&](const char* order) {
    return database_->Query(std::string("SELECT a FROM t ORDER BY ") + order).at(0).at(0);
  };
  EXPECT_EQ(first("a COLLATE BINARY"), "B");
  EXPECT_EQ(first("a"), "_") << "the server's own order is the bytes', and nothing is tested";
}

TEST_F(PostgresTest, AnAcknowledgedCommitIsOnDiskWhateverTheDefaultIs) {
  PostgresDatabase careless(url_ + "%20-csynchronous_commit%3Doff", "here", 0);
  EXPECT_EQ(careless.Query("SHOW synchronous_commit").at(0).at(0), "on");
  PostgresDatabase careful(url_ + "%20-csynchronous_commit%3Dremote_apply", "here", 0);
  EXPECT_EQ(careful.Query("SHOW synchronous_commit").at(0).at(0), "remote_apply");
}

TEST_F(PostgresTest, ErrorsHaveCodesAndNoPassword) {
  database_->Execute("CREATE TABLE t (a TEXT PRIMARY KEY)");
  database_->Execute("INSERT INTO t VALUES ('x')");
  EXPECT_EQ(CodeOf([&] { database_->Execute("INSERT INTO t VALUES ('x')"); }),
            ErrorCode::kAlreadyExists);
  EXPECT_FALSE(database_->lost());
  Error gone =
      ErrorOf([] { PostgresDatabase("postgresql://me:geheim@127.0.0.1:1/x", "shown", 0); });
  EXPECT_EQ(gone.code(), ErrorCode::kIo);
  EXPECT_NE(gone.message().find("shown"), std::string::npos);
  EXPECT_EQ(std::string(gone.what()).find("geheim"), std::string::npos) << gone.what();
  // One that is written wrongly would be repeated by libpq.
  Error wrong = ErrorOf([] { PostgresDatabase("postgresql://me:ge/heim@h:x/d", "shown", 0); });
  EXPECT_EQ(wrong.code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(std::string(wrong.what()).find("heim"), std::string::npos) << wrong.what();
}

TEST_F(PostgresTest, ACommitThatWasARollbackIsAnError) {
  database_->Run("BEGIN");
  EXPECT_EQ(CodeOf([&] { database_->Query("SELECT 1 / 0"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { database_->Run("COMMIT"); }), ErrorCode::kIo);
}

// A machine that takes connections and says nothing.
TEST(PostgresConnectTest, AnAddressThatDoesNotAnswerIsGivenUp) {
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::string url = "postgresql://eider@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) +
                    "/postgres?sslmode=disable";
  Error error = ErrorOf([&] { PostgresDatabase(url, "here", 0, 2); });
  ::close(listener);
  if (error.code() == ErrorCode::kUnsupported) GTEST_SKIP() << error.message();
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.message(), testing::HasSubstr("timeout expired"));
}

}  // namespace
}  // namespace eider::catalog
