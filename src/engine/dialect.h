// The forms of the plan (and of Spark and Trino) that DuckDB's parser refuses, rewritten into ones
// it takes. Works on the positions DuckDB's own tokenizer gives, so that text in quotes and
// comments is never touched.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/session.h"

namespace eider::engine {

// `sql` with every known foreign form replaced, or nullopt where it holds none:
//   CREATE [OR REPLACE] TABLE x AS (..) USING ICEBERG [LOCATION '..'] [TBLPROPERTIES (..)]
//     -> CREATE [OR REPLACE] TABLE x WITH (location='..', ..) AS (..)
//   ALTER TABLE x SET TBLPROPERTIES ('k'='v', ..)   -> ALTER TABLE x SET ('k'='v', ..)
//   ALTER TABLE x UNSET TBLPROPERTIES ('k', ..)     -> ALTER TABLE x RESET ('k', ..)
//   FROM t FOR VERSION AS OF n                      -> FROM t AT (VERSION => n)
//   FROM t FOR TIMESTAMP AS OF ts                   -> FROM t AT (TIMESTAMP => ts)
//     (Spark's spellings likewise: FOR SYSTEM_VERSION, FOR SYSTEM_TIME, and without FOR)
// and what QuoteOptionNames does.
std::optional<std::string> RewriteDialect(const std::string& sql);

// `sql` with the names of table options in quotes where they are more than a word, or nullopt where
// none is: of ALTER TABLE x SET (gc.enabled = false) DuckDB's parser keeps "enabled", and a second
// dot or a dash it refuses. So with RESET (..), and with CREATE TABLE x WITH (..).
std::optional<std::string> QuoteOptionNames(const std::string& sql);

// Session::SplitStatements.
Session::Split SplitStatements(std::string_view sql);

}  // namespace eider::engine
