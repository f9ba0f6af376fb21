// Values that templates define: macros, references to blocks, imported templates.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/ast.h"
#include "jinja/object.h"
#include "jinja/render_context.h"

namespace eider::jinja {

struct Activation;
struct Slot;

// Puts the arguments of a call into the slots of the macro's parameters, by Jinja2's rules. Slots
// of parameters that were not given are left as they are.
void BindMacroArguments(const MacroNode& macro, const Arguments& arguments, Slot* slots,
                        UndefinedMode mode);

// A macro and what it closes over.
class MacroValue final : public Object {
 public:
  // `context` null: the macro belongs to no rendering, and runs in the one that calls it.
  MacroValue(std::shared_ptr<const Template> source, const MacroNode& macro,
             std::shared_ptr<Activation> closure, std::shared_ptr<RenderContext> context);
  ~MacroValue() override;

  std::string TypeName() const override { return "Macro"; }
  std::string Repr() const override;
  bool IsCallable() const override { return true; }
  Value Call(State& state, const Arguments& arguments) override;
  std::optional<Value> GetAttribute(State& state, std::string_view name) override;

 private:
  std::shared_ptr<const Template> source_;
  const MacroNode& macro_;
  std::shared_ptr<Activation> closure_;
  std::shared_ptr<RenderContext> context_;
};

// `self`: its attributes are the template's blocks.
class BlockNamespace final : public Object {
 public:
  explicit BlockNamespace(std::shared_ptr<RenderContext> context) : context_(std::move(context)) {}
  std::string TypeName() const override { return "TemplateReference"; }
  std::optional<Value> GetAttribute(State& state, std::string_view name) override;
  std::optional<Value> GetItem(State& state, const Value& key) override;

 private:
  std::shared_ptr<RenderContext> context_;
};

// `super`, and what `self` gives: a call of it renders the block.
class BlockReference final : public Object {
 public:
  BlockReference(std::shared_ptr<RenderContext> context, Name name, size_t position)
      : context_(std::move(context)), name_(name), position_(position) {}
  // Definition `position` of the block, counted from the most derived; undefined when there is
  // none.
  static Value Make(std::shared_ptr<RenderContext> context, Name name, size_t position,
                    UndefinedMode mode);

  std::string TypeName() const override { return "BlockReference"; }
  bool IsCallable() const override { return true; }
  Value Call(State& state, const Arguments& arguments) override;
  std::optional<Value> GetAttribute(State& state, std::string_view name) override;

 private:
  std::shared_ptr<RenderContext> context_;
  Name name_;
  size_t position_;
};

// {% import %}: its attributes are the template's exported variables.
class ImportedModule final : public Object {
 public:
  ImportedModule(std::string name, std::shared_ptr<RenderContext> context, std::string text)
      : name_(std::move(name)), context_(std::move(context)), text_(std::move(text)) {}
  const std::string& name() const { return name_; }
  std::string TypeName() const override { return "TemplateModule"; }
  std::string Repr() const override;
  std::string Str() const override { return text_; }
  std::optional<Value> GetAttribute(State& state, std::string_view name) override;

 private:
  std::string name_;
  std::shared_ptr<RenderContext> context_;
  std::string text_;
};

}  // namespace eider::jinja
