#include "server/client_certificate.h"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <fstream>
#include <random>

#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "server/certificate_testing.h"
#include "server/http_client_testing.h"
#include "server/http_server.h"

namespace eider::server {
namespace {

using testing::HasSubstr;
using testing::Not;

// A server that says who the client is.
class ClientCertificateTest : public testing::Test {
 protected:
  void Serve(bool required) {
    HttpServerOptions options;
    options.listen = "127.0.0.1:0";
    TestCertificate own = authority_.Issue({"localhost", "", "serverAuth"});
    options.tls = TlsFiles{own.certificate, own.key, authority_.File(), required};
    server_ = std::make_unique<HttpServer>(std::move(options), [](HttpRequest& request) {
      HttpResponse response;
      response.body = !request.certificate ? "nobody"
                                           : request.certificate->subject + " " +
                                                 Join(request.certificate->groups, " ");
      return response;
    });
  }

  // The body of the answer; "" where there is none. A session that is given is resumed; the new one
  // is kept in its place.
  std::string Ask(const TestCertificate& shown, SSL_SESSION** session = nullptr,
                  int version = TLS1_3_VERSION) {
    TestClient client(server_->port());
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                              SSL_CTX_free);
    SSL_CTX_set_max_proto_version(context.get(), version);
    if (!shown.certificate.empty()) {
      SSL_CTX_use_certificate_chain_file(context.get(), shown.certificate.c_str());
      SSL_CTX_use_PrivateKey_file(context.get(), shown.key.c_str(), SSL_FILETYPE_PEM);
    }
    std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
    SSL_set_fd(tls.get(), client.socket());
    if (session != nullptr && *session != nullptr) SSL_set_session(tls.get(), *session);
    std::string answer;
    if (SSL_connect(tls.get()) == 1) {
      std::string request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      SSL_write(tls.get(), request.data(), static_cast<int>(request.size()));
      char buffer[4096];
      for (int count; (count = SSL_read(tls.get(), buffer, sizeof buffer)) > 0;) {
        answer.append(buffer, static_cast<size_t>(count));
      }
    }
    resumed_ = SSL_session_reused(tls.get()) == 1;
    // Else the session counts as broken.
    SSL_shutdown(tls.get());
    if (session != nullptr) {
      SSL_SESSION_free(*session);
      *session = SSL_get1_session(tls.get());
    }
    size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
  }

  TemporaryFolder folder_;
  TestAuthority authority_{folder_.path(), "clients"};
  std::unique_ptr<HttpServer> server_;
  bool resumed_ = false;
};

TEST_F(ClientCertificateTest, SaysWhoTheClientIs) {
  Serve(true);
  TestCertificate spark = authority_.Issue(
      {"spark", "DNS:spark.example.org,email:spark@example.org,URI:spiffe://example.org/spark,"
                "IP:192.0.2.1"});
  EXPECT_EQ(Ask(spark),
            "CN=spark,O=Example certificate/cn:spark certificate/dns:spark.example.org "
            "certificate/email:spark@example.org certificate/uri:spiffe://example.org/spark");
  EXPECT_THAT(Ask(spark, nullptr, TLS1_2_VERSION), HasSubstr("CN=spark"));
}

TEST_F(ClientCertificateTest, WithoutOneThereIsNobody) {
  Serve(false);
  EXPECT_EQ(Ask({}), "nobody");
  Serve(true);
  EXPECT_EQ(Ask({}), "");
  EXPECT_EQ(Ask({}, nullptr, TLS1_2_VERSION), "");
}

TEST_F(ClientCertificateTest, OneThatNoAuthorityHasSignedIsRefused) {
  TestAuthority other(folder_.path(), "clients");
  for (bool required : {true, false}) {
    Serve(required);
    EXPECT_EQ(Ask(other.Issue({"spark"})), "");
    EXPECT_EQ(Ask(authority_.Issue({"spark", "", "clientAuth", -7200, -3600})), "") << "expired";
    EXPECT_EQ(Ask(authority_.Issue({"spark", "", "clientAuth", 3600, 7200})), "") << "not yet";
    EXPECT_EQ(Ask(authority_.Issue({"spark", "", "serverAuth"})), "") << "a server's";
    EXPECT_THAT(Ask(authority_.Issue({"spark", "", ""})), HasSubstr("CN=spark"));
  }
}

TEST_F(ClientCertificateTest, AResumedSessionIsStillTheClients) {
  Serve(true);
  TestCertificate spark = authority_.Issue({"spark"});
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_SESSION* session = nullptr;
    EXPECT_THAT(Ask(spark, &session, version), HasSubstr("CN=spark"));
    EXPECT_THAT(Ask(spark, &session, version), HasSubstr("CN=spark"));
    EXPECT_TRUE(resumed_);
    SSL_SESSION_free(session);
  }
}

TEST_F(ClientCertificateTest, NamesThatHaveFooledOthersAreNobodys) {
  Serve(true);
  EXPECT_THAT(Ask(authority_.Issue({std::string("admin\0.evil", 11)})),
              Not(HasSubstr("certificate/cn:")));
  EXPECT_THAT(Ask(authority_.Issue({"admin\n"})), Not(HasSubstr("certificate/cn:")));
  // Nor can a comma in a name begin another part of the subject.
  EXPECT_THAT(Ask(authority_.Issue({"x,CN=admin"})), HasSubstr("CN=x\\,CN=admin,O=Example"));
}

TEST_F(ClientCertificateTest, WhatIsNoAuthorityIsRefusedAtOnce) {
  TestCertificate own = authority_.Issue({"localhost", "", ""});
  std::string path = folder_.path() + "/authorities.pem";
  auto code = [&] { return CodeOf([&] { LoadTls({own.certificate, own.key, path, true}); }); };
  EXPECT_EQ(code(), ErrorCode::kNotFound);
  std::ofstream(path) << "nothing\n";
  EXPECT_EQ(code(), ErrorCode::kInvalidArgument);
  // A fuzzer in small: whatever a file holds, it is taken or refused.
  std::ifstream file(authority_.File());
  const std::string good((std::istreambuf_iterator<char>(file)), {});
  std::mt19937 random(20261125);
  for (int round = 0; round < 300; ++round) {
    std::string text = good;
    for (unsigned i = random() % 8 + 1; i > 0; --i) {
      size_t place = random() % text.size();
      if (random() % 2 == 0) {
        text[place] = static_cast<char>(random());
      } else {
        text.erase(place, random() % 32);
        text += "\n";
      }
    }
    std::ofstream(path) << text;
    try {
      LoadTls({own.certificate, own.key, path, true});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace eider::server
