#include "server/access_right.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace eider::server {

namespace {

constexpr Right kRights[] = {Right::kRead, Right::kWrite, Right::kAdmin};

Error NoGrant(std::string_view text, std::string_view why) {
  Error error(ErrorCode::kInvalidArgument, fmt::format("'{}' grants nothing: {}", text, why));
  error.WithHint(
      "It is read, write or admin, then what it is on: read:WAREHOUSE/NAMESPACE/TABLE, or as much "
      "of it as is meant.");
  return error;
}

Right ParseRight(std::string_view text, std::string_view grant) {
  for (Right right : kRights) {
    if (text == RightName(right)) return right;
  }
  throw NoGrant(grant, fmt::format("there is no right '{}'", text));
}

}  // namespace

std::string_view RightName(Right right) {
  switch (right) {
    case Right::kRead:
      return "read";
    case Right::kWrite:
      return "write";
    case Right::kAdmin:
      return "admin";
  }
  return "";
}

std::string AccessObject::ToString() const {
  if (warehouse.empty()) return "the server";
  std::string text = warehouse;
  if (!name_space.empty()) text += "/" + catalog::NamespaceText(name_space);
  if (!name.empty()) text += "/" + name;
  return text;
}

Grant::Grant(std::string_view text) : text_(text) {
  size_t colon = text.find(':');
  right_ = ParseRight(text.substr(0, colon), text);
  if (colon == std::string_view::npos) return;
  std::vector<std::string> parts = SplitUnescaped(text.substr(colon + 1), '/', 3);
  try {
    warehouse_.emplace(parts[0]);
    if (parts.size() > 1) {
      for (const std::string& level :
           SplitUnescaped(parts[1], '.', std::numeric_limits<size_t>::max())) {
        levels_.emplace_back(level);
      }
    }
    if (parts.size() > 2) name_.emplace(parts[2]);
  } catch (const Error& error) {
    throw NoGrant(text, error.message());
  }
}

bool Grant::MatchesLevels(const catalog::Namespace& name_space, size_t count) const {
  for (size_t i = 0; i < count; ++i) {
    if (!levels_[i].Matches(name_space[i])) return false;
  }
  return true;
}

bool Grant::Covers(Right right, const AccessObject& object) const {
  if (right > right_) return false;
  if (!warehouse_) return true;
  if (object.warehouse.empty() || !warehouse_->Matches(object.warehouse)) return false;
  if (object.name_space.size() < levels_.size()) return false;
  if (!name_) return MatchesLevels(object.name_space, levels_.size());
  return !object.name.empty() && object.name_space.size() == levels_.size() &&
         MatchesLevels(object.name_space, levels_.size()) && name_->Matches(object.name);
}

bool Grant::Reaches(const AccessObject& object) const {
  if (!object.name.empty() || !warehouse_) return Covers(Right::kRead, object);
  if (object.warehouse.empty()) return true;
  if (!warehouse_->Matches(object.warehouse)) return false;
  // A grant on one table reaches the namespaces that lead to it, and none below.
  if (name_ && object.name_space.size() > levels_.size()) return false;
  return MatchesLevels(object.name_space, std::min(levels_.size(), object.name_space.size()));
}

}  // namespace eider::server
