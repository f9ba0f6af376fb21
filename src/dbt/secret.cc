#include "dbt/secret.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/text.h"

extern char** environ;

namespace eider::dbt {

namespace {

struct Registry {
  std::shared_mutex mutex;
  std::vector<std::string> values;  // longest first, so that no secret hides part of another
};

Registry& Secrets() {
  static Registry registry;
  return registry;
}

}  // namespace

void RegisterSecret(std::string_view value) {
  if (value.empty()) return;
  auto& secrets = Secrets();
  std::unique_lock lock(secrets.mutex);
  auto& values = secrets.values;
  if (std::find(values.begin(), values.end(), value) != values.end()) return;
  auto place = std::find_if(values.begin(), values.end(),
                            [&](const auto& v) { return v.size() < value.size(); });
  values.insert(place, std::string(value));
}

void RegisterSecretsFromEnvironment() {
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string_view variable(*entry);
    if (!variable.starts_with(kSecretPrefix)) continue;
    size_t equals = variable.find('=');
    if (equals != variable.npos) RegisterSecret(variable.substr(equals + 1));
  }
}

std::string ScrubSecrets(std::string_view text) {
  auto& secrets = Secrets();
  std::shared_lock lock(secrets.mutex);
  std::string out(text);
  for (const auto& value : secrets.values) {
    if (out.find(value) != out.npos) out = ReplaceAll(out, value, "*****");
  }
  return out;
}

}  // namespace eider::dbt
