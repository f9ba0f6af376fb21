#include "server/prometheus_text.h"

#include <gtest/gtest.h>

namespace eider::server {

namespace {

TEST(PrometheusText, Families) {
  PrometheusText text;
  text.One("a", "gauge", "A value.", 1.5);
  text.Family("b", "histogram", "Some values.");
  text.Sample({{"x", "1"}, {"le", "+Inf"}}, 12'345'678, "_bucket");
  EXPECT_EQ(text.text(),
            "# HELP a A value.\n# TYPE a gauge\na 1.5\n"
            "# HELP b Some values.\n# TYPE b histogram\nb_bucket{x=\"1\",le=\"+Inf\"} 12345678\n");
}

TEST(PrometheusText, LabelsHoldAnyText) {
  PrometheusText text;
  text.Family("a", "gauge", "A.");
  text.Sample({{"table", "a\"b\\c\nd"}}, 1);
  EXPECT_NE(text.text().find("a{table=\"a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos);
}

}  // namespace

}  // namespace eider::server
