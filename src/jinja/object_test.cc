#include "jinja/object.h"

#include <gtest/gtest.h>

#include "base/error_testing.h"

namespace eider::jinja {
namespace {

TEST(BoundArgumentsTest, BindsAsPythonDoes) {
  Arguments arguments;
  arguments.positional = {1};
  arguments.keyword = {{"b", 2}};
  BoundArguments bound("f", arguments, {"a", "b", "c"}, 1);
  EXPECT_EQ(bound.Int(0), 1);
  EXPECT_EQ(bound.Int(1), 2);
  EXPECT_FALSE(bound.Has(2));
  EXPECT_EQ(bound.Int(2, 7), 7);
  EXPECT_TRUE(bound[2].IsNone());
}

TEST(BoundArgumentsTest, NamesWhatIsWrong) {
  auto bind = [](ValueList positional, std::vector<std::pair<std::string, Value>> keyword) {
    return InvalidArgumentMessage([&] {
      Arguments arguments{std::move(positional), std::move(keyword)};
      BoundArguments bound("f", arguments, {"a", "b"}, 1);
    });
  };
  EXPECT_EQ(bind({}, {}), "f() missing 1 required positional argument: 'a'");
  EXPECT_EQ(bind({1, 2, 3}, {}), "f() takes at most 2 positional arguments but 3 were given");
  EXPECT_EQ(bind({1}, {{"a", 2}}), "f() got multiple values for argument 'a'");
  EXPECT_EQ(bind({1}, {{"z", 2}}), "f() got an unexpected keyword argument 'z'");
}

TEST(GeneratorTest, IsEmptyOnceIterated) {
  Generator generator({1, 2});
  EXPECT_EQ(generator.Iterate().size(), 2u);
  EXPECT_TRUE(generator.Iterate().empty());
}

}  // namespace
}  // namespace eider::jinja
