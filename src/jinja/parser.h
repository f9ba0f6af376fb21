// Tokens to the syntax tree: the grammar of Jinja2 3.1.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jinja/ast.h"

namespace eider::jinja {

struct ParsedTemplate {
  std::unique_ptr<TemplateNode> root;
  std::vector<MacroInfo> macros;  // their nodes belong to `root`
};

// `source` is normalized (NormalizeSource). Throws kSyntax at `file` with the line.
ParsedTemplate ParseTemplate(const std::string& source, const std::string& file,
                             const Environment& environment);

}  // namespace eider::jinja
