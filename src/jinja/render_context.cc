#include "jinja/render_context.h"

#include <algorithm>

namespace eider::jinja {

bool RenderContext::Find(std::string_view name, Value* value) const {
  for (const RenderContext* context = this; context; context = context->around_.get()) {
    for (const Variable& variable : context->variables_) {
      if (*variable.name != name) continue;
      *value = variable.value;
      return true;
    }
    for (const auto& [given, given_value] : context->given_) {
      if (*given != name) continue;
      *value = given_value;
      return true;
    }
  }
  if (resolver_ && resolver_->Find(name, value)) return true;
  const Value* global = environment_.FindGlobal(name);
  if (!global) return false;
  *value = *global;
  return true;
}

void RenderContext::SetVariable(Name name, Value value, bool exported) {
  for (Variable& variable : variables_) {
    if (variable.name != name) continue;
    variable.value = std::move(value);
    variable.exported = exported;
    return;
  }
  variables_.push_back({name, std::move(value), exported});
}

Dict RenderContext::Exports() const {
  Dict exports;
  for (const Variable& variable : variables_) {
    if (variable.exported) exports.Set(Value(*variable.name), variable.value);
  }
  return exports;
}

const Value* RenderContext::FindExport(std::string_view name) const {
  auto it = std::find_if(variables_.begin(), variables_.end(), [&](const Variable& variable) {
    return variable.exported && *variable.name == name;
  });
  return it == variables_.end() ? nullptr : &it->value;
}

void RenderContext::AddBlocks(const Template& source, const TemplateNode& root) {
  for (const BlockStatement* block : root.blocks) {
    auto it = std::find_if(blocks_.begin(), blocks_.end(),
                           [&](const auto& entry) { return entry.first == block->name; });
    if (it == blocks_.end()) it = blocks_.insert(it, {block->name, {}});
    it->second.push_back({block, &source});
  }
}

const std::vector<BlockDefinition>* RenderContext::FindBlock(Name name) const {
  for (const RenderContext* context = this; context; context = context->around_.get()) {
    for (const auto& [block, definitions] : context->blocks_) {
      if (block == name) return &definitions;
    }
  }
  return nullptr;
}

}  // namespace eider::jinja
