// What keeps a catalog, as it is written: "sqlite:///data/catalog.db?catalog_name=shop".
#pragma once

#include <string>
#include <string_view>

namespace eider::catalog {

struct StoreAddress {
  std::string scheme;        // "sqlite"; "" where the text is no address
  std::string url;           // without what is ours
  std::string catalog_name;  // of the parameter of that name; "" for none

  // Throws kInvalidArgument.
  static StoreAddress Parse(const std::string& text);
  // Without a password, in whatever place one may stand.
  std::string Shown() const;
  // "" for none.
  std::string Password() const;
};

}  // namespace eider::catalog
