#include "dbt/secret.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace eider::dbt {
namespace {

TEST(Secret, RegisteredValuesAreHiddenWhereverTheyStand) {
  RegisterSecret("s3cr3t-a");
  EXPECT_EQ(ScrubSecrets("x s3cr3t-a y s3cr3t-a"), "x ***** y *****");
  EXPECT_EQ(ScrubSecrets("nothing here"), "nothing here");
}

TEST(Secret, ALongerSecretIsHiddenBeforeOneItContains) {
  RegisterSecret("part-b");
  RegisterSecret("whole-part-b-secret");
  EXPECT_EQ(ScrubSecrets("whole-part-b-secret"), "*****");
}

TEST(Secret, EmptyValuesAreIgnored) {
  RegisterSecret("");
  EXPECT_EQ(ScrubSecrets("abc"), "abc");
}

TEST(Secret, TheEnvironmentIsRead) {
  setenv("DBT_ENV_SECRET_UNIT", "from-the-environment", 1);
  RegisterSecretsFromEnvironment();
  EXPECT_EQ(ScrubSecrets("<from-the-environment>"), "<*****>");
}

}  // namespace
}  // namespace eider::dbt
