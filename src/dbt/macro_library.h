// The macros of a project, compiled once, and the rules by which a name finds one of them.
//
// A name without a package is looked for in the package that speaks, the root project, then the
// built-in packages of the adapter and of dbt. `package.name` names one package; `dbt.name` any
// built-in one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbt/config.h"
#include "dbt/environment.h"
#include "dbt/node.h"
#include "jinja/environment.h"
#include "jinja/value.h"

namespace eider::dbt {

struct MacroEntry {
  const Macro* macro = nullptr;  // owned by the manifest
  std::shared_ptr<const jinja::Template> source;
  const jinja::MacroInfo* info = nullptr;  // owned by `source`
  jinja::Value callable;                   // notes the call in the Context, then runs the macro
};

class MacroLibrary {
 public:
  explicit MacroLibrary(std::shared_ptr<const Config> config);

  void Add(const Macro& macro, std::shared_ptr<const jinja::Template> source,
           const jinja::MacroInfo& info);

  // The macro `name` as `package` sees it; null when there is none.
  const MacroEntry* Find(std::string_view name, std::string_view package) const;
  // In exactly this package; "dbt" stands for all built-in ones.
  const MacroEntry* FindInPackage(std::string_view name, std::string_view package) const;
  // generate_schema_name and its kin for a resource of `package`: an imported package's own macro
  // for its own resources, else the root's, else the built-in one.
  const MacroEntry* FindGenerateName(std::string_view component, std::string_view package) const;
  // The materialization for the adapter: materialization_<name>_<adapter>, then _default; root
  // project before packages before built-in, the adapter's own before the default.
  const MacroEntry* FindMaterialization(std::string_view name) const;

  // adapter.dispatch(name, macro_namespace): the first <prefix>__<name> found along the search
  // order. Throws kNotFound with every name that was tried, as dbt does.
  const MacroEntry& Dispatch(std::string_view name, const std::optional<std::string>& ns,
                             std::string_view package) const;

  // As Dispatch; null where none of the names is found.
  const MacroEntry* FindDispatched(std::string_view name, const std::optional<std::string>& ns,
                                   std::string_view package) const;

  // A name in a template of `package`: a macro, or a package as a namespace object.
  bool FindName(std::string_view name, std::string_view package, jinja::Value* value) const;

  std::vector<std::string> Names() const;  // for "did you mean"
  const Config& config() const { return *config_; }

 private:
  struct Candidate {
    std::optional<std::string> package;  // nothing: wherever a plain name is looked for
    std::string name;
  };
  std::vector<Candidate> DispatchCandidates(std::string_view name,
                                            const std::optional<std::string>& ns) const;

  using ByName = std::map<std::string, MacroEntry, std::less<>>;

  std::shared_ptr<const Config> config_;
  std::map<std::string, ByName, std::less<>> packages_;
  std::map<std::string, jinja::Value, std::less<>> namespaces_;
};

}  // namespace eider::dbt
