#include "catalog/hive_commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "catalog/commit_steps.h"
#include "catalog/hive_table.h"

namespace eider::catalog {

namespace {

using io::ThriftType;
using io::ThriftValue;

constexpr int kMaxAttempts = 20;
// The principal type of the metastore for a user.
constexpr int kUser = 1;
// Properties of a schema that the metastore has fields of their own for.
constexpr char kComment[] = "comment";
constexpr char kLocation[] = "location";

std::string What(const TableChange& change) {
  return fmt::format("{} {}", KindName(change.entity), change.identifier.ToString());
}

}  // namespace

Namespace HiveNamespace(const Namespace& name) {
  if (name.size() == 1) return {Lower(name[0])};
  throw Error(ErrorCode::kUnsupported,
              fmt::format("schema {} has several levels, and a Hive Metastore has schemas of one",
                          NamespaceText(name)));
}

TableIdentifier HiveIdentifier(const TableIdentifier& identifier) {
  return {HiveNamespace(identifier.name_space), Lower(identifier.name)};
}

CommitResult HiveCommit::Commit(const CommitRequest& request) {
  std::vector<std::string> steps;
  std::vector<NamespaceChange> namespaces = request.namespaces;
  for (NamespaceChange& change : namespaces) {
    change.name = HiveNamespace(change.name);
    if (change.kind != NamespaceChange::Kind::kCreate) steps.push_back(Describe(change));
  }
  std::vector<TableChange> tables = request.tables;
  for (TableChange& change : tables) {
    change.identifier = HiveIdentifier(change.identifier);
    if (change.kind == TableChange::Kind::kRename) {
      change.new_identifier = HiveIdentifier(change.new_identifier);
    }
    steps.push_back(Describe(change));
  }
  if (steps.size() > 1) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("a Hive Metastore takes one change at a time, and this transaction {}",
                            Join(steps, " and ")))
        .WithHint("Commit after each.");
  }
  std::vector<NamespaceChange> made;
  try {
    for (const NamespaceChange& change : namespaces) {
      if (change.kind != NamespaceChange::Kind::kCreate) {
        ChangeDatabase(change);
      } else if (CreateDatabase(change)) {
        made.push_back(change);
      }
    }
    CommitResult result;
    for (const TableChange& change : tables) {
      bool drops = change.kind == TableChange::Kind::kDrop;
      bool renames = change.kind == TableChange::Kind::kRename;
      result.metadata_locations.push_back(drops     ? Drop(change)
                                          : renames ? Rename(change)
                                                    : CommitTable(change));
    }
    return result;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnknownOutcome) DropMade(made);
    throw;
  }
}

// Schemas made for a commit that did not land. One that somebody put something into stays.
void HiveCommit::DropMade(const std::vector<NamespaceChange>& made) {
  for (NamespaceChange change : made) {
    change.kind = NamespaceChange::Kind::kDrop;
    try {
      ChangeDatabase(change);
    } catch (const Error&) {
      // It is empty, and harms nobody.
    }
  }
}

std::mutex& HiveCommit::MutexOf(const TableIdentifier& identifier) {
  return turns_[std::hash<std::string>()(identifier.ToString()) % turns_.size()];
}

// What stands under a name. Hive's own tables are left alone.
HiveCommit::Held HiveCommit::Hold(const TableIdentifier& identifier) {
  Held held;
  held.table = client_.Table(identifier);
  if (!held.table) return held;
  held.entry = HiveEntryOf(*held.table);
  if (held.entry) return held;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} is Hive's own, and no Iceberg table", identifier.ToString()));
}

// A table may do without the lock, where the metastore compares the pointer by itself.
bool HiveCommit::NeedsLock(const std::optional<Entry>& entry) {
  if (!entry || entry->kind == EntityKind::kView) return true;
  auto metadata = writer_.LoadTable(entry->metadata_location);
  return Lower(metadata->Property("engine.hive.lock-enabled", "true")) != "false";
}

std::string HiveCommit::CommitTable(const TableChange& change) {
  std::lock_guard<std::mutex> turn(MutexOf(change.identifier));
  std::vector<TableChange> changes = {change};
  // The metadata on which the change was redone last.
  std::vector<std::string> redone_on(1);
  for (int attempt = 1;; ++attempt) {
    if (auto location = TryCommit(changes, redone_on)) return *location;
    if (attempt == kMaxAttempts) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("{} is being changed by others too often: gave up after {} tries",
                              change.identifier.ToString(), attempt));
    }
    int64_t jitter = NewRandomId() % 10;
    std::this_thread::sleep_for(std::chrono::milliseconds(int64_t{attempt} * 5 + jitter));
  }
}

// nullopt where somebody else was first.
std::optional<std::string> HiveCommit::TryCommit(std::vector<TableChange>& changes,
                                                 std::vector<std::string>& redone_on) {
  const TableIdentifier identifier = changes[0].identifier;
  std::optional<HiveLock> lock;
  if (NeedsLock(Hold(identifier).entry)) lock.emplace(client_, identifier, options_);
  Held held;
  std::vector<PreparedChange> prepared =
      writer_.Prepare(changes, redone_on, [&](const TableIdentifier& name) {
        held = Hold(name);
        return held.entry;
      });
  try {
    if (lock) lock->RequireHeld();
    Point(changes[0], prepared[0], held, lock.has_value());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kUnknownOutcome) throw;
    writer_.Discard(prepared);
    if (error.code() == ErrorCode::kConflict) return std::nullopt;
    throw;
  }
  try {
    if (lock) lock->RequireHeld();
  } catch (const Error& error) {
    throw Error(ErrorCode::kUnknownOutcome,
                fmt::format("whether the commit to {} lasts is not known: {}", What(changes[0]),
                            error.message()))
        .WithHint("Its files are kept. Look at the table before trying again.");
  }
  writer_.RemoveForgotten(prepared[0]);
  return prepared[0].new_location;
}

// The commit point.
void HiveCommit::Point(const TableChange& change, const PreparedChange& prepared, const Held& held,
                       bool locked) {
  const std::string& location = prepared.new_location;
  ThriftValue table;
  auto existing_or_new = [&](const std::map<std::string, std::string>& properties) {
    return held.table ? *held.table : NewHiveTable(change.identifier, change.entity, properties);
  };
  if (change.entity == EntityKind::kView) {
    iceberg::ViewMetadataPtr base, metadata = writer_.LoadView(location);
    if (prepared.base) base = writer_.LoadView(prepared.base->metadata_location);
    table = existing_or_new(metadata->properties);
    PointHiveView(table, *metadata, location, base.get());
  } else {
    iceberg::TableMetadataPtr base, metadata = writer_.LoadTable(location);
    if (prepared.base) base = writer_.LoadTable(prepared.base->metadata_location);
    table = existing_or_new(metadata->properties);
    PointHiveTable(table, *metadata, location, base.get());
  }
  std::string what = "the commit to " + What(change);
  auto landed = [this, &change, location] { return PointsAt(change, location); };
  if (held.table) {
    Alter(change.identifier, table, locked ? "" : prepared.base->metadata_location, what, landed);
    return;
  }
  HiveChange create;
  create.method = "create_table";
  create.arguments.Set(1, std::move(table));
  create.what = what;
  create.landed = landed;
  create.tells_own = true;
  client_.Change(create);
}

// `expected_location`: what the metastore is to see to that the table still points at; "" under the
// lock. Those before HIVE-26882 do not look, and those on Derby cannot: they fail.
void HiveCommit::Alter(const TableIdentifier& identifier, const ThriftValue& table,
                       const std::string& expected_location, const std::string& what,
                       std::function<bool()> landed) {
  std::map<std::string, std::string> properties = {{"DO_NOT_UPDATE_STATS", "true"}};
  if (!expected_location.empty()) {
    properties["expected_parameter_key"] = kHiveMetadataLocation;
    properties["expected_parameter_value"] = expected_location;
  }
  ThriftValue context;
  context.Set(1, ThriftValue::TextMap(properties));
  HiveChange alter;
  alter.method = "alter_table_with_environment_context";
  alter.arguments.Set(1, ThriftValue::Text(NamespaceText(identifier.name_space)))
      .Set(2, ThriftValue::Text(identifier.name))
      .Set(3, table)
      .Set(4, std::move(context));
  alter.what = what;
  alter.landed = std::move(landed);
  alter.tells_own = true;
  client_.Change(alter);
}

// Whether the metadata is the table's own, or was before others committed on top.
bool HiveCommit::PointsAt(const TableChange& change, const std::string& metadata_location) {
  auto table = client_.Table(change.identifier);
  std::optional<Entry> entry;
  if (table) entry = HiveEntryOf(*table);
  if (!entry) return false;
  if (entry->metadata_location == metadata_location) return true;
  bool is_new_file = change.kind != TableChange::Kind::kRegister;
  if (entry->kind != EntityKind::kTable || !is_new_file) return false;
  const auto& log = writer_.LoadTable(entry->metadata_location)->metadata_log;
  return std::any_of(log.begin(), log.end(), [&](const iceberg::MetadataLogEntry& earlier) {
    return earlier.metadata_file == metadata_location;
  });
}

std::string HiveCommit::Drop(const TableChange& change) {
  Held held = Hold(change.identifier);
  if (!held.entry || held.entry->kind != change.entity) {
    throw Error(ErrorCode::kNotFound, What(change) + " does not exist");
  }
  HiveChange drop;
  drop.method = "drop_table";
  // The files are our own to remove.
  drop.arguments.Set(1, ThriftValue::Text(NamespaceText(change.identifier.name_space)))
      .Set(2, ThriftValue::Text(change.identifier.name))
      .Set(3, ThriftValue::Bool(false));
  drop.what = "the drop of " + What(change);
  drop.landed = [&] { return !client_.Table(change.identifier).has_value(); };
  client_.Change(drop);
  return held.entry->metadata_location;
}

std::string HiveCommit::Rename(const TableChange& change) {
  std::lock_guard<std::mutex> turn(MutexOf(change.identifier));
  HiveLock lock(client_, change.identifier, options_);
  Held held = Hold(change.identifier);
  if (!held.entry || held.entry->kind != change.entity) {
    throw Error(ErrorCode::kNotFound, What(change) + " does not exist");
  }
  const TableIdentifier& renamed = change.new_identifier;
  if (client_.Table(renamed)) {
    throw Error(ErrorCode::kAlreadyExists, renamed.ToString() + " exists already");
  }
  const std::string& location = held.entry->metadata_location;
  held.table->Set(hive_table::kDatabase, ThriftValue::Text(NamespaceText(renamed.name_space)));
  held.table->Set(hive_table::kName, ThriftValue::Text(renamed.name));
  lock.RequireHeld();
  Alter(change.identifier, *held.table, "",
        fmt::format("the renaming of {} to {}", change.identifier.ToString(), renamed.ToString()),
        [&] {
          auto table = client_.Table(renamed);
          std::optional<Entry> entry;
          if (table) entry = HiveEntryOf(*table);
          return entry && entry->metadata_location == location;
        });
  return location;
}

bool HiveCommit::CreateDatabase(const NamespaceChange& change) {
  std::string name = NamespaceText(change.name);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (made_ahead_.erase(name) > 0) return true;
  }
  std::map<std::string, std::string> parameters = change.properties;
  ThriftValue database;
  database.Set(hive_database::kName, ThriftValue::Text(name))
      .Set(hive_database::kOwner, ThriftValue::Text(SystemUser()))
      .Set(hive_database::kOwnerType, ThriftValue::I32(kUser));
  std::string location = parameters[kLocation];
  if (location.empty() && !options_.warehouse.empty()) {
    location = options_.warehouse + "/" + name + ".db";
  }
  if (!location.empty()) database.Set(hive_database::kLocation, ThriftValue::Text(location));
  if (parameters.contains(kComment)) {
    database.Set(hive_database::kDescription, ThriftValue::Text(parameters[kComment]));
  }
  parameters.erase(kLocation);
  parameters.erase(kComment);
  database.Set(hive_database::kParameters, ThriftValue::TextMap(parameters));
  HiveChange create;
  create.method = "create_database";
  create.arguments.Set(1, std::move(database));
  create.what = "the creation of schema " + name;
  create.landed = [&] { return client_.Database(name).has_value(); };
  try {
    client_.Change(create);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kAlreadyExists) throw;
    if (change.may_exist) return false;
    throw Error(ErrorCode::kAlreadyExists, fmt::format("schema {} exists already", name));
  }
  return true;
}

void HiveCommit::MakeAhead(const std::string& database) {
  NamespaceChange change;
  change.name = {database};
  change.may_exist = true;
  if (!CreateDatabase(change)) return;
  std::lock_guard<std::mutex> lock(mutex_);
  made_ahead_.insert(database);
}

void HiveCommit::ChangeDatabase(const NamespaceChange& change) {
  std::string name = NamespaceText(change.name);
  HiveChange sent;
  if (change.kind == NamespaceChange::Kind::kDrop) {
    sent.method = "drop_database";
    sent.arguments.Set(1, ThriftValue::Text(name))
        .Set(2, ThriftValue::Bool(false))
        .Set(3, ThriftValue::Bool(false));
    sent.what = "the drop of schema " + name;
    sent.landed = [&] { return !client_.Database(name).has_value(); };
    return client_.Change(sent);
  }
  auto database = client_.Database(name);
  if (!database) throw Error(ErrorCode::kNotFound, "schema " + name + " does not exist");
  auto parameters = database->TextMapAt(hive_database::kParameters);
  for (const std::string& removed : change.removals) {
    if (removed == kComment) database->Remove(hive_database::kDescription);
    parameters.erase(removed);
  }
  for (const auto& [key, value] : change.properties) {
    if (key == kComment) {
      database->Set(hive_database::kDescription, ThriftValue::Text(value));
    } else if (key == kLocation) {
      database->Set(hive_database::kLocation, ThriftValue::Text(value));
    } else {
      parameters[key] = value;
    }
  }
  database->Set(hive_database::kParameters, ThriftValue::TextMap(parameters));
  sent.method = "alter_database";
  sent.arguments.Set(1, ThriftValue::Text(name)).Set(2, *database);
  sent.what = "the change of schema " + name;
  sent.landed = [&] {
    auto now = client_.Database(name);
    return now && now->TextMapAt(hive_database::kParameters) == parameters &&
           now->TextAt(hive_database::kDescription) ==
               database->TextAt(hive_database::kDescription);
  };
  client_.Change(sent);
}

}  // namespace eider::catalog
