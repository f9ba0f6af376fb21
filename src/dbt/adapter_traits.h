// What parsing must know about the adapter: how its relations are named and where its macros are
// looked up. The adapter itself lives with the running side.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbt/node.h"
#include "dbt/profile.h"

namespace eider::dbt {

class AdapterTraits {
 public:
  virtual ~AdapterTraits() = default;

  // "duckdb", "eider": `target.type`, and `adapter.type()`.
  virtual std::string type() const = 0;
  // Prefixes tried by adapter.dispatch, nearest first, without the final "default".
  virtual std::vector<std::string> dispatch_prefixes() const = 0;
  // Built-in packages whose macros count as the adapter's and dbt's, nearest first: {"dbt_duckdb",
  // "dbt"}.
  virtual std::vector<std::string> internal_packages() const = 0;
  // The relation's full name as SQL; parts whose quoting is off are written bare.
  virtual std::string RelationName(const std::optional<std::string>& database,
                                   const std::string& schema, const std::string& identifier,
                                   const Quoting& quoting) const = 0;
  // The quoting used where neither project nor resource says: all on for DuckDB.
  virtual Quoting default_quoting() const = 0;
  // `target.database`: where the profile does not name it, what the adapter derives.
  virtual std::string DatabaseName(const Target& target) const = 0;
};

// Traits for `type: duckdb` and `type: eider`: double quotes, the macros of dbt_duckdb and dbt, and
// the database named after the file (`memory` for :memory:) or the `database`/`catalog` key.
std::unique_ptr<AdapterTraits> MakeAdapterTraits(const Target& target);

}  // namespace eider::dbt
