// "The commit landed, the answer was lost": a request that names itself by an Idempotency-Key may
// be sent again, to this server, to one that was started since, or to another on the same catalog.
// It is done once, and answered alike each time.
//
// The key and its answer are written in the commit's own transaction (catalog/kept_answers.h), so
// that of requests with one key only one can ever land. Answers that say no, for good, are kept
// too; errors of the server are not, and the request is tried anew.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "catalog/catalog.h"
#include "server/http_message.h"

namespace eider::server {

struct RestCall;

// An answer as it is kept: short, where a table's metadata may have megabytes.
struct RestAnswer {
  enum class Kind { kBody, kTable, kView };
  int status = 200;
  Kind kind = Kind::kBody;
  std::string text;  // kBody: the body; else the metadata location of what was loaded

  static RestAnswer Body(std::string body) { return {200, Kind::kBody, std::move(body)}; }
  static RestAnswer NoContent() { return {204, Kind::kBody, ""}; }
  static RestAnswer Table(std::string location) { return {200, Kind::kTable, std::move(location)}; }
  static RestAnswer View(std::string location) { return {200, Kind::kView, std::move(location)}; }
};

// Keys of requests that this process is busy with.
class KeysInFlight {
 public:
  // Waits for a request with the same key to end.
  class Turn {
   public:
    Turn(KeysInFlight& keys, std::string key);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    KeysInFlight& keys_;
    std::string key_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::set<std::string> keys_;
};

// Answers a request that changes something. `act` checks it, and changes the catalog by CommitOnce
// and in no other way; it is not called where the answer is kept from before.
HttpResponse AnswerOnce(RestCall& call, const std::function<RestAnswer()>& act);

// Commits with the key of the request, if it has one, and its answer. Where another server has
// landed the same request since AnswerOnce looked, that answer is returned. `after` is called when
// this very commit has landed.
RestAnswer CommitOnce(RestCall& call, catalog::CommitRequest request,
                      const std::function<RestAnswer(const catalog::CommitResult&)>& answer,
                      const std::function<void(const catalog::CommitResult&)>& after = nullptr);

}  // namespace eider::server
