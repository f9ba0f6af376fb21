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
  Impl(std::vector<IcebergRestWarehouse> warehouses, std::shared_ptr<AuditLog> audit)
      : audit_(std::move(audit)) {
    for (IcebergRestWarehouse& warehouse : warehouses) Add(std::move(warehouse));
    if (warehouses_.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "there is no warehouse to serve");
    }
  }

  HttpResponse Handle(const HttpRequest& request) {
    if (!request.principal) {
      throw Error(ErrorCode::kInternal, "a request came to the catalog without a principal");
    }
    std::optional<RestPath> path = FindRestPath(request.path);
    if (!path) {
      throw RestError(
          404, "NotFoundException",
          fmt::format("there is no {}, routes begin like /iceberg/v1/config", request.path));
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
      const Delegations& delegations = warehouse->delegations;
      const TableKeys* keys = delegations.keys.get();
      all.push_back({warehouse->name, outcomes.conflicts, outcomes.unknown, outcomes.repeated,
                     warehouse->loaded.hits(), warehouse->loaded.misses(), delegations.told,
                     keys == nullptr ? 0 : keys->made(), keys == nullptr ? 0 : keys->failures(),
                     delegations.signatures, delegations.refusals});
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
      if (warehouse == nullptr || !MaySee(request, *warehouse)) throw NoSuchWarehouse(name);
    }
    RestCall call{request, *warehouse, metrics_, QueryParameters(request.query), {}, {}};
    if (!path.name_space.empty()) {
      call.name_space = NamespaceFromPath(DecodePercent(path.name_space));
    }
    if (!path.name.empty()) {
      call.name = DecodePercent(path.name);
      CheckName(call.name);
    }
    if (!audit_) {
      RequireNeeds(route, call);
      return route.handler(call);
    }
    try {
      RequireNeeds(route, call);
      HttpResponse response = route.handler(call);
      Audit(route, call, response.status, "");
      return response;
    } catch (const RestError& error) {
      Audit(route, call, error.status(), error.what());
      throw;
    } catch (const Error& error) {
      Audit(route, call, ToRestError(error).status(), error.message());
      throw;
    } catch (const std::exception& error) {
      Audit(route, call, 500, error.what());
      throw;
    }
  }

  void Audit(const RestRoute& route, RestCall& call, int status, std::string_view reason) {
    bool changes = route.needs != Needs::kSight && route.needs != Needs::kRead;
    if (!changes && !call.tells_keys && status != 403) return;
    std::string action = fmt::format("{} {}", route.method, route.path);
    // A right is asked for more than once on the way to a commit.
    std::vector<AccessObject> objects;
    for (AccessObject& object : call.objects) {
      bool is_known = std::any_of(objects.begin(), objects.end(),
                                  [&](const AccessObject& known) { return known == object; });
      if (!is_known) objects.push_back(std::move(object));
    }
    audit_->Write({call.http, action, std::move(objects), status, reason});
  }

  // What may not be seen is as good as absent.
  static bool MaySee(const HttpRequest& request, const RestWarehouse& warehouse) {
    return request.principal->MaySee({warehouse.name});
  }

  static void RequireNeeds(const RestRoute& route, RestCall& call) {
    switch (route.needs) {
      case Needs::kSight:
        return call.RequireSight(call.object());
      case Needs::kRead:
        return call.Require(Right::kRead, call.object());
      case Needs::kWrite:
        return call.Require(Right::kWrite, call.object());
      case Needs::kAdmin:
        return call.Require(Right::kAdmin, call.object());
      case Needs::kWhatTheBodySays:
        return;
      case Needs::kUndecided:
        break;
    }
    throw Forbidden(fmt::format("nobody has a right to {} {}", route.method, route.path));
  }

  static RestError NoSuchWarehouse(const std::string& name) {
    return {404, "NoSuchWarehouseException", fmt::format("there is no warehouse {}", name)};
  }

  // A client may know its warehouse by name or by location.
  RestWarehouse& WarehouseOf(const HttpRequest& request) {
    QueryParameters query(request.query);
    const std::string* wanted = query.Find("warehouse");
    if (wanted == nullptr || wanted->empty()) {
      for (auto& warehouse : warehouses_) {
        if (MaySee(request, *warehouse)) return *warehouse;
      }
      throw Forbidden(request.principal->name() + " may read nothing in any warehouse");
    }
    RestWarehouse* named = FindWarehouse(*wanted);
    if (named != nullptr && MaySee(request, *named)) return *named;
    std::string location = *wanted;
    while (location.ends_with('/')) location.pop_back();
    for (auto& warehouse : warehouses_) {
      const std::string& root = warehouse->catalog->warehouse();
      if (location != root && location != io::PathOf(root)) continue;
      if (MaySee(request, *warehouse)) return *warehouse;
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
  std::shared_ptr<AuditLog> audit_;
  MetricsReports metrics_;
};

IcebergRest::IcebergRest(std::vector<IcebergRestWarehouse> warehouses,
                         std::shared_ptr<AuditLog> audit)
    : impl_(std::make_unique<Impl>(std::move(warehouses), std::move(audit))) {}

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
