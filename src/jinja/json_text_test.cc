#include "jinja/json_text.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::jinja {
namespace {

TEST(JsonTextTest, IsPythons) {
  Value value(Dict{{"b", Value::List({1, 2.0, "é\n", Value(), true})}, {"a", Value(Dict{})}});
  EXPECT_EQ(JsonText(value), R"({"b": [1, 2.0, "\u00e9\n", null, true], "a": {}})");
  EXPECT_EQ(JsonText(value, {.sort_keys = true, .indent = {}}),
            R"({"a": {}, "b": [1, 2.0, "\u00e9\n", null, true]})");
  EXPECT_EQ(JsonText(Value::List({1}), {.sort_keys = false, .indent = 2}), "[\n  1\n]");
  EXPECT_EQ(JsonText("😀"), R"("\ud83d\ude00")");
}

TEST(JsonTextTest, WhatIsNotJsonIsAnError) {
  EXPECT_THROW(JsonText(Value::Undefined("x")), Error);
  Value list = Value::List();
  list.AsList().push_back(list);
  EXPECT_THROW(JsonText(list), Error);
  list.AsList().clear();
}

}  // namespace
}  // namespace eider::jinja
