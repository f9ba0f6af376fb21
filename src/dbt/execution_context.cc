#include "dbt/execution_context.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dbt/adapter_response.h"
#include "dbt/base_context.h"
#include "dbt/column.h"
#include "dbt/config_value.h"
#include "dbt/contract_error.h"
#include "dbt/environment.h"
#include "dbt/generic_test_parser.h"
#include "dbt/macro_library.h"
#include "dbt/manifest_artifact.h"
#include "dbt/parse_context.h"
#include "dbt/relation.h"
#include "dbt/seed.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::Dict;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

template <typename Body>
Value Function(const char* name, Body body) {
  return Value::Function(name, std::move(body));
}

// `context` and `builtins`: the names of a context as items of a mapping.
class ContextValue final : public jinja::Object {
 public:
  explicit ContextValue(const Context& context) : context_(context) {}
  std::string TypeName() const override { return "Context"; }
  bool IsMapping() const override { return true; }

  std::optional<Value> GetItem(State&, const Value& key) override {
    Value value;
    if (!key.IsString() || !context_.Find(key.AsString(), &value)) return std::nullopt;
    return value;
  }
  std::optional<bool> Contains(const Value& needle) override {
    Value value;
    return needle.IsString() && context_.Find(needle.AsString(), &value);
  }
  std::optional<Value> GetAttribute(State& state, std::string_view name) override {
    if (name == "get") {
      auto self = std::static_pointer_cast<ContextValue>(shared_from_this());
      return Value::Function("get", [self](State& inner, const Arguments& arguments) {
        BoundArguments bound("get", arguments, {"key", "default"}, 1);
        return self->GetItem(inner, bound[0]).value_or(bound[1]);
      });
    }
    return GetItem(state, Value(name));
  }

 private:
  const Context& context_;
};

Value HookList(const std::vector<Hook>& hooks) {
  ValueList out;
  for (const auto& hook : hooks) {
    Dict item{{"sql", Value(hook.sql)}, {"transaction", Value(hook.transaction)}};
    if (hook.index) item.Set(Value("index"), Value(*hook.index));
    out.emplace_back(std::move(item));
  }
  return Value::List(std::move(out));
}

// `validation.any[..]`: a check that a value is one of several.
Value MakeValidation() {
  Dict out;
  out.Set(Value("any"), Function("any", [](State&, const Arguments& options) {
            ValueList allowed = options.positional;
            return Function("validate", [allowed](State&, const Arguments& arguments) -> Value {
              BoundArguments bound("validate", arguments, {"value"}, 1);
              std::vector<std::string> names;
              for (const auto& option : allowed) {
                if (option.Equals(bound[0])) return Value("");
                names.push_back(option.Str());
              }
              throw Error(ErrorCode::kInvalidArgument, "Expected value \"" + bound[0].Str() +
                                                           "\" to be one of " + Join(names, ","));
            });
          }));
  return Value(std::move(out));
}

std::string DependencyHint(const Node& node, const RefArgs& ref) {
  std::string arguments = "'" + ref.name + "'";
  if (ref.package) arguments = "'" + *ref.package + "', " + arguments;
  return "dbt was unable to infer all dependencies for the model \"" + node.name +
         "\".\nThis typically happens when ref() is placed within a conditional block.\n\nTo fix "
         "this, add the following hint to the top of the model \"" +
         node.name + "\":\n\n-- depends_on: {{ ref(" + arguments + ") }}";
}

std::string Title(std::string_view name) {
  std::string out(name);
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

[[noreturn]] void TargetNotFound(const Node& node, const std::string& kind,
                                 const std::string& target, bool disabled,
                                 const std::vector<std::string>& candidates) {
  Error error(ErrorCode::kNotFound, Title(NodeTypeName(node.type)) + " '" + node.unique_id + "' (" +
                                        node.original_file_path + ") depends on a " + kind +
                                        " named '" + target + "' which " +
                                        (disabled ? "is disabled" : "was not found"));
  if (auto near = ClosestMatch(target, candidates); !near.empty() && !disabled) {
    error.WithHint("Did you mean '" + near + "'?");
  }
  throw error;
}

}  // namespace

ExecutionContext::ExecutionContext(Compiler& compiler, Connection& connection, Node& node)
    : compiler_(compiler),
      connection_(connection),
      node_(node),
      context_(std::make_unique<Context>(compiler.manifest().macro_library, node.package_name,
                                         compiler.base_context())) {
  SetNames();
}

void ExecutionContext::SetAll(const Dict& values) {
  for (const auto& [key, value] : values) context_->Set(key.AsString(), value);
}

void ExecutionContext::SetNames() {
  Adapter& adapter = compiler_.adapter();
  const Config& config = adapter.config();
  context_->Set("execute", Value(true));
  own_ = {{"ref", Function("ref", [this](State&, const Arguments& a) { return Ref(a); })},
          {"source",
           Function("source", [this](State&, const Arguments& a) { return SourceRelation(a); })},
          {"config", ConfigValue::Make(node_)},
          {"var", MakeVar(config, node_.package_name, node_.unique_id)}};
  SetAll(own_);
  context_->Set("adapter",
                adapter.TemplateValue(connection_, &node_, node_.package_name, context_->macros()));
  context_->SetLazy("api", [this] {
    return Value(Dict{{"Relation", RelationClass(compiler_.adapter().config().quoting())},
                      {"Column", ColumnClass()}});
  });
  context_->SetLazy("this", [this] {
    if (node_.type == NodeType::kOperation) return Value();
    Relation relation = RelationOf(node_, compiler_.adapter().config().quoting());
    return RelationValue::Make(std::move(relation));
  });
  context_->SetLazy("model", [this] { return MakeModel(); });
  context_->SetLazy("graph", [this] { return compiler_.graph(); });
  context_->SetLazy("context", [this] { return Value(std::make_shared<ContextValue>(*context_)); });
  context_->SetLazy("builtins", [this] { return MakeBuiltins(); });
  context_->Set("database",
                node_.database ? Value(*node_.database) : Value(adapter.default_database()));
  context_->Set("schema", Value(node_.schema.empty() ? config.target.schema : node_.schema));
  context_->SetLazy("pre_hooks", [this] {
    return node_.type == NodeType::kTest ? Value::List() : HookList(node_.config.pre_hooks());
  });
  context_->SetLazy("post_hooks", [this] {
    return node_.type == NodeType::kTest ? Value::List() : HookList(node_.config.post_hooks());
  });
  auto code = [this] {
    return node_.extra_ctes_injected && node_.compiled_code ? Value(*node_.compiled_code) : Value();
  };
  context_->SetLazy("sql", code);
  context_->SetLazy("compiled_code", code);
  context_->Set("sql_now", Value("now()"));
  context_->Set("defer_relation", Value());
  context_->Set("selected_resources", compiler_.selected());
  context_->SetLazy("validation", [] { return MakeValidation(); });
  context_->SetLazy("invocation_args_dict", [this] {
    const ConfigOptions& options = compiler_.adapter().config().options;
    return Value(Dict{{"which", Value(options.command)},
                      {"full_refresh", Value(options.full_refresh)},
                      {"vars", Value::FromJson(options.cli_vars)}});
  });

  context_->Set("load_result", Function("load_result", [this](State&, const Arguments& arguments) {
                  BoundArguments bound("load_result", arguments, {"name"}, 1);
                  return LoadResult(bound[0].Str());
                }));
  context_->Set("store_result", Function("store_result", [this](State&, const Arguments& a) {
                  BoundArguments bound("store_result", a, {"name", "response", "agate_table"}, 1);
                  auto table = bound[2].As<Table>()
                                   ? std::static_pointer_cast<Table>(bound[2].AsObject())
                                   : Table::Empty();
                  results_[bound[0].Str()] = StatementResult{bound[1], std::move(table)};
                  return Value("");
                }));
  context_->Set(
      "store_raw_result", Function("store_raw_result", [this](State&, const Arguments& a) {
        BoundArguments bound("store_raw_result", a,
                             {"name", "message", "code", "rows_affected", "agate_table"}, 1);
        AdapterResponse response;
        response.message = bound[1].IsNone() ? "OK" : bound[1].Str();
        response.code = bound[2].IsNone() ? "" : bound[2].Str();
        if (bound[3].IsInt()) response.rows_affected = bound[3].AsInt();
        auto table = bound[4].As<Table>() ? std::static_pointer_cast<Table>(bound[4].AsObject())
                                          : Table::Empty();
        results_[bound[0].Str()] =
            StatementResult{AdapterResponseValue::Make(std::move(response)), std::move(table)};
        return Value("");
      }));
  context_->Set("write", Function("write", [this](State&, const Arguments& arguments) {
                  BoundArguments bound("write", arguments, {"payload"}, 1);
                  std::string path = compiler_.CodePath(node_, "run");
                  {
                    std::shared_lock<std::shared_mutex> lock(compiler_.results_mutex());
                    node_.build_path = std::move(path);
                  }
                  compiler_.WriteCode(node_, "run", bound[0].Str());
                  return Value("");
                }));
  context_->Set("render", Function("render", [this](State&, const Arguments& arguments) {
                  BoundArguments bound("render", arguments, {"string"}, 1);
                  auto source = RunEnvironment().Compile(bound[0].Str(), node_.original_file_path);
                  return Value(source->Render(*context_));
                }));
  context_->Set("try_or_compiler_error",
                Function("try_or_compiler_error", [](State& state, const Arguments& arguments) {
                  if (arguments.positional.size() < 2) {
                    throw Error(ErrorCode::kInvalidArgument,
                                "try_or_compiler_error() takes a message and a function");
                  }
                  Arguments call;
                  call.positional.assign(arguments.positional.begin() + 2,
                                         arguments.positional.end());
                  call.keyword = arguments.keyword;
                  try {
                    return state.Call(arguments.positional[1], call);
                  } catch (const Error&) {
                    throw Error(ErrorCode::kInvalidArgument, arguments.positional[0].Str());
                  }
                }));
  context_->Set("load_agate_table", Function("load_agate_table", [this](State&, const Arguments&) {
                  if (node_.type != NodeType::kSeed) {
                    throw Error(ErrorCode::kInvalidArgument,
                                "can only load_agate_table for seeds (got a " +
                                    std::string(NodeTypeName(node_.type)) + ")");
                  }
                  return Value(LoadSeedTable(node_));
                }));
  context_->Set("submit_python_job",
                Function("submit_python_job", [](State&, const Arguments&) -> Value {
                  throw Error(ErrorCode::kUnsupported, "Python models are not supported")
                      .WithHint("Write the model in SQL.");
                }));
  context_->Set("adapter_macro", Function("adapter_macro", [](State&, const Arguments& a) -> Value {
                  BoundArguments bound("adapter_macro", a, {"name"}, 1);
                  throw Error(ErrorCode::kInvalidArgument,
                              "The \"adapter_macro\" macro has been deprecated. Instead, use the "
                              "`adapter.dispatch` method to find a macro and call the result. "
                              "adapter_macro was called for: " +
                                  bound[0].Str());
                }));
  context_->SetLazy("exceptions", [this] {
    Dict out;
    if (const Value* base = compiler_.base_context()->Find(std::string_view("exceptions"))) {
      out = base->AsDict();
    }
    out.Set(Value("raise_contract_error"),
            Function("raise_contract_error", [](State&, const Arguments& arguments) -> Value {
              BoundArguments bound("raise_contract_error", arguments,
                                   {"yaml_columns", "sql_columns"}, 2);
              throw Error(ErrorCode::kInvalidArgument, ContractMessage(bound[0], bound[1]));
            }));
    return Value(std::move(out));
  });
}

// The functions themselves, for a project's macro that takes the place of one of them and needs it.
Value ExecutionContext::MakeBuiltins() const {
  Dict out;
  for (const auto& [name, value] : *compiler_.base_context()) out.Set(name, value);
  for (const auto& [name, value] : own_) out.Set(name, value);
  return Value(std::move(out));
}

Value ExecutionContext::MakeModel() const {
  Json json = NodeToJson(node_);
  if (auto code = json.find("compiled_code"); code != json.end()) json["compiled_sql"] = *code;
  if (node_.contract.alias_types) {
    if (auto columns = json.find("columns"); columns != json.end() && columns->is_object()) {
      for (auto& [name, column] : columns->items()) {
        auto type = column.find("data_type");
        if (type == column.end() || !type->is_string()) continue;
        if (EqualsIgnoreCase(type->get<std::string>(), "string")) *type = "TEXT";
      }
    }
  }
  return Value::FromJson(json);
}

Value ExecutionContext::Ref(const Arguments& arguments) {
  RefArgs ref = ReadRef(arguments);
  Manifest& manifest = compiler_.manifest();
  auto lookup = manifest.FindRef(ref.package, ref.name, ref.version, node_.package_name);
  if (!lookup.found || lookup.disabled) {
    TargetNotFound(node_, "node", ref.name, lookup.disabled, manifest.RefNames());
  }
  Node& target = *lookup.found;
  bool is_operation = node_.type == NodeType::kOperation;
  if (!is_operation && target.unique_id != node_.unique_id) {
    const auto& parents = node_.depends_on_nodes;
    if (std::find(parents.begin(), parents.end(), target.unique_id) == parents.end()) {
      throw Error(ErrorCode::kInvalidArgument, DependencyHint(node_, ref));
    }
  }
  const CompileOptions& options = compiler_.options();
  Relation relation;
  if (target.is_ephemeral()) {
    if (is_operation) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Operations can not ref() ephemeral nodes, but " + target.name + " is ephemeral");
    }
    bool known = std::any_of(node_.extra_ctes.begin(), node_.extra_ctes.end(),
                             [&](const InjectedCte& cte) { return cte.id == target.unique_id; });
    if (!known) {
      std::shared_lock<std::shared_mutex> lock(compiler_.results_mutex());
      node_.extra_ctes.push_back({target.unique_id, ""});
    }
    relation = EphemeralRelation(target);
  } else {
    relation = RelationOf(target, compiler_.adapter().config().quoting());
  }
  if (options.empty) relation.limit = 0;
  return RelationValue::Make(std::move(relation));
}

Value ExecutionContext::SourceRelation(const Arguments& arguments) {
  SourceArgs names = ReadSource(arguments);
  Manifest& manifest = compiler_.manifest();
  auto lookup = manifest.FindSource(names.source_name, names.table_name, node_.package_name);
  if (!lookup.found || lookup.disabled) {
    TargetNotFound(node_, "source", names.source_name + "." + names.table_name, lookup.disabled,
                   manifest.SourceNames());
  }
  Relation relation = RelationOf(*lookup.found);
  if (compiler_.options().empty) relation.limit = 0;
  return RelationValue::Make(std::move(relation));
}

Value ExecutionContext::LoadResult(const std::string& name) {
  auto found = results_.find(name);
  if (found == results_.end()) return Value();
  if (!found->second) {
    throw Error(ErrorCode::kInvalidArgument, "The 'statement' result named '" + name +
                                                 "' has already been loaded into a variable");
  }
  const StatementResult& result = *found->second;
  ValueList matrix;
  for (const auto& row : result.table->rows()) matrix.push_back(Value::Tuple(row));
  Value value(Dict{{"response", result.response},
                   {"data", Value::List(std::move(matrix))},
                   {"table", Value(result.table)}});
  if (name != "main") found->second.reset();
  return value;
}

const StatementResult* ExecutionContext::FindResult(const std::string& name) const {
  auto found = results_.find(name);
  return found == results_.end() || !found->second ? nullptr : &*found->second;
}

void ExecutionContext::SetTestArguments() {
  if (!node_.test_metadata) return;
  context_->Set("_dbt_generic_test_kwargs",
                RenderTestArguments(node_.test_metadata->kwargs, *context_, RunEnvironment(),
                                    node_.original_file_path));
}

Value ExecutionContext::CallMacro(const Value& macro, Dict arguments) {
  static const std::shared_ptr<const jinja::Template> kCall =
      RunEnvironment().Compile("{{ __eider_macro(**__eider_arguments) }}", "");
  context_->Set("__eider_macro", macro);
  context_->Set("__eider_arguments", Value(std::move(arguments)));
  return kCall->RenderNative(*context_, false);
}

}  // namespace eider::dbt
