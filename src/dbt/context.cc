#include "dbt/context.h"

#include "dbt/macro_library.h"

namespace eider::dbt {

Context::Context(std::shared_ptr<const MacroLibrary> macros, std::string package,
                 std::shared_ptr<const jinja::Dict> base)
    : macros_(std::move(macros)), package_(std::move(package)), base_(std::move(base)) {}

bool Context::Find(std::string_view name, jinja::Value* value) const {
  // As in dbt, a macro may take the place of anything, ref and source among them.
  if (macros_ && macros_->FindName(name, package_, value)) return true;
  if (const auto* found = values_.Find(name)) {
    *value = *found;
    return true;
  }
  if (auto lazy = lazy_.find(name); lazy != lazy_.end()) {
    *value = lazy->second();
    values_.Set(name, *value);
    return true;
  }
  if (base_) {
    if (const auto* found = base_->Find(name)) {
      *value = *found;
      return true;
    }
  }
  return false;
}

void Context::SetLazy(std::string name, std::function<jinja::Value()> make) {
  lazy_[std::move(name)] = std::move(make);
}

}  // namespace eider::dbt
