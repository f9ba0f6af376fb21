#include "server/rest_signing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/projection.h"
#include "io/s3_action.h"
#include "server/rest_access.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

struct SignRequestBody {
  std::string method;
  std::string uri;
  std::vector<io::HttpHeader> headers;
  std::string body;  // "" where it did not come along
};

SignRequestBody ReadSignRequest(const std::string& text) {
  constexpr char kWhat[] = "request to sign";
  Json json = ParseBody(text);
  SignRequestBody request;
  Understand([&] {
    std::string provider = OptionalString(json, "provider");
    if (!provider.empty() && provider != "s3") {
      throw BadRequest(
          fmt::format("requests to \"{}\" are not signed, only those to s3", provider));
    }
    // The warehouse's own is signed for, whatever the client takes it to be.
    RequireString(json, "region", kWhat);
    request.method = RequireString(json, "method", kWhat);
    request.uri = RequireString(json, "uri", kWhat);
    request.body = OptionalString(json, "body");
    const Json& headers = RequireMember(json, "headers", kWhat);
    if (!headers.is_object()) throw BadRequest("\"headers\" is not an object");
    for (const auto& [name, values] : headers.items()) {
      request.headers.push_back({name, Join(values.get<std::vector<std::string>>(), ",")});
    }
  });
  return request;
}

// Of a table that is there, all in its folder. Of one that is still to be created (its data is
// written first), what may become it: in a folder for a new table of that name, or wherever else
// the principal could have it lie; and nobody else's.
void RequireReach(RestCall& call, const io::S3Action& action) {
  auto entry = FindEntry(call, call.identifier(), catalog::EntityKind::kTable);
  if (!entry) {
    call.Require(Right::kWrite, call.object());
    for (const std::string& key : action.keys) {
      RequireNewFile(call, call.identifier(), io::S3Location{action.bucket, key}.ToString());
    }
    return;
  }
  std::string location = call.catalog().LoadTable(entry->metadata_location)->location;
  call.warehouse.locations.Checked(location, "location");
  if (!io::IsOnS3(location) || !io::LiesIn(action, io::ParseS3Location(io::PathOf(location)))) {
    throw Forbidden(fmt::format("{} is not in the folder of the table {}", action.ToString(),
                                call.identifier().ToString()));
  }
}

HttpResponse Sign(RestCall& call, const io::S3Options& storage) {
  SignRequestBody read = ReadSignRequest(call.http.body);
  io::HttpRequest request{read.method, read.uri, read.headers, read.body};
  io::S3Action action = io::ReadS3Action(storage, request);
  if (action.writes) call.Require(Right::kWrite, call.object());
  RequireReach(call, action);

  Json headers = Json::object();
  for (const io::HttpHeader& header : io::SignatureFor(storage, request, NowMillis())) {
    headers[header.name] = Json::array({header.value});
  }
  HttpResponse response = JsonResponse(200, Json{{"uri", read.uri}, {"headers", headers}}.dump());
  // Clients that may, use it again for half a minute, for the same method and URL: so it must not
  // depend on anything else.
  bool depends_on_headers =
      std::any_of(read.headers.begin(), read.headers.end(), [](const io::HttpHeader& header) {
        return Lower(header.name).starts_with("x-amz-") ||
               EqualsIgnoreCase(header.name, "content-md5");
      });
  response.fields["Cache-Control"] = action.writes || depends_on_headers ? "no-cache" : "private";
  return response;
}

}  // namespace

HttpResponse SignRequest(RestCall& call) {
  Delegations& delegations = call.warehouse.delegations;
  if (delegations.storage == nullptr) {
    throw BadRequest("the warehouse is on local disks, and nothing there takes a signature");
  }
  try {
    HttpResponse response = Sign(call, *delegations.storage);
    ++delegations.signatures;
    return response;
  } catch (const std::exception&) {
    ++delegations.refusals;
    throw;
  }
}

}  // namespace eider::server
