#include "catalog/store_address.h"

#include <gtest/gtest.h>

namespace eider::catalog {
namespace {

TEST(StoreAddressTest, WhatIsOursIsTakenOutOfTheUrl) {
  StoreAddress address = StoreAddress::Parse("sqlite:///a/b.db?catalog_name=shop");
  EXPECT_EQ(address.scheme, "sqlite");
  EXPECT_EQ(address.url, "sqlite:///a/b.db");
  EXPECT_EQ(address.catalog_name, "shop");
  address = StoreAddress::Parse("PostgreSQL://h/d?sslmode=require&catalog_name=shop&port=1");
  EXPECT_EQ(address.scheme, "postgresql");
  EXPECT_EQ(address.url, "PostgreSQL://h/d?sslmode=require&port=1");
  EXPECT_EQ(address.catalog_name, "shop");
  EXPECT_EQ(StoreAddress::Parse("shop").scheme, "");
}

TEST(StoreAddressTest, NoPasswordIsShown) {
  auto shown = [](const std::string& text) { return StoreAddress::Parse(text).Shown(); };
  EXPECT_EQ(shown("postgresql://me:secret@host:5432/db"), "postgresql://me@host:5432/db");
  EXPECT_EQ(shown("postgresql://me@host:5432/db"), "postgresql://me@host:5432/db");
  EXPECT_EQ(shown("postgresql://host:5432/db?sslmode=require"),
            "postgresql://host:5432/db?sslmode=require");
  EXPECT_EQ(shown("postgresql:///db?user=me&password=secret&host=h"),
            "postgresql:///db?user=me&host=h");
  EXPECT_EQ(shown("postgresql:///db?PASSWORD=secret"), "postgresql:///db");
  EXPECT_EQ(shown("postgresql:///db?sslpassword=secret&x=1"), "postgresql:///db?x=1");
  // Written as it should not be, it must not be shown either.
  for (const char* password : {"se/cret", "se?cret", "se@cret", "se:cret", "se&cret=@"}) {
    std::string text = shown(std::string("postgresql://me:") + password + "@host/db");
    EXPECT_EQ(text, "postgresql://me@host/db") << password;
  }
  EXPECT_EQ(shown("sqlite:///a/b.db"), "sqlite:///a/b.db");
  EXPECT_EQ(shown("shop"), "shop");
}

TEST(StoreAddressTest, ThePasswordIsFound) {
  auto password = [](const std::string& text) { return StoreAddress::Parse(text).Password(); };
  EXPECT_EQ(password("postgresql://me:secret@host:5432/db"), "secret");
  EXPECT_EQ(password("postgresql:///db?user=me&password=secret"), "secret");
  EXPECT_EQ(password("postgresql://me@host:5432/db"), "");
  EXPECT_EQ(password("shop"), "");
}

}  // namespace
}  // namespace eider::catalog
