#include "dbt/relation.h"

#include "base/error.h"
#include "base/text.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::Dict;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

constexpr std::string_view kCtePrefix = "__dbt__cte__";

constexpr std::pair<RelationType, std::string_view> kTypeNames[] = {
    {RelationType::kTable, "table"},
    {RelationType::kView, "view"},
    {RelationType::kCte, "cte"},
    {RelationType::kExternal, "external"},
    {RelationType::kEphemeral, "ephemeral"},
};

constexpr std::string_view kFields[] = {"path",           "type",         "quote_character",
                                        "include_policy", "quote_policy", "dbt_created",
                                        "limit",          "external"};

Value TextOrNone(const std::optional<std::string>& text) { return text ? Value(*text) : Value(); }

// An argument that is text, or nothing when it is None, undefined or not given.
std::optional<std::string> OptionalText(const Value& value) {
  if (value.IsNone() || value.IsUndefined()) return std::nullopt;
  return value.Str();
}

std::optional<RelationType> OptionalType(const Value& value) {
  auto text = OptionalText(value);
  return text ? RelationTypeFromName(*text) : std::nullopt;
}

Value Policy(bool database, bool schema, bool identifier) {
  return Value(Dict{{"database", database}, {"schema", schema}, {"identifier", identifier}});
}

// Sets `part` of a policy where the argument at `index` was given.
void ApplyFlag(const BoundArguments& bound, size_t index, bool* part) {
  if (bound.Has(index) && !bound[index].IsNone()) *part = bound[index].Truthy();
}

void ApplyPolicy(const Value& policy, bool* database, bool* schema, bool* identifier) {
  if (!policy.IsDict()) return;
  auto apply = [&](std::string_view key, bool* part) {
    const Value* value = policy.AsDict().Find(key);
    if (value && !value->IsNone()) *part = value->Truthy();
  };
  apply("database", database);
  apply("schema", schema);
  apply("identifier", identifier);
}

// The members `incorporate`, `replace` and `create` share, by keyword.
void ApplyField(Relation& relation, std::string_view name, const Value& value,
                std::string_view function) {
  if (name == "path") {
    if (!value.IsDict()) {
      throw Error(ErrorCode::kInvalidArgument,
                  std::string(function) + "() takes `path` as a dict, not " + value.TypeName());
    }
    for (const auto& [key, part] : value.AsDict()) {
      std::string component = key.Str();
      if (component == "database") relation.database = OptionalText(part);
      if (component == "schema") relation.schema = OptionalText(part);
      if (component == "identifier") relation.identifier = OptionalText(part);
    }
  } else if (name == "type") {
    relation.type = OptionalType(value);
  } else if (name == "quote_policy") {
    ApplyPolicy(value, &relation.quote_database, &relation.quote_schema,
                &relation.quote_identifier);
  } else if (name == "include_policy") {
    ApplyPolicy(value, &relation.include_database, &relation.include_schema,
                &relation.include_identifier);
  } else if (name == "limit") {
    relation.limit = value.IsInt() ? std::optional<int64_t>(value.AsInt()) : std::nullopt;
  } else if (name == "information_schema_view") {
    relation.information_schema_view = OptionalText(value);
  } else if (name == "external") {
    relation.external_location = OptionalText(value);
  } else if (name != "dbt_created" && name != "catalog" && name != "catalog_name" &&
             name != "quote_character" && name != "require_alias") {
    throw Error(
        ErrorCode::kInvalidArgument,
        std::string(function) + "() got an unexpected argument '" + std::string(name) + "'");
  }
}

Relation WithInformationSchema(Relation relation, const Value& view) {
  relation.include_database = relation.database.has_value();
  relation.include_schema = false;
  relation.include_identifier = true;
  relation.schema.reset();
  relation.identifier = "INFORMATION_SCHEMA";
  relation.quote_identifier = false;
  relation.type = RelationType::kView;
  if (view.IsString()) relation.information_schema_view = view.AsString();
  return relation;
}

using RelationMethod = Value (*)(const Relation& relation, const Arguments& arguments);

Value Render(const Relation& relation, const Arguments&) { return Value(relation.Render()); }

Value Include(const Relation& relation, const Arguments& arguments) {
  BoundArguments bound("include", arguments, {"database", "schema", "identifier"});
  Relation out = relation;
  ApplyFlag(bound, 0, &out.include_database);
  ApplyFlag(bound, 1, &out.include_schema);
  ApplyFlag(bound, 2, &out.include_identifier);
  return RelationValue::Make(std::move(out));
}

Value Quote(const Relation& relation, const Arguments& arguments) {
  BoundArguments bound("quote", arguments, {"database", "schema", "identifier"});
  Relation out = relation;
  ApplyFlag(bound, 0, &out.quote_database);
  ApplyFlag(bound, 1, &out.quote_schema);
  ApplyFlag(bound, 2, &out.quote_identifier);
  return RelationValue::Make(std::move(out));
}

Value ReplacePath(const Relation& relation, const Arguments& arguments) {
  Relation out = relation;
  for (const auto& [name, value] : arguments.keyword) {
    if (name == "database") out.database = OptionalText(value);
    if (name == "schema") out.schema = OptionalText(value);
    if (name == "identifier") out.identifier = OptionalText(value);
  }
  return RelationValue::Make(std::move(out));
}

Value Incorporate(const Relation& relation, const Arguments& arguments) {
  Relation out = relation;
  for (const auto& [name, value] : arguments.keyword) {
    ApplyField(out, name, value, "incorporate");
  }
  return RelationValue::Make(std::move(out));
}

Value WithoutIdentifier(const Relation& relation, const Arguments&) {
  Relation out = relation;
  out.identifier.reset();
  out.include_identifier = false;
  return RelationValue::Make(std::move(out));
}

Value InformationSchema(const Relation& relation, const Arguments& arguments) {
  BoundArguments bound("information_schema", arguments, {"view_name"});
  return RelationValue::Make(WithInformationSchema(relation, bound[0]));
}

Value MatchesMethod(const Relation& relation, const Arguments& arguments) {
  BoundArguments bound("matches", arguments, {"database", "schema", "identifier"});
  return Value(
      relation.Matches(OptionalText(bound[0]), OptionalText(bound[1]), OptionalText(bound[2])));
}

Value Quoted(const Relation&, const Arguments& arguments) {
  BoundArguments bound("quoted", arguments, {"identifier"}, 1);
  return Value(QuotedIdentifier(bound[0].Str()));
}

Value AddEphemeralPrefix(const Relation&, const Arguments& arguments) {
  BoundArguments bound("add_ephemeral_prefix", arguments, {"name"}, 1);
  return Value(std::string(kCtePrefix) + bound[0].Str());
}

Value ToDict(const Relation& relation, const Arguments&) {
  return Value::FromJson(*RelationValue(relation).ToJson());
}

constexpr std::pair<std::string_view, RelationMethod> kMethods[] = {
    {"render", Render},
    {"include", Include},
    {"quote", Quote},
    {"replace_path", ReplacePath},
    {"incorporate", Incorporate},
    {"replace", Incorporate},
    {"without_identifier", WithoutIdentifier},
    {"information_schema", InformationSchema},
    {"information_schema_only", InformationSchema},
    {"matches", MatchesMethod},
    {"quoted", Quoted},
    {"add_ephemeral_prefix", AddEphemeralPrefix},
    {"to_dict", ToDict},
};

// Relation.Table and its kin.
std::optional<Value> TypeConstant(std::string_view name) {
  if (name == "Table") return Value("table");
  if (name == "View") return Value("view");
  if (name == "CTE") return Value("cte");
  if (name == "External") return Value("external");
  if (name == "MaterializedView") return Value("materialized_view");
  return std::nullopt;
}

// The columns a snapshot's row id is made of: the unique key, one or several, and when it changed.
Value ScdArguments(State&, const Arguments& arguments) {
  BoundArguments bound("scd_args", arguments, {"primary_key", "updated_at"}, 2);
  ValueList columns;
  if (const ValueList* keys = bound[0].Items()) {
    columns = *keys;
  } else {
    columns.push_back(bound[0]);
  }
  columns.push_back(bound[1]);
  return Value::List(std::move(columns));
}

class RelationClassObject final : public jinja::Object {
 public:
  explicit RelationClassObject(const Quoting& quoting) : quoting_(quoting) {}

  std::string TypeName() const override { return "RelationProxy"; }

  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "create") {
      return Value::Function("create", [quoting = quoting_](State&, const Arguments& arguments) {
        Relation relation;
        relation.quote_database = quoting.database.value_or(true);
        relation.quote_schema = quoting.schema.value_or(true);
        relation.quote_identifier = quoting.identifier.value_or(true);
        constexpr std::string_view kPositional[] = {"database", "schema", "identifier", "type"};
        auto set = [&](std::string_view name, const Value& value) {
          if (name == "database") {
            relation.database = OptionalText(value);
          } else if (name == "schema") {
            relation.schema = OptionalText(value);
          } else if (name == "identifier") {
            relation.identifier = OptionalText(value);
          } else {
            ApplyField(relation, name, value, "create");
          }
        };
        for (size_t i = 0; i < arguments.positional.size() && i < std::size(kPositional); ++i) {
          set(kPositional[i], arguments.positional[i]);
        }
        for (const auto& [name, value] : arguments.keyword) set(name, value);
        return RelationValue::Make(std::move(relation));
      });
    }
    if (name == "scd_args") return Value::Function("scd_args", ScdArguments);
    if (name == "add_ephemeral_prefix") {
      return Value::Function("add_ephemeral_prefix", [](State&, const Arguments& arguments) {
        return AddEphemeralPrefix({}, arguments);
      });
    }
    return TypeConstant(name);
  }

 private:
  Quoting quoting_;
};

// `quoting:` in a resource's config.
Quoting QuotingOfConfig(const NodeConfig& config, Quoting quoting) {
  const Json* own = config.Find("quoting");
  if (!own || !own->is_object()) return quoting;
  auto apply = [&](const char* key, std::optional<bool>* part) {
    auto found = own->find(key);
    if (found != own->end() && found->is_boolean()) *part = found->get<bool>();
  };
  apply("database", &quoting.database);
  apply("schema", &quoting.schema);
  apply("identifier", &quoting.identifier);
  return quoting;
}

void SetQuoting(Relation& relation, const Quoting& quoting) {
  relation.quote_database = quoting.database.value_or(true);
  relation.quote_schema = quoting.schema.value_or(true);
  relation.quote_identifier = quoting.identifier.value_or(true);
}

// `external_location` of a source, its {name}, {schema}, .. filled in.
std::optional<std::string> ExternalLocation(const Source& source) {
  Json fields = source.meta;
  for (const auto& [key, value] : source.config.values().items()) fields[key] = value;
  auto found = fields.find("external_location");
  if (found == fields.end() || !found->is_string()) return std::nullopt;
  std::string location = found->get<std::string>();
  fields["name"] = source.name;
  fields["identifier"] = source.identifier;
  fields["schema"] = source.schema;
  fields["database"] = source.database.value_or("");
  for (const auto& [key, value] : fields.items()) {
    if (!value.is_primitive()) continue;
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    location = ReplaceAll(location, "{" + key + "}", text);
  }
  bool is_call = location.find('(') != location.npos;
  if (!is_call && !location.starts_with("'")) location = "'" + location + "'";
  return location;
}

}  // namespace

std::string_view RelationTypeName(RelationType type) {
  for (const auto& [value, name] : kTypeNames) {
    if (value == type) return name;
  }
  return "";
}

std::optional<RelationType> RelationTypeFromName(std::string_view name) {
  for (const auto& [value, known] : kTypeNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::string QuotedIdentifier(std::string_view identifier) {
  return '"' + std::string(identifier) + '"';
}

std::string Relation::Render() const {
  if (external_location) return *external_location;
  std::string out;
  auto add = [&](const std::optional<std::string>& part, bool include, bool quote) {
    if (!part || !include) return;
    if (!out.empty()) out += '.';
    out += quote ? QuotedIdentifier(*part) : *part;
  };
  add(database, include_database, quote_database);
  add(schema, include_schema, quote_schema);
  add(identifier, include_identifier, quote_identifier);
  add(information_schema_view, true, false);
  return out;
}

std::string Relation::RenderLimited() const {
  std::string name = Render();
  if (!limit) return name;
  if (*limit == 0) return "(select * from " + name + " where false limit 0)";
  return "(select * from " + name + " limit " + std::to_string(*limit) + ")";
}

std::string Relation::Key() const {
  return Lower(database.value_or("")) + '\0' + Lower(schema.value_or("")) + '\0' +
         Lower(identifier.value_or(""));
}

bool Relation::Matches(const std::optional<std::string>& other_database,
                       const std::optional<std::string>& other_schema,
                       const std::optional<std::string>& other_identifier) const {
  auto same = [](const std::optional<std::string>& ours, const std::optional<std::string>& theirs) {
    return !theirs || EqualsIgnoreCase(ours.value_or(""), *theirs);
  };
  return same(database, other_database) && same(schema, other_schema) &&
         same(identifier, other_identifier);
}

Relation RelationOf(const Node& node, const Quoting& quoting) {
  Relation relation;
  relation.database = node.database;
  relation.schema = node.schema;
  relation.identifier = node.alias;
  SetQuoting(relation, QuotingOfConfig(node.config, quoting));
  return relation;
}

Relation RelationOf(const Source& source) {
  Relation relation;
  relation.database = source.database;
  relation.schema = source.schema;
  relation.identifier = source.identifier;
  SetQuoting(relation, source.quoting);
  relation.external_location = ExternalLocation(source);
  return relation;
}

Relation EphemeralRelation(const Node& node) {
  Relation relation;
  relation.identifier = std::string(kCtePrefix) + node.alias;
  relation.type = RelationType::kCte;
  relation.quote_identifier = false;
  return relation;
}

Value RelationValue::Make(Relation relation) {
  return Value(std::make_shared<RelationValue>(std::move(relation)));
}

std::string RelationValue::Repr() const { return "<DuckDBRelation " + relation_.Render() + ">"; }

bool RelationValue::Equals(const Value& other) const {
  const auto* theirs = other.As<RelationValue>();
  return theirs && theirs->relation_.Render() == relation_.Render() &&
         theirs->relation_.type == relation_.type &&
         theirs->relation_.database == relation_.database &&
         theirs->relation_.schema == relation_.schema &&
         theirs->relation_.identifier == relation_.identifier;
}

size_t RelationValue::Hash() const { return std::hash<std::string>()(relation_.Render()); }

ValueList RelationValue::Iterate() {
  ValueList names;
  for (auto field : kFields) names.emplace_back(field);
  return names;
}

std::optional<Json> RelationValue::ToJson() const {
  auto text = [](const std::optional<std::string>& part) { return part ? Json(*part) : Json(); };
  Json out = Json::object();
  out["path"] = {{"database", text(relation_.database)},
                 {"schema", text(relation_.schema)},
                 {"identifier", text(relation_.identifier)}};
  out["type"] = relation_.type ? Json(RelationTypeName(*relation_.type)) : Json();
  out["quote_character"] = "\"";
  out["include_policy"] = {{"database", relation_.include_database},
                           {"schema", relation_.include_schema},
                           {"identifier", relation_.include_identifier}};
  out["quote_policy"] = {{"database", relation_.quote_database},
                         {"schema", relation_.quote_schema},
                         {"identifier", relation_.quote_identifier}};
  out["dbt_created"] = false;
  return out;
}

std::optional<Value> RelationValue::GetAttribute(State&, std::string_view name) {
  const Relation& r = relation_;
  if (name == "identifier" || name == "name" || name == "table") return TextOrNone(r.identifier);
  if (name == "schema") return TextOrNone(r.schema);
  if (name == "database") return TextOrNone(r.database);
  if (name == "type") return r.type ? Value(RelationTypeName(*r.type)) : Value();
  if (name == "is_table") return Value(r.is_table());
  if (name == "is_view") return Value(r.is_view());
  if (name == "is_cte") return Value(r.type == RelationType::kCte);
  if (name == "is_materialized_view" || name == "is_pointer" || name == "is_function" ||
      name == "can_be_renamed" || name == "can_be_replaced" || name == "dbt_created") {
    return Value(false);
  }
  for (const auto& [known, method] : kMethods) {
    if (known != name) continue;
    auto self = std::static_pointer_cast<RelationValue>(shared_from_this());
    return Value::Function(std::string(name),
                           [self, method = method](State&, const Arguments& arguments) {
                             return method(self->relation_, arguments);
                           });
  }
  if (name == "path") {
    return Value(Dict{{"database", TextOrNone(r.database)},
                      {"schema", TextOrNone(r.schema)},
                      {"identifier", TextOrNone(r.identifier)}});
  }
  if (name == "quote_policy") {
    return Policy(r.quote_database, r.quote_schema, r.quote_identifier);
  }
  if (name == "include_policy") {
    return Policy(r.include_database, r.include_schema, r.include_identifier);
  }
  if (name == "scd_args") return Value::Function("scd_args", ScdArguments);
  if (name == "quote_character") return Value("\"");
  if (name == "limit") return r.limit ? Value(*r.limit) : Value();
  if (name == "external") return TextOrNone(r.external_location);
  if (name == "information_schema_view") return TextOrNone(r.information_schema_view);
  if (name == "get") {
    auto self = std::static_pointer_cast<RelationValue>(shared_from_this());
    return Value::Function("get", [self](State& state, const Arguments& arguments) {
      BoundArguments bound("get", arguments, {"key", "default"}, 1);
      std::string key = bound[0].Str();
      if (key == "metadata") return Value(Dict{{"type", Value("DuckDBRelation")}});
      return self->GetAttribute(state, key).value_or(bound[1]);
    });
  }
  return TypeConstant(name);
}

std::optional<Value> RelationValue::GetItem(State& state, const Value& key) {
  if (!key.IsString()) return std::nullopt;
  return GetAttribute(state, key.AsString());
}

Value RelationClass(const Quoting& quoting) {
  return Value(std::make_shared<RelationClassObject>(quoting));
}

const Relation& RequireRelation(const Value& value, std::string_view function) {
  const auto* relation = value.As<RelationValue>();
  if (!relation) {
    throw Error(ErrorCode::kInvalidArgument, std::string(function) + "() takes a relation, not " +
                                                 (value.IsNone() ? "None" : value.Repr()));
  }
  return relation->relation();
}

}  // namespace eider::dbt
