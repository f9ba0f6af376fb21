#include "cli/resource_counts.h"

#include <gtest/gtest.h>

namespace eider::cli {
namespace {

TEST(ResourceCountsTest, ReadAsDbts) {
  dbt::Manifest manifest;
  for (const char* name : {"a", "b"}) {
    dbt::Node& model = manifest.nodes[std::string("model.shop.") + name];
    model.type = dbt::NodeType::kModel;
  }
  manifest.nodes["seed.shop.s"].type = dbt::NodeType::kSeed;
  manifest.nodes["test.shop.t"].type = dbt::NodeType::kTest;
  manifest.nodes["test.shop.u"].type = dbt::NodeType::kTest;
  manifest.sources["source.shop.x.y"];
  EXPECT_EQ(ResourceCounts(manifest), "2 models, 1 seed, 2 data tests, 1 source");
}

TEST(ResourceCountsTest, OneIsSingular) {
  EXPECT_EQ(Counted(1, "seed"), "1 seed");
  EXPECT_EQ(Counted(0, "seed"), "0 seeds");
  EXPECT_EQ(Counted(2, "analysis"), "2 analyses");
}

}  // namespace
}  // namespace eider::cli
