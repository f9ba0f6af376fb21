// What tests of tables on S3 share: a warehouse in an object store in memory, a service that makes
// keys, and principals.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "io/http_server_testing.h"
#include "io/object_store_testing.h"
#include "io/s3_testing.h"
#include "server/rest_testing.h"

namespace eider::server {

// The warehouse w at s3://lake/shop, with a table s.t.
class RestOnS3Test : public RestTest {
 protected:
  static constexpr char kTable[] = "/namespaces/s/tables/t";

  void SetUp() override { Open(RoleOptions()); }

  void TearDown() override {
    rest_.reset();
    catalog_.reset();
  }

  // Whose clients are given keys of a role.
  io::S3Options RoleOptions() {
    io::S3Options options = io::TestS3Options("http://minio:9000");
    options.role_arn = "arn:aws:iam::1:role/r";
    options.sts_endpoint = service_.url("");
    return options;
  }

  void Open(io::S3Options options) {
    rest_.reset();
    files_ = std::make_unique<io::ObjectsInMemory>(std::move(options));
    catalog_ = catalog::OpenCatalog("s3://lake/shop", {.store = "sqlite://" + folder_.path() + "/" +
                                                                std::to_string(++opened_) + ".db",
                                                       .name = "w",
                                                       .files = files_.get()});
    audit_path_ = folder_.path() + "/audit.log";
    rest_ = std::make_unique<IcebergRest>(std::vector<IcebergRestWarehouse>{{"w", catalog_}},
                                          std::make_shared<AuditLog>(audit_path_));
    CreateNamespace("s");
    CreateTable("t");
  }

  void Be(const std::vector<std::string>& grants) {
    principal_ = std::make_shared<const Principal>(
        "token:x", std::vector<Grant>(grants.begin(), grants.end()));
  }

  static HttpFields Asking(const std::string& ways) {
    return {{"X-Iceberg-Access-Delegation", ways}};
  }
  Json Load(const std::string& ways, const std::string& table = kTable) {
    return Expect(200, Send("GET", table, "", Asking(ways)));
  }

  // How often keys were made, and the policy of the last ones.
  size_t made() const { return service_.requests().size(); }
  Json LastPolicy() const {
    std::string request = service_.requests().back();
    size_t begin = request.find("Policy=") + 7;
    std::string policy = request.substr(begin, request.find('&', begin) - begin);
    return Json::parse(*PercentDecode(policy));
  }

  // The service answers with keys "id-1", "SECRET-1", "TOKEN-1", and so on; or refuses.
  std::atomic<bool> refuses_ = false;
  std::atomic<const char*> ending_ = "2099-01-01T00:00:00Z";  // of the keys
  std::atomic<int> sessions_ = 0;
  io::TestServer service_{[this](const std::string&) {
    if (refuses_) return io::TestServer::Reply(403);
    std::string number = std::to_string(++sessions_);
    std::string body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>id-" +
                       number + "</AccessKeyId><SecretAccessKey>SECRET-" + number +
                       "</SecretAccessKey><SessionToken>TOKEN-" + number +
                       "</SessionToken><Expiration>" + ending_.load() +
                       "</Expiration></Credentials>"
                       "</AssumeRoleResult></AssumeRoleResponse>";
    return io::TestServer::Reply(200, body);
  }};
  std::unique_ptr<io::ObjectsInMemory> files_;
  int opened_ = 0;
  std::string audit_path_;
};

}  // namespace eider::server
