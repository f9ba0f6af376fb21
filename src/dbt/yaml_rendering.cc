#include "dbt/yaml_rendering.h"

#include <cstdlib>

#include "base/error.h"
#include "dbt/environment.h"
#include "dbt/secret.h"

namespace eider::dbt {

namespace {

constexpr std::string_view kSecretBegin = "$$$DBT_SECRET_START$$$";
constexpr std::string_view kSecretEnd = "$$$DBT_SECRET_END$$$";

Json RenderText(const std::string& text, const jinja::Resolver& context,
                const std::string& source) {
  if (!HasTemplate(text)) return text;
  try {
    auto compiled = NativeEnvironment().Compile(text, source);
    return compiled->RenderNative(context, false).ToJson();
  } catch (Error& error) {
    // The line counts from the value, not from the file.
    Error placed = error.WithContext("could not render '" + text + "'");
    placed.At(source);
    throw placed;
  }
}

Json Render(const Json& value, const jinja::Resolver& context, const std::string& source,
            const std::function<bool(const std::vector<std::string>&)>& skip,
            std::vector<std::string>& path) {
  if (value.is_string()) {
    if (skip && skip(path)) return value;
    return RenderText(value.get_ref<const std::string&>(), context, source);
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value) out.push_back(Render(item, context, source, skip, path));
    return out;
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (auto& [key, member] : value.items()) {
      path.push_back(key);
      out[key] = Render(member, context, source, skip, path);
      path.pop_back();
    }
    return out;
  }
  return value;
}

void PutSecrets(Json& value) {
  if (value.is_structured()) {
    for (Json& member : value) PutSecrets(member);
    return;
  }
  if (!value.is_string()) return;
  auto& text = value.get_ref<std::string&>();
  for (size_t begin = text.find(kSecretBegin); begin != text.npos;
       begin = text.find(kSecretBegin, begin)) {
    size_t end = text.find(kSecretEnd, begin);
    if (end == text.npos) return;
    std::string name = text.substr(begin + kSecretBegin.size(), end - begin - kSecretBegin.size());
    const char* secret = std::getenv(name.c_str());
    std::string_view replacement = secret ? secret : "";
    RegisterSecret(replacement);
    text.replace(begin, end + kSecretEnd.size() - begin, replacement);
    begin += replacement.size();
  }
}

}  // namespace

bool HasTemplate(std::string_view text) {
  for (size_t at = text.find('{'); at != text.npos && at + 1 < text.size();
       at = text.find('{', at + 1)) {
    char next = text[at + 1];
    if (next == '{' || next == '%' || next == '#') return true;
  }
  return false;
}

Json RenderYaml(const Json& value, const jinja::Resolver& context, const std::string& source,
                const std::function<bool(const std::vector<std::string>&)>& skip) {
  std::vector<std::string> path;
  return Render(value, context, source, skip, path);
}

Json RenderYamlWithSecrets(const Json& value, const jinja::Resolver& context,
                           const std::string& source) {
  Json rendered = RenderYaml(value, context, source);
  PutSecrets(rendered);
  return rendered;
}

}  // namespace eider::dbt
