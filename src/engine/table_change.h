// ALTER TABLE, ALTER VIEW and COMMENT ON as changes of Iceberg metadata. No data file is touched.
#pragma once

#include <string>

#include "duckdb/parser/parsed_data/alter_info.hpp"
#include "engine/warehouse_transaction.h"

namespace eider::engine {

// `name_space` holds the altered table or view. Throws kNotFound, kUnsupported for changes that
// would need rows rewritten or that Iceberg does not know, kInvalidArgument.
void AlterEntity(WarehouseTransaction& transaction, const std::string& name_space,
                 duckdb::AlterInfo& info);

}  // namespace eider::engine
