// What is told of a commit: to the events file, to webhooks, and in /ui.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "catalog/catalog.h"

namespace eider::server {

// Who asked for a commit; empty where it came past this server.
struct CommitAuthor {
  std::string principal;
  std::string request_id;
};

// One change of one table, view or namespace. A commit that changes several is told as several.
struct CommitEvent {
  enum class Subject { kTable, kView, kNamespace };
  enum class Action { kCreate, kUpdate, kDrop, kRename, kRegister };

  std::string id;  // a UUID: the same however often the event is sent
  int64_t time_ms = 0;
  std::string warehouse;
  Subject subject = Subject::kTable;
  Action action = Action::kUpdate;
  catalog::TableIdentifier identifier;      // of a namespace without a name
  catalog::TableIdentifier new_identifier;  // kRename
  std::string metadata_location;            // of a drop, the last one; none of a namespace
  std::optional<int64_t> snapshot_id;       // the current one, or what the commit has added
  std::optional<int64_t> sequence_number;
  std::string operation;                               // of a snapshot that the commit has added
  std::map<std::string, std::string> summary;          // likewise, without the operation
  std::map<std::string, std::string> properties = {};  // of a namespace; not told
  CommitAuthor author;

  // "table.update", "namespace.drop".
  std::string type() const;
};

std::string_view SubjectName(CommitEvent::Subject subject);
std::string_view ActionName(CommitEvent::Action action);

// Members that say nothing are left out.
Json ToJson(const CommitEvent& event);

}  // namespace eider::server
