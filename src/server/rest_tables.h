// Routes of tables, but for their commits (rest_commit.h).
#pragma once

#include "server/rest_call.h"

namespace eider::server {

HttpResponse ListTables(RestCall& call);
HttpResponse CreateTable(RestCall& call);
HttpResponse LoadTable(RestCall& call);
HttpResponse CheckTableExists(RestCall& call);
HttpResponse DropTable(RestCall& call);
HttpResponse UnregisterTable(RestCall& call);
HttpResponse RegisterTable(RestCall& call);
HttpResponse RenameTable(RestCall& call);
HttpResponse ReportMetrics(RestCall& call);

// Of tables and views alike.
HttpResponse RenameEntry(RestCall& call, catalog::EntityKind kind);
HttpResponse RegisterEntry(RestCall& call, catalog::EntityKind kind);

// Makes the folders into which a client will write a table: some do not make them themselves.
void MakeTableFolders(RestCall& call, const std::string& location);

}  // namespace eider::server
