// What a commit does, in words: for catalogs that take one change at a time.
#pragma once

#include <string>

#include "catalog/catalog.h"

namespace eider::catalog {

const char* KindName(EntityKind kind);

// Such as "drops view a.b".
std::string Describe(const TableChange& change);
std::string Describe(const NamespaceChange& change);

}  // namespace eider::catalog
