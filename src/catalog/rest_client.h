// Requests to an Iceberg REST catalog: paths, configuration, authentication, errors, and what to do
// when an answer does not come.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "catalog/catalog.h"
#include "catalog/rest_authentication.h"
#include "catalog/rest_properties.h"
#include "io/http_client.h"

namespace eider::catalog {

struct RestReply {
  int status = 0;
  Json body;  // null where there is none
  std::string etag;
};

// Whether a change whose answer was lost is in, by a look at what stands in the catalog now.
enum class Landed { kYes, kNo, kUnknown };

// A request that changes something.
struct RestChange {
  std::string method = "POST";
  std::string path;  // with its query
  Json body;         // null for none
  std::string what;  // "the commit to table a.b", for messages
  // Asked when an answer was lost. What it throws counts as kUnknown.
  std::function<Landed()> look;
  // Whether `look` tells this change from one of somebody else that does the same.
  bool tells_own = false;
};

// The members of the object `key` of an answer that are text; empty where there is no such object.
std::map<std::string, std::string> TextMembers(const Json& answer, const char* key);

class RestClient {
 public:
  // Asks for the catalog's configuration. Throws kInvalidArgument for bad properties, kNotFound for
  // an unknown warehouse, kPermission, kIo, ..
  explicit RestClient(RestProperties properties);

  // The user's properties, below them the catalog's defaults, above them its overrides.
  std::string Property(const std::string& name) const { return RestProperty(properties_, name); }
  bool Flag(const std::string& name, bool fallback) const {
    return RestFlag(properties_, name, fallback);
  }
  // "POST /v1/{prefix}/transactions/commit"
  bool Offers(std::string_view endpoint) const { return endpoints_.contains(endpoint); }

  // Paths below the URI. A name is one of a table or view.
  std::string NamespacesPath() const { return prefix_ + "/namespaces"; }
  std::string NamespacePath(const Namespace& name) const;
  std::string TablesPath(const Namespace& name) const { return NamespacePath(name) + "/tables"; }
  std::string TablePath(const TableIdentifier& identifier) const;
  std::string ViewsPath(const Namespace& name) const { return NamespacePath(name) + "/views"; }
  std::string ViewPath(const TableIdentifier& identifier) const;
  // Those that belong to no namespace: "/tables/rename"
  std::string Path(const std::string& rest) const { return prefix_ + rest; }
  // A namespace as a query's value.
  std::string NamespaceText(const Namespace& name) const;

  // Reads: 200, or 304 where the entity tag `if_none_match` still holds; nullopt for what does not
  // exist. Asks again for a while when the catalog fails.
  std::optional<RestReply> Get(const std::string& path, const std::string& if_none_match = "");
  // Every member `key` of a listing's pages.
  std::vector<Json> List(const std::string& path, const char* key);

  // Sends a change until it is known what became of it. nullopt: it is in, but its answer was not
  // seen. Throws kUnknownOutcome where it may or may not be in, or come in later; any other error
  // means that it is not in and will not be.
  std::optional<RestReply> Send(const RestChange& change);

 private:
  struct Problem;

  void Configure();
  io::HttpResponse SendOnce(const std::string& method, const std::string& path,
                            const std::string& body, const std::vector<io::HttpHeader>& headers);
  Problem ProblemOf(const io::HttpResponse& response, const std::string& what) const;
  Landed Look(const RestChange& change) const;

  RestProperties properties_;
  std::string uri_;     // without a slash at its end
  std::string prefix_;  // "/v1" and the catalog's own prefix
  std::string separator_;
  std::set<std::string, std::less<>> endpoints_;
  bool keeps_answers_ = false;  // to requests with an idempotency key
  std::vector<io::HttpHeader> headers_;
  std::chrono::milliseconds patience_{0};
  std::unique_ptr<io::HttpClient> http_;
  std::unique_ptr<RestAuthentication> authentication_;
};

}  // namespace eider::catalog
