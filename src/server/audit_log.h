// Who changed what, and who was refused: one line of JSON for each request that was to change
// something, and for each that was turned away. It is written before the answer is sent.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/access_right.h"
#include "server/http_message.h"
#include "server/line_log.h"

namespace eider::server {

struct AuditRecord {
  const HttpRequest& request;
  std::string_view action;                 // "POST /v1/{prefix}/namespaces"
  std::vector<AccessObject> objects = {};  // what a right was asked on
  int status = 200;
  std::string_view reason = {};  // of a refusal or failure
};

// Without a line end. `outcome` in it is "done", "refused" (it was not allowed), "rejected" (the
// request itself was wrong, or in conflict) or "failed" (ours; it may be done all the same).
std::string AuditLine(const AuditRecord& record);

class AuditLog {
 public:
  // As LineLog.
  explicit AuditLog(std::string path) : log_(std::move(path), "audit log") {}

  void Write(const AuditRecord& record) { log_.Write(AuditLine(record)); }

 private:
  LineLog log_;
};

}  // namespace eider::server
