// How a resource's configuration is put together: defaults, then dbt_project.yml of its package by
// the levels of its fqn, then its property file, then its own config() calls, and for resources of
// packages the root project's dbt_project.yml over all of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "dbt/config.h"
#include "dbt/node.h"

namespace eider::dbt {

// Merges `update` into `config` by dbt's rule for each key: tags, hooks and packages are appended;
// meta, docs, quoting, column_types and contract updated; grants appended where the key begins with
// "+"; anything else replaced.
void MergeConfig(Json& config, const Json& update);

struct ConfigLayers {
  const Json* properties = nullptr;  // `config:` of the property file
  const Json* call = nullptr;        // config() calls, merged
};

// The final `config` object, with every field dbt knows for `type`. Throws kInvalidArgument where a
// value is not what the field takes.
Json BuildConfig(const Config& config, NodeType type, const std::string& package,
                 const std::vector<std::string>& fqn, const ConfigLayers& layers);

// The manifest's `unrendered_config`: what was written, later layers over earlier ones.
Json BuildUnrenderedConfig(const Config& config, NodeType type, const std::string& package,
                           const std::vector<std::string>& fqn, const ConfigLayers& layers);

// A hook as written (text, or {sql, transaction}) in the manifest's form.
Json NormalizeHook(const Json& hook);

}  // namespace eider::dbt
