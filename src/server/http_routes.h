// What stands where on the server: the health of the process, its metrics, and the services mounted
// under a path of their own.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

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
  };
  // Something that has to work before the server is ready; `run` throws where it does not.
  struct Check {
    std::string name;
    std::function<void()> run;
  };

  std::vector<Mount> mounts;
  std::vector<Check> checks;             // of /readyz
  std::function<std::string()> metrics;  // the text of /metrics
  // Without authentication only this machine may be answered: not a page that a browser here shows
  // (its Origin is another), nor a name that somebody has made to point here (Host).
  bool only_this_machine = false;

  HttpResponse Handle(const HttpRequest& request) const;
  // For metrics: a template, one of our own paths, or "other".
  std::string RouteOf(const HttpRequest& request) const;

 private:
  HttpResponse Ready() const;
  const Mount* MountOf(std::string_view path) const;
};

}  // namespace eider::server
