#include "dbt/node_error.h"

#include <gtest/gtest.h>

namespace eider::dbt {
namespace {

Node MakeModel() {
  Node node;
  node.name = "a";
  node.original_file_path = "models/a.sql";
  return node;
}

TEST(NodeErrorTest, WhatTheWarehouseSaysIsARuntimeError) {
  Error error(ErrorCode::kQuery, "Catalog Error: Table nope does not exist!\n\nLINE 1: select");
  error.WithHint("in macro statement (macros/statement.sql:13)\nin template (:1)")
      .At("macros/statement.sql", 13);
  EXPECT_EQ(NodeErrorMessage(MakeModel(), error),
            "Runtime Error in model a (models/a.sql)\n"
            "  Catalog Error: Table nope does not exist!\n"
            "  \n"
            "  LINE 1: select");
}

TEST(NodeErrorTest, ASemicolonIsExplained) {
  Error error(ErrorCode::kQuery, "Parser Error: syntax error at or near \";\"");
  EXPECT_EQ(NodeErrorMessage(MakeModel(), error),
            "Runtime Error in model a (models/a.sql)\n"
            "  Parser Error: syntax error at or near \";\"\n"
            "  The SQL becomes part of a larger statement: write no ';' at its end.");
}

TEST(NodeErrorTest, WhatATemplateSaysComesWithItsMacros) {
  Error error(ErrorCode::kInvalidArgument, "boo");
  error
      .WithHint(
          "Try again.\nin macro inner (macros/x.sql:3)\nin macro caller (macros/x.sql:4)\n"
          "in macro outer (macros/x.sql:9)\nin template (models/a.sql:1)")
      .At("macros/x.sql", 3);
  EXPECT_EQ(NodeErrorMessage(MakeModel(), error),
            "Compilation Error in model a (models/a.sql)\n"
            "  boo\n"
            "  Try again.\n"
            "  \n"
            "  > in macro inner (macros/x.sql:3)\n"
            "  > called by macro outer (macros/x.sql:9)\n"
            "  > called by model a (models/a.sql)");
}

TEST(NodeErrorTest, AnUndefinedNameIsExplained) {
  Error error(ErrorCode::kInvalidArgument, "'sta' is undefined");
  error.At("models/a.sql", 7);
  EXPECT_EQ(NodeErrorMessage(MakeModel(), error, {"star", "surrogate_key"}),
            "Compilation Error in model a (models/a.sql)\n"
            "  'sta' is undefined. This can happen when calling a macro that does not exist. Check "
            "for typos and/or install package dependencies with \"dbt deps\".\n"
            "  Did you mean 'star'?\n"
            "  in models/a.sql:7");
}

}  // namespace
}  // namespace eider::dbt
