#include "dbt/python_json.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/value.h"

namespace eider::dbt {

namespace {

void Dump(const Json& value, bool sort_keys, std::string& out) {
  if (value.is_object()) {
    std::vector<std::pair<std::string_view, const Json*>> members;
    for (auto& [key, member] : value.items()) members.emplace_back(key, &member);
    if (sort_keys) {
      std::sort(members.begin(), members.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    out += '{';
    bool first = true;
    for (auto& [key, member] : members) {
      if (!std::exchange(first, false)) out += ", ";
      out += Json(key).dump(-1, ' ', true) + ": ";
      Dump(*member, sort_keys, out);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const Json& item : value) {
      if (!std::exchange(first, false)) out += ", ";
      Dump(item, sort_keys, out);
    }
    out += ']';
  } else if (value.is_number_float()) {
    out += jinja::Value(value.get<double>()).Repr();
  } else {
    out += value.dump(-1, ' ', true, Json::error_handler_t::replace);
  }
}

}  // namespace

std::string DumpPythonJson(const Json& value, bool sort_keys) {
  std::string out;
  Dump(value, sort_keys, out);
  return out;
}

}  // namespace eider::dbt
