// `config` in templates that run.
#pragma once

#include "dbt/node.h"
#include "jinja/object.h"

namespace eider::dbt {

// config(..) does nothing, since parsing has read it; get, require, meta_get, meta_require, set,
// persist_relation_docs and persist_column_docs answer from the node's final configuration.
class ConfigValue final : public jinja::Object {
 public:
  explicit ConfigValue(const Node& node) : node_(node) {}
  static jinja::Value Make(const Node& node) {
    return jinja::Value(std::make_shared<ConfigValue>(node));
  }

  std::string TypeName() const override { return "RuntimeConfigObject"; }
  bool IsCallable() const override { return true; }
  jinja::Value Call(jinja::State&, const jinja::Arguments&) override { return jinja::Value(""); }
  std::optional<jinja::Value> GetAttribute(jinja::State& state, std::string_view name) override;
  std::optional<jinja::Value> CallMethod(jinja::State& state, std::string_view name,
                                         const jinja::Arguments& arguments) override;

 private:
  // The value at `key` of the config or its `meta`; nothing where there is none.
  std::optional<jinja::Value> Lookup(const std::string& key, bool in_meta) const;
  jinja::Value Get(jinja::State& state, const jinja::Arguments& arguments, bool in_meta) const;
  jinja::Value Require(jinja::State& state, const jinja::Arguments& arguments, bool in_meta) const;

  const Node& node_;
};

}  // namespace eider::dbt
