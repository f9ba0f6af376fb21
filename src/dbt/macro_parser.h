// Macros: the built-in ones, those of macro folders, and generic tests. And docs blocks.
#pragma once

#include <vector>

#include "dbt/parse_state.h"
#include "dbt/property_file.h"
#include "dbt/source_files.h"

namespace eider::dbt {

// Compiles every macro file and fills the manifest's macros and the macro library. `packages` are
// the files of the installed packages and the root project. Throws kSyntax with file and line, and
// kAlreadyExists where a package has two macros of one name.
void ParseMacros(ParseState& state, const std::vector<const PackageFiles*>& packages);

// Gives macros what property files say of them.
void PatchMacros(ParseState& state, const std::vector<PropertyFile>& files);

// The files of dbt itself that hold docs blocks.
PackageFiles BuiltinDocs();

// {% docs %} blocks of Markdown files.
void ParseDocs(ParseState& state, const PackageFiles& files);

}  // namespace eider::dbt
