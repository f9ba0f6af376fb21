#include "server/iceberg_rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "server/rest_call.h"
#include "server/rest_error.h"
#include "server/rest_route.h"

namespace eider::server {

namespace {

RestError NotOffered(const HttpRequest& request) {
  return {406, "UnsupportedOperationException",
          fmt::format("{} {} is not offered by this server", request.method, request.path)};
}

HttpResponse WrongMethod(const HttpRequest& request, const RestPath& path) {
  RestError error(405, "MethodNotAllowedException",
                  fmt::format("{} cannot be asked for {}", request.path, request.method));
  HttpResponse response = JsonResponse(405, error.Body());
  std::vector<std::string> methods;
  for (const RestRoute* route : path.routes) methods.emplace_back(route->method);
  response.fields["Allow"] = path.routes.empty() ? "GET" : Join(methods, ", ");
  return response;
}

}  // namespace

class IcebergRest::Impl {
 public:
  explicit Impl(std::vector<IcebergRestWarehouse> warehouses) {
    for (IcebergRestWarehouse& warehouse : warehouses) Add(std::move(warehouse));
    if (warehouses_.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "there is no warehouse to serve");
    }
  }

  HttpResponse Handle(const HttpRequest& request) {
    std::optional<RestPath> path = FindRestPath(request.path);
    if (!path) {
      throw RestError(404, "NotFoundException", fmt::format("there is no {}", request.path));
    }
    if (path->path == kConfigPath) {
      return request.method == "GET" ? Config(request) : WrongMethod(request, *path);
    }
    for (const RestRoute* route : path->routes) {
      if (route->method == request.method) return Call(*route, *path, request);
    }
    return WrongMethod(request, *path);
  }

  std::vector<MetricsReport> LatestMetrics(size_t count) const { return metrics_.Latest(count); }

  std::vector<IcebergRestCounts> counts() const {
    std::vector<IcebergRestCounts> all;
    for (const auto& warehouse : warehouses_) {
      const CommitOutcomes& outcomes = warehouse->outcomes;
      all.push_back({warehouse->name, outcomes.conflicts, outcomes.unknown, outcomes.repeated,
                     warehouse->loaded.hits(), warehouse->loaded.misses()});
    }
    return all;
  }

 private:
  void Add(IcebergRestWarehouse&& warehouse) {
    if (warehouse.name.empty() || IsReservedPrefix(warehouse.name)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("\"{}\" cannot be the name of a served warehouse", warehouse.name));
    }
    if (FindWarehouse(warehouse.name) != nullptr) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("two warehouses are called {}", warehouse.name));
    }
    std::vector<std::string> roots = std::move(warehouse.allowed_locations);
    roots.push_back(warehouse.catalog->warehouse());
    warehouses_.push_back(
        std::unique_ptr<RestWarehouse>(new RestWarehouse{std::move(warehouse.name),
                                                         std::move(warehouse.catalog),
                                                         RestLocations(std::move(roots)),
                                                         {},
                                                         {},
                                                         std::move(warehouse.watch),
                                                         {},
                                                         warehouse.plan_limits}));
  }

  RestWarehouse* FindWarehouse(std::string_view name) {
    for (auto& warehouse : warehouses_) {
      if (warehouse->name == name) return warehouse.get();
    }
    return nullptr;
  }

  HttpResponse Call(const RestRoute& route, const RestPath& path, const HttpRequest& request) {
    if (route.handler == nullptr) throw NotOffered(request);
    RestWarehouse* warehouse = warehouses_.front().get();
    if (!path.prefix.empty()) {
      std::string name = DecodePercent(path.prefix);
      warehouse = FindWarehouse(name);
      if (warehouse == nullptr) throw NoSuchWarehouse(name);
    }
    RestCall call{request, *warehouse, metrics_, QueryParameters(request.query), {}, {}};
    if (!path.name_space.empty()) {
      call.name_space = NamespaceFromPath(DecodePercent(path.name_space));
    }
    if (!path.name.empty()) {
      call.name = DecodePercent(path.name);
      CheckName(call.name);
    }
    return route.handler(call);
  }

  static RestError NoSuchWarehouse(const std::string& name) {
    return {404, "NoSuchWarehouseException", fmt::format("there is no warehouse {}", name)};
  }

  // A client may know its warehouse by name or by location.
  RestWarehouse& WarehouseOf(const HttpRequest& request) {
    QueryParameters query(request.query);
    const std::string* wanted = query.Find("warehouse");
    if (wanted == nullptr || wanted->empty()) return *warehouses_.front();
    if (RestWarehouse* named = FindWarehouse(*wanted)) return *named;
    std::string location = *wanted;
    while (location.ends_with('/')) location.pop_back();
    for (auto& warehouse : warehouses_) {
      const std::string& root = warehouse->catalog->warehouse();
      if (location == root || location == io::PathOf(root)) return *warehouse;
    }
    throw NoSuchWarehouse(*wanted);
  }

  HttpResponse Config(const HttpRequest& request) {
    RestWarehouse& warehouse = WarehouseOf(request);
    Json json;
    json["defaults"] = Json::object();
    json["overrides"]["prefix"] = PercentEncode(warehouse.name);
    json["endpoints"] = Json::array();
    for (const RestRoute& route : RestRoutes()) {
      if (route.handler == nullptr) continue;
      json["endpoints"].push_back(fmt::format("{} {}", route.method, route.path));
    }
    json["idempotency-key-lifetime"] = fmt::format("PT{}M", catalog::kAnswerLifetime.count());
    return JsonResponse(200, json.dump());
  }

  std::vector<std::unique_ptr<RestWarehouse>> warehouses_;
  MetricsReports metrics_;
};

IcebergRest::IcebergRest(std::vector<IcebergRestWarehouse> warehouses)
    : impl_(std::make_unique<Impl>(std::move(warehouses))) {}

IcebergRest::~IcebergRest() = default;

HttpResponse IcebergRest::Handle(const HttpRequest& request) {
  try {
    return impl_->Handle(request);
  } catch (const RestError& error) {
    return JsonResponse(error.status(), error.Body());
  } catch (const Error& error) {
    RestError answer = ToRestError(error);
    if (answer.status() >= 500) throw;
    return JsonResponse(answer.status(), answer.Body());
  }
}

std::string_view IcebergRest::RouteOf(const HttpRequest& request) {
  std::optional<RestPath> path = FindRestPath(request.path);
  return path ? path->path : std::string_view();
}

std::vector<MetricsReport> IcebergRest::LatestMetrics(size_t count) const {
  return impl_->LatestMetrics(count);
}

std::vector<IcebergRestCounts> IcebergRest::counts() const { return impl_->counts(); }

}  // namespace eider::server
