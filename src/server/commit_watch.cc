#include "server/commit_watch.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

namespace eider::server {

namespace {

using catalog::EntityKind;
using catalog::Entry;
using catalog::NamespaceChange;
using catalog::TableChange;
using catalog::TableIdentifier;
using Action = CommitEvent::Action;
using Subject = CommitEvent::Subject;

// Beyond, landed commits are found by looking at the catalog, without their authors.
constexpr size_t kLandedToKeep = 100'000;
constexpr size_t kToldToKeep = 10'000;

Subject SubjectOf(EntityKind kind) {
  return kind == EntityKind::kView ? Subject::kView : Subject::kTable;
}

TableIdentifier OfNamespace(const catalog::Namespace& name) { return {name, ""}; }

TableChange WithoutUpdates(const TableChange& change) {
  TableChange bare;
  bare.kind = change.kind;
  bare.entity = change.entity;
  bare.identifier = change.identifier;
  bare.new_identifier = change.new_identifier;
  return bare;
}

// Every name that a commit may give, take or change.
template <typename Visit>
void EachName(const std::vector<NamespaceChange>& namespaces,
              const std::vector<TableChange>& tables, const Visit& visit) {
  for (const NamespaceChange& change : namespaces) visit(OfNamespace(change.name));
  for (const TableChange& change : tables) {
    visit(change.identifier);
    if (change.kind == TableChange::Kind::kRename) visit(change.new_identifier);
  }
}

}  // namespace

CommitWatch::Attempt::Attempt(CommitWatch* watch, CommitAuthor author,
                              const catalog::CommitRequest& request)
    : watch_(watch), author_(std::move(author)) {
  if (watch_ == nullptr) return;
  namespaces_ = request.namespaces;
  for (const TableChange& change : request.tables) tables_.push_back(WithoutUpdates(change));
  std::lock_guard<std::mutex> lock(watch_->mutex_);
  EachName(namespaces_, tables_,
           [&](const TableIdentifier& name) { watch_->under_way_.insert(name); });
}

CommitWatch::Attempt::~Attempt() {
  if (watch_ == nullptr) return;
  std::lock_guard<std::mutex> lock(watch_->mutex_);
  EachName(namespaces_, tables_, [&](const TableIdentifier& name) {
    watch_->under_way_.erase(watch_->under_way_.find(name));
  });
}

void CommitWatch::Attempt::Landed(const catalog::CommitResult& result) {
  if (watch_ == nullptr) return;
  struct Landed landed {
    author_, namespaces_, tables_
  };
  for (size_t i = 0; i < tables_.size(); ++i) {
    landed.tables[i].metadata_location = result.metadata_locations[i];
  }
  std::lock_guard<std::mutex> lock(watch_->mutex_);
  if (watch_->landed_.size() < kLandedToKeep) watch_->landed_.push_back(std::move(landed));
}

// One look.
class CommitWatch::Telling {
 public:
  Telling(CommitWatch& watch, std::vector<CommitEvent>& events)
      : watch_(watch), known_(watch.known_), events_(events) {}

  void TellLanded(const std::deque<Landed>& all) {
    for (const Landed& landed : all) {
      for (const TableChange& change : landed.tables) {
        bool wrote =
            change.kind != TableChange::Kind::kDrop && change.kind != TableChange::Kind::kRename;
        if (wrote) authors_[change.metadata_location] = &landed.author;
      }
    }
    for (const Landed& landed : all) {
      author_ = &landed.author;
      for (const NamespaceChange& change : landed.namespaces) TellNamespace(change);
      for (const TableChange& change : landed.tables) TellTable(change);
    }
    author_ = nullptr;
  }

  // What the catalog shows beyond what is known, but for names that a route is busy with: those
  // are told of by it, or found by the next look.
  void CatchUp(const catalog::CatalogSnapshot& now, const std::set<TableIdentifier>& busy) {
    auto is_busy = [&](const TableIdentifier& name) { return busy.count(name) > 0; };
    for (const auto& [name, properties] : now.namespaces) {
      if (is_busy(OfNamespace(name))) continue;
      auto known = known_.namespaces.find(name);
      if (known == known_.namespaces.end()) {
        SetNamespace(Action::kCreate, name, properties);
      } else if (known->second != properties) {
        SetNamespace(Action::kUpdate, name, properties);
      }
    }
    std::map<TableIdentifier, Entry> gone;
    std::vector<std::pair<TableIdentifier, Entry>> come;
    for (const auto& [name, entry] : known_.entries) {
      if (now.entries.count(name) == 0 && !is_busy(name)) gone.emplace(name, entry);
    }
    std::vector<std::pair<TableIdentifier, Entry>> moved;
    auto known = known_.entries.begin();
    for (const auto& [name, entry] : now.entries) {
      while (known != known_.entries.end() && known->first < name) ++known;
      bool is_known = known != known_.entries.end() && known->first == name;
      if (is_known && known->second.metadata_location == entry.metadata_location) continue;
      if (is_busy(name)) continue;
      (is_known ? moved : come).emplace_back(name, entry);
    }
    TellRenames(gone, come);
    for (const auto& [name, entry] : gone) Drop(name);
    TellInOrder(come, moved);
    std::vector<catalog::Namespace> dropped;
    for (const auto& [name, properties] : known_.namespaces) {
      if (now.namespaces.count(name) == 0 && !is_busy(OfNamespace(name))) dropped.push_back(name);
    }
    for (const catalog::Namespace& name : dropped) DropNamespace(name);
  }

 private:
  CommitEvent& Tell(Subject subject, Action action, const TableIdentifier& identifier,
                    const std::string& location, int64_t time_ms) {
    CommitEvent& event = events_.emplace_back();
    event.id = NewUuid();
    event.time_ms = time_ms;
    event.warehouse = watch_.warehouse_;
    event.subject = subject;
    event.action = action;
    event.identifier = identifier;
    event.metadata_location = location;
    bool wrote =
        subject != Subject::kNamespace && action != Action::kDrop && action != Action::kRename;
    auto author = authors_.find(location);
    if (wrote && author != authors_.end()) event.author = *author->second;
    if (!wrote && author_ != nullptr) event.author = *author_;
    if (!location.empty() && watch_.told_.insert(location).second) {
      watch_.told_in_turn_.push_back(location);
      if (watch_.told_in_turn_.size() > kToldToKeep) {
        watch_.told_.erase(watch_.told_in_turn_.front());
        watch_.told_in_turn_.pop_front();
      }
    }
    return event;
  }

  // Tables one after the other, by the time of their last commit.
  void TellInOrder(const std::vector<std::pair<TableIdentifier, Entry>>& come,
                   const std::vector<std::pair<TableIdentifier, Entry>>& moved) {
    std::vector<CommitEvent> before = std::move(events_);
    std::vector<std::vector<CommitEvent>> tables;
    for (const auto* changed : {&come, &moved}) {
      for (const auto& [name, entry] : *changed) {
        events_.clear();
        Advance(name, entry, Action::kUpdate);
        if (!events_.empty()) tables.push_back(std::move(events_));
      }
    }
    std::stable_sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) {
      return a.back().time_ms < b.back().time_ms;
    });
    events_ = std::move(before);
    for (auto& events : tables) {
      std::move(events.begin(), events.end(), std::back_inserter(events_));
    }
  }

  void SetNamespace(Action action, const catalog::Namespace& name,
                    const std::map<std::string, std::string>& properties) {
    known_.namespaces[name] = properties;
    Tell(Subject::kNamespace, action, OfNamespace(name), "", NowMillis()).properties = properties;
  }

  void DropNamespace(const catalog::Namespace& name) {
    known_.namespaces.erase(name);
    Tell(Subject::kNamespace, Action::kDrop, OfNamespace(name), "", NowMillis());
  }

  void TellNamespace(const NamespaceChange& change) {
    auto known = known_.namespaces.find(change.name);
    bool is_known = known != known_.namespaces.end();
    switch (change.kind) {
      case NamespaceChange::Kind::kCreate:
        if (!is_known) SetNamespace(Action::kCreate, change.name, change.properties);
        break;
      case NamespaceChange::Kind::kSetProperties: {
        auto properties = is_known ? known->second : std::map<std::string, std::string>();
        for (const std::string& key : change.removals) properties.erase(key);
        for (const auto& [key, value] : change.properties) properties[key] = value;
        if (!is_known || properties != known->second) {
          SetNamespace(is_known ? Action::kUpdate : Action::kCreate, change.name, properties);
        }
        break;
      }
      case NamespaceChange::Kind::kDrop:
        if (is_known) DropNamespace(change.name);
        break;
    }
  }

  void TellTable(const TableChange& change) {
    Entry entry{change.entity, change.metadata_location};
    switch (change.kind) {
      case TableChange::Kind::kCreate:
        Advance(change.identifier, entry, Action::kCreate);
        break;
      case TableChange::Kind::kUpdate:
        Advance(change.identifier, entry, Action::kUpdate);
        break;
      case TableChange::Kind::kRegister:
        Advance(change.identifier, entry, Action::kRegister);
        break;
      case TableChange::Kind::kDrop: {
        auto known = known_.entries.find(change.identifier);
        if (known == known_.entries.end()) break;
        // What came between is told first.
        if (known->second.metadata_location != entry.metadata_location) {
          Advance(change.identifier, entry, Action::kUpdate);
        }
        Drop(change.identifier);
        break;
      }
      case TableChange::Kind::kRename:
        if (known_.entries.count(change.identifier) > 0) {
          Rename(change.identifier, change.new_identifier);
        }
        break;
    }
  }

  void Drop(const TableIdentifier& identifier) {
    auto known = known_.entries.find(identifier);
    Entry entry = known->second;
    known_.entries.erase(known);
    Tell(SubjectOf(entry.kind), Action::kDrop, identifier, entry.metadata_location, NowMillis());
  }

  void Rename(const TableIdentifier& from, const TableIdentifier& to) {
    auto known = known_.entries.find(from);
    Entry entry = known->second;
    known_.entries.erase(known);
    known_.entries[to] = entry;
    Tell(SubjectOf(entry.kind), Action::kRename, from, entry.metadata_location, NowMillis())
        .new_identifier = to;
  }

  // A name that is gone and one that is new, of one and the same table.
  void TellRenames(std::map<TableIdentifier, Entry>& gone,
                   std::vector<std::pair<TableIdentifier, Entry>>& come) {
    if (gone.empty() || come.empty()) return;
    std::map<std::string, TableIdentifier> by_uuid;
    for (const auto& [name, entry] : gone) {
      std::string uuid = UuidOf(entry);
      if (!uuid.empty()) by_uuid[uuid] = name;
    }
    for (const auto& [name, entry] : come) {
      auto from = by_uuid.find(UuidOf(entry));
      if (from == by_uuid.end()) continue;
      Rename(from->second, name);
      gone.erase(from->second);
      by_uuid.erase(from);
    }
    std::erase_if(come, [&](const auto& added) {
      auto known = known_.entries.find(added.first);
      return known != known_.entries.end() &&
             known->second.metadata_location == added.second.metadata_location;
    });
  }

  // "" where it cannot be read any more.
  std::string UuidOf(const Entry& entry) {
    if (entry.kind == EntityKind::kView) {
      auto view = LoadView(entry.metadata_location);
      return view ? view->view_uuid : "";
    }
    auto table = LoadTable(entry.metadata_location);
    return table ? table->table_uuid : "";
  }

  iceberg::TableMetadataPtr LoadTable(const std::string& location) {
    try {
      return watch_.catalog_->LoadTable(location);
    } catch (const Error&) {
      // Purged meanwhile, or damaged: the commit is told without what stood in it.
      return nullptr;
    }
  }

  iceberg::ViewMetadataPtr LoadView(const std::string& location) {
    try {
      return watch_.catalog_->LoadView(location);
    } catch (const Error&) {
      return nullptr;
    }
  }

  // The table or view is at `entry` now; `action` is what its last commit did.
  void Advance(const TableIdentifier& identifier, const Entry& entry, Action action) {
    const std::string& location = entry.metadata_location;
    auto known = known_.entries.find(identifier);
    if (known != known_.entries.end()) {
      // Told already, when another's commit after it was.
      if (watch_.told_.count(location) > 0 && action != Action::kRegister && author_ != nullptr) {
        return;
      }
      if (known->second.metadata_location == location) return;
      std::string before = UuidOf(known->second);
      std::string after = UuidOf(entry);
      if (!before.empty() && !after.empty() && before != after && action != Action::kRegister) {
        Drop(identifier);
        known = known_.entries.end();
      }
    }
    std::string before;
    if (known != known_.entries.end()) {
      before = known->second.metadata_location;
    } else if (action == Action::kUpdate) {
      action = Action::kCreate;
    }
    if (entry.kind == EntityKind::kView) {
      auto view = LoadView(location);
      Tell(Subject::kView, action, identifier, location,
           view ? view->CurrentVersion().timestamp_ms : NowMillis());
    } else {
      TellTableCommits(identifier, before, location, action);
    }
    known_.entries[identifier] = entry;
  }

  // The commits from one metadata file to another, by the log in the latter. `before` is "" for a
  // table that was not known.
  void TellTableCommits(const TableIdentifier& identifier, const std::string& before,
                        const std::string& location, Action action) {
    auto metadata = LoadTable(location);
    std::vector<std::string> steps;
    if (metadata && action != Action::kRegister) {
      const auto& log = metadata->metadata_log;
      auto begin = std::find_if(log.begin(), log.end(), [&](const iceberg::MetadataLogEntry& old) {
        return old.metadata_file == before;
      });
      if (begin != log.end()) {
        ++begin;
      } else {
        auto old = before.empty() ? nullptr : LoadTable(before);
        // A new table may have begun in the very millisecond of the last look.
        int64_t first = old ? old->last_updated_ms + 1 : watch_.looked_ms_;
        begin = std::find_if(log.begin(), log.end(), [&](const iceberg::MetadataLogEntry& entry) {
          return entry.timestamp_ms >= first;
        });
      }
      for (; begin != log.end(); ++begin) steps.push_back(begin->metadata_file);
    }
    std::erase_if(steps, [&](const std::string& step) { return watch_.told_.count(step) > 0; });
    steps.push_back(location);
    auto previous = before.empty() ? nullptr : LoadTable(before);
    for (size_t i = 0; i < steps.size(); ++i) {
      // The first of a new table created it.
      Action did = action;
      if (action == Action::kCreate && i > 0) did = Action::kUpdate;
      auto current = steps[i] == location ? metadata : LoadTable(steps[i]);
      TellTableCommit(identifier, steps[i], did, previous, current);
      if (current) previous = current;
    }
  }

  void TellTableCommit(const TableIdentifier& identifier, const std::string& location,
                       Action action, const iceberg::TableMetadataPtr& before,
                       const iceberg::TableMetadataPtr& after) {
    CommitEvent& event = Tell(Subject::kTable, action, identifier, location,
                              after ? after->last_updated_ms : NowMillis());
    if (!after) return;
    event.snapshot_id = after->current_snapshot_id;
    event.sequence_number = after->last_sequence_number;
    if (action == Action::kRegister) return;
    // The newest that was not there before; a commit to a branch leaves the current one alone.
    const iceberg::Snapshot* added = nullptr;
    for (const iceberg::Snapshot& snapshot : after->snapshots) {
      if (before && before->SnapshotById(snapshot.snapshot_id) != nullptr) continue;
      if (!added || added->sequence_number <= snapshot.sequence_number) added = &snapshot;
    }
    if (!added) return;
    event.snapshot_id = added->snapshot_id;
    event.sequence_number = added->sequence_number;
    event.operation = added->operation();
    event.summary = added->summary;
    event.summary.erase("operation");
  }

  CommitWatch& watch_;
  catalog::CatalogSnapshot& known_;
  std::vector<CommitEvent>& events_;
  // By the metadata location that a commit has written, so that of a table's commits each has its
  // own.
  std::map<std::string, const CommitAuthor*> authors_;
  const CommitAuthor* author_ = nullptr;  // of what is told now
};

CommitWatch::CommitWatch(std::string warehouse, std::shared_ptr<catalog::Catalog> catalog)
    : warehouse_(std::move(warehouse)), catalog_(std::move(catalog)) {}

CommitWatch::~CommitWatch() = default;

void CommitWatch::Begin(catalog::CatalogSnapshot known, int64_t as_of_ms) {
  known_ = std::move(known);
  looked_ms_ = as_of_ms;
  has_begun_ = true;
}

void CommitWatch::Look(std::vector<CommitEvent>& events) {
  std::deque<Landed> landed;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    landed.swap(landed_);
  }
  int64_t now_ms = NowMillis();
  if (!has_begun_) {
    // What has landed until here is in what is found now.
    seen_ = catalog_->Snapshot();
    Begin(*seen_, now_ms);
    return;
  }
  Telling telling(*this, events);
  telling.TellLanded(landed);
  auto now = catalog_->Snapshot();
  if (now == seen_) return;
  // Whatever the catalog shows by now of a route's doing, that route is still in one of these.
  std::set<TableIdentifier> busy;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    busy.insert(under_way_.begin(), under_way_.end());
    for (const Landed& commit : landed_) {
      EachName(commit.namespaces, commit.tables,
               [&](const TableIdentifier& name) { busy.insert(name); });
    }
  }
  telling.CatchUp(*now, busy);
  // A name that was busy is looked at again.
  seen_ = busy.empty() ? now : nullptr;
  looked_ms_ = now_ms;
}

}  // namespace eider::server
