#include "dbt/constraints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Json kColumns = {
    {"id",
     {{"name", "id"},
      {"data_type", "integer"},
      {"constraints",
       {{{"type", "not_null"}},
        {{"type", "primary_key"}},
        {{"type", "check"}, {"expression", "id > 0"}}}}}},
    {"to",
     {{"name", "to"},
      {"quote", true},
      {"data_type", "text"},
      {"constraints",
       {{{"type", "foreign_key"}, {"to", "\"db\".\"s\".\"t\""}, {"to_columns", {"id"}}}}}}},
    {"plain", {{"name", "plain"}, {"data_type", "date"}, {"constraints", Json::array()}}},
};

TEST(ConstraintsTest, RendersColumnsForDuckDB) {
  std::vector<std::string> warnings;
  auto warn = [&](const std::string& message) { warnings.push_back(message); };
  EXPECT_THAT(RenderColumnConstraints(kColumns, false, warn),
              ElementsAre("id integer not null primary key check (id > 0)",
                          "\"to\" text references \"s\".\"t\" (id)", "plain date"));
  EXPECT_TRUE(warnings.empty());
}

TEST(ConstraintsTest, IcebergKeepsNotNullAndWarnsOfTheRest) {
  std::vector<std::string> warnings;
  auto warn = [&](const std::string& message) { warnings.push_back(message); };
  EXPECT_THAT(RenderColumnConstraints(kColumns, true, warn),
              ElementsAre("id integer not null", "\"to\" text", "plain date"));
  EXPECT_THAT(warnings,
              ElementsAre(HasSubstr("primary_key"), HasSubstr("check"), HasSubstr("foreign_key")));
  warnings.clear();
  RenderModelConstraints({{{"type", "unique"}, {"columns", {"a"}}, {"warn_unsupported", false}}},
                         true, warn);
  EXPECT_TRUE(warnings.empty());
}

TEST(ConstraintsTest, RendersConstraintsOfModels) {
  auto ignore = [](const std::string&) {};
  EXPECT_THAT(
      RenderModelConstraints(
          {{{"type", "primary_key"}, {"columns", {"a", "b"}}, {"name", "pk"}},
           {{"type", "foreign_key"}, {"columns", {"a"}}, {"to", "s.t"}, {"to_columns", {"x"}}},
           {{"type", "custom"}, {"expression", "whatever"}}},
          false, ignore),
      ElementsAre("constraint pk primary key (a, b)", "foreign key (a) references s.t (x)",
                  "whatever"));
  EXPECT_THROW(RenderModelConstraints({{{"type", "magic"}}}, false, ignore), Error);
}

}  // namespace
}  // namespace eider::dbt
