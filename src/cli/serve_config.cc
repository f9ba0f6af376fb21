#include "cli/serve_config.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "catalog/open_catalog.h"
#include "io/file_system.h"

namespace eider::cli {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;

class Reader {
 public:
  // What a key is read by.
  using Keys = std::map<std::string, std::function<void(const YamlNode&)>>;

  explicit Reader(std::string file) : file_(std::move(file)) {}

  YamlNode Parse() {
    std::vector<YamlDuplicate> duplicates;
    YamlNode root =
        ParseYaml(io::LocalFileSystem().Read(fs::absolute(file_).string()), file_, &duplicates);
    if (!duplicates.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("the key '{}' stands twice", duplicates.front().key))
          .At(file_, duplicates.front().line);
    }
    return root;
  }

  // Each entry of the mapping goes to its key's function; one that has none is refused. `what` is
  // the mapping's name in messages.
  void Each(const YamlNode& node, const std::string& what, const Keys& keys) {
    if (node.IsNull()) return;
    if (!node.IsMapping()) throw Wrong(node, what, "a mapping");
    for (const auto& [key, value] : node.entries) {
      auto known = keys.find(key.text);
      if (known != keys.end()) {
        known->second(value);
        continue;
      }
      std::vector<std::string> names;
      for (const auto& [name, read] : keys) names.push_back(name);
      std::string near = ClosestMatch(key.text, names);
      Error error(ErrorCode::kInvalidArgument,
                  fmt::format("{} has no key '{}'", what, key.KeyText()));
      error.At(file_, key.line, key.column);
      error.WithHint(near.empty() ? fmt::format("Its keys are {}.", Join(names, ", "))
                                  : fmt::format("Did you mean '{}'?", near));
      throw error;
    }
  }

  std::function<void(const YamlNode&)> Text(const std::string& what, std::string& value) {
    return [this, what, &value](const YamlNode& node) {
      if (!node.IsString() || node.text.empty()) throw Wrong(node, what, "text");
      value = node.text;
    };
  }

  std::function<void(const YamlNode&)> Path(const std::string& what, std::string& value) {
    return [this, what, &value](const YamlNode& node) {
      Text(what, value)(node);
      value = Resolve(value);
    };
  }

  // Scalars by names that are for others to know.
  std::function<void(const YamlNode&)> Properties(const std::string& what,
                                                  std::map<std::string, std::string>& properties) {
    return [this, what, &properties](const YamlNode& node) {
      if (!node.IsMapping()) throw Wrong(node, what, "a mapping");
      for (const auto& [key, value] : node.entries) {
        bool is_scalar = !value.IsMapping() && !value.IsSequence() && !value.IsNull();
        if (!is_scalar) throw Wrong(value, fmt::format("'{}' in {}", key.text, what), "text");
        properties[key.text] = value.text;
      }
    };
  }

  std::function<void(const YamlNode&)> Flag(const std::string& what, bool& value) {
    return [this, what, &value](const YamlNode& node) {
      if (node.kind != YamlNode::Kind::kBool) throw Wrong(node, what, "true or false");
      value = node.boolean;
    };
  }

  template <typename Number>
  std::function<void(const YamlNode&)> Count(const std::string& what, Number& value,
                                             int64_t least = 1) {
    return [this, what, &value, least](const YamlNode& node) {
      if (node.kind != YamlNode::Kind::kInteger || node.integer < least ||
          node.integer > std::numeric_limits<int>::max()) {
        throw Wrong(node, what, fmt::format("a number of {} or more", least));
      }
      value = static_cast<Number>(node.integer);
    };
  }

  std::function<void(const YamlNode&)> Size(const std::string& what, size_t& bytes) {
    return [this, what, &bytes](const YamlNode& node) {
      static const std::map<std::string, double> kUnits = {
          {"", 1},     {"B", 1},         {"KB", 1e3},      {"MB", 1e6},
          {"GB", 1e9}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
      bytes = static_cast<size_t>(Quantity(node, kUnits, what, "a size such as 64MiB"));
    };
  }

  std::function<void(const YamlNode&)> Time(const std::string& what, milliseconds& time) {
    return [this, what, &time](const YamlNode& node) {
      static const std::map<std::string, double> kUnits = {
          {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}};
      time = milliseconds(
          static_cast<int64_t>(Quantity(node, kUnits, what, "a time such as 30s or 5m")));
    };
  }

  Error Wrong(const YamlNode& node, const std::string& what, const std::string& wanted) {
    Error error(ErrorCode::kInvalidArgument,
                fmt::format("{} must be {}, and is {}", what, wanted,
                            node.text.empty() ? std::string(node.KindName())
                                              : fmt::format("'{}'", node.text)));
    error.At(file_, node.line, node.column);
    return error;
  }

  // Paths start at the file's folder; locations with a scheme are left as they are.
  std::string Resolve(const std::string& path) const {
    if (path == "-" || path.find(":/") != std::string::npos) return path;
    return (fs::absolute(file_).parent_path() / path).lexically_normal().string();
  }

 private:
  double Quantity(const YamlNode& node, const std::map<std::string, double>& units,
                  const std::string& what, const std::string& wanted) {
    constexpr double kLargest = 1e15;
    double number = 0;
    const char* begin = node.text.data();
    const char* end = begin + node.text.size();
    auto [rest, error] = std::from_chars(begin, end, number);
    auto unit = units.find(std::string(Trim(std::string_view(rest, end))));
    bool is_scalar = !node.IsMapping() && !node.IsSequence();
    if (!is_scalar || error != std::errc() || unit == units.end() ||
        !(number * unit->second >= 1 && number * unit->second <= kLargest)) {
      throw Wrong(node, what, wanted);
    }
    return number * unit->second;
  }

  std::string file_;
};

}  // namespace

ServeConfig ReadServeConfig(const std::string& file) {
  Reader reader(file);
  ServeConfig config;
  auto read_tls = [&](const YamlNode& node) {
    config.tls.emplace();
    reader.Each(node, "'tls'",
                {{"certificate", reader.Path("'tls: certificate'", config.tls->certificate)},
                 {"key", reader.Path("'tls: key'", config.tls->key)}});
    if (config.tls->certificate.empty() || config.tls->key.empty()) {
      throw reader.Wrong(node, "'tls'", "a mapping with 'certificate' and 'key'");
    }
  };
  auto read_warehouses = [&](const YamlNode& node) {
    if (!node.IsSequence()) throw reader.Wrong(node, "'warehouses'", "a list");
    for (const YamlNode& item : node.items) {
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
    }
  };
  auto read_locations = [&](const YamlNode& node) {
    if (!node.IsSequence()) throw reader.Wrong(node, "'allowed_locations'", "a list");
    for (const YamlNode& item : node.items) {
      reader.Path("a location in 'allowed_locations'",
                  config.allowed_locations.emplace_back())(item);
    }
  };
  auto read_limits = [&](const YamlNode& node) {
    server::HttpLimits& limits = config.limits;
    reader.Each(node, "'limits'",
                {{"header_size", reader.Size("'header_size'", limits.header_bytes)},
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
      if (!list.IsSequence()) throw reader.Wrong(list, "'webhooks'", "a list");
      for (const YamlNode& item : list.items) read_webhook(item);
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
    if (!node.IsSequence()) throw reader.Wrong(node, "'dbt_projects'", "a list");
    for (const YamlNode& item : node.items) {
      server::DbtProject project;
      reader.Each(item, "a dbt project",
                  {{"name", reader.Text("'name' of a dbt project", project.name)},
                   {"target", reader.Path("'target' of a dbt project", project.target)}});
      if (project.name.empty() || project.target.empty()) {
        throw reader.Wrong(item, "a dbt project", "a mapping with 'name' and 'target'");
      }
      config.dbt_projects.push_back(std::move(project));
    }
  };
  auto read_metrics = [&](const YamlNode& node) {
    reader.Each(node, "'metrics'",
                {{"tables", reader.Count("'tables' of 'metrics'", config.metrics_tables, 0)}});
  };
  reader.Each(reader.Parse(), "the configuration",
              {{"listen", reader.Text("'listen'", config.listen)},
               {"allow_anonymous", reader.Flag("'allow_anonymous'", config.allow_anonymous)},
               {"warehouses", read_warehouses},
               {"allowed_locations", read_locations},
               {"tls", read_tls},
               {"access_log", reader.Path("'access_log'", config.access_log)},
               {"events", read_events},
               {"metrics", read_metrics},
               {"dbt_projects", read_projects},
               {"limits", read_limits}});
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
