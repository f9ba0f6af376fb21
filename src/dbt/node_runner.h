// Building one node: compiling it, running its materialization or test, and telling about it.
#pragma once

#include <string>

#include "dbt/compiler.h"
#include "dbt/events.h"
#include "dbt/run_results.h"
#include "dbt/runner.h"

namespace eider::dbt {

// Safe to use from several threads for different nodes. Compiler and options must outlive it.
class NodeRunner {
 public:
  // `total` is the number the progress lines count up to.
  NodeRunner(Compiler& compiler, const RunOptions& options, int total)
      : compiler_(compiler), options_(options), total_(total) {}

  // Builds `node` over a connection of its own. Whatever goes wrong is in the result: an
  // interrupted node is kSkipped with `cancelled` set. An ephemeral model is only compiled, and not
  // told of.
  NodeResult Run(Node& node, int index);
  // Compiles it only, telling nothing.
  NodeResult CompileOnly(Node& node);
  // The result of a node that has nothing to run, such as an exposure.
  NodeResult PassOver(const Node& node, int index);
  // The result of a node that does not run because of `cause`, an upstream failure that may be an
  // ephemeral model's.
  NodeResult Skip(const Node& node, int index, const NodeResult* cause);

 private:
  void Execute(Node& node, Connection& connection, NodeResult& result);
  void TellStart(const Node& node, int index, int64_t started);
  void TellResult(const Node& node, int index, const NodeResult& result, int64_t started);

  Compiler& compiler_;
  const RunOptions& options_;
  int total_;
};

// "sql table model main.customers", "seed file main.raw_orders", "test not_null_x".
std::string DescribeNode(const Node& node, const std::string& default_database);

}  // namespace eider::dbt
