// From a node's code with templates to the SQL that runs: rendering, and the CTEs of ephemeral
// models it refers to.
#pragma once

#include <memory>
#include <string>

#include "dbt/adapter.h"
#include "dbt/manifest.h"

namespace eider::dbt {

struct CompileOptions {
  bool write = true;       // target/compiled/<package>/<path>
  bool introspect = true;  // run_query and the like may ask the warehouse
  bool empty = false;      // --empty: every ref and source is limited to no rows
  std::optional<int64_t> sample_limit;
};

class Compiler {
 public:
  Compiler(Manifest& manifest, Adapter& adapter, CompileOptions options = {});

  // Fills compiled, compiled_code, compiled_path, extra_ctes of `node`. Ephemeral parents are
  // compiled on the way, once. Safe to call for different nodes from several threads, each with its
  // own connection.
  void Compile(Node& node, Connection& connection);

  // Where compiled and run code of `node` is written, relative to the project:
  // "target/compiled/jaffle_shop/models/customers.sql". `folder` is "compiled" or "run".
  std::string CodePath(const Node& node, std::string_view folder) const;
  void WriteCode(const Node& node, std::string_view folder, const std::string& code) const;

  Manifest& manifest() { return manifest_; }
  Adapter& adapter() { return adapter_; }
  const CompileOptions& options() const { return options_; }
  // What every context of the invocation shares.
  const std::shared_ptr<const jinja::Dict>& base_context() const { return base_context_; }

 private:
  Manifest& manifest_;
  Adapter& adapter_;
  CompileOptions options_;
  std::shared_ptr<const jinja::Dict> base_context_;
  std::mutex ephemeral_mutex_;
};

}  // namespace eider::dbt
