// A catalog's names as a transaction reads them, and what a catalog has beyond others that another
// program serves.
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

// The names as they are from now on. The catalog must outlive it.
std::unique_ptr<CatalogReader> ReadCatalog(Catalog& catalog);

// A table that is about to be made, as far as it is known.
struct NewTable {
  TableIdentifier identifier;
  iceberg::Schema schema;
  std::map<std::string, std::string> properties;
  std::string location;  // "" where the catalog is to choose
};

// Where the files of a new table go, its own location or a new one.
std::string PlaceTable(Catalog& catalog, const NewTable& table);

// A catalog that another program serves. What is different from others:
//   warehouse()    is its URI; no file lies below it
//   NewLocation    may stand for a location that the catalog will choose; only Commit can read it
//   Commit         does not always know the metadata locations of its result, which are "" then;
//                  takes one step only, where the catalog cannot take several as one
//   Purge          does nothing where the drop has asked the catalog for it
//   Snapshot, FindAnswer, KeepAnswer   throw kUnsupported: who serves it has those
class RemoteCatalog : public Catalog {
 public:
  virtual std::unique_ptr<CatalogReader> NewReader() = 0;
  // Tells the catalog of the table, so that it lets us write there; nothing lasts of it.
  virtual std::string Place(const NewTable& table) = 0;
};

}  // namespace eider::catalog
