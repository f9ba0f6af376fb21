#include "jinja/format.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "jinja/environment.h"

namespace eider::jinja {
namespace {

TEST(FormatTest, SpecificationsArePythons) {
  EXPECT_EQ(FormatValue(42, ">6"), "    42");
  EXPECT_EQ(FormatValue(-42, "06"), "-00042");
  EXPECT_EQ(FormatValue(1234567, ","), "1,234,567");
  EXPECT_EQ(FormatValue(255, "#x"), "0xff");
  EXPECT_EQ(FormatValue(3.14159, ".2f"), "3.14");
  EXPECT_EQ(FormatValue(1234.5, ".4"), "1.234e+03");
  EXPECT_EQ(FormatValue(99999.5, "#.5g"), "1.0000e+05");
  EXPECT_EQ(FormatValue(0.256, ".1%"), "25.6%");
  EXPECT_EQ(FormatValue("é", "*^5"), "**é**");
  EXPECT_EQ(FormatValue(Value(), ""), "None");
}

TEST(FormatTest, WrongSpecificationsAreErrors) {
  for (const char* specification : {"d", "+", ",", "=5", "#"}) {
    EXPECT_THROW(FormatValue("text", specification), Error) << specification;
  }
  EXPECT_THROW(FormatValue(1.5, "d"), Error);
  EXPECT_THROW(FormatValue(Value(), "5"), Error);
  EXPECT_THROW(FormatValue(1, "99999999999"), Error);
}

TEST(FormatTest, HugeWidthsAreRefused) { EXPECT_THROW(FormatValue(1, "1000000000"), Error); }

TEST(FormatTest, SafeTextEscapesWhatIsPutIntoIt) {
  Environment environment;
  auto render = [&](const char* source) { return environment.Compile(source, "t")->Render(); };
  EXPECT_EQ(render("{{ ('<b>%s</b>' | safe) % '<' }}"), "<b>&lt;</b>");
  EXPECT_EQ(render("{{ ('<b>{}</b>' | safe).format('<') }}"), "<b>&lt;</b>");
}

}  // namespace
}  // namespace eider::jinja
