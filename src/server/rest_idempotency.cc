#include "server/rest_idempotency.h"

#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "base/uuid.h"
#include "server/rest_access.h"
#include "server/rest_call.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

// The header has the form of a UUID. Which version it is does not matter here.
//
// A key is its principal's own: nobody is given the answer to another's request, nor learns that
// there was one.
std::string KeyOf(const RestCall& call) {
  std::string key = Lower(call.http.Field("Idempotency-Key"));
  if (key.empty()) return key;
  if (!IsUuid(key)) throw BadRequest("Idempotency-Key is not a UUID");
  if (call.http.principal == Principal::Anonymous()) return key;
  return Sha256Hex(call.principal().name() + "\n" + key);
}

std::string HashOf(const HttpRequest& request) {
  return Sha256Hex(request.method + " " + request.path + "?" + request.query + "\n" + request.body);
}

std::string KindName(RestAnswer::Kind kind) {
  switch (kind) {
    case RestAnswer::Kind::kTable:
      return "table";
    case RestAnswer::Kind::kView:
      return "view";
    case RestAnswer::Kind::kBody:
      break;
  }
  return "body";
}

catalog::KeptAnswer ToKept(const HttpRequest& request, const RestAnswer& answer) {
  return {HashOf(request), answer.status, KindName(answer.kind) + " " + answer.text};
}

RestAnswer FromKept(const HttpRequest& request, const catalog::KeptAnswer& kept) {
  if (kept.request_hash != HashOf(request)) {
    throw RestError(422, "UnprocessableEntityException",
                    "the Idempotency-Key was used for another request before");
  }
  size_t space = kept.body.find(' ');
  RestAnswer answer{kept.status, RestAnswer::Kind::kBody, kept.body.substr(space + 1)};
  std::string kind = kept.body.substr(0, space);
  for (auto known : {RestAnswer::Kind::kTable, RestAnswer::Kind::kView}) {
    if (kind == KindName(known)) answer.kind = known;
  }
  return answer;
}

HttpResponse Render(RestCall& call, const RestAnswer& answer) {
  if (answer.kind == RestAnswer::Kind::kBody) return JsonResponse(answer.status, answer.text);
  bool is_view = answer.kind == RestAnswer::Kind::kView;
  std::string location = answer.text;
  // The table has moved on so far that this metadata was removed: then what it is now answers.
  if (!call.name.empty() && !call.catalog().files().Exists(location)) {
    if (auto now = call.catalog().Find(call.identifier())) location = now->metadata_location;
  }
  LoadedAnswers& loaded = call.warehouse.loaded;
  auto body = is_view ? loaded.View(call.catalog(), location)
                      : loaded.Table(call.catalog(), location, SnapshotMode::kAll);
  if (!is_view && call.delegates) return LoadedTableResponse(call, *call.delegates, *body);
  HttpResponse response = JsonResponse(answer.status, body->body);
  if (!is_view) response.fields["ETag"] = body->etag;
  return response;
}

// Whether the same request would be refused again, whenever it comes.
bool IsFinal(int status) {
  return status == 400 || status == 404 || status == 406 || status == 409 || status == 422;
}

}  // namespace

KeysInFlight::Turn::Turn(KeysInFlight& keys, std::string key) : keys_(keys), key_(std::move(key)) {
  std::unique_lock<std::mutex> lock(keys_.mutex_);
  keys_.ended_.wait(lock, [&] { return keys_.keys_.count(key_) == 0; });
  keys_.keys_.insert(key_);
}

KeysInFlight::Turn::~Turn() {
  {
    std::lock_guard<std::mutex> lock(keys_.mutex_);
    keys_.keys_.erase(key_);
  }
  keys_.ended_.notify_all();
}

HttpResponse AnswerOnce(RestCall& call, const std::function<RestAnswer()>& act) {
  std::string key = KeyOf(call);
  if (key.empty()) return Render(call, act());
  KeysInFlight::Turn turn(call.warehouse.keys, key);
  if (auto kept = call.catalog().FindAnswer(key)) {
    ++call.warehouse.outcomes.repeated;
    return Render(call, FromKept(call.http, *kept));
  }
  std::optional<RestError> refused;
  try {
    return Render(call, act());
  } catch (const RestError& error) {
    refused = error;
  } catch (const Error& error) {
    refused = ToRestError(error);
    if (!IsFinal(refused->status())) throw;
  }
  if (!IsFinal(refused->status())) throw *refused;
  // Another server may have done it meanwhile, and that is why it was refused here.
  RestAnswer answer{refused->status(), RestAnswer::Kind::kBody, refused->Body()};
  catalog::KeptAnswer kept = call.catalog().KeepAnswer(key, ToKept(call.http, answer));
  return Render(call, FromKept(call.http, kept));
}

RestAnswer CommitOnce(RestCall& call, catalog::CommitRequest request,
                      const std::function<RestAnswer(const catalog::CommitResult&)>& answer,
                      const std::function<void(const catalog::CommitResult&)>& after) {
  RequireRightsFor(call, request);
  request.idempotency_key = KeyOf(call);
  request.answer = [&](const catalog::CommitResult& result) {
    return ToKept(call.http, answer(result));
  };
  bool is_known = call.http.principal != Principal::Anonymous();
  CommitWatch::Attempt attempt(call.warehouse.watch.get(),
                               {is_known ? call.principal().name() : "", call.http.id}, request);
  CommitOutcomes& outcomes = call.warehouse.outcomes;
  catalog::CommitResult result;
  try {
    result = call.catalog().Commit(request);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConflict) ++outcomes.conflicts;
    if (error.code() == ErrorCode::kUnknownOutcome) ++outcomes.unknown;
    throw;
  }
  if (result.earlier) {
    ++outcomes.repeated;
    return FromKept(call.http, *result.earlier);
  }
  attempt.Landed(result);
  if (after) after(result);
  return answer(result);
}

}  // namespace eider::server
