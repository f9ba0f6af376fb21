#include "catalog/property_names.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace eider::catalog {

namespace {

// With all that parts the words of a name alike.
std::string Plain(std::string_view name) {
  std::string plain = Lower(name);
  for (char& c : plain) {
    if (c == '.' || c == '-') c = '_';
  }
  return plain;
}

}  // namespace

std::string FindPropertyName(std::string_view written, std::span<const std::string_view> names) {
  std::string plain = Plain(written);
  for (std::string_view name : names) {
    if (Plain(name) == plain) return std::string(name);
  }
  return "";
}

std::string RequirePropertyName(std::string_view written, std::span<const std::string_view> names,
                                const char* owner) {
  std::string name = FindPropertyName(written, names);
  if (!name.empty()) return name;
  Error error(ErrorCode::kInvalidArgument,
              fmt::format("\"{}\" is not a property of {}", written, owner));
  std::string closest = ClosestMatch(Lower(written), {names.begin(), names.end()});
  if (!closest.empty()) error.WithHint("Did you mean " + closest + "?");
  throw Error(error);
}

}  // namespace eider::catalog
