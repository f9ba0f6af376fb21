// Results of queries as text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/session.h"

namespace eider::cli {

enum class ResultFormat { kTable, kCsv, kJson, kNdjson, kMarkdown };

// "table", "csv", "json", "ndjson", "markdown".
const std::vector<std::string>& ResultFormatNames();
// Throws kInvalidArgument for another name.
ResultFormat ResultFormatFromName(std::string_view name);

// Takes the text piece by piece, in order.
using Sink = std::function<void(std::string_view)>;

struct TableStyle {
  size_t width = 0;  // columns a line may take; wider cells are cut. 0: as wide as it gets
  bool color = false;
  bool footer = true;  // "(3 rows)"
};

// Reads `result` to its end and writes it. Tables and Markdown are laid out when all rows are
// there; the other formats write as rows arrive. Returns the number of rows.
//   csv     RFC 4180 with \n line ends: a NULL is an empty field, an empty text is ""
//   json    one array of objects, a line each; decimals keep all their digits
//   ndjson  the same objects without the array
int64_t WriteResult(engine::Result& result, ResultFormat format, const TableStyle& style,
                    const Sink& sink);

// Aligns `rows` under `header`: the layout of kTable, for text that is no query's result.
void WriteTable(const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows, const TableStyle& style,
                const Sink& sink);

}  // namespace eider::cli
