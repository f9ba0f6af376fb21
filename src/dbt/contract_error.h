// The message of a contract that a model does not keep.
#pragma once

#include <string>

#include "jinja/value.h"

namespace eider::dbt {

// Both are lists of {name, data_type}: what the contract promises and what the query gives. The
// message shows each difference in a table, as dbt's does.
std::string ContractMessage(const jinja::Value& contract_columns,
                            const jinja::Value& query_columns);

}  // namespace eider::dbt
