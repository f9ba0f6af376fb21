#include "server/audit_log.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json.h"
#include "server/principal.h"

namespace eider::server {

namespace {

// A transaction may name more tables than a line should.
constexpr size_t kMostObjects = 100;

std::string_view OutcomeOf(int status) {
  if (status < 400) return "done";
  if (status == 401 || status == 403 || status == 429) return "refused";
  return status < 500 ? "rejected" : "failed";
}

std::string ObjectText(const AccessObject& object) {
  std::string text = "{\"warehouse\":" + QuotedForLog(object.warehouse);
  if (!object.name_space.empty()) {
    text += ",\"namespace\":[";
    for (const std::string& level : object.name_space) {
      if (!text.ends_with('[')) text += ',';
      text += QuotedForLog(level);
    }
    text += ']';
  }
  if (!object.name.empty()) text += ",\"name\":" + QuotedForLog(object.name);
  return text + "}";
}

}  // namespace

std::string AuditLine(const AuditRecord& record) {
  const HttpRequest& request = record.request;
  std::string line =
      fmt::format(R"({{"time":"{}","id":{},"principal":{},"peer":{},"action":{},"objects":[)",
                  FormatInstant(NowMicros()), QuotedForLog(request.id),
                  request.principal ? QuotedForLog(request.principal->name()) : "null",
                  QuotedForLog(request.peer), QuotedForLog(record.action));
  for (size_t i = 0; i < record.objects.size() && i < kMostObjects; ++i) {
    if (i > 0) line += ',';
    line += ObjectText(record.objects[i]);
  }
  line += fmt::format(R"(],"outcome":"{}","status":{})", OutcomeOf(record.status), record.status);
  if (record.objects.size() > kMostObjects) {
    line += fmt::format(R"(,"further_objects":{})", record.objects.size() - kMostObjects);
  }
  if (!record.reason.empty()) line += ",\"reason\":" + QuotedForLog(record.reason);
  return line + "}";
}

}  // namespace eider::server
