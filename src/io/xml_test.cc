#include "io/xml.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error_testing.h"

namespace eider::io {
namespace {

TEST(XmlTest, ReadsWhatObjectStoresAnswer) {
  XmlElement root = ParseXml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x -->\n"
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\" a='>'>\n"
      "<Name>b</Name><Prefix/><IsTruncated>false</IsTruncated>"
      "<Contents><Key>a&amp;b&lt;&#x41;&#233;&#x1F600;</Key><Size>1</Size></Contents>"
      "<ns:Contents><Key><![CDATA[<raw>]]></Key></ns:Contents></ListBucketResult>",
      "test");
  EXPECT_EQ(root.name, "ListBucketResult");
  EXPECT_EQ(root.TextOf("Name"), "b");
  EXPECT_EQ(root.TextOf("Prefix"), "");
  ASSERT_NE(root.Find("Prefix"), nullptr);
  EXPECT_EQ(root.Find("Missing"), nullptr);
  ASSERT_EQ(root.children.size(), 5U);
  EXPECT_EQ(root.children[3].TextOf("Key"), "a&b<A\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(root.children[4].TextOf("Key"), "<raw>");
}

TEST(XmlTest, WhatIsNotWholeIsCorrupt) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  for (const std::string& text :
       {std::string(), std::string("text"), std::string("<"), std::string("<a"), std::string("<a>"),
        std::string("<a><b></a></b>"), std::string("<a>&unknown;</a>"),
        std::string("<a>&#xFFFFFFFF;</a>"), std::string("<a>&#;</a>"), std::string("<a>&;</a>"),
        std::string("<a>&lt</a>"), std::string("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"),
        deep}) {
    EXPECT_EQ(CodeOf([&] { ParseXml(text, "test"); }), ErrorCode::kCorrupt) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace eider::io
