// From a node's code with templates to the SQL that runs: rendering, and the CTEs of ephemeral
// models it refers to.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
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
  // All three must outlive it. Gives relations of table_format iceberg their place (see
  // iceberg_placement.h) and attaches their warehouses.
  Compiler(Manifest& manifest, Adapter& adapter, CompileOptions options = {});

  // Fills compiled, compiled_code, compiled_path, extra_ctes of `node`. Ephemeral parents are
  // compiled on the way, once. Safe to call for different nodes from several threads, each with its
  // own connection. `extras` are names its templates see besides. Throws what rendering throws.
  void Compile(Node& node, Connection& connection, const jinja::Dict* extras = nullptr);

  // Where compiled and run code of `node` is written, relative to the project:
  // "target/compiled/jaffle_shop/models/customers.sql". `folder` is "compiled" or "run".
  std::string CodePath(const Node& node, std::string_view folder) const;
  // Writes `code` there, unless CompileOptions::write is off. Throws kIo.
  void WriteCode(const Node& node, std::string_view folder, const std::string& code) const;

  Manifest& manifest() const { return manifest_; }
  Adapter& adapter() const { return adapter_; }
  const CompileOptions& options() const { return options_; }
  // What every context of the invocation shares.
  const std::shared_ptr<const jinja::Dict>& base_context() const { return base_context_; }
  // `graph`: made when first asked for, shared by all.
  jinja::Value graph();
  // Held shared while a node's compile results are written, each by the thread that works on the
  // node; held alone while all nodes are read.
  std::shared_mutex& results_mutex() { return results_mutex_; }
  // The statement comment that `query-comment` of the project asks for on behalf of `node`, set on
  // `connection`.
  void SetQueryComment(Node& node, Connection& connection);
  // `selected_resources`.
  void set_selected(const std::set<std::string>& ids);
  const jinja::Value& selected() const { return selected_; }

 private:
  void Render(Node& node, Connection& connection, const jinja::Dict* extras);
  void InjectEphemeral(Node& node, Connection& connection);
  void SetCompiledPath(Node& node);

  Manifest& manifest_;
  Adapter& adapter_;
  CompileOptions options_;
  std::shared_ptr<const jinja::Dict> base_context_;
  jinja::Value selected_;
  std::mutex graph_mutex_;
  std::shared_mutex results_mutex_;
  std::optional<jinja::Value> graph_;
  // Held while ephemeral models are compiled: each is compiled by the first node that needs it.
  std::mutex ephemeral_mutex_;
  std::map<std::string, std::string> ephemeral_code_;  // by id, before CTEs are put in
};

}  // namespace eider::dbt
