#include "catalog/catalog.h"

#include <gtest/gtest.h>

namespace eider::catalog {
namespace {

TEST(CatalogTest, NamespacesAreTextWithDotsAndBack) {
  EXPECT_EQ(NamespaceText({"a", "b", "c"}), "a.b.c");
  EXPECT_EQ(NamespaceText({"a"}), "a");
  EXPECT_EQ(NamespaceFromText("a.b.c"), (Namespace{"a", "b", "c"}));
  EXPECT_EQ(NamespaceFromText(NamespaceText({"größe", "x y"})), (Namespace{"größe", "x y"}));
}

TEST(CatalogTest, IdentifiersAreOrderedByNamespaceThenName) {
  TableIdentifier identifier{{"s", "t"}, "name"};
  EXPECT_EQ(identifier.ToString(), "s.t.name");
  EXPECT_LT((TableIdentifier{{"a"}, "z"}), (TableIdentifier{{"b"}, "a"}));
  EXPECT_LT((TableIdentifier{{"a"}, "a"}), (TableIdentifier{{"a"}, "b"}));
  EXPECT_EQ((TableIdentifier{{"a"}, "a"}), (TableIdentifier{{"a"}, "a"}));
}

}  // namespace
}  // namespace eider::catalog
