// Renders the cases that compare_with_jinja2.py gives it: one JSON object a line on standard input,
// one a line on standard output.
//
//   {"template": "..", "context": {..}, "options": {..}, "templates": {"name": ".."},
//    "native": true}
//   {"text": ".."}, {"value": ".."} (its repr) or {"error": "syntax" | "runtime", "message": ".."}
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "jinja/environment.h"

namespace {

using eider::Error;
using eider::ErrorCode;
using eider::Json;
using eider::jinja::Dict;
using eider::jinja::DictResolver;
using eider::jinja::Environment;
using eider::jinja::EnvironmentOptions;
using eider::jinja::UndefinedMode;
using eider::jinja::Value;

EnvironmentOptions Options(const Json& options) {
  EnvironmentOptions result;
  result.trim_blocks = options.value("trim_blocks", false);
  result.lstrip_blocks = options.value("lstrip_blocks", false);
  result.keep_trailing_newline = options.value("keep_trailing_newline", false);
  result.autoescape = options.value("autoescape", false);
  result.loop_controls = options.value("loop_controls", true);
  std::string undefined = options.value("undefined", "default");
  result.undefined = undefined == "strict"      ? UndefinedMode::kStrict
                     : undefined == "chainable" ? UndefinedMode::kChainable
                                                : UndefinedMode::kDefault;
  return result;
}

Json Render(const Json& test) {
  Environment environment(Options(test.value("options", Json::object())));
  Json templates = test.value("templates", Json::object());
  environment.SetLoader([&](const std::string& name) -> std::optional<std::string> {
    auto it = templates.find(name);
    if (it == templates.end()) return std::nullopt;
    return it->get<std::string>();
  });
  std::shared_ptr<const eider::jinja::Template> source;
  try {
    source = environment.Compile(test.at("template").get<std::string>(), "case");
  } catch (const Error& error) {
    return {{"error", "syntax"}, {"message", error.what()}};
  }
  Value context = Value::FromJson(test.value("context", Json::object()));
  DictResolver resolver(context.AsDict());
  try {
    if (test.value("native", false)) {
      return {{"value", source->RenderNative(resolver, true).Repr()}};
    }
    return {{"text", source->Render(resolver)}};
  } catch (const Error& error) {
    const char* kind = error.code() == ErrorCode::kSyntax ? "syntax" : "runtime";
    return {{"error", kind}, {"message", error.what()}};
  }
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::cout << Render(Json::parse(line)).dump() << '\n';
  }
  return 0;
}
