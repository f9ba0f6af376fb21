#include "server/access_log.h"

#include <fmt/format.h>

#include <string_view>

#include "base/clock.h"
#include "server/line_log.h"
#include "server/principal.h"

namespace eider::server {

std::string AccessLine(const HttpExchange& exchange) {
  const HttpRequest& request = exchange.request;
  std::string line = fmt::format(
      R"({{"time":"{}","id":{},"peer":"{}","method":{},"path":{},"status":{},"bytes":{},"micros":{})",
      FormatInstant(exchange.received_micros), QuotedForLog(request.id), request.peer,
      QuotedForLog(request.method), QuotedForLog(request.path), exchange.response.status,
      exchange.bytes_sent, exchange.duration_micros);
  if (request.principal) line += ",\"principal\":" + QuotedForLog(request.principal->name());
  std::string_view error = exchange.error;
  // The server's own failures are never without a cause.
  if (error.empty() && exchange.response.status >= 500) error = exchange.response.body;
  if (!error.empty()) line += ",\"error\":" + QuotedForLog(error);
  return line + "}";
}

}  // namespace eider::server
