// libpq, loaded when the first catalog in PostgreSQL is opened. Linked in the usual way it would
// bring LDAP and Kerberos into each start of the program, most of which have nothing to ask of it.
#pragma once

#include <postgresql/libpq-fe.h>

namespace eider::catalog {

struct PostgresLibrary {
  decltype(&::PQconnectdbParams) connectdb_params;
  decltype(&::PQconninfoParse) conninfo_parse;
  decltype(&::PQconninfoFree) conninfo_free;
  decltype(&::PQfreemem) freemem;
  decltype(&::PQfinish) finish;
  decltype(&::PQstatus) status;
  decltype(&::PQerrorMessage) error_message;
  decltype(&::PQbackendPID) backend_pid;
  decltype(&::PQtransactionStatus) transaction_status;
  decltype(&::PQsetNoticeProcessor) set_notice_processor;
  decltype(&::PQexec) exec;
  decltype(&::PQprepare) prepare;
  decltype(&::PQexecPrepared) exec_prepared;
  decltype(&::PQresultStatus) result_status;
  decltype(&::PQresultErrorField) result_error_field;
  decltype(&::PQclear) clear;
  decltype(&::PQntuples) ntuples;
  decltype(&::PQnfields) nfields;
  decltype(&::PQgetisnull) getisnull;
  decltype(&::PQgetvalue) getvalue;
  decltype(&::PQgetlength) getlength;
  decltype(&::PQcmdTuples) cmd_tuples;
  decltype(&::PQcmdStatus) cmd_status;
};

// Throws kUnsupported where the machine has no libpq.
const PostgresLibrary& Postgres();

}  // namespace eider::catalog
