#include "catalog/store_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace eider::catalog {

namespace {

constexpr std::string_view kCatalogName = "catalog_name";

bool IsSecret(std::string_view parameter) {
  std::string name = Lower(parameter);
  return name.find("password") != std::string::npos || name.find("secret") != std::string::npos ||
         name.find("token") != std::string::npos;
}

struct Place {
  size_t begin = 0;
  size_t length = 0;
};

// "user:password@". A password may hold any of the signs that part an address, written as they
// should not be.
Place PlaceOfPassword(const std::string& url) {
  size_t start = url.find("://");
  size_t at = url.rfind('@');
  if (start == std::string::npos || at == std::string::npos) return {};
  size_t colon = url.find(':', start + 3);
  return colon < at ? Place{colon + 1, at - colon - 1} : Place{};
}

}  // namespace

StoreAddress StoreAddress::Parse(const std::string& text) {
  StoreAddress address;
  address.url = text;
  size_t colon = text.find("://");
  if (colon == std::string::npos) return address;
  address.scheme = Lower(text.substr(0, colon));
  size_t question = text.find('?');
  if (question == std::string::npos) return address;
  address.url.resize(question);
  char separator = '?';
  for (const std::string& parameter : Split(text.substr(question + 1), '&')) {
    std::string_view name = std::string_view(parameter).substr(0, parameter.find('='));
    if (name == kCatalogName) {
      address.catalog_name = parameter.substr(std::min(name.size() + 1, parameter.size()));
      continue;
    }
    address.url += separator + parameter;
    separator = '&';
  }
  return address;
}

std::string StoreAddress::Shown() const {
  std::string shown = url;
  if (auto [begin, length] = PlaceOfPassword(url); length > 0) shown.erase(begin - 1, length + 1);
  size_t question = shown.find('?');
  if (question == std::string::npos) return shown;
  std::vector<std::string> kept;
  for (const std::string& parameter : Split(shown.substr(question + 1), '&')) {
    if (!IsSecret(parameter.substr(0, parameter.find('=')))) kept.push_back(parameter);
  }
  shown.resize(question);
  return kept.empty() ? shown : shown + "?" + Join(kept, "&");
}

std::string StoreAddress::Password() const {
  if (auto [begin, length] = PlaceOfPassword(url); length > 0) return url.substr(begin, length);
  size_t question = url.find('?');
  if (question == std::string::npos) return "";
  for (const std::string& parameter : Split(url.substr(question + 1), '&')) {
    size_t equals = parameter.find('=');
    if (equals != std::string::npos && IsSecret(parameter.substr(0, equals))) {
      return parameter.substr(equals + 1);
    }
  }
  return "";
}

}  // namespace eider::catalog
