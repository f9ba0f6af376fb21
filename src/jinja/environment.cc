#include "jinja/environment.h"

#include <mutex>
#include <utility>

#include "base/error.h"
#include "jinja/builtins.h"
#include "jinja/lexer.h"
#include "jinja/parser.h"

namespace eider::jinja {

// Templates that came through the loader, by name.
struct Environment::Loaded {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<const Template>> templates;
};

Environment::Environment(EnvironmentOptions options)
    : options_(options), loaded_(std::make_unique<Loaded>()) {
  AddBuiltinFilters(*this);
  AddBuiltinTests(*this);
  AddBuiltinGlobals(*this);
}

Environment::~Environment() = default;

void Environment::SetGlobal(std::string name, Value value) {
  globals_[std::move(name)] = std::move(value);
}

void Environment::SetFilter(std::string name, FilterFunction filter) {
  filters_[std::move(name)] = std::move(filter);
}

void Environment::SetTest(std::string name, TestFunction test) {
  tests_[std::move(name)] = std::move(test);
}

void Environment::AddBlockTag(BlockTag tag) {
  std::string name = tag.tag;
  block_tags_[std::move(name)] = std::move(tag);
}

void Environment::SetLoader(
    std::function<std::optional<std::string>(const std::string& name)> loader) {
  loader_ = std::move(loader);
}

void Environment::SetUndefinedHook(UndefinedHook hook) { undefined_hook_ = std::move(hook); }

std::shared_ptr<const Template> Environment::Compile(std::string source, std::string name) const {
  std::shared_ptr<Template> result(
      new Template(*this, std::move(name), NormalizeSource(source, options_)));
  ParsedTemplate parsed = ParseTemplate(result->source_, result->name_, *this);
  result->root_ = std::move(parsed.root);
  result->macros_ = std::move(parsed.macros);
  return result;
}

std::shared_ptr<const Template> Environment::Load(const std::string& name) const {
  {
    std::lock_guard lock(loaded_->mutex);
    auto it = loaded_->templates.find(name);
    if (it != loaded_->templates.end()) return it->second;
  }
  std::optional<std::string> source;
  if (loader_) source = loader_(name);
  if (!source) throw Error(ErrorCode::kNotFound, "there is no template '" + name + "'");
  auto compiled = Compile(std::move(*source), name);
  std::lock_guard lock(loaded_->mutex);
  return loaded_->templates.emplace(name, std::move(compiled)).first->second;
}

const Value* Environment::FindGlobal(std::string_view name) const {
  auto it = globals_.find(name);
  return it == globals_.end() ? nullptr : &it->second;
}

const FilterFunction* Environment::FindFilter(std::string_view name) const {
  auto it = filters_.find(name);
  return it == filters_.end() ? nullptr : &it->second;
}

const TestFunction* Environment::FindTest(std::string_view name) const {
  auto it = tests_.find(name);
  return it == tests_.end() ? nullptr : &it->second;
}

const BlockTag* Environment::FindBlockTag(std::string_view tag) const {
  auto it = block_tags_.find(tag);
  return it == block_tags_.end() ? nullptr : &it->second;
}

}  // namespace eider::jinja
