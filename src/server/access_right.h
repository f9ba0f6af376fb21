// Who may do what: rights, what they are on, and the grants that give them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "server/name_pattern.h"

namespace eider::server {

// Each includes those before it.
enum class Right {
  kRead,   // list, load, scan
  kWrite,  // commit; create, rename, drop tables and views; create namespaces
  kAdmin,  // drop and describe namespaces; have tables lie outside their namespace's folder
};

std::string_view RightName(Right right);

// A table or view, a namespace (no name), a warehouse (no namespace), or the server (no warehouse).
struct AccessObject {
  std::string warehouse = {};
  catalog::Namespace name_space = {};
  std::string name = {};

  // "shop/marts.daily/orders", for messages.
  std::string ToString() const;
  bool operator==(const AccessObject& other) const = default;
};

// One right on what a pattern names: "read", "write:shop", "read:shop/marts.daily",
// "read:shop/marts/orders". Patterns are those of NamePattern, one for the warehouse, one for each
// level of the namespace (levels have dots between them) and one for the table or view. A grant on
// a namespace holds for all that is in it and below; without a warehouse it holds for everything.
class Grant {
 public:
  // Throws kInvalidArgument.
  explicit Grant(std::string_view text);

  const std::string& text() const { return text_; }

  bool Covers(Right right, const AccessObject& object) const;
  // Whether it covers the object, or something that the object holds.
  bool Reaches(const AccessObject& object) const;

 private:
  bool MatchesLevels(const catalog::Namespace& name_space, size_t count) const;

  std::string text_;
  Right right_ = Right::kRead;
  std::optional<NamePattern> warehouse_;
  std::vector<NamePattern> levels_;
  std::optional<NamePattern> name_;
};

}  // namespace eider::server
