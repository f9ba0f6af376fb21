// dbt's selection grammar: what --select, --exclude and selectors.yml say, as a tree.
//
//   2+tag:nightly+1,path:models/marts   one criterion, intersected with another
//   a b                                 the union of two
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "dbt/project.h"
#include "dbt/selector.h"

namespace eider::dbt {

struct Criterion {
  std::string method;                  // "fqn", "tag", "config", ..
  std::vector<std::string> arguments;  // of "config.materialized": {"materialized"}
  Json value;                          // text; selectors.yml may give other scalars
  bool childrens_parents = false;      // @
  // The number of steps; unset: none, negative: all.
  std::optional<int> parents;
  std::optional<int> children;
};

struct Selection {
  enum class Kind { kCriterion, kUnion, kIntersection, kDifference };

  Kind kind = Kind::kUnion;
  Criterion criterion;           // of kCriterion
  std::vector<Selection> parts;  // of the others; a difference takes all later ones from the first
  IndirectSelection indirect = IndirectSelection::kEager;
  bool expect_exists = false;  // an empty result is worth a warning
  std::string text;            // as written, for the warning
};

// One criterion without "," or " ". Throws kInvalidArgument.
Criterion ParseCriterion(std::string_view text);

// What the options say: the named selector, or the project's default one where nothing is given, or
// --select without --exclude. Throws kInvalidArgument, or kNotFound for an unknown selector.
Selection ParseSelection(const Project& project, const SelectionOptions& options);

// selectors.yml as the manifest has it: criteria spelled out.
Json SelectorsForManifest(const Project& project);

}  // namespace eider::dbt
