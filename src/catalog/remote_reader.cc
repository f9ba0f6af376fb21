#include "catalog/remote_reader.h"

#include <algorithm>
#include <utility>

namespace eider::catalog {

std::vector<Namespace> RemoteReader::Namespaces() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (namespaces_) return *namespaces_;
  }
  std::vector<Namespace> all = AskNamespaces();
  std::lock_guard<std::mutex> lock(mutex_);
  if (!namespaces_) namespaces_ = std::move(all);
  return *namespaces_;
}

bool RemoteReader::HasNamespace(const Namespace& name) {
  // There is no such name, and to ask for it might be to ask for something else.
  if (std::find(name.begin(), name.end(), "") != name.end()) return false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (namespaces_) {
      return std::find(namespaces_->begin(), namespaces_->end(), name) != namespaces_->end();
    }
    auto known = has_namespace_.find(name);
    if (known != has_namespace_.end()) return known->second;
  }
  bool has = AskNamespace(name);
  std::lock_guard<std::mutex> lock(mutex_);
  return has_namespace_.emplace(name, has).first->second;
}

std::map<std::string, EntityKind> RemoteReader::Names(const Namespace& name) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    auto known = names_.find(name);
    if (known != names_.end()) return known->second;
  }
  std::map<std::string, EntityKind> names = AskNames(name);
  std::lock_guard<std::mutex> lock(mutex_);
  return names_.emplace(name, std::move(names)).first->second;
}

std::optional<Entry> RemoteReader::Find(const TableIdentifier& identifier) {
  std::optional<EntityKind> kind;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = entries_.find(identifier);
    if (found != entries_.end()) return found->second;
    auto listed = names_.find(identifier.name_space);
    if (listed != names_.end()) {
      auto name = listed->second.find(identifier.name);
      if (name == listed->second.end()) return std::nullopt;
      kind = name->second;
    }
  }
  if (identifier.name.empty()) return std::nullopt;
  std::optional<Entry> entry = AskEntry(identifier, kind);
  std::lock_guard<std::mutex> lock(mutex_);
  return entries_.emplace(identifier, std::move(entry)).first->second;
}

}  // namespace eider::catalog
