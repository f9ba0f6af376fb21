// The names of a catalog that another program serves: each is asked for when it is first needed,
// and what was answered stays.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "catalog/catalog_reader.h"

namespace eider::catalog {

class RemoteReader : public CatalogReader {
 public:
  std::vector<Namespace> Namespaces() final;
  bool HasNamespace(const Namespace& name) final;
  std::map<std::string, EntityKind> Names(const Namespace& name) final;
  std::optional<Entry> Find(const TableIdentifier& identifier) final;

 protected:
  // What the catalog says now. Any thread may ask, several at once.
  virtual std::vector<Namespace> AskNamespaces() = 0;
  virtual bool AskNamespace(const Namespace& name) = 0;
  virtual std::map<std::string, EntityKind> AskNames(const Namespace& name) = 0;
  // `kind`: what it is where that is known.
  virtual std::optional<Entry> AskEntry(const TableIdentifier& identifier,
                                        std::optional<EntityKind> kind) = 0;

 private:
  std::mutex mutex_;  // guards what follows; not held while the catalog is asked
  std::optional<std::vector<Namespace>> namespaces_;
  std::map<Namespace, bool> has_namespace_;
  std::map<Namespace, std::map<std::string, EntityKind>> names_;
  std::map<TableIdentifier, std::optional<Entry>> entries_;
};

}  // namespace eider::catalog
