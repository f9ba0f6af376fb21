// The names a template sees while its node is compiled and run.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "dbt/compiler.h"
#include "dbt/connection.h"
#include "dbt/context.h"
#include "dbt/node.h"

namespace eider::dbt {

// The outcome of a statement that a template kept under a name.
struct StatementResult {
  jinja::Value response;  // AdapterResponse, or text
  std::shared_ptr<Table> table;
};

// ref, source, this, config, model, graph, adapter, api, var, load_result, store_result, write,
// render, .. for one node. Used by one thread, for as long as the node is worked on; compiler,
// connection and node must outlive it.
class ExecutionContext {
 public:
  ExecutionContext(Compiler& compiler, Connection& connection, Node& node);

  const jinja::Resolver& resolver() const { return *context_; }
  void Set(std::string_view name, jinja::Value value) { context_->Set(name, std::move(value)); }
  void SetAll(const jinja::Dict& values);
  // The rows of a generic test's `model`, `column_name` and other arguments.
  void SetTestArguments();

  // What was kept under `name`; nothing where nothing was. It stays loadable.
  const StatementResult* FindResult(const std::string& name) const;

  // Calls a macro, as templates would, with keyword arguments. Its return value, or its text.
  jinja::Value CallMacro(const jinja::Value& macro, jinja::Dict arguments);

 private:
  void SetNames();
  jinja::Value Ref(const jinja::Arguments& arguments);
  jinja::Value SourceRelation(const jinja::Arguments& arguments);
  jinja::Value LoadResult(const std::string& name);
  jinja::Value MakeModel() const;
  jinja::Value MakeBuiltins() const;

  Compiler& compiler_;
  Connection& connection_;
  Node& node_;
  std::unique_ptr<Context> context_;
  jinja::Dict own_;  // the names every node has its own value of
  // A result that was loaded is gone, but for "main".
  std::map<std::string, std::optional<StatementResult>> results_;
};

}  // namespace eider::dbt
