#include "base/error.h"

#include <gtest/gtest.h>

namespace eider {
namespace {

TEST(ErrorTest, RendersWhereWhatAndWhatNext) {
  Error error(ErrorCode::kSyntax, "unexpected end of template");
  EXPECT_STREQ(error.what(), "unexpected end of template");
  error.At("models/a.sql", 3, 7).WithHint("close the block with {% endif %}");
  EXPECT_STREQ(error.what(),
               "models/a.sql:3:7: unexpected end of template\nclose the block with {% endif %}");
  EXPECT_EQ(error.code(), ErrorCode::kSyntax);
}

TEST(ErrorTest, ContextLeadsTheMessage) {
  Error error(ErrorCode::kIo, "disk gone");
  error.WithContext("while building marts.customers");
  EXPECT_STREQ(error.what(), "while building marts.customers: disk gone");
}

TEST(ErrorTest, IsCaughtAsStandardException) {
  try {
    throw Error(ErrorCode::kNotFound, "table a.b does not exist").WithHint("create it");
  } catch (const std::exception& e) {
    EXPECT_STREQ(e.what(), "table a.b does not exist\ncreate it");
  }
}

}  // namespace
}  // namespace eider
