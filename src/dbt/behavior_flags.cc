#include "dbt/behavior_flags.h"

#include "jinja/object.h"

namespace eider::dbt {

using jinja::Dict;
using jinja::State;
using jinja::Value;

namespace {

class BehaviorFlag final : public jinja::Object {
 public:
  explicit BehaviorFlag(bool setting) : setting_(setting) {}
  std::string TypeName() const override { return "BehaviorFlagRendered"; }
  bool Truthy() const override { return setting_; }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "setting" || name == "no_warn") return Value(setting_);
    return std::nullopt;
  }

 private:
  bool setting_;
};

}  // namespace

Value BehaviorFlags(const Config& config) {
  const Json& flags = config.project.flags;
  Dict out;
  for (const char* name : {"enable_truthy_nulls_equals_macro",
                           "require_batched_execution_for_custom_microbatch_strategy"}) {
    auto found = flags.find(name);
    bool setting = found != flags.end() && found->is_boolean() && found->get<bool>();
    out.Set(Value(name), Value(std::make_shared<BehaviorFlag>(setting)));
  }
  return Value(std::move(out));
}

}  // namespace eider::dbt
