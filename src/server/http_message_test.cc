#include "server/http_message.h"

#include <gtest/gtest.h>

namespace eider::server {
namespace {

TEST(HttpMessage, FieldNamesAreTheSameInAnyCase) {
  HttpRequest request;
  request.fields["Content-Type"] = "text/plain";
  request.fields["content-type"] = "application/json";
  EXPECT_EQ(request.fields.size(), 1U);
  EXPECT_EQ(request.Field("CONTENT-TYPE"), "application/json");
  EXPECT_EQ(request.Field("Content"), "");
}

}  // namespace
}  // namespace eider::server
