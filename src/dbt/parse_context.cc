#include "dbt/parse_context.h"

#include <algorithm>

#include "base/error.h"
#include "dbt/base_context.h"
#include "dbt/behavior_flags.h"
#include "dbt/column.h"
#include "dbt/environment.h"
#include "dbt/manifest_artifact.h"
#include "dbt/node_config.h"
#include "dbt/relation.h"
#include "jinja/object.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::Object;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

// `config` while parsing: calls are noted, and nothing is known yet.
class ParsedConfig final : public Object {
 public:
  explicit ParsedConfig(Json* config_call) : config_call_(config_call) {}

  std::string TypeName() const override { return "ParseConfigObject"; }
  bool IsCallable() const override { return true; }
  Value Call(State&, const Arguments& arguments) override {
    if (!config_call_) {
      throw Error(ErrorCode::kInvalidArgument, "config() is not available here");
    }
    MergeConfigCall(*config_call_, ReadConfigCall(arguments));
    return Value("");
  }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "get" || name == "require" || name == "meta_get" || name == "meta_require") {
      return Value::Function(std::string(name), [](State&, const Arguments&) { return Value(""); });
    }
    if (name == "persist_relation_docs" || name == "persist_column_docs") {
      return Value::Function(std::string(name),
                             [](State&, const Arguments&) { return Value(false); });
    }
    if (name == "set") {
      auto self = shared_from_this();
      return Value::Function("set", [self](State& state, const Arguments& arguments) {
        jinja::BoundArguments bound("set", arguments, {"name", "value"}, 2);
        Arguments call;
        call.keyword.emplace_back(bound.String(0), bound[1]);
        return self->Call(state, call);
      });
    }
    return std::nullopt;
  }

 private:
  Json* config_call_;
};

// `adapter` while parsing: dispatch and quoting work, questions to the warehouse have empty
// answers.
class ParsedAdapter final : public Object {
 public:
  ParsedAdapter(const Config& config, const MacroLibrary& macros, std::string package)
      : config_(config), macros_(macros), package_(std::move(package)) {}

  std::string TypeName() const override { return "ParseDatabaseWrapper"; }

  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    std::string function(name);
    if (name == "behavior") return BehaviorFlags(config_);
    if (name == "Relation") return RelationClass(config_.quoting());
    if (name == "Column") return ColumnClass();
    auto self = std::static_pointer_cast<ParsedAdapter>(shared_from_this());
    if (name == "dispatch") {
      return Value::Function(function, [self](State&, const Arguments& arguments) {
        jinja::BoundArguments bound("dispatch", arguments,
                                    {"macro_name", "macro_namespace", "packages"}, 1);
        std::optional<std::string> package;
        if (bound.Has(1) && !bound[1].IsNone()) package = bound.String(1);
        return self->macros_.Dispatch(bound.String(0), package, self->package_).callable;
      });
    }
    if (name == "type") {
      return Value::Function(function, [self](State&, const Arguments&) {
        return Value(self->config_.adapter->type());
      });
    }
    if (name == "quote") {
      return Value::Function(function, [self](State&, const Arguments& arguments) {
        jinja::BoundArguments bound("quote", arguments, {"identifier"}, 1);
        return Value(self->config_.adapter->RelationName(std::nullopt, "", bound[0].Str(),
                                                         {.identifier = true}));
      });
    }
    if (name == "quote_as_configured" || name == "quote_seed_column") {
      return Value::Function(function, [](State&, const Arguments& arguments) {
        return arguments.positional.empty() ? Value("") : arguments.positional[0];
      });
    }
    bool list = name.starts_with("get_columns") || name.starts_with("list_") ||
                name == "get_missing_columns" || name == "get_column_schema_from_query" ||
                name == "render_raw_columns_constraints" ||
                name == "render_raw_model_constraints" || name == "get_partitions_metadata";
    return Value::Function(
        function, [list](State&, const Arguments&) { return list ? Value::List() : Value(); });
  }

 private:
  const Config& config_;
  const MacroLibrary& macros_;
  std::string package_;
};

std::string KindOf(const Value& value) { return "<class '" + value.TypeName() + "'>"; }

Json VersionOf(const Value& value) {
  if (value.IsNone() || value.IsUndefined()) return nullptr;
  if (!value.IsString() && !value.IsNumber()) {
    throw Error(ErrorCode::kInvalidArgument,
                "The version argument to ref() must be a string, int, float, or None - got " +
                    KindOf(value));
  }
  return value.ToJson();
}

// The functions that note references, into `context` and `builtins`.
void AddReferences(Context& context, const ParseNotes& notes, Value relation) {
  Value ref = Value::Function("ref", [notes, relation](State&, const Arguments& arguments) {
    notes.refs->push_back(ReadRef(arguments));
    return relation;
  });
  Value source = Value::Function("source", [notes, relation](State&, const Arguments& arguments) {
    notes.sources->push_back(ReadSource(arguments));
    return relation;
  });
  Value metric = Value::Function("metric", [notes](State&, const Arguments& arguments) {
    std::vector<std::string> names;
    for (const auto& name : arguments.positional) names.push_back(name.Str());
    if (notes.metrics) notes.metrics->push_back(std::move(names));
    return Value("");
  });
  Value config(std::make_shared<ParsedConfig>(notes.config_call));
  context.Set("builtins", Value(jinja::Dict{{"ref", ref}, {"source", source}, {"config", config}}));
  context.Set("ref", std::move(ref));
  context.Set("source", std::move(source));
  context.Set("metric", std::move(metric));
  context.Set("config", std::move(config));
  context.Set("execute", Value(false));
  if (auto* macros = notes.macros) {
    context.on_macro_call = [macros](const std::string& id) {
      if (std::find(macros->begin(), macros->end(), id) == macros->end()) macros->push_back(id);
    };
  }
}

Value Nothing(std::string name) {
  return Value::Function(std::move(name), [](State&, const Arguments&) { return Value(); });
}

}  // namespace

std::unique_ptr<Context> MakeParseContext(const ParseState& state, Node& node) {
  auto context = std::make_unique<Context>(state.macros, node.package_name, state.base);
  // As in dbt, what a node refers to looks like the node itself while nothing is resolved yet.
  Value relation = RelationValue::Make(RelationOf(node, state.config->quoting()));
  AddReferences(*context,
                {.refs = &node.refs,
                 .sources = &node.sources,
                 .metrics = &node.metrics,
                 .config_call = &node.config_call,
                 .macros = &node.depends_on_macros},
                relation);
  context->Set("this", relation);
  const Config& config = *state.config;
  context->SetLazy("var", [&config, &node] {
    return MakeVar(config, node.package_name, node.unique_id, MissingVar::kNone);
  });
  context->SetLazy("model", [&node] { return Value::FromJson(NodeToJson(node)); });
  context->SetLazy("adapter",
                   [&state, &node] { return MakeParsedAdapter(state, node.package_name); });
  context->SetLazy("api", [&config] {
    return Value(
        jinja::Dict{{"Relation", RelationClass(config.quoting())}, {"Column", ColumnClass()}});
  });
  context->SetLazy("validation", [] {
    return Value::Undefined("validation", "", jinja::UndefinedMode::kPermissive);
  });
  context->Set("graph", Value(jinja::Dict()));
  context->Set("database", node.database ? Value(*node.database) : Value());
  context->Set("schema", Value(node.schema));
  context->Set("pre_hooks", Value::List());
  context->Set("post_hooks", Value::List());
  context->Set("sql", Value());
  context->Set("compiled_code", Value());
  context->Set("selected_resources", Value::List());
  for (const char* name : {"load_result", "store_result", "store_raw_result", "write",
                           "load_agate_table", "submit_python_job", "render"}) {
    context->Set(name, Nothing(name));
  }
  return context;
}

std::unique_ptr<Context> MakeReferenceContext(const ParseState& state, const std::string& package,
                                              const ParseNotes& notes) {
  auto context = std::make_unique<Context>(state.macros, package, state.base);
  AddReferences(*context, notes, RelationValue::Make(Relation()));
  context->Set("var", MakeVar(*state.config, package, package, MissingVar::kNone));
  return context;
}

Value MakeParsedAdapter(const ParseState& state, const std::string& package) {
  return Value(std::make_shared<ParsedAdapter>(*state.config, *state.macros, package));
}

void MergeConfigCall(Json& config_call, const Json& options) {
  if (config_call.empty()) {
    config_call = options;
    return;
  }
  MergeConfig(config_call, options);
}

RefArgs ReadRef(const Arguments& arguments) {
  const auto& given = arguments.positional;
  if (given.empty() || given.size() > 2) {
    throw Error(ErrorCode::kInvalidArgument,
                "ref() takes at most two arguments (" + std::to_string(given.size()) + " given)");
  }
  RefArgs ref;
  const Value& name = given.back();
  if (!name.IsString()) {
    throw Error(ErrorCode::kInvalidArgument,
                "The name argument to ref() must be a string, got " + KindOf(name));
  }
  ref.name = name.AsString();
  if (given.size() == 2 && !given[0].IsNone()) {
    if (!given[0].IsString()) {
      throw Error(
          ErrorCode::kInvalidArgument,
          "The package argument to ref() must be a string or None, got " + KindOf(given[0]));
    }
    ref.package = given[0].AsString();
  }
  const Value* version = arguments.Keyword("version");
  if (!version || !version->Truthy()) version = arguments.Keyword("v");
  if (version) ref.version = VersionOf(*version);
  return ref;
}

SourceArgs ReadSource(const Arguments& arguments) {
  const auto& given = arguments.positional;
  if (given.size() != 2) {
    throw Error(ErrorCode::kInvalidArgument, "source() takes exactly two arguments (" +
                                                 std::to_string(given.size()) + " given)");
  }
  const char* names[] = {"source name (first)", "table name (second)"};
  for (size_t i = 0; i < 2; ++i) {
    if (given[i].IsString()) continue;
    throw Error(ErrorCode::kInvalidArgument, std::string("The ") + names[i] +
                                                 " argument to source() must be a string, got " +
                                                 KindOf(given[i]));
  }
  return {given[0].AsString(), given[1].AsString()};
}

Json ReadConfigCall(const Arguments& arguments) {
  Json options = Json::object();
  bool one = arguments.positional.size() == 1 && arguments.keyword.empty();
  if (one && arguments.positional[0].IsMapping()) {
    options = arguments.positional[0].ToJson();
  } else if (arguments.positional.empty() && !arguments.keyword.empty()) {
    for (const auto& [key, value] : arguments.keyword) options[key] = value.ToJson();
  } else {
    throw Error(ErrorCode::kInvalidArgument, "Invalid inline model config")
        .WithHint("config() takes keyword arguments, or one dictionary.");
  }
  for (auto [written, meant] : {std::pair("pre_hook", "pre-hook"), {"post_hook", "post-hook"}}) {
    auto found = options.find(written);
    if (found == options.end()) continue;
    if (options.contains(meant)) {
      throw Error(ErrorCode::kInvalidArgument,
                  std::string("Invalid config, has conflicting keys \"") + written + "\" and \"" +
                      meant + "\"");
    }
    Json value = *found;
    options.erase(written);
    options[meant] = std::move(value);
  }
  return options;
}

bool ReadReferenceText(const std::string& text, std::vector<RefArgs>& refs,
                       std::vector<SourceArgs>& sources) {
  auto compiled = ParseEnvironment().Compile("{{ " + text + " }}", text);
  int references = 0, calls = 0;
  compiled->VisitCalls([&](const jinja::CallSite& call) {
    ++calls;
    if (!call.constant || call.unpacks) return;
    if (call.function == "ref") {
      refs.push_back(ReadRef(call.arguments));
      ++references;
    } else if (call.function == "source") {
      sources.push_back(ReadSource(call.arguments));
      ++references;
    }
  });
  return calls == 1 && references == 1;
}

}  // namespace eider::dbt
