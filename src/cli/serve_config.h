// The configuration of `eider serve`: eider.yaml.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/access_control.h"
#include "server/dbt_run.h"
#include "server/event_sink.h"
#include "server/http_server.h"

namespace eider::cli {

struct ServeConfig {
  struct Warehouse {
    std::string name;  // "" for the catalog's own
    std::string location;
    std::string catalog = {};  // what keeps its catalog; "" for the location itself
    std::map<std::string, std::string> storage = {};  // how it is reached on S3: io/s3_options.h
  };

  // Where commits are told of; nowhere unless there is a file or a webhook.
  struct Events {
    std::string file;        // JSON lines; "" for none
    std::string state;       // the outbox
    size_t queue = 100'000;  // events that may wait for one of them
    std::vector<server::WebhookOptions> webhooks;

    bool wanted() const { return !file.empty() || !webhooks.empty(); }
  };

  std::string listen = "127.0.0.1:8181";
  bool allow_anonymous = false;  // to clients on other machines
  server::AccessOptions access;
  std::vector<Warehouse> warehouses;
  // Folders beside a warehouse in which clients may have tables lie.
  std::vector<std::string> allowed_locations;
  std::optional<server::TlsFiles> tls;
  server::HttpLimits limits;
  int handlers = 0;  // see HttpServerOptions
  std::chrono::milliseconds drain_time{30'000};
  std::string access_log;  // a file, "-" for standard output, "" for none
  Events events;
  // Of how many tables /metrics tells figures.
  size_t metrics_tables = 1000;
  std::vector<server::DbtProject> dbt_projects;
  std::string audit_log;  // likewise
};

// Relative paths in the file start at its folder. Throws kNotFound, kSyntax, and kInvalidArgument
// with file and line for what has no meaning.
ServeConfig ReadServeConfig(const std::string& file);

// "NAME=LOCATION", or a location alone.
ServeConfig::Warehouse ParseWarehouse(const std::string& text);

// "NAME=STORE", or, where there is one warehouse only, what keeps its catalog alone. Throws
// kInvalidArgument where no warehouse is meant.
void ApplyCatalog(const std::string& text, std::vector<ServeConfig::Warehouse>& warehouses);

}  // namespace eider::cli
