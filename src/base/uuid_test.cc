#include "base/uuid.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <regex>
#include <set>

namespace eider {
namespace {

TEST(UuidTest, HasTheFormOfVersionFour) {
  std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(std::regex_match(NewUuid(), form));
}

TEST(UuidTest, NeverRepeats) {
  std::set<std::string> seen;
  std::set<int64_t> ids;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(seen.insert(NewUuid()).second);
    int64_t id = NewRandomId();
    EXPECT_GE(id, 0);
    EXPECT_TRUE(ids.insert(id).second);
  }
}

TEST(UuidTest, ForkedProcessesDiffer) {
  NewUuid();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::string uuid = NewUuid();
    ::_exit(::write(ends[1], uuid.data(), uuid.size()) == 36 ? 0 : 1);
  }
  std::string ours = NewUuid();
  std::string theirs(36, '\0');
  ASSERT_EQ(::read(ends[0], theirs.data(), theirs.size()), 36);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_NE(ours, theirs);
}

TEST(UuidTest, IsToldFromWhatIsNone) {
  EXPECT_TRUE(IsUuid(NewUuid()));
  EXPECT_TRUE(IsUuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"));
  EXPECT_FALSE(IsUuid(""));
  EXPECT_FALSE(IsUuid("017F22E279B07CC398C4DC0C0C07398F"));
  EXPECT_FALSE(IsUuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398G"));
  EXPECT_FALSE(IsUuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F0"));
}

TEST(UuidTest, RandomBytesAreAsManyAsAskedForAndNeverTheSame) {
  EXPECT_EQ(NewRandomBytes(0), "");
  EXPECT_EQ(NewRandomBytes(33).size(), 33U);
  EXPECT_NE(NewRandomBytes(16), NewRandomBytes(16));
}

}  // namespace
}  // namespace eider
