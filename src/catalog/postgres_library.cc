#include "catalog/postgres_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.h"

namespace eider::catalog {

namespace {

template <typename Function>
void Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) {
    throw Error(ErrorCode::kUnsupported, fmt::format("libpq.so.5 lacks {}", name))
        .WithHint("Eider needs libpq 10 or newer.");
  }
}

PostgresLibrary Load() {
  // Never closed: it registers things with OpenSSL that cannot be taken back.
  void* library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("no catalog in PostgreSQL can be opened: {}", ::dlerror()))
        .WithHint("Install libpq (Debian: apt-get install libpq5).");
  }
  PostgresLibrary postgres;
  Find(library, "PQconnectdbParams", postgres.connectdb_params);
  Find(library, "PQconninfoParse", postgres.conninfo_parse);
  Find(library, "PQconninfoFree", postgres.conninfo_free);
  Find(library, "PQfreemem", postgres.freemem);
  Find(library, "PQfinish", postgres.finish);
  Find(library, "PQstatus", postgres.status);
  Find(library, "PQerrorMessage", postgres.error_message);
  Find(library, "PQbackendPID", postgres.backend_pid);
  Find(library, "PQtransactionStatus", postgres.transaction_status);
  Find(library, "PQsetNoticeProcessor", postgres.set_notice_processor);
  Find(library, "PQexec", postgres.exec);
  Find(library, "PQprepare", postgres.prepare);
  Find(library, "PQexecPrepared", postgres.exec_prepared);
  Find(library, "PQresultStatus", postgres.result_status);
  Find(library, "PQresultErrorField", postgres.result_error_field);
  Find(library, "PQclear", postgres.clear);
  Find(library, "PQntuples", postgres.ntuples);
  Find(library, "PQnfields", postgres.nfields);
  Find(library, "PQgetisnull", postgres.getisnull);
  Find(library, "PQgetvalue", postgres.getvalue);
  Find(library, "PQgetlength", postgres.getlength);
  Find(library, "PQcmdTuples", postgres.cmd_tuples);
  Find(library, "PQcmdStatus", postgres.cmd_status);
  return postgres;
}

}  // namespace

const PostgresLibrary& Postgres() {
  static const PostgresLibrary postgres = Load();
  return postgres;
}

}  // namespace eider::catalog
