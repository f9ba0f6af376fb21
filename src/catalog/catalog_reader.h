// A catalog's names as a transaction reads them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace eider::catalog {

// Of a catalog that has all names at hand this is one snapshot. A remote catalog is asked for each
// name when it is first needed, and what it answered stays: a transaction sees every table in one
// state, but two tables perhaps at two instants. Any thread may ask.
class CatalogReader {
 public:
  virtual ~CatalogReader() = default;

  virtual std::vector<Namespace> Namespaces() = 0;
  virtual bool HasNamespace(const Namespace& name) = 0;
  // The tables and views of a namespace; empty where there is no such namespace.
  virtual std::map<std::string, EntityKind> Names(const Namespace& name) = 0;
  virtual std::optional<Entry> Find(const TableIdentifier& identifier) = 0;
};

}  // namespace eider::catalog
