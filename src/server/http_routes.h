// What stands where on the server: the health of the process, its metrics, and the services mounted
// under a path of their own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/access_control.h"
#include "server/http_message.h"

namespace eider::server {

class HttpRoutes {
 public:
  // A service that answers whatever lies under `path` ("/iceberg").
  struct Mount {
    std::string path;
    HttpHandler handle;
    // The template that a request matches, or "" for none.
    std::function<std::string_view(const HttpRequest&)> route_of;
    bool is_open = false;  // nobody is asked who they are, and request.principal is nullptr
  };
  // Something that has to work before the server is ready; `run` throws where it does not.
  struct Check {
    std::string name;
    std::function<void()> run;
  };

  std::vector<Mount> mounts;
  std::string start_page;                // where a browser at "/" is sent; "" for nowhere
  std::vector<Check> checks;             // of /readyz
  std::function<std::string()> metrics;  // the text of /metrics
  // Without authentication only this machine may be answered: not a page that a browser here shows
  // (its Origin is another), nor a name that somebody has made to point here (Host).
  bool only_this_machine = false;

  // Who is answered, on every path but those of health; nullptr: everybody, with every right.
  std::shared_ptr<AccessControl> access;

  HttpResponse Handle(HttpRequest& request) const;
  // Before the whole of a large body is there: whether whoever sends it is known, and then sets
  // request.principal; else the answer.
  std::optional<HttpResponse> AdmitBody(HttpRequest& request) const;
  // For metrics: a template, one of our own paths, or "other".
  std::string RouteOf(const HttpRequest& request) const;

 private:
  // In detail it names warehouses and what is wrong with them.
  HttpResponse Ready(bool in_detail) const;
  HttpResponse Metrics(HttpRequest& request) const;
  // Sets request.principal, or returns the refusal.
  std::optional<HttpResponse> Admit(HttpRequest& request) const;
  const Mount* MountOf(std::string_view path) const;
};

}  // namespace eider::server
