#pragma once

#include <string>

#include "base/json.h"
#include "io/s3_options.h"

namespace eider::dbt {

// How the warehouse of a target is reached where it lies on S3, with Iceberg's names: what
// `storage:` says with those names; else the secrets of type s3 for it, and else the settings
// s3_.., both as dbt-duckdb has them. Empty for a local folder. `warehouse` is "" where a REST
// catalog knows where the tables lie; secrets for one place alone are left out then. Registers what
// is secret (dbt/secret.h). Throws kInvalidArgument for what is no text.
io::StorageProperties WarehouseStorage(const Json& credentials, const std::string& warehouse);

}  // namespace eider::dbt
