// Parsing: from the files of a project and its packages to a Manifest.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dbt/config.h"
#include "dbt/manifest.h"

namespace eider::dbt {

struct ParseOptions {
  std::shared_ptr<const Config> config;
  // Called once for each warning as it is found, besides Manifest::warnings. May be empty.
  std::function<void(const std::string&)> on_warning;
};

// Throws the first error with file and line: kSyntax for YAML and Jinja, kNotFound for refs,
// sources and macros, kAlreadyExists for duplicates, kInvalidArgument for the rest, and for the
// first warning where the options say warn_error.
std::shared_ptr<Manifest> ParseProject(const ParseOptions& options);

// An inline query (`show --inline`, `compile --inline`) as a node of `manifest`, parsed like a
// model of the root project.
Node ParseInline(Manifest& manifest, const std::string& sql);

}  // namespace eider::dbt
