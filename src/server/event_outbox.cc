#include "server/event_outbox.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"

namespace eider::server {

namespace {

using Row = catalog::SqliteDatabase::Row;

constexpr std::chrono::seconds kPatience{1};

const char* const kSchema[] = {
    // Entries that are namespaces have no name, kind 'namespace' and their properties for a
    // location.
    "CREATE TABLE IF NOT EXISTS known (warehouse TEXT, name_space TEXT, name TEXT, kind TEXT, "
    "location TEXT, PRIMARY KEY (warehouse, name_space, name)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS warehouses (name TEXT PRIMARY KEY, as_of_ms INTEGER)",
    "CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, "
    "event TEXT)",
    "CREATE TABLE IF NOT EXISTS sinks (name TEXT PRIMARY KEY, delivered INTEGER)"};

// Levels may hold any letter, so a list is written as JSON.
std::string NamespaceKey(const catalog::Namespace& name) { return Json(name).dump(); }

const char* KindOf(CommitEvent::Subject subject) {
  return subject == CommitEvent::Subject::kView ? "view" : "table";
}

constexpr char kPut[] = "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?)";
constexpr char kRemove[] = "DELETE FROM known WHERE warehouse = ? AND name_space = ? AND name = ?";

}  // namespace

EventOutbox::EventOutbox(std::string file, size_t capacity)
    : file_(std::move(file)), capacity_(capacity), database_(file_) {
  for (const char* statement : kSchema) database_.Execute(statement);
}

std::optional<EventOutbox::Known> EventOutbox::FindKnown(const std::string& warehouse) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto rows = database_.Query("SELECT as_of_ms FROM warehouses WHERE name = ?", {warehouse});
  if (rows.empty()) return std::nullopt;
  Known known;
  known.as_of_ms = std::stoll(*rows[0][0]);
  for (const Row& row : database_.Query(
           "SELECT name_space, name, kind, location FROM known WHERE warehouse = ?", {warehouse})) {
    auto name_space = Json::parse(*row[0]).get<catalog::Namespace>();
    if (*row[2] == "namespace") {
      known.snapshot.namespaces[name_space] =
          Json::parse(*row[3]).get<std::map<std::string, std::string>>();
    } else {
      auto kind = *row[2] == "view" ? catalog::EntityKind::kView : catalog::EntityKind::kTable;
      known.snapshot.entries[{name_space, *row[1]}] = {kind, *row[3]};
    }
  }
  return known;
}

void EventOutbox::SetKnown(const std::string& warehouse, const Known& known) {
  std::lock_guard<std::mutex> lock(mutex_);
  catalog::SqliteTransaction transaction(database_);
  database_.Execute("DELETE FROM known WHERE warehouse = ?", {warehouse});
  for (const auto& [name, properties] : known.snapshot.namespaces) {
    database_.Execute(kPut,
                      {warehouse, NamespaceKey(name), "", "namespace", Json(properties).dump()});
  }
  for (const auto& [name, entry] : known.snapshot.entries) {
    bool is_view = entry.kind == catalog::EntityKind::kView;
    database_.Execute(kPut, {warehouse, NamespaceKey(name.name_space), name.name,
                             is_view ? "view" : "table", entry.metadata_location});
  }
  database_.Execute("INSERT OR REPLACE INTO warehouses VALUES (?, ?)",
                    {warehouse, std::to_string(known.as_of_ms)});
  transaction.Commit();
}

void EventOutbox::Add(const std::string& warehouse, const std::vector<CommitEvent>& events,
                      int64_t as_of_ms) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    catalog::SqliteTransaction transaction(database_);
    for (const CommitEvent& event : events) AddOne(event);
    database_.Execute("UPDATE warehouses SET as_of_ms = ? WHERE name = ?",
                      {std::to_string(as_of_ms), warehouse});
    Forget();
    transaction.Commit();
  }
  added_.notify_all();
}

void EventOutbox::AddOne(const CommitEvent& event) {
  using Action = CommitEvent::Action;
  std::string name_space = NamespaceKey(event.identifier.name_space);
  const std::string& name = event.identifier.name;
  if (event.action == Action::kDrop || event.action == Action::kRename) {
    database_.Execute(kRemove, {event.warehouse, name_space, name});
  }
  if (event.subject == CommitEvent::Subject::kNamespace) {
    if (event.action != Action::kDrop) {
      database_.Execute(
          kPut, {event.warehouse, name_space, "", "namespace", Json(event.properties).dump()});
    }
  } else if (event.action != Action::kDrop) {
    bool renamed = event.action == Action::kRename;
    const catalog::TableIdentifier& now = renamed ? event.new_identifier : event.identifier;
    database_.Execute(kPut, {event.warehouse, NamespaceKey(now.name_space), now.name,
                             KindOf(event.subject), event.metadata_location});
  }
  database_.Execute("INSERT INTO events (id, event) VALUES (?, ?)",
                    {event.id, ToJson(event).dump(-1, ' ', true, Json::error_handler_t::replace)});
}

// What every sink has taken, and what is one too many.
void EventOutbox::Forget() {
  auto newest = database_.Query("SELECT max(number) FROM events");
  if (newest.empty() || !newest[0][0]) return;
  int64_t oldest_kept = std::stoll(*newest[0][0]) - static_cast<int64_t>(capacity_);
  std::string limit = std::to_string(oldest_kept);
  for (const Row& row :
       database_.Query("SELECT name, delivered FROM sinks WHERE delivered < ?1 + 0", {limit})) {
    lost_[*row[0]] += static_cast<uint64_t>(oldest_kept - std::stoll(*row[1]));
  }
  database_.Execute("UPDATE sinks SET delivered = ?1 + 0 WHERE delivered < ?1 + 0", {limit});
  database_.Execute(
      "DELETE FROM events WHERE number <= coalesce((SELECT min(delivered) FROM sinks), number)");
}

void EventOutbox::SetSinks(const std::vector<std::string>& sinks) {
  std::lock_guard<std::mutex> lock(mutex_);
  catalog::SqliteTransaction transaction(database_);
  std::map<std::string, std::string> before;
  for (const Row& row : database_.Query("SELECT name, delivered FROM sinks")) {
    before[*row[0]] = *row[1];
  }
  database_.Execute("DELETE FROM sinks");
  for (const std::string& sink : sinks) {
    auto known = before.find(sink);
    if (known != before.end()) {
      database_.Execute("INSERT INTO sinks VALUES (?, ? + 0)", {sink, known->second});
    } else {
      database_.Execute(
          "INSERT INTO sinks VALUES (?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = "
          "'events'), 0))",
          {sink});
    }
  }
  Forget();
  transaction.Commit();
}

std::vector<EventOutbox::Stored> EventOutbox::Read(const std::string& sink, size_t count) {
  std::vector<Stored> events;
  for (Row& row : database_.Query(
           "SELECT number, id, event FROM events WHERE number > (SELECT delivered FROM sinks WHERE "
           "name = ?) ORDER BY number LIMIT ? + 0",
           {sink, std::to_string(count)})) {
    events.push_back({std::stoll(*row[0]), std::move(*row[1]), std::move(*row[2])});
  }
  return events;
}

std::vector<EventOutbox::Stored> EventOutbox::Next(const std::string& sink, size_t count,
                                                   const std::function<bool()>& stop) {
  std::unique_lock<std::mutex> lock(mutex_);
  std::vector<Stored> events = Read(sink, count);
  if (!events.empty() || stop()) return events;
  added_.wait_for(lock, kPatience);
  return Read(sink, count);
}

void EventOutbox::Delivered(const std::string& sink, int64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  catalog::SqliteTransaction transaction(database_);
  database_.Execute("UPDATE sinks SET delivered = max(delivered, ? + 0) WHERE name = ?",
                    {std::to_string(number), sink});
  Forget();
  transaction.Commit();
}

void EventOutbox::Wake() {
  // Whoever is about to wait holds the lock, and has looked already.
  std::lock_guard<std::mutex> lock(mutex_);
  added_.notify_all();
}

EventOutbox::Backlog EventOutbox::BacklogOf(const std::string& sink) {
  std::lock_guard<std::mutex> lock(mutex_);
  // Numbers have no gaps.
  auto rows = database_.Query(
      "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) - delivered "
      "FROM sinks WHERE name = ?",
      {sink});
  Backlog backlog;
  if (!rows.empty()) backlog.waiting = std::stoull(*rows[0][0]);
  auto lost = lost_.find(sink);
  if (lost != lost_.end()) backlog.lost = lost->second;
  return backlog;
}

}  // namespace eider::server
