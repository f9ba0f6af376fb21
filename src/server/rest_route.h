// The routes of the REST specification, and which one a path is for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/rest_call.h"

namespace eider::server {

using RestHandler = HttpResponse (*)(RestCall& call);

// What a principal must have before a route's handler is called; on what the path names.
enum class Needs {
  kUndecided,  // nobody has said: refused
  kSight,      // to see it, or something in it; the handler shows no more than that
  kRead,
  kWrite,
  kAdmin,
  kWhatTheBodySays,  // the handler asks, for what it finds there, before anything else
};

struct RestRoute {
  std::string_view method;
  std::string_view path;  // as the specification writes it
  Needs needs = Needs::kUndecided;
  RestHandler handler = nullptr;  // nullptr: part of the specification, but not offered
};

// All but /v1/config, which is of no warehouse.
const std::vector<RestRoute>& RestRoutes();

constexpr std::string_view kConfigPath = "/v1/config";

// A path of which some route is.
struct RestPath {
  std::vector<const RestRoute*> routes;  // one a method; empty for kConfigPath
  std::string_view path;                 // their template
  // Still percent-encoded; "" where the path has none.
  std::string_view prefix;
  std::string_view name_space;
  std::string_view name;
};

// `path` without its query: "/iceberg/v1/..". nullopt where no route is there.
std::optional<RestPath> FindRestPath(std::string_view path);

// Whether a warehouse's name would be taken for the beginning of a route.
bool IsReservedPrefix(std::string_view name);

}  // namespace eider::server
