#include "dbt/macro_library.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dbt/context.h"
#include "jinja/object.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::State;
using jinja::Value;

// One call of a macro, counted in the Context it happens in.
class MacroCall {
 public:
  MacroCall(State& state, const std::string& unique_id)
      : context_(dynamic_cast<const Context*>(&state.context())) {
    if (!context_) return;
    if (context_->macro_depth_ == 0 && context_->on_macro_call) context_->on_macro_call(unique_id);
    ++context_->macro_depth_;
  }
  ~MacroCall() {
    if (context_) --context_->macro_depth_;
  }
  MacroCall(const MacroCall&) = delete;
  MacroCall& operator=(const MacroCall&) = delete;

 private:
  const Context* context_;
};

namespace {

class MacroCallable final : public jinja::Object {
 public:
  MacroCallable(std::string unique_id, std::shared_ptr<const jinja::Template> source,
                const jinja::MacroInfo& info)
      : unique_id_(std::move(unique_id)),
        source_(std::move(source)),
        info_(info),
        bound_(source_->BindMacro(info)) {}

  std::string TypeName() const override { return "MacroGenerator"; }
  std::string Repr() const override { return "<macro " + unique_id_ + ">"; }
  bool IsCallable() const override { return true; }

  Value Call(State& state, const Arguments& arguments) override {
    MacroCall call(state, unique_id_);
    return state.CallMacro(*source_, *info_.node, arguments);
  }

  std::optional<Value> GetAttribute(State& state, std::string_view name) override {
    return state.GetAttribute(bound_, name);
  }

 private:
  std::string unique_id_;
  std::shared_ptr<const jinja::Template> source_;
  const jinja::MacroInfo& info_;
  Value bound_;
};

// `dbt_utils` in `dbt_utils.star(..)`.
class PackageNamespace final : public jinja::Object {
 public:
  PackageNamespace(const MacroLibrary& library, std::string package)
      : library_(library), package_(std::move(package)) {}

  std::string TypeName() const override { return "namespace"; }
  std::string Repr() const override { return "<macros of package " + package_ + ">"; }
  bool IsMapping() const override { return true; }

  std::optional<Value> GetAttribute(State&, std::string_view name) override { return Lookup(name); }
  std::optional<Value> GetItem(State&, const Value& key) override {
    if (!key.IsString()) return std::nullopt;
    return Lookup(key.AsString());
  }
  std::optional<bool> Contains(const Value& needle) override {
    return needle.IsString() && library_.FindInPackage(needle.AsString(), package_) != nullptr;
  }

 private:
  std::optional<Value> Lookup(std::string_view name) const {
    const MacroEntry* entry = library_.FindInPackage(name, package_);
    if (!entry) return std::nullopt;
    return entry->callable;
  }

  const MacroLibrary& library_;
  std::string package_;
};

constexpr std::string_view kGlobalPackage = "dbt";

}  // namespace

MacroLibrary::MacroLibrary(std::shared_ptr<const Config> config) : config_(std::move(config)) {
  auto add = [&](const std::string& package) {
    namespaces_[package] = Value(std::make_shared<PackageNamespace>(*this, package));
  };
  add(std::string(kGlobalPackage));
  add(config_->project.name);
  for (const auto& package : config_->packages) add(package.name);
  if (config_->adapter) {
    for (const auto& package : config_->adapter->internal_packages()) add(package);
  }
}

void MacroLibrary::Add(const Macro& macro, std::shared_ptr<const jinja::Template> source,
                       const jinja::MacroInfo& info) {
  MacroEntry entry;
  entry.macro = &macro;
  entry.callable = Value(std::make_shared<MacroCallable>(macro.unique_id, source, info));
  entry.source = std::move(source);
  entry.info = &info;
  packages_[macro.package_name][macro.name] = std::move(entry);
}

const MacroEntry* MacroLibrary::FindInPackage(std::string_view name,
                                              std::string_view package) const {
  auto lookup = [&](std::string_view where) -> const MacroEntry* {
    auto macros = packages_.find(where);
    if (macros == packages_.end()) return nullptr;
    auto found = macros->second.find(name);
    return found == macros->second.end() ? nullptr : &found->second;
  };
  if (package != kGlobalPackage) return lookup(package);
  if (config_->adapter) {
    for (const auto& internal : config_->adapter->internal_packages()) {
      if (const auto* entry = lookup(internal)) return entry;
    }
    return nullptr;
  }
  return lookup(kGlobalPackage);
}

const MacroEntry* MacroLibrary::Find(std::string_view name, std::string_view package) const {
  if (const auto* entry = FindInPackage(name, package)) return entry;
  if (package != config_->project.name) {
    if (const auto* entry = FindInPackage(name, config_->project.name)) return entry;
  }
  return FindInPackage(name, kGlobalPackage);
}

const MacroEntry* MacroLibrary::FindGenerateName(std::string_view component,
                                                 std::string_view package) const {
  std::string name = "generate_" + std::string(component) + "_name";
  bool imported = std::any_of(config_->packages.begin(), config_->packages.end(),
                              [&](const Project& p) { return p.name == package; });
  if (imported) {
    if (const auto* entry = FindInPackage(name, package)) return entry;
  }
  return Find(name, config_->project.name);
}

const MacroEntry* MacroLibrary::FindMaterialization(std::string_view name) const {
  std::vector<std::string> prefixes;
  if (config_->adapter) prefixes = config_->adapter->dispatch_prefixes();
  prefixes.push_back("default");
  for (const auto& prefix : prefixes) {
    std::string full = "materialization_" + std::string(name) + "_" + prefix;
    if (const auto* entry = Find(full, config_->project.name)) return entry;
  }
  // A package may bring a materialization of its own, but not replace a built-in one.
  for (const auto& prefix : prefixes) {
    std::string full = "materialization_" + std::string(name) + "_" + prefix;
    for (const auto& package : config_->packages) {
      if (const auto* entry = FindInPackage(full, package.name)) return entry;
    }
  }
  return nullptr;
}

std::vector<MacroLibrary::Candidate> MacroLibrary::DispatchCandidates(
    std::string_view name, const std::optional<std::string>& ns) const {
  std::vector<std::optional<std::string>> places;
  if (ns) {
    for (auto& place : config_->DispatchSearchOrder(*ns)) places.emplace_back(std::move(place));
  }
  if (places.empty()) places.emplace_back(std::nullopt);
  std::vector<std::string> prefixes;
  if (config_->adapter) prefixes = config_->adapter->dispatch_prefixes();
  prefixes.push_back("default");

  std::vector<Candidate> candidates;
  for (const auto& place : places) {
    for (const auto& prefix : prefixes) {
      candidates.push_back({place, prefix + "__" + std::string(name)});
    }
  }
  return candidates;
}

const MacroEntry* MacroLibrary::FindDispatched(std::string_view name,
                                               const std::optional<std::string>& ns,
                                               std::string_view package) const {
  for (const auto& [place, candidate] : DispatchCandidates(name, ns)) {
    const auto* entry = place ? FindInPackage(candidate, *place) : Find(candidate, package);
    if (entry) return entry;
  }
  return nullptr;
}

const MacroEntry& MacroLibrary::Dispatch(std::string_view name,
                                         const std::optional<std::string>& ns,
                                         std::string_view package) const {
  if (const auto* entry = FindDispatched(name, ns, package)) return *entry;
  std::vector<std::string> attempts;
  for (const auto& [place, candidate] : DispatchCandidates(name, ns)) {
    attempts.push_back("'" + (place ? *place + "." : "") + candidate + "'");
  }
  throw Error(ErrorCode::kNotFound, "In dispatch: No macro named '" + std::string(name) +
                                        "' found within namespace: '" + ns.value_or("None") + "'")
      .WithHint("Searched for: " + Join(attempts, ", "));
}

bool MacroLibrary::FindName(std::string_view name, std::string_view package, Value* value) const {
  if (const auto* entry = FindInPackage(name, package)) {
    *value = entry->callable;
    return true;
  }
  if (package != config_->project.name) {
    if (const auto* entry = FindInPackage(name, config_->project.name)) {
      *value = entry->callable;
      return true;
    }
  }
  if (auto found = namespaces_.find(name); found != namespaces_.end()) {
    *value = found->second;
    return true;
  }
  if (const auto* entry = FindInPackage(name, kGlobalPackage)) {
    *value = entry->callable;
    return true;
  }
  return false;
}

std::vector<std::string> MacroLibrary::Names() const {
  std::vector<std::string> names;
  for (const auto& [package, macros] : packages_) {
    bool own = package == config_->project.name;
    for (const auto& [name, entry] : macros) names.push_back(own ? name : package + "." + name);
  }
  return names;
}

}  // namespace eider::dbt
