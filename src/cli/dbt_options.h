// dbt's options: the tables the command line is parsed by, and what they mean to the dbt layer.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "dbt/config.h"
#include "dbt/manifest.h"
#include "dbt/selector.h"

namespace eider::cli {

// Options every command takes, before or after its name.
std::vector<Option> GlobalOptions();

// Groups of options of dbt's commands.
std::vector<Option> ProjectOptions();    // --project-dir, --profiles-dir, --vars, --target-path
std::vector<Option> SelectionOptions();  // --select, --exclude, --selector
std::vector<Option> ResourceTypeOptions();
Option ThreadsOption();
Option FullRefreshOption();
Option IntrospectOption();
Option StoreFailuresOption();
Option EmptyOption();

// The options of `groups`, in order.
std::vector<Option> Concatenate(const std::vector<std::vector<Option>>& groups);

// What the project is loaded by. Throws kInvalidArgument for --vars that are no mapping and for
// folders that do not exist, kUnsupported for options that Eider does not have yet.
dbt::ConfigOptions ConfigOptionsFrom(const Arguments& arguments);

// What is selected by the command line, of the types the command works on (empty: all), narrowed by
// --resource-type and --exclude-resource-type.
dbt::SelectionOptions SelectionFrom(const Arguments& arguments, std::vector<dbt::NodeType> types);

// Of the nodes selected, those to be printed: the ones whose names stand in --select, for tests
// come along with every model; where none is named (by tag, by path), all but tests.
std::vector<std::string> NodesToPrint(const Arguments& arguments, const dbt::Manifest& manifest,
                                      const std::set<std::string>& selected);

// The flags as run_results.json records them under `args`.
Json ArgumentsForArtifacts(const Arguments& arguments);

}  // namespace eider::cli
