#include "dbt/relation_names.h"

#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "dbt/base_context.h"
#include "dbt/context.h"
#include "dbt/environment.h"
#include "dbt/manifest_artifact.h"
#include "dbt/parse_context.h"
#include "jinja/object.h"

namespace eider::dbt {

using jinja::Object;
using jinja::State;
using jinja::Value;

namespace {

// The node as its naming macro sees it; turned into values only where the macro asks for one.
class NamedNode final : public Object {
 public:
  explicit NamedNode(const Node& node) : node_(node) {}

  std::string TypeName() const override { return "ParsedNode"; }
  std::string Repr() const override { return "<" + node_.unique_id + ">"; }
  bool IsMapping() const override { return true; }

  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "name") return Value(node_.name);
    if (name == "version") return Value::FromJson(node_.version);
    if (name == "resource_type") return Value(NodeTypeName(node_.type));
    if (all_.IsNone()) all_ = Value::FromJson(NodeToJson(node_));
    const Value* found = all_.AsDict().Find(name);
    return found ? std::optional<Value>(*found) : std::nullopt;
  }
  std::optional<Value> GetItem(State& state, const Value& key) override {
    if (!key.IsString()) return std::nullopt;
    return GetAttribute(state, key.AsString());
  }
  std::optional<Value> CallMethod(State& state, std::string_view name,
                                  const jinja::Arguments& arguments) override {
    if (name != "get") return std::nullopt;
    jinja::BoundArguments bound("get", arguments, {"key", "default"}, 1);
    auto found = GetAttribute(state, bound.String(0));
    return found ? *found : bound[1];
  }

 private:
  const Node& node_;
  Value all_;
};

// What generate_<component>_name makes of the configured `custom` value.
std::optional<std::string> Generate(const ParseState& state, const std::string& component,
                                    const Json* custom, const Value& node, const Node& named) {
  const MacroEntry* macro = state.macros->FindGenerateName(component, named.package_name);
  if (!macro) {
    throw Error(ErrorCode::kNotFound, "No macro with name generate_" + component + "_name found");
  }
  Context context(state.macros, state.config->project.name, state.base);
  context.Set("execute", Value(false));
  context.SetLazy("adapter", [&] { return MakeParsedAdapter(state, named.package_name); });
  context.SetLazy(
      "var", [&] { return MakeVar(*state.config, state.config->project.name, named.unique_id); });
  // A macro is called from a template; this one is nothing but the call.
  static const auto kCall = RunEnvironment().Compile("{{ call_macro() }}", "generate_name");
  Value result;
  context.Set("call_macro",
              Value::Function("call_macro", [&](State& inner, const jinja::Arguments&) {
                jinja::Arguments arguments;
                arguments.positional = {custom ? Value::FromJson(*custom) : Value(), node};
                result = inner.Call(macro->callable, arguments);
                return Value("");
              }));
  kCall->Render(context);
  if (result.IsNone() || result.IsUndefined()) return std::nullopt;
  return std::string(Trim(result.Str()));
}

}  // namespace

void NameRelation(const ParseState& state, Node& node) {
  Value value(std::make_shared<NamedNode>(node));
  try {
    node.database = Generate(state, "database", node.config.Find("database"), value, node);
    node.schema = Generate(state, "schema", node.config.Find("schema"), value, node).value_or("");
    node.alias =
        Generate(state, "alias", node.config.Find("alias"), value, node).value_or(node.name);
  } catch (Error& error) {
    error.WithContext("while naming the relation of '" + node.unique_id + "'");
    throw;
  }
  if (node.type == NodeType::kSnapshot) {
    if (const Json* database = node.config.Find("target_database")) {
      node.database = database->get<std::string>();
    }
    if (const Json* schema = node.config.Find("target_schema")) {
      node.schema = schema->get<std::string>();
    }
  }
  if (!node.is_relational() || node.is_ephemeral() || !state.config->adapter) {
    node.relation_name = std::nullopt;
    return;
  }
  Quoting quoting = state.config->quoting();
  if (const Json* own = node.config.Find("quoting"); own && own->is_object()) {
    auto read = [&](const char* key, std::optional<bool>& part) {
      auto found = own->find(key);
      if (found != own->end() && found->is_boolean()) part = found->get<bool>();
    };
    read("database", quoting.database);
    read("schema", quoting.schema);
    read("identifier", quoting.identifier);
  }
  node.relation_name =
      state.config->adapter->RelationName(node.database, node.schema, node.alias, quoting);
}

}  // namespace eider::dbt
