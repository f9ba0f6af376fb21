#include "cli/serve_config.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "catalog/open_catalog.h"
#include "cli/access_config.h"
#include "cli/config_reader.h"
#include "io/file_system.h"

namespace eider::cli {

ServeConfig ReadServeConfig(const std::string& file) {
  ConfigReader reader(file);
  ServeConfig config;
  auto read_tls = [&](const YamlNode& node) { config.tls = ReadTls(reader, node); };
  auto read_warehouses = [&](const YamlNode& node) {
    reader.Items(node, "'warehouses'", [&](const YamlNode& item) {
      ServeConfig::Warehouse warehouse;
      reader.Each(item, "a warehouse",
                  {{"name", reader.Text("'name' of a warehouse", warehouse.name)},
                   {"location", reader.Path("'location' of a warehouse", warehouse.location)},
                   {"catalog", reader.Text("'catalog' of a warehouse", warehouse.catalog)},
                   {"storage", reader.Properties("'storage' of a warehouse", warehouse.storage)}});
      if (warehouse.location.empty()) {
        throw reader.Wrong(item, "a warehouse", "a mapping with 'location'");
      }
      config.warehouses.push_back(std::move(warehouse));
    });
  };
  auto read_locations = [&](const YamlNode& node) {
    reader.Items(node, "'allowed_locations'", [&](const YamlNode& item) {
      reader.Path("a location in 'allowed_locations'",
                  config.allowed_locations.emplace_back())(item);
    });
  };
  auto read_limits = [&](const YamlNode& node) {
    server::HttpLimits& limits = config.limits;
    reader.Each(
        node, "'limits'",
        {{"requests_per_second",
          reader.Count("'requests_per_second'", config.access.requests_per_second)},
         {"address_requests_per_second",
          reader.Count("'address_requests_per_second'", config.access.address_requests_per_second)},
         {"concurrent_requests",
          reader.Count("'concurrent_requests'", config.access.concurrent_requests)},
         {"failures_per_minute",
          reader.Count("'failures_per_minute'", config.access.failures_per_minute)},
         {"header_size", reader.Size("'header_size'", limits.header_bytes)},
         {"body_size", reader.Size("'body_size'", limits.body_bytes)},
         {"all_bodies_size", reader.Size("'all_bodies_size'", limits.all_body_bytes)},
         {"connections", reader.Count("'connections'", limits.connections)},
         {"handlers", reader.Count("'handlers'", config.handlers)},
         {"request_time", reader.Time("'request_time'", limits.request_time)},
         {"idle_time", reader.Time("'idle_time'", limits.idle_time)},
         {"drain_time", reader.Time("'drain_time'", config.drain_time)}});
  };
  auto read_webhook = [&](const YamlNode& node) {
    server::WebhookOptions webhook;
    std::string variable;
    std::string secret_file;
    reader.Each(node, "a webhook",
                {{"name", reader.Text("'name' of a webhook", webhook.name)},
                 {"url", reader.Text("'url' of a webhook", webhook.url)},
                 {"secret_env", reader.Text("'secret_env' of a webhook", variable)},
                 {"secret_file", reader.Path("'secret_file' of a webhook", secret_file)},
                 {"ca_file", reader.Path("'ca_file' of a webhook", webhook.ca_file)},
                 {"allow_private_addresses", reader.Flag("'allow_private_addresses' of a webhook",
                                                         webhook.allow_private_addresses)}});
    if (webhook.url.empty()) throw reader.Wrong(node, "a webhook", "a mapping with 'url'");
    if (!secret_file.empty()) {
      webhook.secret = Trim(io::LocalFileSystem().Read(secret_file));
    } else if (!variable.empty()) {
      const char* value = std::getenv(variable.c_str());
      if (value != nullptr) webhook.secret = value;
    }
    // A secret that is meant and missing must not become a webhook that signs nothing.
    if (webhook.secret.empty() && !(secret_file.empty() && variable.empty())) {
      throw reader.Wrong(node, "the secret of a webhook", "in the file or variable that is named");
    }
    config.events.webhooks.push_back(std::move(webhook));
  };
  auto read_events = [&](const YamlNode& node) {
    ServeConfig::Events& events = config.events;
    auto read_webhooks = [&](const YamlNode& list) {
      reader.Items(list, "'webhooks'", read_webhook);
    };
    events.state = reader.Resolve("events.db");
    reader.Each(node, "'events'",
                {{"file", reader.Path("'file' of 'events'", events.file)},
                 {"state", reader.Path("'state' of 'events'", events.state)},
                 {"queue", reader.Count("'queue' of 'events'", events.queue)},
                 {"webhooks", read_webhooks}});
    if (!events.wanted())
      throw reader.Wrong(node, "'events'", "a mapping with 'file' or 'webhooks'");
  };
  auto read_projects = [&](const YamlNode& node) {
    reader.Items(node, "'dbt_projects'", [&](const YamlNode& item) {
      server::DbtProject project;
      reader.Each(item, "a dbt project",
                  {{"name", reader.Text("'name' of a dbt project", project.name)},
                   {"target", reader.Path("'target' of a dbt project", project.target)}});
      if (project.name.empty() || project.target.empty()) {
        throw reader.Wrong(item, "a dbt project", "a mapping with 'name' and 'target'");
      }
      config.dbt_projects.push_back(std::move(project));
    });
  };
  auto read_metrics = [&](const YamlNode& node) {
    reader.Each(node, "'metrics'",
                {{"tables", reader.Count("'tables' of 'metrics'", config.metrics_tables, 0)}});
  };
  auto read_authentication = [&](const YamlNode& node) {
    ReadAuthentication(reader, node, config.access);
  };
  auto read_roles = [&](const YamlNode& node) { config.access.roles = ReadRoles(reader, node); };
  reader.Each(reader.Parse(), "the configuration",
              {{"listen", reader.Text("'listen'", config.listen)},
               {"allow_anonymous", reader.Flag("'allow_anonymous'", config.allow_anonymous)},
               {"authentication", read_authentication},
               {"roles", read_roles},
               {"warehouses", read_warehouses},
               {"allowed_locations", read_locations},
               {"tls", read_tls},
               {"access_log", reader.Path("'access_log'", config.access_log)},
               {"audit_log", reader.Path("'audit_log'", config.audit_log)},
               {"events", read_events},
               {"metrics", read_metrics},
               {"dbt_projects", read_projects},
               {"limits", read_limits}});
  config.access.certificates = config.tls && !config.tls->client_authorities.empty();
  if (config.access.knows_outsiders() && !config.access.roles) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "with 'jwt' or 'client_authorities' there have to be 'roles': others decide who has "
        "such credentials, and without roles they might do everything")
        .At(file);
  }
  return config;
}

ServeConfig::Warehouse ParseWarehouse(const std::string& text) {
  size_t equals = text.find('=');
  // A folder may have the sign in its own name.
  if (equals == std::string::npos || text.find('/') < equals) return {"", text};
  ServeConfig::Warehouse warehouse{text.substr(0, equals), text.substr(equals + 1)};
  if (warehouse.name.empty() || warehouse.location.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--warehouse '{}' names {}", text,
                            warehouse.name.empty() ? "no warehouse" : "no location"))
        .WithHint("It is NAME=LOCATION, or a folder alone.");
  }
  return warehouse;
}

void ApplyCatalog(const std::string& text, std::vector<ServeConfig::Warehouse>& warehouses) {
  size_t equals = text.find('=');
  bool named = equals != std::string::npos && equals < text.find("://");
  std::string name = named ? text.substr(0, equals) : "";
  std::string store = named ? text.substr(equals + 1) : text;
  if (!named && warehouses.size() == 1) {
    warehouses[0].catalog = store;
    return;
  }
  for (ServeConfig::Warehouse& warehouse : warehouses) {
    if (!named || warehouse.name != name) continue;
    warehouse.catalog = store;
    return;
  }
  throw Error(ErrorCode::kInvalidArgument,
              named
                  ? fmt::format("--catalog speaks of '{}', but no --warehouse has that name", name)
                  : fmt::format("--catalog {} says of none of {} warehouses that it is theirs",
                                catalog::ShownStore(store), warehouses.size()))
      .WithHint("It is NAME=STORE, with the name of a warehouse.");
}

}  // namespace eider::cli
