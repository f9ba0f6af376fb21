// Where a running template finds the names it does not define itself.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/ast.h"
#include "jinja/environment.h"

namespace eider::jinja {

// One definition of a block: the templates of an inheritance chain may each give one.
struct BlockDefinition {
  const BlockStatement* block;
  const Template* source;
};

// What Jinja2 calls a context: one for a template and those it extends, one for each template that
// is included or imported. A name is looked for among the template's own top-level variables, then
// those it was given by the statement that includes it, then around it.
class RenderContext {
 public:
  // `resolver` may be null: only the globals are known.
  RenderContext(const Environment& environment, const Resolver* resolver)
      : environment_(environment), resolver_(resolver) {}
  explicit RenderContext(std::shared_ptr<const RenderContext> around)
      : environment_(around->environment_),
        resolver_(around->resolver_),
        around_(std::move(around)) {}

  bool Find(std::string_view name, Value* value) const;

  void SetGiven(Name name, Value value) { given_.emplace_back(name, std::move(value)); }

  // Top-level variables, kept for blocks, templates that are extended, and importers.
  void SetVariable(Name name, Value value, bool exported);
  // Those an importer sees, in the order of their first assignment.
  Dict Exports() const;
  // The exported variable `name`, or null.
  const Value* FindExport(std::string_view name) const;
  // Lets go of all values, which may hold this context in turn.
  void Clear() {
    variables_.clear();
    given_.clear();
  }

  // Appends the blocks of `source` to each block's chain, the most derived first.
  void AddBlocks(const Template& source, const TemplateNode& root);
  const std::vector<BlockDefinition>* FindBlock(Name name) const;

 private:
  struct Variable {
    Name name;
    Value value;
    bool exported;
  };

  const Environment& environment_;
  const Resolver* resolver_;
  std::shared_ptr<const RenderContext> around_;
  std::vector<std::pair<Name, Value>> given_;
  std::vector<Variable> variables_;
  std::vector<std::pair<Name, std::vector<BlockDefinition>>> blocks_;
};

}  // namespace eider::jinja
