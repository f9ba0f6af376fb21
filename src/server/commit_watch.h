// Every commit to one warehouse, whoever made it: those of this server's clients, as their routes
// tell of them, and those of other processes (`eider build`, other servers), as the catalog shows
// them. What is told follows from the catalog and the tables' own metadata logs, so that a commit
// of unknown outcome is told exactly when it landed, and those made while nobody watched are made
// up for.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "server/commit_event.h"

namespace eider::server {

class CommitWatch {
 public:
  CommitWatch(std::string warehouse, std::shared_ptr<catalog::Catalog> catalog);
  ~CommitWatch();
  CommitWatch(const CommitWatch&) = delete;
  CommitWatch& operator=(const CommitWatch&) = delete;

  const std::string& warehouse() const { return warehouse_; }
  catalog::Catalog& catalog() const { return *catalog_; }

  // A commit of a route, while it is tried. Costs it two short locks. Any thread.
  class Attempt {
   public:
    // `watch` may be null: then nobody watches.
    Attempt(CommitWatch* watch, CommitAuthor author, const catalog::CommitRequest& request);
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    void Landed(const catalog::CommitResult& result);

   private:
    CommitWatch* watch_;
    CommitAuthor author_;
    std::vector<catalog::NamespaceChange> namespaces_;
    std::vector<catalog::TableChange> tables_;  // without their updates
  };

  // What was known, and until when, before the first look. Without it that is what the first look
  // finds, and nothing is told of it.
  void Begin(catalog::CatalogSnapshot known, int64_t as_of_ms);
  bool has_begun() const { return has_begun_; }
  // What all that was told adds up to.
  const catalog::CatalogSnapshot& known() const { return known_; }

  // Appends what has happened since the last look. One thread at a time. Throws what
  // Catalog::Snapshot does; what was appended until then stands.
  void Look(std::vector<CommitEvent>& events);

 private:
  struct Landed {
    CommitAuthor author;
    std::vector<catalog::NamespaceChange> namespaces;
    std::vector<catalog::TableChange> tables;  // each with its metadata location after the commit
  };
  class Telling;

  std::string warehouse_;
  std::shared_ptr<catalog::Catalog> catalog_;

  std::mutex mutex_;  // guards these two
  std::multiset<catalog::TableIdentifier> under_way_;
  std::deque<Landed> landed_;

  // Of the thread that looks.
  bool has_begun_ = false;
  int64_t looked_ms_ = 0;
  catalog::CatalogSnapshot known_;
  std::shared_ptr<const catalog::CatalogSnapshot> seen_;
  std::set<std::string> told_;            // metadata locations, the latest ones
  std::deque<std::string> told_in_turn_;  // the same, oldest first
};

}  // namespace eider::server
