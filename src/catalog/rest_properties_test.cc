#include "catalog/rest_properties.h"

#include <gtest/gtest.h>

#include "base/error_testing.h"

namespace eider::catalog {
namespace {

TEST(RestPropertiesTest, NamesAreKnownHoweverTheyAreWritten) {
  EXPECT_EQ(RestPropertyName("oauth2-server-uri"), "oauth2-server-uri");
  EXPECT_EQ(RestPropertyName("OAUTH2_SERVER_URI"), "oauth2-server-uri");
  EXPECT_EQ(RestPropertyName("rest_sigv4_enabled"), "rest.sigv4-enabled");
  EXPECT_EQ(RestPropertyName("header.X-Tenant"), "header.X-Tenant");
  EXPECT_EQ(FindRestProperty("threads"), "");
  Error error = ErrorOf([] { RestPropertyName("tokens"); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.hint(), "Did you mean token?");
}

TEST(RestPropertiesTest, SecretsAreKnownAsSuch) {
  for (const char* name : {"token", "credential", "rest.secret-access-key", "rest.session-token",
                           "header.Authorization"}) {
    EXPECT_TRUE(IsSecretRestProperty(name)) << name;
  }
  for (const char* name : {"uri", "warehouse", "token-file", "scope"}) {
    EXPECT_FALSE(IsSecretRestProperty(name)) << name;
  }
}

TEST(RestPropertiesTest, ValuesAreChecked) {
  RestProperties properties = {{"a", "TRUE"}, {"b", "no"}, {"c", "12"}, {"d", "-1"}};
  EXPECT_TRUE(RestFlag(properties, "a", false));
  EXPECT_TRUE(RestFlag(properties, "absent", true));
  EXPECT_EQ(InvalidArgumentMessage([&] { RestFlag(properties, "b", true); }),
            "b is true or false, not \"no\"");
  EXPECT_EQ(RestNumber(properties, "c", 1), 12);
  EXPECT_EQ(RestNumber(properties, "absent", 7), 7);
  EXPECT_EQ(InvalidArgumentMessage([&] { RestNumber(properties, "d", 1); }),
            "d is a number, not \"-1\"");
}

}  // namespace
}  // namespace eider::catalog
