// Data tests declared in property files: their names, arguments and configuration.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "dbt/context.h"
#include "dbt/node.h"
#include "dbt/parse_state.h"
#include "dbt/property_file.h"

namespace eider::dbt {

// What a test is declared on.
struct TestTarget {
  Origin origin;          // of the property file
  std::string key;        // "models.customers", "sources.raw"
  std::string name;       // of the node; of the source and table joined by "_"
  std::string reference;  // "ref('customers')", "source('raw', 'orders')"
  std::optional<RefArgs> ref;
  std::optional<SourceArgs> source;
  Json version;  // of a versioned model, or null
};

struct TestDeclaration {
  const TestTarget* target = nullptr;
  const TestEntry* entry = nullptr;
  std::optional<std::string> column_name;  // as SQL: quoted where the column says so
  std::vector<std::string> tags;
};

// The test as a node. Throws kInvalidArgument with file and line for a malformed declaration, and
// kNotFound where no such test exists. Several threads may parse different tests.
Node ParseGenericTest(const ParseState& state, const TestDeclaration& declaration);

// The names of a test: up to 63 characters for its file and alias, and in full. `type` is the test
// with its namespace and "source_" before it; `arguments` includes the column.
struct TestName {
  std::string short_name;
  std::string full_name;
};
TestName SynthesizeTestName(const std::string& type, const std::string& target,
                            const Json& arguments);

// The arguments of a test for its macro, templates rendered in `context`: text that is a call of
// ref, source, var, env_var or doc counts as a template; the column's name is left as it is.
jinja::Value RenderTestArguments(const Json& arguments, const jinja::Resolver& context,
                                 const jinja::Environment& environment, const std::string& file);

}  // namespace eider::dbt
