#include "catalog/catalog_reader.h"

#include <utility>

namespace eider::catalog {

namespace {

class SnapshotReader : public CatalogReader {
 public:
  explicit SnapshotReader(std::shared_ptr<const CatalogSnapshot> snapshot)
      : snapshot_(std::move(snapshot)) {}

  std::vector<Namespace> Namespaces() override {
    std::vector<Namespace> names;
    for (const auto& [name, properties] : snapshot_->namespaces) names.push_back(name);
    return names;
  }
  bool HasNamespace(const Namespace& name) override { return snapshot_->namespaces.contains(name); }
  std::map<std::string, EntityKind> Names(const Namespace& name) override {
    std::map<std::string, EntityKind> names;
    const auto& entries = snapshot_->entries;
    for (auto it = entries.lower_bound({name, ""});
         it != entries.end() && it->first.name_space == name; ++it) {
      names.emplace_hint(names.end(), it->first.name, it->second.kind);
    }
    return names;
  }
  std::optional<Entry> Find(const TableIdentifier& identifier) override {
    auto entry = snapshot_->entries.find(identifier);
    if (entry == snapshot_->entries.end()) return std::nullopt;
    return entry->second;
  }

 private:
  std::shared_ptr<const CatalogSnapshot> snapshot_;
};

}  // namespace

std::unique_ptr<CatalogReader> Catalog::NewReader() {
  return std::make_unique<SnapshotReader>(Snapshot());
}

std::string Catalog::Place(const NewTable& table) {
  return table.location.empty() ? NewLocation(table.identifier) : table.location;
}

}  // namespace eider::catalog
