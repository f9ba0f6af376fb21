#include "jinja/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error_testing.h"

namespace eider::jinja {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ValueTest, ReprIsPythons) {
  EXPECT_EQ(Value().Repr(), "None");
  EXPECT_EQ(Value(true).Repr(), "True");
  EXPECT_EQ(Value(-5).Repr(), "-5");
  EXPECT_EQ(Value(1.0).Repr(), "1.0");
  EXPECT_EQ(Value(1e16).Repr(), "1e+16");
  EXPECT_EQ(Value(0.1 + 0.2).Repr(), "0.30000000000000004");
  EXPECT_EQ(Value("it's").Repr(), "\"it's\"");
  EXPECT_EQ(Value("a\n\x01").Repr(), "'a\\n\\x01'");
  EXPECT_EQ(Value::Tuple({1}).Repr(), "(1,)");
  EXPECT_EQ(Value::List({1, "a", Value()}).Repr(), "[1, 'a', None]");
  EXPECT_EQ(Value(Dict{{"a", 1}}).Repr(), "{'a': 1}");
  EXPECT_EQ(Value::Safe("<b>").Repr(), "Markup('<b>')");
}

TEST(ValueTest, StrLeavesStringsUnquoted) {
  EXPECT_EQ(Value("a").Str(), "a");
  EXPECT_EQ(Value::List({"a"}).Str(), "['a']");
  EXPECT_EQ(Value::Undefined("x").Str(), "");
}

TEST(ValueTest, ListsAndDictsAreSharedStringsAreNot) {
  Value list = Value::List({1});
  Value same = list;
  same.AsList().push_back(2);
  EXPECT_EQ(list.Length(), 2);
  EXPECT_TRUE(list.Is(same));
  EXPECT_FALSE(list.Is(Value::List({1, 2})));
  EXPECT_EQ(list, Value::List({1, 2}));
}

TEST(ValueTest, NumbersCompareAcrossTypes) {
  EXPECT_EQ(Value(1), Value(1.0));
  EXPECT_EQ(Value(1), Value(true));
  EXPECT_FALSE(Value(1) == Value("1"));
  EXPECT_LT(Value(1).Compare(Value(1.5)), 0);
  EXPECT_EQ(Value(1).Hash(), Value(1.0).Hash());
  EXPECT_EQ(Value(1).Hash(), Value(true).Hash());
}

TEST(ValueTest, OrderOfUnlikeTypesIsAnError) {
  EXPECT_EQ(InvalidArgumentMessage([] { (void)Value(1).Compare(Value("a")); }),
            "'<' not supported between instances of 'int' and 'str'");
  EXPECT_EQ(InvalidArgumentMessage([] { (void)Value().Compare(Value(1)); }),
            "'<' not supported between instances of 'NoneType' and 'int'");
}

TEST(ValueTest, UndefinedDependsOnItsMode) {
  Value loose = Value::Undefined("x");
  EXPECT_FALSE(loose.Truthy());
  EXPECT_EQ(loose.Length(), 0);
  EXPECT_TRUE(loose.Iterate().empty());
  EXPECT_EQ(loose, Value::Undefined("y"));
  Value strict = Value::Undefined("x", "", UndefinedMode::kStrict);
  EXPECT_EQ(InvalidArgumentMessage([&] { (void)strict.Str(); }), "'x' is undefined");
  EXPECT_EQ(InvalidArgumentMessage([&] { (void)strict.Truthy(); }), "'x' is undefined");
  EXPECT_EQ(InvalidArgumentMessage([&] { (void)(strict == Value(1)); }), "'x' is undefined");
  EXPECT_EQ(Value::List({strict}).Repr(), "[Undefined]");
}

TEST(ValueTest, LengthAndIterationGoByCodePoints) {
  EXPECT_EQ(Value("Grüße 😀").Length(), 7);
  EXPECT_THAT(Value("é世").Iterate(), ElementsAre(Value("é"), Value("世")));
  EXPECT_EQ(InvalidArgumentMessage([] { (void)Value(5).Length(); }),
            "object of type 'int' has no len()");
  EXPECT_EQ(InvalidArgumentMessage([] { (void)Value().Iterate(); }),
            "'NoneType' object is not iterable");
}

TEST(ValueTest, ValuesThatHoldThemselvesEndInAnError) {
  Value list = Value::List();
  list.AsList().push_back(list);
  EXPECT_THAT(InvalidArgumentMessage([&] { (void)list.Repr(); }), HasSubstr("contains itself"));
  EXPECT_THAT(InvalidArgumentMessage([&] { (void)list.ToJson(); }), HasSubstr("contains itself"));
  list.AsList().clear();
}

TEST(ValueTest, JsonGoesBothWays) {
  Json json = Json::parse(R"({"b": [1, 2.5, null, true, "x"], "a": {}})");
  EXPECT_EQ(Value::FromJson(json).ToJson(), json);
  Dict keys;
  keys.Set(Value(), 1);
  keys.Set(Value(2), 2);
  keys.Set(Value(true), 3);
  EXPECT_EQ(Value(keys).ToJson().dump(), R"({"null":1,"2":2,"true":3})");
  EXPECT_EQ(InvalidArgumentMessage([] { (void)Value::Undefined("x").ToJson(); }),
            "Object of type Undefined is not JSON serializable");
}

TEST(DictTest, KeepsTheOrderOfInsertionWhateverItsSize) {
  Dict dict;
  for (int i = 0; i < 100; ++i) dict.Set(Value("key" + std::to_string(i)), i);
  for (int i = 0; i < 100; i += 2) EXPECT_TRUE(dict.Erase(Value("key" + std::to_string(i))));
  EXPECT_FALSE(dict.Erase(Value("key0")));
  ASSERT_EQ(dict.size(), 50u);
  int expected = 1;
  for (const auto& [key, value] : dict) {
    EXPECT_EQ(value, Value(expected));
    ASSERT_NE(dict.Find(key), nullptr);
    EXPECT_EQ(*dict.Find(std::string_view(key.AsString())), value);
    expected += 2;
  }
  dict.Set(Value("key1"), "again");
  EXPECT_EQ(dict.at(0).value, Value("again"));
  dict.Clear();
  EXPECT_EQ(dict.Find(std::string_view("key1")), nullptr);
}

TEST(DictTest, EqualKeysAreOneKey) {
  Dict dict;
  dict.Set(Value(1), "int");
  dict.Set(Value(1.0), "float");
  dict.Set(Value(true), "bool");
  ASSERT_EQ(dict.size(), 1u);
  EXPECT_EQ(Value(dict).Repr(), "{1: 'bool'}");
  EXPECT_EQ(InvalidArgumentMessage([&] { dict.Set(Value::List(), 1); }), "unhashable type: 'list'");
}

TEST(DictTest, EqualityIgnoresOrder) {
  EXPECT_EQ(Value(Dict{{"a", 1}, {"b", 2}}), Value(Dict{{"b", 2}, {"a", 1}}));
  EXPECT_FALSE(Value(Dict{{"a", 1}}) == Value(Dict{{"a", 2}}));
}

}  // namespace
}  // namespace eider::jinja
