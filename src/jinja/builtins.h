// What every environment begins with: Jinja2's filters, tests and globals.
#pragma once

#include "jinja/environment.h"

namespace eider::jinja {

void AddBuiltinFilters(Environment& environment);  // all of the below
void AddTextFilters(Environment& environment);
void AddSequenceFilters(Environment& environment);
void AddMarkupFilters(Environment& environment);
void AddNumberFilters(Environment& environment);

void AddBuiltinTests(Environment& environment);
// range, dict, cycler, joiner and namespace; return when the options ask for it.
void AddBuiltinGlobals(Environment& environment);

}  // namespace eider::jinja
