#include "dbt/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Edges = std::vector<std::pair<std::string, std::vector<std::string>>>;

// Each entry is a node and its parents; ids that begin with "test" are tests.
Manifest MakeManifest(const Edges& edges) {
  Manifest manifest;
  for (const auto& [id, parents] : edges) {
    Node node;
    node.unique_id = node.name = id;
    node.type = id.starts_with("test") ? NodeType::kTest : NodeType::kModel;
    node.depends_on_nodes = parents;
    manifest.nodes[id] = node;
  }
  return manifest;
}

TEST(Graph, AncestorsAndDescendantsStopAtTheDepth) {
  Graph graph(MakeManifest({{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"c", "x"}}, {"x", {}}}));
  EXPECT_THAT(graph.Ancestors({"d"}), UnorderedElementsAre("a", "b", "c", "x"));
  EXPECT_THAT(graph.Ancestors({"d"}, 1), UnorderedElementsAre("c", "x"));
  EXPECT_THAT(graph.Ancestors({"d"}, 0), IsEmpty());
  EXPECT_THAT(graph.Descendants({"a"}, 2), UnorderedElementsAre("b", "c"));
  EXPECT_THAT(graph.Descendants({"a", "x"}), UnorderedElementsAre("b", "c", "d"));
  EXPECT_THAT(graph.Parents("d"), UnorderedElementsAre("c", "x"));
  EXPECT_THAT(graph.Children("nobody"), IsEmpty());
}

TEST(Graph, ACycleIsShownAsAPath) {
  try {
    Graph graph(MakeManifest({{"a", {"c"}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"a"}}}));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.message(), "Found a cycle: a --> b --> c --> a");
  }
}

TEST(Graph, ANodeThatRefersToItselfIsACycle) {
  EXPECT_THROW(Graph(MakeManifest({{"a", {"a"}}})), Error);
}

TEST(Graph, OrderPutsParentsFirstThroughNodesThatAreNotSelected) {
  // Names would put z last, the edges through the unselected m put it first.
  Graph graph(MakeManifest({{"z", {}}, {"m", {"z"}}, {"a", {"m"}}, {"b", {}}}));
  EXPECT_THAT(graph.TopologicalOrder({"a", "b", "z"}), ElementsAre("b", "z", "a"));
}

TEST(Graph, SelectedParentsReachThroughUnselectedNodes) {
  Graph graph(MakeManifest(
      {{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"c"}}, {"e", {"b", "d"}}, {"f", {}}}));
  auto parents = graph.SelectedParents({"a", "d", "e", "f"});
  EXPECT_THAT(parents["d"], ElementsAre("a"));
  EXPECT_THAT(parents["e"], ElementsAre("a", "d"));
  EXPECT_THAT(parents["f"], IsEmpty());
  EXPECT_EQ(parents.size(), 4u);
}

TEST(Graph, ModelsWaitForTheTestsOfTheirParents) {
  Manifest manifest =
      MakeManifest({{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"test_a", {"a"}}, {"test_c", {"c"}}});
  Graph graph(manifest);
  graph.AddTestEdges(manifest);
  EXPECT_THAT(graph.Parents("b"), UnorderedElementsAre("a", "test_a"));
  EXPECT_THAT(graph.Ancestors({"c"}), UnorderedElementsAre("a", "b", "test_a"));
  EXPECT_THAT(graph.Parents("test_a"), ElementsAre("a"));
}

TEST(Graph, ATestOfTwoModelsHoldsBackOnlyWhatComesAfterBoth) {
  Manifest manifest = MakeManifest({{"a", {}},
                                    {"b", {}},
                                    {"after_a", {"a"}},
                                    {"after_b", {"b"}},
                                    {"joined", {"after_a", "after_b"}},
                                    {"end", {"joined"}},
                                    {"test_ab", {"a", "b"}}});
  Graph graph(manifest);
  graph.AddTestEdges(manifest);
  EXPECT_THAT(graph.Children("test_ab"), ElementsAre("joined"));
  EXPECT_TRUE(graph.Ancestors({"end"}).contains("test_ab"));
}

TEST(Graph, ATestOfAModelAndItsChildMakesNoCycle) {
  Manifest manifest = MakeManifest({{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"test", {"a", "b"}}});
  Graph graph(manifest);
  graph.AddTestEdges(manifest);
  EXPECT_THAT(graph.Children("test"), ElementsAre("c"));
  EXPECT_EQ(graph.TopologicalOrder({"a", "b", "c", "test"}).size(), 4u);
}

TEST(Graph, TenThousandNodesNeedNoDeepStack) {
  Edges edges;
  for (int i = 0; i < 10'000; ++i) {
    std::vector<std::string> parents;
    if (i > 0) parents.push_back("m" + std::to_string(i - 1));
    if (i > 100) parents.push_back("m" + std::to_string(i - 100));
    edges.emplace_back("m" + std::to_string(i), parents);
  }
  Graph graph(MakeManifest(edges));
  EXPECT_EQ(graph.Descendants({"m0"}).size(), 9'999u);
  std::set<std::string> all(graph.ids().begin(), graph.ids().end());
  EXPECT_EQ(graph.TopologicalOrder(all).front(), "m0");
  EXPECT_EQ(graph.SelectedParents(all).size(), 10'000u);
}

}  // namespace
}  // namespace eider::dbt
