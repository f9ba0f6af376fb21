#include "base/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider {
namespace {

std::string Read(std::string_view text) { return ParseYaml(text, "t.yml").ToJson().dump(); }

// What PyYAML's safe_load gives for the same text, through json.dumps.
TEST(Yaml, ScalarsByYaml11) {
  EXPECT_EQ(Read("[yes, No, on, OFF, true, y, n]"), R"([true,false,true,false,true,"y","n"])");
  EXPECT_EQ(Read("[~, null, NULL, '', nil]"), R"([null,null,null,"","nil"])");
  EXPECT_EQ(Read("a:\nb: 1"), R"({"a":null,"b":1})");
  EXPECT_EQ(Read("[010, 0o10, 0x1F, 0b101, 1_000, 09, -3, +4, 1:30]"),
            R"([8,"0o10",31,5,1000,"09",-3,4,90])");
  EXPECT_EQ(Read("[1.5, 1e3, 1.0e+3, 1.e+2, .5, -.5, 1_0.5, 1.2.3]"),
            R"([1.5,"1e3",1000.0,100.0,0.5,"-.5",10.5,"1.2.3"])");
  EXPECT_EQ(Read("['1', \"yes\", !!str 1, !!float 1]"), R"(["1","yes","1",1.0])");
  EXPECT_EQ(Read("2020-01-02"), R"("2020-01-02")");
  EXPECT_EQ(Read(""), "null");
}

TEST(Yaml, CollectionsAndBlocks) {
  EXPECT_EQ(Read("a: {b: [1, {c: d}]}\nt: |\n  x\n  y\nf: >-\n  x\n  y\n"),
            R"({"a":{"b":[1,{"c":"d"}]},"t":"x\ny\n","f":"x y"})");
  EXPECT_EQ(Read("yes: 1\n2: b\n"), R"({"true":1,"2":"b"})");
}

TEST(Yaml, AnchorsAndMergeKeys) {
  EXPECT_EQ(Read("base: &b {x: 1, y: 2}\nother: {<<: *b, y: 3, z: 4}\n"),
            R"({"base":{"x":1,"y":2},"other":{"x":1,"y":3,"z":4}})");
  EXPECT_EQ(Read("a: &a {x: 1}\nb: &b {x: 2, w: 5}\nc: {k: 0, <<: [*a, *b]}\n"),
            R"({"a":{"x":1},"b":{"x":2,"w":5},"c":{"x":1,"w":5,"k":0}})");
}

TEST(Yaml, DuplicateKeysAreReportedAndTheLastCounts) {
  std::vector<YamlDuplicate> duplicates;
  auto node = ParseYaml("a: 1\nb: 2\na: 3\n", "t.yml", &duplicates);
  EXPECT_EQ(node.ToJson().dump(), R"({"a":3,"b":2})");
  ASSERT_EQ(duplicates.size(), 1u);
  EXPECT_EQ(duplicates[0].key, "a");
  EXPECT_EQ(duplicates[0].line, 3);
}

TEST(Yaml, NodesKnowTheirPlace) {
  auto node = ParseYaml("models:\n  - name: a\n    columns: []\n", "t.yml");
  const YamlNode& model = node.Find("models")->items[0];
  EXPECT_EQ(model.line, 2);
  EXPECT_EQ(model.column, 5);
  EXPECT_EQ(model.Find("columns")->line, 3);
}

TEST(Yaml, ErrorsNameTheLine) {
  auto fails_at = [](std::string_view text, int line) {
    try {
      ParseYaml(text, "schema.yml");
      ADD_FAILURE() << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kSyntax);
      EXPECT_EQ(e.file(), "schema.yml");
      EXPECT_EQ(e.line(), line) << e.what();
    }
  };
  fails_at("a: 1\n  b: 2\n", 2);
  fails_at("a: [1, 2\nb: 3\n", 2);
  fails_at("a: *nowhere\n", 1);
  fails_at("a: 1\nb: !custom 2\n", 2);
  fails_at("a: 1\n---\nb: 2\n", 2);
  fails_at("a:\n\t- b\n", 2);
}

TEST(Yaml, AliasBombsEnd) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_THROW(ParseYaml(bomb, "bomb.yml"), Error);
}

// Each expectation is what yaml.safe_dump(value, sort_keys=False) prints.
TEST(Yaml, DumpsAsPyYaml) {
  auto dump = [](std::string_view json) { return DumpYaml(ParseJson(json, "test")); };
  EXPECT_EQ(dump(R"({"a":1,"b":[1,"x",{"c":null}],"d":{},"e":[]})"),
            "a: 1\nb:\n- 1\n- x\n- c: null\nd: {}\ne: []\n");
  EXPECT_EQ(dump(R"({"a":"yes","b":"1","c":"","d":"a: b","e":"2020-01-01","f":"~"})"),
            "a: 'yes'\nb: '1'\nc: ''\nd: 'a: b'\ne: '2020-01-01'\nf: '~'\n");
  EXPECT_EQ(dump(R"({"a":"line\nnext\n","b":"caf\u00e9","c":true,"d":1.0,"e":1e20})"),
            "a: 'line\n\n  next\n\n  '\nb: \"caf\\xE9\"\nc: true\nd: 1.0\ne: 1.0e+20\n");
  EXPECT_EQ(dump(R"("plain")"), "plain\n...\n");
  EXPECT_EQ(DumpYaml(ParseJson(R"({"b":1,"a":2})", "test"), true), "a: 2\nb: 1\n");
}

}  // namespace
}  // namespace eider
