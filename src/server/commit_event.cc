#include "server/commit_event.h"

#include "base/clock.h"

namespace eider::server {

std::string_view SubjectName(CommitEvent::Subject subject) {
  switch (subject) {
    case CommitEvent::Subject::kTable:
      return "table";
    case CommitEvent::Subject::kView:
      return "view";
    case CommitEvent::Subject::kNamespace:
      break;
  }
  return "namespace";
}

std::string_view ActionName(CommitEvent::Action action) {
  switch (action) {
    case CommitEvent::Action::kCreate:
      return "create";
    case CommitEvent::Action::kUpdate:
      return "update";
    case CommitEvent::Action::kDrop:
      return "drop";
    case CommitEvent::Action::kRename:
      return "rename";
    case CommitEvent::Action::kRegister:
      break;
  }
  return "register";
}

std::string CommitEvent::type() const {
  return std::string(SubjectName(subject)) + "." + std::string(ActionName(action));
}

Json ToJson(const CommitEvent& event) {
  constexpr int64_t kMicrosPerMilli = 1000;
  Json json = {{"id", event.id},
               {"type", event.type()},
               {"time", FormatInstant(event.time_ms * kMicrosPerMilli)},
               {"warehouse", event.warehouse},
               {"namespace", event.identifier.name_space}};
  auto set = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  set("name", event.identifier.name);
  if (event.action == CommitEvent::Action::kRename) {
    json["new-namespace"] = event.new_identifier.name_space;
    json["new-name"] = event.new_identifier.name;
  }
  set("metadata-location", event.metadata_location);
  if (event.snapshot_id) json["snapshot-id"] = *event.snapshot_id;
  if (event.sequence_number) json["sequence-number"] = *event.sequence_number;
  set("operation", event.operation);
  if (!event.summary.empty()) json["summary"] = event.summary;
  set("principal", event.author.principal);
  set("request-id", event.author.request_id);
  return json;
}

}  // namespace eider::server
