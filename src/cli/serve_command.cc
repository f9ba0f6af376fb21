// eider serve: warehouses over HTTP.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>

#include "catalog/open_catalog.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/serve_config.h"
#include "cli/sql_connection.h"
#include "cli/systemd.h"
#include "cli/version.h"
#include "io/file_system.h"
#include "server/access_log.h"
#include "server/audit_log.h"
#include "server/commit_feed.h"
#include "server/commit_metrics.h"
#include "server/console.h"
#include "server/dbt_run.h"
#include "server/event_delivery.h"
#include "server/http_metrics.h"
#include "server/http_routes.h"
#include "server/http_server.h"
#include "server/iceberg_rest.h"
#include "server/listen_address.h"
#include "server/table_metrics.h"

namespace eider::cli {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;

// How often a stop looks whether it is done.
constexpr milliseconds kDrainStep{20};

// Blocked in every thread that is made from here on; the main one takes them from the queue.
sigset_t BlockServerSignals() {
  // Whoever read the output may leave; the server stays.
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// The signal that came, or 0 when none did within `patience`.
int WaitForSignal(const sigset_t& signals, milliseconds patience) {
  timespec time{patience.count() / 1000, (patience.count() % 1000) * 1'000'000};
  int number = sigtimedwait(&signals, nullptr, &time);
  return std::max(number, 0);
}

struct ServedWarehouse {
  std::string name;
  std::string folder;
  std::string store;  // what keeps the catalog
  std::map<std::string, std::string> storage;
  std::shared_ptr<catalog::Catalog> catalog;
  std::shared_ptr<server::CommitWatch> watch;
};

ServedWarehouse OpenWarehouse(const ServeConfig::Warehouse& wanted) {
  std::string folder = io::PathOf(io::ToLocation(wanted.location));
  // A name that was mistyped must not become an empty warehouse.
  if (!io::IsOnS3(folder) && !fs::is_directory(folder)) {
    throw Error(ErrorCode::kNotFound, fmt::format("there is no folder {} to serve", folder))
        .WithHint("To begin a new warehouse there, make the folder first.");
  }
  catalog::CatalogOptions options;
  options.name = wanted.name;
  options.store = wanted.catalog;
  options.storage = wanted.storage;
  auto catalog = catalog::OpenCatalog(folder, options);
  std::string name = wanted.name.empty() ? catalog->name() : wanted.name;
  return {name, folder, wanted.catalog, wanted.storage, catalog, nullptr};
}

// As std::fputs, and not fmt::print, which throws where the other end is closed.
void Say(FILE* file, const std::string& line) {
  std::fputs((line + "\n").c_str(), file);
  std::fflush(file);
}

std::vector<std::unique_ptr<server::EventSink>> OpenSinks(const ServeConfig::Events& events) {
  std::vector<std::unique_ptr<server::EventSink>> sinks;
  if (!events.file.empty()) sinks.push_back(server::OpenEventFile(events.file));
  for (const server::WebhookOptions& webhook : events.webhooks) {
    sinks.push_back(server::OpenWebhook(webhook));
    for (size_t i = 0; i + 1 < sinks.size(); ++i) {
      if (sinks[i]->name() != sinks.back()->name()) continue;
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("two receivers of events are called '{}'", sinks[i]->name()))
          .WithHint("Give a webhook another 'name'.");
    }
  }
  return sinks;
}

// What the server serves at one time; a reload puts another in its place.
struct Serving {
  ServeConfig config;
  std::vector<ServedWarehouse> warehouses;
  std::unique_ptr<server::IcebergRest> rest;
  server::HttpRoutes routes;
  std::unique_ptr<server::AccessLog> log;
  std::unique_ptr<server::DbtRuns> runs;
  std::unique_ptr<server::Console> console;
  // Until they are at work.
  std::shared_ptr<server::EventOutbox> outbox;
  std::vector<std::unique_ptr<server::EventSink>> sinks;
};

class ServeProgram {
 public:
  explicit ServeProgram(const Arguments& arguments) : arguments_(arguments) {}

  int Run();

 private:
  // The command line over the file, and the profile's warehouse where neither names one.
  ServeConfig ReadConfig() const;
  std::shared_ptr<Serving> Prepare();
  std::shared_ptr<const Serving> serving() const;
  std::shared_ptr<server::EventOutbox> OpenOutbox(const ServeConfig::Events& events) const;
  void Serve(std::shared_ptr<const Serving> serving);
  void TellEvents(Serving& serving);
  std::string MetricsText();
  void Record(const server::HttpExchange& exchange);
  void Reload();
  void Stop(const sigset_t& signals);
  std::string Summary() const;

  const Arguments& arguments_;
  server::HttpMetrics metrics_;
  server::TableMetrics table_metrics_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Serving> serving_;
  // In this order they stop: a last look at what has happened, then what that told is sent.
  std::vector<std::unique_ptr<server::EventDelivery>> deliveries_;
  std::unique_ptr<server::CommitFeed> feed_;
  // Last: its threads use all of the above until it is gone.
  std::unique_ptr<server::HttpServer> server_;
};

ServeConfig ServeProgram::ReadConfig() const {
  ServeConfig config;
  if (auto file = arguments_.Text("config")) config = ReadServeConfig(*file);
  config.listen = arguments_.Text("listen").value_or(config.listen);
  config.access_log = arguments_.Text("access-log").value_or(config.access_log);
  config.audit_log = arguments_.Text("audit-log").value_or(config.audit_log);
  config.allow_anonymous = arguments_.Flag("allow-anonymous", config.allow_anonymous);
  if (auto tokens = arguments_.Text("tokens")) {
    config.access.authentication.token_file = *tokens;
  }
  if (config.access.roles && !config.access.asks()) {
    throw Error(ErrorCode::kInvalidArgument,
                "roles mean nothing where nobody is asked who they are")
        .WithHint("Say who is known, with 'authentication' or --tokens.");
  }
  if (config.access.asks() && config.allow_anonymous) {
    throw Error(ErrorCode::kInvalidArgument,
                "to answer everybody and to ask who they are contradict each other")
        .WithHint(
            "Leave out either --allow-anonymous (allow_anonymous) or --tokens "
            "(authentication).");
  }
  if (arguments_.Has("tls-cert") != arguments_.Has("tls-key")) {
    throw Error(ErrorCode::kInvalidArgument, "--tls-cert and --tls-key belong together");
  }
  if (arguments_.Has("tls-cert")) {
    if (!config.tls) config.tls.emplace();
    config.tls->certificate = *arguments_.Text("tls-cert");
    config.tls->key = *arguments_.Text("tls-key");
  }
  if (arguments_.Has("warehouse")) {
    config.warehouses.clear();
    for (const std::string& text : arguments_.List("warehouse")) {
      config.warehouses.push_back(ParseWarehouse(text));
    }
  }
  for (const std::string& location : arguments_.List("allow-location")) {
    config.allowed_locations.push_back(location);
  }
  if (config.warehouses.empty()) {
    WarehousePlace place = PlaceOfOwnWarehouse(arguments_);
    config.warehouses.push_back({"", place.folder, place.catalog, place.storage});
  }
  for (const std::string& text : arguments_.List("catalog")) ApplyCatalog(text, config.warehouses);

  bool local = server::IsLoopback(server::ParseListenAddress(config.listen));
  if (!local && !config.allow_anonymous && !config.access.asks()) {
    throw Error(ErrorCode::kPermission,
                fmt::format("whoever reaches {} could read and change everything: the server asks "
                            "nobody who they are",
                            config.listen))
        .WithHint(
            "Make a token (`eider token create`) and say --tokens, listen at 127.0.0.1, or say "
            "--allow-anonymous where only friends reach the address.");
  }
  if (!local && config.access.asks() && !config.tls) {
    Say(stderr,
        "Tokens cross the network in the clear: without --tls-cert and --tls-key, a proxy "
        "before the server has to speak TLS.");
  }
  const server::AccessOptions& access = config.access;
  if (const std::string& file = access.authentication.token_file;
      !file.empty() && !access.knows_outsiders() && !fs::exists(file)) {
    Say(stderr, fmt::format("There is no {} yet: nobody is answered before `eider token create "
                            "--tokens {}` has made a token.",
                            file, file));
  }
  return config;
}

std::shared_ptr<Serving> ServeProgram::Prepare() {
  auto next = std::make_shared<Serving>();
  next->config = ReadConfig();
  auto before = serving();
  std::set<std::string> names;
  for (const ServeConfig::Warehouse& wanted : next->config.warehouses) {
    next->warehouses.push_back(OpenWarehouse(wanted));
    ServedWarehouse& opened = next->warehouses.back();
    if (!names.insert(opened.name).second) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("two warehouses are named '{}'", opened.name))
          .WithHint("Give one another name: --warehouse NAME=LOCATION.");
    }
    // One that is served already keeps its catalog, with what that has cached.
    if (before) {
      for (const ServedWarehouse& old : before->warehouses) {
        if (old.folder != opened.folder || old.store != opened.store) continue;
        if (old.storage != opened.storage) continue;
        opened.catalog = old.catalog;
        if (old.name == opened.name) opened.watch = old.watch;
      }
    }
    if (!opened.watch) {
      opened.watch = std::make_shared<server::CommitWatch>(opened.name, opened.catalog);
    }
  }
  const std::string& log = next->config.access_log;
  if (!log.empty()) next->log = std::make_unique<server::AccessLog>(log);

  next->runs = std::make_unique<server::DbtRuns>(next->config.dbt_projects);
  next->outbox = OpenOutbox(next->config.events);
  next->sinks = OpenSinks(next->config.events);

  std::vector<server::IcebergRestWarehouse> served;
  for (const ServedWarehouse& warehouse : next->warehouses) {
    served.push_back(
        {warehouse.name, warehouse.catalog, next->config.allowed_locations, warehouse.watch});
  }
  std::shared_ptr<server::AuditLog> audit;
  if (const std::string& path = next->config.audit_log; !path.empty()) {
    audit = std::make_shared<server::AuditLog>(path);
  }
  next->rest = std::make_unique<server::IcebergRest>(std::move(served), audit);

  server::HttpRoutes& routes = next->routes;
  // The routes go with the object, and are used only while somebody holds it.
  routes.mounts.push_back(
      {"/iceberg",
       [rest = next->rest.get()](server::HttpRequest& request) { return rest->Handle(request); },
       server::IcebergRest::RouteOf});
  server::Console::Sources sources;
  sources.version = Version();
  for (const ServedWarehouse& warehouse : next->warehouses) {
    std::vector<std::string> roots = next->config.allowed_locations;
    roots.push_back(warehouse.catalog->warehouse());
    sources.warehouses.push_back(
        {warehouse.name, warehouse.catalog, server::RestLocations(std::move(roots))});
  }
  sources.commits = feed_.get();
  sources.rest = next->rest.get();
  sources.runs = next->runs.get();
  next->console = std::make_unique<server::Console>(std::move(sources));
  // The first that fits is taken.
  routes.mounts.push_back({std::string(server::Console::kApiPath),
                           [console = next->console.get()](server::HttpRequest& request) {
                             return console->Handle(request);
                           },
                           server::Console::RouteOf});
  routes.mounts.push_back(
      {std::string(server::Console::kPath), server::Console::File, server::Console::FileOf, true});
  routes.start_page = server::Console::kPath;
  routes.access = std::make_shared<server::AccessControl>(next->config.access, audit);
  routes.only_this_machine = !next->config.allow_anonymous && !next->config.access.asks();
  routes.metrics = [this] { return MetricsText(); };
  for (const ServedWarehouse& warehouse : next->warehouses) {
    routes.checks.push_back({warehouse.name, [catalog = warehouse.catalog] { catalog->Probe(); }});
  }
  return next;
}

// The one that is open stays so, with what is in it.
std::shared_ptr<server::EventOutbox> ServeProgram::OpenOutbox(
    const ServeConfig::Events& events) const {
  if (!events.wanted()) return nullptr;
  auto before = serving();
  if (before && before->outbox && before->outbox->file() == events.state &&
      before->outbox->capacity() == events.queue) {
    return before->outbox;
  }
  return std::make_shared<server::EventOutbox>(events.state, events.queue);
}

std::shared_ptr<const Serving> ServeProgram::serving() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return serving_;
}

void ServeProgram::Serve(std::shared_ptr<const Serving> serving) {
  std::lock_guard<std::mutex> lock(mutex_);
  serving_.swap(serving);
}

void ServeProgram::TellEvents(Serving& serving) {
  std::vector<std::shared_ptr<server::CommitWatch>> watches;
  for (const ServedWarehouse& warehouse : serving.warehouses) watches.push_back(warehouse.watch);
  std::vector<std::string> names;
  for (const auto& sink : serving.sinks) names.push_back(sink->name());
  if (serving.outbox) serving.outbox->SetSinks(names);
  feed_->Watch(std::move(watches), serving.outbox);
  deliveries_.clear();
  for (auto& sink : serving.sinks) {
    deliveries_.push_back(std::make_unique<server::EventDelivery>(serving.outbox, std::move(sink)));
  }
  serving.sinks.clear();
}

std::string ServeProgram::MetricsText() {
  auto now = serving();
  server::PrometheusText text;
  metrics_.Write(text, server_->counts());
  std::vector<server::EventSinkCounts> sinks;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& delivery : deliveries_) {
      sinks.push_back({delivery->sink(), delivery->counts(),
                       now->outbox ? now->outbox->BacklogOf(delivery->sink())
                                   : server::EventOutbox::Backlog()});
    }
  }
  server::WriteCommitMetrics(text, feed_->counts(), now->rest->counts(), sinks);
  std::vector<server::TableMetrics::Warehouse> warehouses;
  for (const ServedWarehouse& warehouse : now->warehouses) {
    warehouses.push_back({warehouse.name, warehouse.catalog});
  }
  table_metrics_.Write(text, warehouses, now->config.metrics_tables);
  server::WriteDbtMetrics(text, now->runs->Latest());
  return text.text();
}

void ServeProgram::Record(const server::HttpExchange& exchange) {
  auto now = serving();
  metrics_.Count(now->routes.RouteOf(exchange.request), exchange.request.method,
                 exchange.response.status, exchange.duration_micros);
  if (now->log) {
    now->log->Write(exchange);
  } else if (exchange.response.status >= 500) {
    Say(stderr, server::AccessLine(exchange));
  }
}

std::string ServeProgram::Summary() const {
  std::string what;
  for (const ServedWarehouse& warehouse : serving()->warehouses) {
    if (!what.empty()) what += ", ";
    what += fmt::format("{} from {}", warehouse.name, warehouse.folder);
  }
  return fmt::format("Serving {} at {}/iceberg", what, server_->url());
}

int ServeProgram::Run() {
  sigset_t signals = BlockServerSignals();
  // Not before its thread is spared the signals.
  feed_ = std::make_unique<server::CommitFeed>();
  auto first = Prepare();
  TellEvents(*first);
  Serve(first);
  const ServeConfig& config = serving()->config;
  server::HttpServerOptions options;
  options.listen = config.listen;
  options.handlers = config.handlers;
  options.limits = config.limits;
  options.tls = config.tls;
  options.admit = [this](server::HttpRequest& request) {
    return serving()->routes.AdmitBody(request);
  };
  options.on_exchange = [this](const server::HttpExchange& exchange) { Record(exchange); };
  {
    // The first request may come before the server is made; it waits for the lock in serving().
    std::lock_guard<std::mutex> lock(mutex_);
    server_ = std::make_unique<server::HttpServer>(
        std::move(options),
        [this](server::HttpRequest& request) { return serving()->routes.Handle(request); });
  }

  Say(stdout, Summary());
  NotifySystemd("READY=1");
  while (true) {
    int number = WaitForSignal(signals, milliseconds(3'600'000));
    if (number == SIGHUP) Reload();
    if (number == SIGINT || number == SIGTERM) break;
  }
  Stop(signals);
  return kSuccess;
}

void ServeProgram::Reload() {
  NotifySystemdOfReload();
  try {
    auto next = Prepare();
    auto before = serving();
    if (next->config.tls.has_value() != before->config.tls.has_value()) {
      throw Error(ErrorCode::kUnsupported, "TLS cannot be turned on or off by a reload")
          .WithHint("Restart the server.");
    }
    if (next->config.tls) server_->ReloadTls(*next->config.tls);
    server_->SetLimits(next->config.limits);
    if (next->config.listen != before->config.listen ||
        next->config.handlers != before->config.handlers) {
      Say(stderr, "Another 'listen' or 'handlers' takes a restart.");
    }
    TellEvents(*next);
    Serve(next);
    Say(stdout, Summary());
  } catch (const std::exception& e) {
    std::fputs(FailureText(ToError(e).WithContext("the configuration stays as it was")).c_str(),
               stderr);
  }
  NotifySystemd("READY=1");
}

void ServeProgram::Stop(const sigset_t& signals) {
  NotifySystemd("STOPPING=1");
  server_->BeginStop();
  auto deadline = std::chrono::steady_clock::now() + serving()->config.drain_time;
  while (!server_->WaitUntilDrained(kDrainStep)) {
    // Whoever asks twice does not want to wait.
    int number = WaitForSignal(signals, milliseconds(0));
    if (number == SIGINT || number == SIGTERM) _exit(128 + number);
    if (std::chrono::steady_clock::now() < deadline) continue;
    Say(stderr, fmt::format("Cutting off {} connections that did not finish.",
                            server_->counts().connections));
    break;
  }
  server_.reset();
  feed_.reset();
  deliveries_.clear();
}

int RunServe(const Arguments& arguments) { return ServeProgram(arguments).Run(); }

}  // namespace

Command ServeCommand() {
  using Kind = Option::Kind;
  Command command;
  command.name = "serve";
  command.summary = "Serve warehouses over HTTP as an Iceberg REST catalog";
  command.description =
      "Runs until SIGTERM or Ctrl-C, then finishes the requests under way; a second one ends it at "
      "once. SIGHUP reads configuration and certificates anew.\n"
      "\n"
      "  eider serve --warehouse jaffle_iceberg=/data/shop\n"
      "  eider serve --config /etc/eider/eider.yaml";
  // The warehouse's options, but here there may be several.
  std::vector<Option> where = WarehouseOptions();
  std::erase_if(where, [](const Option& option) {
    return option.key() == "warehouse" || option.key() == "catalog" || option.key() == "read-only";
  });
  command.options = Concatenate(
      {{{"--warehouse,-w",
         Kind::kRepeated,
         "NAME=LOCATION",
         "A warehouse's folder, under this name or its own; may be repeated. Without it the "
         "configuration or the profile says.",
         "EIDER_WAREHOUSE",
         {}},
        {"--catalog",
         Kind::kRepeated,
         "NAME=STORE",
         "What keeps the catalog of that warehouse, where its folder does not: "
         "postgresql://.. or sqlite:///.. The name may be left out for a single one.",
         "EIDER_CATALOG",
         {}},
        {"--allow-location",
         Kind::kRepeated,
         "LOCATION",
         "Let clients have tables lie in this folder too, beside the warehouse; may be repeated.",
         "",
         {}},
        {"--listen", Kind::kText, "HOST:PORT", "Where; 127.0.0.1:8181 unless told.", "", {}},
        {"--config", Kind::kText, "FILE", "The configuration, eider.yaml.", "EIDER_CONFIG", {}},
        {"--tls-cert", Kind::kText, "FILE", "Certificate chain in PEM.", "", {}},
        {"--tls-key", Kind::kText, "FILE", "Its key in PEM.", "", {}},
        {"--tokens", Kind::kText, "FILE", "Answer who has a token of this file.", "", {}},
        {"--access-log", Kind::kText, "FILE", "A JSON line a request; - is the output.", "", {}},
        {"--audit-log", Kind::kText, "FILE", "A JSON line a change or refusal.", "", {}},
        {"--allow-anonymous",
         Kind::kFlag,
         "",
         "Answer other machines too, without asking who they are.",
         "",
         {}}},
       where});
  command.run = RunServe;
  return command;
}

}  // namespace eider::cli
