// Values of DBT_ENV_SECRET_* variables: allowed in profiles and packages, and never shown. Whatever
// leaves the process as text (console, log file, artifact, error) passes ScrubSecrets first.
#pragma once

#include <string>
#include <string_view>

namespace eider::dbt {

inline constexpr std::string_view kSecretPrefix = "DBT_ENV_SECRET";

// Remembers a value that must never be shown. Empty values are ignored. Thread-safe.
void RegisterSecret(std::string_view value);

// Registers the values of all environment variables named DBT_ENV_SECRET*.
void RegisterSecretsFromEnvironment();

// `text` with every registered secret replaced by "*****". Thread-safe.
std::string ScrubSecrets(std::string_view text);

}  // namespace eider::dbt
