// The part of dbt's context that needs no node and no connection, the same while parsing and while
// running: dbt_version, env_var, var, target, project_name, modules, run_started_at, invocation_id,
// flags, exceptions, log, print, return, tojson, fromjson, toyaml, fromyaml, set, set_strict, zip,
// zip_strict, local_md5, diff_of_two_dicts, try_or_compiler_error, dbt_metadata_envs, builtins of
// those.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "dbt/config.h"
#include "dbt/context.h"
#include "dbt/node.h"
#include "jinja/value.h"

namespace eider::dbt {

// dbt's version that we answer to as `dbt_version`, in require-dbt-version and in artifacts.
inline constexpr const char* kDbtVersion = "1.11.16";

struct BaseContextHooks {
  // log(message, info) and print(message); both may be empty, then nothing is shown.
  std::function<void(const std::string& message, bool info)> log;
  std::function<void(const std::string& message)> print;
  // exceptions.warn(message).
  std::function<void(const std::string& message)> warn;
};

// Shared by all contexts of an invocation. Holds everything above but `var`, which depends on the
// package.
std::shared_ptr<const jinja::Dict> MakeBaseContext(const Config& config, BaseContextHooks hooks);

// `var` as `package` sees the variables: callable, with the method has_var. `node_name` is named in
// the error of a missing one; models are parsed with kNone, since running may never reach the call.
enum class MissingVar : uint8_t { kError, kNone };
jinja::Value MakeVar(const Config& config, std::string package, std::string node_name,
                     MissingVar missing = MissingVar::kError);

// env_var(name, default); secrets are refused unless `allow_secrets`.
jinja::Value MakeEnvVar(bool allow_secrets);

// The `target` of templates: the credentials that may be shown, with name, profile_name and
// threads.
jinja::Value MakeTargetValue(const Config& config);

// modules.datetime, pytz, re, itertools, as far as projects use them.
jinja::Value MakeModules();

// Environment variables named DBT_ENV_CUSTOM_ENV_*, by the rest of their names.
std::map<std::string, std::string> MetadataEnvironment();

// A datetime.datetime at `micros` since the epoch, in UTC, as templates see it.
jinja::Value MakeDatetime(int64_t micros);

}  // namespace eider::dbt
