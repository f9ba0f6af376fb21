#include "server/rest_listing.h"

#include "server/rest_error.h"
#include "server/rest_page.h"

namespace eider::server {

HttpResponse ListEntries(RestCall& call, catalog::EntityKind kind) {
  Page page = ReadPage(call.query);
  RequireNamespace(call, call.name_space);
  auto snapshot = call.catalog().Snapshot();
  // Written as text: a list may have many thousands of names, which all begin alike.
  std::string head = "{\"namespace\":" + Json(call.name_space).dump() + ",\"name\":";
  std::string list;
  std::string token = "null";
  std::string last;
  size_t listed = 0;
  bool all = call.principal().May(Right::kRead, call.ObjectOf(call.name_space));
  for (auto it = snapshot->entries.upper_bound({call.name_space, page.after});
       it != snapshot->entries.end() && it->first.name_space == call.name_space; ++it) {
    if (it->second.kind != kind) continue;
    if (!all && !call.principal().May(Right::kRead, call.ObjectOf(it->first))) continue;
    if (listed == page.size) {
      token = "\"" + PageToken(last) + "\"";
      break;
    }
    if (listed++ > 0) list += ",";
    last = it->first.name;
    list += head + Json(last).dump() + "}";
  }
  return JsonResponse(200, "{\"identifiers\":[" + list + "],\"next-page-token\":" + token + "}");
}

}  // namespace eider::server
