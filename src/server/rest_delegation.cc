#include "server/rest_delegation.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "io/file_system.h"
#include "io/s3_client.h"
#include "server/rest_call.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

enum class Way { kNone, kRoleKeys, kOwnKeys, kSignatures };

bool Asks(const RestCall& call, std::string_view for_what) {
  for (const std::string& way : Split(call.http.Field("X-Iceberg-Access-Delegation"), ',')) {
    if (EqualsIgnoreCase(Trim(way), for_what)) return true;
  }
  return false;
}

// Whether it is on S3 and where this server may let anybody in. Metadata that others have written
// may name any place.
bool LiesInStore(const RestCall& call, const std::string& location) {
  if (call.warehouse.delegations.storage == nullptr || !io::IsOnS3(location)) return false;
  try {
    call.warehouse.locations.Checked(location, "location");
    return true;
  } catch (const RestError&) {
    return false;
  }
}

// Keys that can be had of a table in `location`.
Way KeysOf(const RestCall& call, const std::string& location) {
  const Delegations& delegations = call.warehouse.delegations;
  if (!LiesInStore(call, location)) return Way::kNone;
  if (delegations.keys) return Way::kRoleKeys;
  // The server's own keys open all tables.
  bool may_do_everything = call.principal().May(Right::kAdmin, {call.warehouse.name});
  return delegations.storage->gives_own_keys && may_do_everything ? Way::kOwnKeys : Way::kNone;
}

Way ChooseWay(const RestCall& call, const std::string& location) {
  if (Asks(call, "vended-credentials")) {
    Way keys = KeysOf(call, location);
    if (keys != Way::kNone) return keys;
  }
  bool signs = Asks(call, "remote-signing") && LiesInStore(call, location);
  return signs ? Way::kSignatures : Way::kNone;
}

// "v1/w/namespaces/a%1Fb/tables/t", after which a route of the table's follows.
std::string TablePath(const RestCall& call, const catalog::TableIdentifier& table) {
  std::string levels = Join(table.name_space, std::string(1, kNamespaceSeparator));
  return fmt::format("v1/{}/namespaces/{}/tables/{}", PercentEncode(call.warehouse.name),
                     PercentEncode(levels), PercentEncode(table.name));
}

// How the store is reached, in the words of each client.
Json StoreConfig(const io::S3Options& storage) {
  Json config;
  config["client.region"] = storage.region;
  config["s3.region"] = storage.region;
  config["s3.path-style-access"] = storage.path_style ? "true" : "false";
  config["s3.force-virtual-addressing"] = storage.path_style ? "false" : "true";
  if (!storage.endpoint.empty()) config["s3.endpoint"] = storage.endpoint;
  return config;
}

void AddKeys(const RestCall& call, const catalog::TableIdentifier& table,
             const std::string& location, const io::AwsCredentials& keys, Delegation& delegation) {
  Json config = StoreConfig(*call.warehouse.delegations.storage);
  config["s3.access-key-id"] = keys.access_key_id;
  config["s3.secret-access-key"] = keys.secret_access_key;
  if (!keys.session_token.empty()) config["s3.session-token"] = keys.session_token;
  if (keys.expires_at_millis != 0) {
    config["s3.session-token-expires-at-ms"] = std::to_string(keys.expires_at_millis);
    config["client.refresh-credentials-endpoint"] = TablePath(call, table) + "/credentials";
  }
  // Some clients look here, others there.
  delegation.config = config;
  delegation.credentials = Json::array({{{"prefix", location}, {"config", config}}});
  delegation.version = Sha256Hex(config.dump());
}

void AddSigning(const RestCall& call, const catalog::TableIdentifier& table,
                Delegation& delegation) {
  Json config = StoreConfig(*call.warehouse.delegations.storage);
  config["s3.remote-signing-enabled"] = "true";
  // PyIceberg, and Iceberg's Java client up to 1.11; newer ones know the route. All of them take
  // the URI of the catalog before it, as they know it.
  config["s3.signer.endpoint"] = TablePath(call, table) + "/sign";
  // Goes nowhere where there are no keys. By it PyIceberg tells apart the clients that it keeps for
  // stores, each of which has one table's signer.
  config["s3.session-token"] = TablePath(call, table);
  config["s3.signer"] = "S3V4RestSigner";
  config["py-io-impl"] = "pyiceberg.io.fsspec.FsspecFileIO";
  delegation.config = config;
  delegation.version = Sha256Hex(config.dump());
}

void AddKeysOf(const RestCall& call, Way way, const catalog::TableIdentifier& table,
               const std::string& location, Delegation& delegation) {
  const Delegations& delegations = call.warehouse.delegations;
  if (way == Way::kOwnKeys) {
    AddKeys(call, table, location, delegations.storage->credentials->Get(), delegation);
  } else if (way == Way::kRoleKeys) {
    bool writes = call.principal().May(Right::kWrite, call.ObjectOf(table));
    auto access = writes ? io::FolderAccess::kWrite : io::FolderAccess::kRead;
    AddKeys(call, table, location,
            delegations.keys->Get(io::ParseS3Location(io::PathOf(location)), access), delegation);
  }
}

// Whether a list of entity tags, or "*", has this one.
bool Matches(std::string_view if_none_match, const std::string& etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

std::string EtagOf(const LoadedAnswer& loaded, const Delegation& delegation) {
  return delegation.version.empty() ? loaded.etag : MakeEtag(loaded.etag + delegation.version);
}

void NoteKeys(RestCall& call, const Delegation& delegation) {
  if (delegation.credentials.empty()) return;
  call.tells_keys = true;
  ++call.warehouse.delegations.told;
}

HttpResponse Respond(RestCall& call, const LoadedAnswer& loaded, const Delegation& delegation) {
  NoteKeys(call, delegation);
  bool is_plain = delegation.version.empty();
  HttpResponse response = JsonResponse(
      200,
      is_plain ? loaded.body : WithConfig(loaded.body, delegation.config, delegation.credentials));
  if (!loaded.etag.empty()) response.fields["ETag"] = EtagOf(loaded, delegation);
  if (!is_plain) response.fields["Cache-Control"] = "no-store";
  return response;
}

}  // namespace

Delegations::Delegations(const io::S3Options* s3_options) : storage(s3_options) {
  if (storage != nullptr && !storage->role_arn.empty()) {
    keys = std::make_unique<TableKeys>(*storage);
  }
}

Delegation DelegationFor(const RestCall& call, const catalog::TableIdentifier& table,
                         const std::string& location) {
  Delegation delegation;
  Way way = ChooseWay(call, location);
  if (way == Way::kSignatures) AddSigning(call, table, delegation);
  AddKeysOf(call, way, table, location, delegation);
  return delegation;
}

HttpResponse LoadedTableResponse(RestCall& call, const catalog::TableIdentifier& table,
                                 const LoadedAnswer& loaded) {
  return Respond(call, loaded, DelegationFor(call, table, loaded.location));
}

HttpResponse LoadedTableResponseIfNew(RestCall& call, const catalog::TableIdentifier& table,
                                      const LoadedAnswer& loaded) {
  Delegation delegation = DelegationFor(call, table, loaded.location);
  std::string etag = EtagOf(loaded, delegation);
  if (!Matches(call.http.Field("If-None-Match"), etag)) return Respond(call, loaded, delegation);
  HttpResponse response = JsonResponse(304, "");
  response.fields["ETag"] = etag;
  return response;
}

HttpResponse LoadCredentials(RestCall& call) {
  catalog::Entry entry = RequireTable(call, call.identifier());
  std::string location = call.catalog().LoadTable(entry.metadata_location)->location;
  Delegation delegation;
  AddKeysOf(call, KeysOf(call, location), call.identifier(), location, delegation);
  NoteKeys(call, delegation);
  Json body = {{"storage-credentials", delegation.credentials}};
  HttpResponse response = JsonResponse(200, body.dump());
  response.fields["Cache-Control"] = "no-store";
  return response;
}

}  // namespace eider::server
