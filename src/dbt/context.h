// The names a template sees while it is rendered on behalf of one package or node.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "dbt/manifest.h"
#include "jinja/environment.h"
#include "jinja/value.h"

namespace eider::dbt {

class MacroLibrary;

// A name is looked for among the macros as `package` sees them, then among the values set here,
// then in the shared base. Used by one thread at a time; `base` is shared and does not change.
class Context : public jinja::Resolver {
 public:
  Context(std::shared_ptr<const MacroLibrary> macros, std::string package,
          std::shared_ptr<const jinja::Dict> base = nullptr);

  bool Find(std::string_view name, jinja::Value* value) const override;
  void Set(std::string_view name, jinja::Value value) { values_.Set(name, std::move(value)); }
  // A value made when it is first asked for.
  void SetLazy(std::string name, std::function<jinja::Value()> make);

  const std::string& package() const { return package_; }
  const MacroLibrary& macros() const { return *macros_; }

  // Called with the unique id of each macro that the rendered text itself calls (not those called
  // from within a macro): what dbt records as depends_on.macros.
  std::function<void(const std::string& unique_id)> on_macro_call;

 private:
  friend class MacroCall;

  std::shared_ptr<const MacroLibrary> macros_;
  std::string package_;
  std::shared_ptr<const jinja::Dict> base_;
  mutable jinja::Dict values_;
  mutable std::map<std::string, std::function<jinja::Value()>, std::less<>> lazy_;
  mutable int macro_depth_ = 0;
};

}  // namespace eider::dbt
