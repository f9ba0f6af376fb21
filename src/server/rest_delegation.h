// The way to a table's files on S3, for clients that ask for it (X-Iceberg-Access-Delegation): keys
// that reach that one table, or that the server signs request by request (rest_signing.h). Either
// goes as far as the right of who asks.
//
// Keys are told and forgotten: they are in no kept answer, no cache of answers and no log.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http_message.h"
#include "server/rest_loaded.h"
#include "server/table_keys.h"

namespace eider::server {

struct RestCall;

// Of one warehouse.
struct Delegations {
  // `storage` is how the server itself reaches the files; nullptr for local disks.
  explicit Delegations(const io::S3Options* storage);

  const io::S3Options* storage;     // not owned
  std::unique_ptr<TableKeys> keys;  // nullptr where no role is given
  std::atomic<uint64_t> told = 0;   // answers with keys
  std::atomic<uint64_t> signatures = 0;
  std::atomic<uint64_t> refusals = 0;  // of requests to be signed
};

// What a table's answer has beside its metadata.
struct Delegation {
  Json config = Json::object();
  Json credentials = Json::array();
  // Another one where anything in it is another; "" where there is nothing. Keys that were told
  // hold as long as it stays.
  std::string version;
};

// What the client has asked for, as far as it can be had, for a table that lies, or will lie, in
// `location`. Throws kIo where keys should be had and are not: what creates a table asks before it
// does, so that a table whose creator cannot write to it does not come to be.
Delegation DelegationFor(const RestCall& call, const catalog::TableIdentifier& table,
                         const std::string& location);

// The answer to a loaded table, with what DelegationFor gives.
HttpResponse LoadedTableResponse(RestCall& call, const catalog::TableIdentifier& table,
                                 const LoadedAnswer& loaded);
// 304 where the client has that answer already, by its If-None-Match.
HttpResponse LoadedTableResponseIfNew(RestCall& call, const catalog::TableIdentifier& table,
                                      const LoadedAnswer& loaded);

HttpResponse LoadCredentials(RestCall& call);

}  // namespace eider::server
