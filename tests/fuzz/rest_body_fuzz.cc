#include <fmt/format.h>

#include "base/temporary_folder.h"
#include "catalog/open_catalog.h"
#include "fuzz_target.h"
#include "server/http_status.h"
#include "server/iceberg_rest.h"
#include "server/principal.h"

using namespace eider;

namespace {

class Warehouse {
 public:
  Warehouse() : rest_({{"w", catalog::OpenCatalog(folder_.path() + "/w", {.name = "w"})}}) {
    Send("POST", "namespaces", R"({"namespace":["n"]})");
    Send("POST", "namespaces/n/tables",
         R"({"name":"t","schema":{"type":"struct","schema-id":0,"fields":[)"
         R"({"id":1,"name":"id","required":false,"type":"long"}]}})");
  }

  void Send(std::string_view method, std::string_view path, std::string_view body) {
    server::HttpRequest request;
    request.method = method;
    size_t mark = std::min(path.find('?'), path.size());
    request.path = fmt::format("/iceberg/v1/w/{}", path.substr(0, mark));
    if (mark < path.size()) request.query = path.substr(mark + 1);
    request.fields["Content-Type"] = "application/json";
    request.body = body;
    request.principal = server::Principal::Anonymous();
    int status = 0;
    try {
      status = rest_.Handle(request).status;
    } catch (const Error& e) {
      status = server::HttpFailureOf(e.code()).status;
    }
    fuzz::Require(status >= 200 && (status < 500 || status == 501), "a client's fault is a 4xx");
  }

 private:
  TemporaryFolder folder_;
  server::IcebergRest rest_;
};

}  // namespace

// "POST namespaces/n/tables/t\n" and a body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Warehouse warehouse;
  return fuzz::Try(data, size, [](std::string_view text) {
    size_t line = std::min(text.find('\n'), text.size());
    size_t space = std::min(text.find(' '), line);
    warehouse.Send(text.substr(0, space), text.substr(space, line - space).substr(space < line),
                   text.substr(std::min(line + 1, text.size())));
  });
}
