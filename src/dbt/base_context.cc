#include "dbt/base_context.h"

#include <cstdlib>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/yaml.h"
#include "dbt/python_set.h"
#include "dbt/secret.h"
#include "jinja/json_text.h"
#include "jinja/object.h"

extern char** environ;

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::Dict;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

Value Function(const char* name, jinja::NativeFunction function) {
  return Value::Function(name, std::move(function));
}

class Var final : public jinja::Object {
 public:
  Var(const Config& config, std::string package, std::string node_name, MissingVar missing)
      : config_(config),
        package_(std::move(package)),
        node_name_(std::move(node_name)),
        missing_(missing) {}

  std::string TypeName() const override { return "Var"; }
  bool IsCallable() const override { return true; }

  Value Call(State&, const Arguments& arguments) override {
    BoundArguments bound("var", arguments, {"var_name", "default"}, 1);
    std::string name = bound.String(0);
    if (const Json* value = config_.FindVar(package_, name)) return Value::FromJson(*value);
    if (bound.Has(1)) return bound[1];
    if (missing_ == MissingVar::kNone) return Value();
    throw Error(ErrorCode::kNotFound, "Required var '" + name + "' not found in config")
        .WithHint("Vars supplied to " + node_name_ + " = " + config_.VarsFor(package_).dump(4));
  }

  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name != "has_var") return std::nullopt;
    auto self = std::static_pointer_cast<Var>(shared_from_this());
    return Function("has_var", [self](State&, const Arguments& arguments) {
      BoundArguments bound("has_var", arguments, {"var_name"}, 1);
      return Value(self->config_.FindVar(self->package_, bound.String(0)) != nullptr);
    });
  }

 private:
  const Config& config_;
  std::string package_;
  std::string node_name_;
  MissingVar missing_;
};

[[noreturn]] void Raise(ErrorCode code, const Value& message) { throw Error(code, message.Str()); }

Value MakeExceptions(const BaseContextHooks& hooks) {
  Dict out;
  auto raise = [&](const char* name, ErrorCode code, std::string prefix) {
    out.Set(name, Function(name, [name, code, prefix](State&, const Arguments& arguments) -> Value {
              BoundArguments bound(name, arguments, {"msg", "node"}, 1);
              Raise(code, Value(prefix + bound[0].Str()));
            }));
  };
  raise("raise_compiler_error", ErrorCode::kInvalidArgument, "");
  raise("raise_not_implemented", ErrorCode::kUnsupported, "");
  raise("raise_database_error", ErrorCode::kQuery, "");
  raise("raise_dependency_error", ErrorCode::kInvalidArgument, "");
  raise("raise_fail_fast_error", ErrorCode::kInterrupted, "");
  raise("raise_cache_inconsistent", ErrorCode::kInternal, "Cache inconsistency detected: ");
  raise("raise_dataclass_not_dict", ErrorCode::kInvalidArgument,
        "The object is not a dictionary: ");
  raise("missing_relation", ErrorCode::kNotFound, "Relation not found: ");
  out.Set("warn", Function("warn", [warn = hooks.warn](State&, const Arguments& arguments) {
            BoundArguments bound("warn", arguments, {"msg", "node"}, 1);
            if (warn) warn(bound[0].Str());
            return Value("");
          }));
  out.Set("missing_config",
          Function("missing_config", [](State& state, const Arguments& arguments) -> Value {
            BoundArguments bound("missing_config", arguments, {"model", "name"}, 2);
            throw Error(ErrorCode::kInvalidArgument,
                        "Model '" + state.GetAttribute(bound[0], "unique_id").Str() +
                            "' does not define a required config parameter '" + bound[1].Str() +
                            "'.");
          }));
  out.Set(
      "missing_materialization",
      Function("missing_materialization", [](State&, const Arguments& arguments) -> Value {
        BoundArguments bound("missing_materialization", arguments, {"model", "adapter_type"}, 2);
        throw Error(ErrorCode::kNotFound,
                    "No materialization was found for adapter " + bound[1].Str() + "!");
      }));
  out.Set("relation_wrong_type",
          Function("relation_wrong_type", [](State& state, const Arguments& arguments) -> Value {
            BoundArguments bound("relation_wrong_type", arguments,
                                 {"relation", "expected_type", "model"}, 2);
            std::string type = state.GetAttribute(bound[0], "type").Str();
            throw Error(ErrorCode::kInvalidArgument,
                        "Trying to create " + bound[1].Str() + " " + bound[0].Str() +
                            ", but it currently exists as a " + type + ". Either drop " +
                            bound[0].Str() +
                            " manually, or run dbt with `--full-refresh` and dbt will drop it for "
                            "you.");
          }));
  out.Set("column_type_missing",
          Function("column_type_missing", [](State&, const Arguments& arguments) -> Value {
            BoundArguments bound("column_type_missing", arguments, {"column_names"}, 1);
            throw Error(ErrorCode::kInvalidArgument,
                        "Contracted models require data_type to be defined for each column. "
                        "Please ensure that the column name and data_type are defined within the "
                        "YAML configuration for the " +
                            bound[0].Str() + " column(s).");
          }));
  return Value(std::move(out));
}

Value MakeFlags(const Config& config) {
  const auto& options = config.options;
  Dict out;
  auto flag = [&](const char* name, bool fallback) {
    std::string key = Lower(name);
    auto found = config.project.flags.find(key);
    bool value =
        found != config.project.flags.end() && found->is_boolean() ? found->get<bool>() : fallback;
    out.Set(name, Value(value));
  };
  out.Set("FULL_REFRESH", Value(options.full_refresh));
  out.Set("WARN_ERROR", Value(options.warn_error));
  out.Set("WHICH", Value(options.command));
  out.Set("INVOCATION_COMMAND", Value("dbt " + options.command));
  flag("STORE_FAILURES", false);
  flag("FAIL_FAST", false);
  flag("INTROSPECT", true);
  flag("EMPTY", false);
  flag("DEBUG", false);
  flag("USE_COLORS", true);
  flag("PARTIAL_PARSE", true);
  flag("STATIC_PARSER", true);
  flag("SEND_ANONYMOUS_USAGE_STATS", false);
  flag("CACHE_SELECTED_ONLY", false);
  flag("VERSION_CHECK", true);
  flag("PRINT", true);
  flag("QUIET", false);
  out.Set("PROJECT_DIR", Value(config.project.root.string()));
  out.Set("PROFILES_DIR", Value(config.target.profiles_file.parent_path().string()));
  return Value(std::move(out));
}

Value Zip(const ValueList& sequences) {
  std::vector<ValueList> columns;
  size_t length = sequences.empty() ? 0 : SIZE_MAX;
  for (const auto& sequence : sequences) {
    columns.push_back(sequence.Iterate());
    length = std::min(length, columns.back().size());
  }
  ValueList rows;
  for (size_t i = 0; i < length; ++i) {
    ValueList row;
    for (const auto& column : columns) row.push_back(column[i]);
    rows.push_back(Value::Tuple(std::move(row)));
  }
  return Value::List(std::move(rows));
}

// Runs `make`; where it fails, gives `fallback`.
template <typename Make>
Value OrFallback(const Value& fallback, Make make) {
  try {
    return make();
  } catch (const Error&) {
    return fallback;
  }
}

void AddConversions(Dict& out) {
  out.Set("tojson", Function("tojson", [](State&, const Arguments& arguments) {
            BoundArguments bound("tojson", arguments, {"value", "default", "sort_keys"}, 1);
            return OrFallback(bound[1], [&] {
              return Value(jinja::JsonText(bound[0], {.sort_keys = bound.Bool(2), .indent = {}}));
            });
          }));
  out.Set("fromjson", Function("fromjson", [](State&, const Arguments& arguments) {
            BoundArguments bound("fromjson", arguments, {"string", "default"}, 1);
            return OrFallback(
                bound[1], [&] { return Value::FromJson(ParseJson(bound.String(0), "fromjson")); });
          }));
  out.Set("toyaml", Function("toyaml", [](State&, const Arguments& arguments) {
            BoundArguments bound("toyaml", arguments, {"value", "default", "sort_keys"}, 1);
            return OrFallback(bound[1],
                              [&] { return Value(DumpYaml(bound[0].ToJson(), bound.Bool(2))); });
          }));
  out.Set("fromyaml", Function("fromyaml", [](State&, const Arguments& arguments) {
            BoundArguments bound("fromyaml", arguments, {"value", "default"}, 1);
            return OrFallback(bound[1], [&] {
              return Value::FromJson(ParseYaml(bound.String(0), "fromyaml").ToJson());
            });
          }));
  out.Set("set", Function("set", [](State&, const Arguments& arguments) {
            BoundArguments bound("set", arguments, {"value", "default"}, 1);
            return OrFallback(bound[1], [&] { return PythonSet::Make(bound[0]); });
          }));
  out.Set("set_strict", Function("set_strict", [](State&, const Arguments& arguments) {
            BoundArguments bound("set_strict", arguments, {"value"}, 1);
            return PythonSet::Make(bound[0]);
          }));
  out.Set("zip", Function("zip", [](State&, const Arguments& arguments) {
            const Value* fallback = arguments.Keyword("default");
            return OrFallback(fallback ? *fallback : Value(),
                              [&] { return Zip(arguments.positional); });
          }));
  out.Set("zip_strict", Function("zip_strict", [](State&, const Arguments& arguments) {
            return Zip(arguments.positional);
          }));
  out.Set("local_md5", Function("local_md5", [](State&, const Arguments& arguments) {
            BoundArguments bound("local_md5", arguments, {"value"}, 1);
            return Value(Md5Hex(bound[0].Str()));
          }));
  out.Set("try_or_compiler_error",
          Function("try_or_compiler_error", [](State& state, const Arguments& arguments) {
            const auto& given = arguments.positional;
            if (given.size() < 2) {
              throw Error(ErrorCode::kInvalidArgument,
                          "try_or_compiler_error() takes a message and a function");
            }
            try {
              return state.Call(given[1], {{given.begin() + 2, given.end()}, arguments.keyword});
            } catch (const Error&) {
              throw Error(ErrorCode::kInvalidArgument, given[0].Str());
            }
          }));
  out.Set("diff_of_two_dicts",
          Function("diff_of_two_dicts", [](State&, const Arguments& arguments) {
            BoundArguments bound("diff_of_two_dicts", arguments, {"dict_a", "dict_b"}, 2);
            // Keys count without regard to case; what b lacks of a key's values remains.
            Dict diff;
            for (const auto& [key, values] : bound[0].AsDict()) {
              const Value* other = nullptr;
              for (const auto& entry : bound[1].AsDict()) {
                if (EqualsIgnoreCase(entry.key.Str(), key.Str())) other = &entry.value;
              }
              if (!other) {
                diff.Set(key, values);
                continue;
              }
              ValueList missing;
              for (const auto& value : values.Iterate()) {
                bool found = false;
                for (const auto& theirs : other->Iterate()) {
                  found = found || EqualsIgnoreCase(theirs.Str(), value.Str());
                }
                if (!found) missing.push_back(value);
              }
              if (!missing.empty()) diff.Set(key, Value::List(std::move(missing)));
            }
            return Value(std::move(diff));
          }));
}

}  // namespace

std::map<std::string, std::string> MetadataEnvironment() {
  constexpr std::string_view kPrefix = "DBT_ENV_CUSTOM_ENV_";
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string_view variable(*entry);
    size_t equals = variable.find('=');
    if (equals == variable.npos || !variable.starts_with(kPrefix)) continue;
    out.emplace(variable.substr(kPrefix.size(), equals - kPrefix.size()),
                variable.substr(equals + 1));
  }
  return out;
}

Value MakeVar(const Config& config, std::string package, std::string node_name,
              MissingVar missing) {
  return Value(std::make_shared<Var>(config, std::move(package), std::move(node_name), missing));
}

Value MakeEnvVar(bool allow_secrets) {
  return Function("env_var", [allow_secrets](State&, const Arguments& arguments) {
    BoundArguments bound("env_var", arguments, {"var", "default"}, 1);
    std::string name = bound.String(0);
    const char* value = std::getenv(name.c_str());
    if (name.starts_with(kSecretPrefix)) {
      if (!allow_secrets) {
        throw Error(ErrorCode::kInvalidArgument,
                    "Secret env vars are allowed only in profiles.yml or packages.yml. Found '" +
                        name + "' referenced elsewhere.");
      }
      if (value) return Value("$$$DBT_SECRET_START$$$" + name + "$$$DBT_SECRET_END$$$");
    }
    if (value) return Value(std::string(value));
    if (bound.Has(1) && !bound[1].IsNone()) return bound[1];
    throw Error(ErrorCode::kNotFound, "Env var required but not provided: '" + name + "'");
  });
}

Value MakeTargetValue(const Config& config) {
  std::string database = config.adapter ? config.adapter->DatabaseName(config.target) : "";
  return Value::FromJson(TargetForTemplates(config.target, database));
}

std::shared_ptr<const Dict> MakeBaseContext(const Config& config, BaseContextHooks hooks) {
  auto out = std::make_shared<Dict>();
  out->Set("dbt_version", Value(kDbtVersion));
  out->Set("env_var", MakeEnvVar(false));
  out->Set("project_name", Value(config.project.name));
  out->Set("invocation_id", Value(config.invocation_id));
  out->Set("thread_id", Value("MainThread"));
  out->Set("target", MakeTargetValue(config));
  out->Set("flags", MakeFlags(config));
  out->Set("run_started_at", MakeDatetime(config.run_started_at));
  out->Set("modules", MakeModules());
  Dict metadata;
  for (auto& [name, value] : MetadataEnvironment()) metadata.Set(name, Value(value));
  out->Set("dbt_metadata_envs", Value(std::move(metadata)));
  out->Set("exceptions", MakeExceptions(hooks));
  out->Set("log", Function("log", [log = hooks.log](State&, const Arguments& arguments) {
             BoundArguments bound("log", arguments, {"msg", "info"}, 1);
             if (log) log(bound[0].Str(), bound.Bool(1));
             return Value("");
           }));
  out->Set("print", Function("print", [print = hooks.print](State&, const Arguments& arguments) {
             BoundArguments bound("print", arguments, {"msg"}, 1);
             if (print) print(bound[0].Str());
             return Value("");
           }));
  AddConversions(*out);
  return out;
}

}  // namespace eider::dbt
