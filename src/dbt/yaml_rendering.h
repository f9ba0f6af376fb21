// Jinja in the values of YAML files.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "jinja/environment.h"

namespace eider::dbt {

// False for text that rendering would leave as it is.
bool HasTemplate(std::string_view text);

// `value` with every text in it rendered natively: "{{ 1 + 1 }}" becomes the number 2, text around
// an expression stays text. Keys are not rendered. `skip`, when given, is asked for the path of
// keys (list positions are left out) of each text. Errors name `source`.
Json RenderYaml(const Json& value, const jinja::Resolver& context, const std::string& source,
                const std::function<bool(const std::vector<std::string>&)>& skip = nullptr);

// The same for the values of profiles.yml and packages.yml, where env_var gives a stand-in for a
// secret that is put in its place only after rendering, so that no template can alter it.
Json RenderYamlWithSecrets(const Json& value, const jinja::Resolver& context,
                           const std::string& source);

}  // namespace eider::dbt
