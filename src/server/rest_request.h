// Reading what a client sent: names in paths and queries, and JSON. All that can be wrong with it
// is answered with 400 (RestError).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "catalog/catalog.h"

namespace eider::server {

// "a%20b" -> "a b". The result is UTF-8 without control characters but the separator 0x1F.
std::string DecodePercent(std::string_view text);

// The parameters of a query, decoded; of one that stands twice, the first.
class QueryParameters {
 public:
  explicit QueryParameters(std::string_view query);

  // nullptr where it is absent.
  const std::string* Find(std::string_view name) const;
  // "true" or "false".
  bool Flag(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Between the levels of a namespace in paths and queries: the default of the specification.
constexpr char kNamespaceSeparator = '\x1f';

// "a\x1Fb", decoded already.
catalog::Namespace NamespaceFromPath(std::string_view text);
catalog::Namespace NamespaceFromBody(const Json& levels);
catalog::TableIdentifier IdentifierFromBody(const Json& identifier);
// Throws for what cannot be the name of a table, view or level of a namespace.
void CheckName(const std::string& name);

// Bodies are taken apart, and answers made, by functions that call themselves.
constexpr int kDeepestBody = 200;

// An object, nested no deeper than that.
Json ParseBody(const std::string& body, int deepest = kDeepestBody);
void CheckBodyDepth(std::string_view body, int deepest);

// Calls `read`, which takes JSON of a client apart; a member that is missing, of the wrong type or
// not known to Eider is the client's mistake.
void Understand(const std::function<void()>& read);

// Optional members of a body; to be called within Understand.
bool OptionalFlag(const Json& object, const char* key);
std::string OptionalString(const Json& object, const char* key);
std::map<std::string, std::string> OptionalProperties(const Json& object, const char* key);

}  // namespace eider::server
