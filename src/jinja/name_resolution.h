// Gives every name of a template its place: a slot of a function, or the context.
//
// Jinja2 decides by the text alone whether a name is a variable of the template: a scope that
// assigns a name anywhere owns it everywhere, from its first line on. The same is decided here,
// once a template, so that a variable is an index while it runs.
#pragma once

#include <string>

#include "jinja/ast.h"

namespace eider::jinja {

// Throws kSyntax at `file` for what Jinja2 refuses at this stage: assigning `loop` in a loop,
// extends in an inner scope.
void ResolveNames(TemplateNode& root, const std::string& file);

}  // namespace eider::jinja
