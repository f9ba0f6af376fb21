#include "dbt/environment.h"

#include "base/error.h"

namespace eider::dbt {

namespace {

using jinja::BlockForm;
using jinja::BlockHeader;
using jinja::BlockTag;
using jinja::Value;

std::string MaterializationName(const BlockHeader& header) {
  std::string adapter = "default";
  for (const auto& [option, value] : header.options) {
    if (option == "adapter") {
      if (!value.IsString()) {
        throw Error(ErrorCode::kSyntax,
                    "the adapter of materialization '" + header.name + "' is not a string");
      }
      adapter = value.AsString();
    } else if (option != "default" && option != "supported_languages") {
      throw Error(ErrorCode::kSyntax,
                  "materialization '" + header.name + "' has the unknown option '" + option + "'")
          .WithHint("The options are default, adapter and supported_languages.");
    }
  }
  return "materialization_" + header.name + "_" + adapter;
}

Value Convert(const char* filter, const Value& value) {
  std::optional<Value> literal;
  if (value.IsString()) {
    literal = jinja::LiteralEval(value.AsString());
    // dbt also takes YAML's spelling of booleans here.
    if (!literal && value.AsString() == "true") literal = Value(true);
    if (!literal && value.AsString() == "false") literal = Value(false);
  }
  Value result = literal.value_or(value);
  std::string_view name = filter;
  bool fits = name == "as_native" || (name == "as_bool" && result.IsBool()) ||
              (name == "as_number" && (result.IsInt() || result.IsFloat()));
  if (!fits) {
    throw Error(ErrorCode::kInvalidArgument, "Could not convert value '" + value.Str() +
                                                 "' into type '" + std::string(name.substr(3)) +
                                                 "'");
  }
  return result;
}

void SetUp(jinja::Environment& environment, bool native) {
  environment.AddBlockTag({.tag = "materialization",
                           .end_tags = {"endmaterialization"},
                           .form = BlockForm::kOptions,
                           .macro_name = MaterializationName});
  auto test_name = [](const BlockHeader& header) { return "test_" + header.name; };
  environment.AddBlockTag({.tag = "test",
                           .end_tags = {"endtest", "enddata_test"},
                           .form = BlockForm::kSignature,
                           .macro_name = test_name});
  environment.AddBlockTag({.tag = "data_test",
                           .end_tags = {"enddata_test", "endtest"},
                           .form = BlockForm::kSignature,
                           .macro_name = test_name});
  environment.AddBlockTag(
      {.tag = "snapshot",
       .end_tags = {"endsnapshot"},
       .form = BlockForm::kName,
       .macro_name = [](const BlockHeader& header) { return "snapshot_" + header.name; }});
  environment.AddBlockTag(
      {.tag = "docs", .end_tags = {"enddocs"}, .form = BlockForm::kName, .raw_body = true});
  for (const char* name : {"as_bool", "as_number", "as_native"}) {
    environment.SetFilter(
        name, [name, native](jinja::State&, const Value& value, const jinja::Arguments&) {
          return native ? Convert(name, value) : value;
        });
  }
  environment.SetFilter("as_text",
                        [native](jinja::State&, const Value& value, const jinja::Arguments&) {
                          return native ? Value(value.Str()) : value;
                        });
  environment.SetFilter("is_list", [](jinja::State&, const Value& value, const jinja::Arguments&) {
    return Value(value.IsList());
  });
}

struct DbtEnvironment {
  jinja::Environment environment;

  DbtEnvironment(jinja::UndefinedMode undefined, bool native)
      : environment({.undefined = undefined, .loop_controls = true, .return_function = true}) {
    SetUp(environment, native);
  }
};

}  // namespace

const jinja::Environment& ParseEnvironment() {
  static const DbtEnvironment instance(jinja::UndefinedMode::kPermissive, false);
  return instance.environment;
}

const jinja::Environment& RunEnvironment() {
  static const DbtEnvironment instance(jinja::UndefinedMode::kDefault, false);
  return instance.environment;
}

const jinja::Environment& NativeEnvironment() {
  static const DbtEnvironment instance(jinja::UndefinedMode::kDefault, true);
  return instance.environment;
}

}  // namespace eider::dbt
