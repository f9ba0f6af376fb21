#include "cli/failure.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "dbt/secret.h"

namespace eider::cli {
namespace {

TEST(FailureTest, ExitCodesAreDbts) {
  EXPECT_EQ(ExitCodeFor(Error(ErrorCode::kInterrupted, "stopped")), 1);
  for (ErrorCode code : {ErrorCode::kInvalidArgument, ErrorCode::kSyntax, ErrorCode::kNotFound,
                         ErrorCode::kIo, ErrorCode::kQuery, ErrorCode::kInternal}) {
    EXPECT_EQ(ExitCodeFor(Error(code, "x")), 2);
  }
}

TEST(FailureTest, TellsThePlaceAndWhatToDo) {
  Error error(ErrorCode::kSyntax, "unexpected '}'");
  error.At("models/a.sql", 3, 7).WithHint("Close the block.\nOr open one.");
  EXPECT_EQ(FailureText(error),
            "Error: unexpected '}'\n"
            "  in models/a.sql:3:7\n"
            "  Close the block.\n"
            "  Or open one.\n");
}

TEST(FailureTest, SecretsAreScrubbed) {
  dbt::RegisterSecret("hunter2");
  EXPECT_EQ(FailureText(Error(ErrorCode::kIo, "login as x:hunter2 failed")),
            "Error: login as x:***** failed\n");
}

TEST(FailureTest, WhatTheFileSystemRefusesIsNoBug) {
  Error error = ToError(std::filesystem::filesystem_error(
      "status", "/x", std::make_error_code(std::errc::permission_denied)));
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_EQ(error.message(), "cannot use /x: Permission denied");
}

TEST(FailureTest, OtherExceptionsAreBugs) {
  Error error = ToError(std::runtime_error("vector::at"));
  EXPECT_EQ(error.code(), ErrorCode::kInternal);
  EXPECT_NE(error.hint().find("bug"), std::string::npos);
  EXPECT_EQ(ToError(Error(ErrorCode::kNotFound, "x")).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace eider::cli
