#include "catalog/catalog.h"

#include "base/text.h"

namespace eider::catalog {

std::string NamespaceText(const Namespace& name) { return Join(name, "."); }

Namespace NamespaceFromText(const std::string& text) { return Split(text, '.'); }

std::string TableIdentifier::ToString() const { return NamespaceText(name_space) + "." + name; }

}  // namespace eider::catalog
