// Sources of property files, with the overrides other packages make to them, and their tests.
#pragma once

#include <vector>

#include "dbt/generic_test_parser.h"
#include "dbt/parse_state.h"
#include "dbt/property_file.h"

namespace eider::dbt {

struct ParsedSource {
  Source source;
  int line = 0;
  // What its tests are declared on, and the tests. `target` outlives no move of this object.
  TestTarget target;
  std::vector<TestDeclaration> tests;
};

// The sources of all files, enabled or not. The tests' entries point into `files`. Throws with file
// and line.
std::vector<std::unique_ptr<ParsedSource>> ParseSources(ParseState& state,
                                                        const std::vector<PropertyFile>& files);

// `name` as a column's name in SQL: quoted where `quote` says so.
std::string ColumnAsSql(const ParseState& state, const std::string& name, bool quote);

}  // namespace eider::dbt
