#include "server/http_message.h"

#include <strings.h>

#include <algorithm>

namespace eider::server {

bool FieldNameLess::operator()(std::string_view a, std::string_view b) const {
  int order = strncasecmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return order != 0 ? order < 0 : a.size() < b.size();
}

std::string_view HttpRequest::Field(std::string_view name) const {
  auto it = fields.find(name);
  return it != fields.end() ? std::string_view(it->second) : std::string_view();
}

}  // namespace eider::server
