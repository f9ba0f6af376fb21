#include "cli/result_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "cli/display_width.h"

namespace eider::cli {

namespace {

using engine::Cell;

constexpr size_t kLeastColumnWidth = 4;
constexpr char kDim[] = "\033[2m";
constexpr char kReset[] = "\033[0m";

// What a cell of a table holds, ready to be laid out.
struct Field {
  std::string text;
  size_t width = 0;
  bool is_null = false;
};

using Fields = std::vector<Field>;

Field MakeField(std::string text, bool is_null = false) {
  Field field{Printable(text), 0, is_null};
  field.width = DisplayWidth(field.text);
  return field;
}

bool IsRightAligned(const std::string& type) {
  static const std::set<std::string, std::less<>> kNumbers = {
      "TINYINT",   "SMALLINT", "INTEGER", "BIGINT",   "HUGEINT", "UTINYINT",
      "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT",   "DOUBLE"};
  return kNumbers.contains(type) || type.starts_with("DECIMAL(");
}

struct Layout {
  Fields header;
  std::vector<bool> right_aligned;
  std::vector<Fields> rows;

  // The width each column needs.
  std::vector<size_t> Widths() const {
    std::vector<size_t> widths;
    for (const Field& field : header) widths.push_back(field.width);
    for (const Fields& row : rows) {
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].width);
    }
    return widths;
  }
};

// Narrows the widest columns first until the line fits into `available` columns, or no column can
// give more.
void Fit(std::vector<size_t>& widths, size_t available) {
  size_t total = 0;
  for (size_t width : widths) total += width;
  while (total > available) {
    auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kLeastColumnWidth) return;
    // Down to the next widest at once: cells may be megabytes wide.
    size_t next = kLeastColumnWidth;
    for (auto width = widths.begin(); width != widths.end(); ++width) {
      if (width != widest && *width < *widest) next = std::max(next, *width);
    }
    size_t peers = static_cast<size_t>(std::count(widths.begin(), widths.end(), *widest));
    size_t excess = total - available;
    size_t cut = std::min(*widest - next, std::max<size_t>(1, excess / peers));
    *widest -= cut;
    total -= cut;
  }
}

std::string Aligned(const Field& field, size_t width, bool right, bool dim) {
  std::string text = field.width > width ? Truncate(field.text, width) : field.text;
  size_t used = field.width > width ? DisplayWidth(text) : field.width;
  if (dim) text = kDim + text + kReset;
  std::string blanks(width - used, ' ');
  return right ? blanks + text : text + blanks;
}

void Draw(const Layout& layout, const TableStyle& style, const Sink& sink) {
  std::vector<size_t> widths = layout.Widths();
  // " a | b ": a blank on either side of each cell and a bar between two.
  size_t frame = widths.empty() ? 0 : widths.size() * 3 - 1;
  if (style.width > frame) Fit(widths, style.width - frame);

  auto line = [&](const Fields& row, bool heading) {
    std::string out;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += " |";
      bool dim = style.color && row[i].is_null && !heading;
      out += " " + Aligned(row[i], widths[i], layout.right_aligned[i], dim);
    }
    while (out.ends_with(' ')) out.pop_back();
    sink(out + "\n");
  };
  line(layout.header, true);
  std::string rule;
  for (size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) rule += '+';
    rule += std::string(widths[i] + 2, '-');
  }
  sink(rule + "\n");
  for (const Fields& row : layout.rows) line(row, false);
  if (style.footer) {
    size_t count = layout.rows.size();
    sink(fmt::format("({} row{})\n", count, count == 1 ? "" : "s"));
  }
}

void DrawMarkdown(const Layout& layout, const Sink& sink) {
  std::vector<size_t> widths = layout.Widths();
  for (size_t& width : widths) width = std::max<size_t>(width, 3);
  auto line = [&](const Fields& row) {
    std::string out = "|";
    for (size_t i = 0; i < row.size(); ++i) {
      out += " " + Aligned(row[i], widths[i], layout.right_aligned[i], false) + " |";
    }
    sink(out + "\n");
  };
  line(layout.header);
  std::string rule = "|";
  for (size_t i = 0; i < widths.size(); ++i) {
    rule += layout.right_aligned[i] ? " " + std::string(widths[i] - 1, '-') + ": |"
                                    : " " + std::string(widths[i], '-') + " |";
  }
  sink(rule + "\n");
  for (const Fields& row : layout.rows) line(row);
}

std::string CsvField(std::string_view text) {
  bool quote = text.empty() || text.find_first_of(",\"\r\n") != std::string_view::npos ||
               text.front() == ' ' || text.back() == ' ';
  return quote ? '"' + ReplaceAll(text, "\"", "\"\"") + '"' : std::string(text);
}

int64_t WriteCsv(engine::Result& result, const Sink& sink) {
  std::vector<std::string> fields;
  for (const engine::Column& column : result.columns()) fields.push_back(CsvField(column.name));
  sink(Join(fields, ",") + "\n");
  int64_t count = 0;
  std::vector<Cell> row;
  while (result.Next(row)) {
    fields.clear();
    for (const Cell& cell : row) fields.push_back(cell.is_null() ? "" : CsvField(cell.text));
    // A lone NULL must not look like an empty line, which readers skip.
    sink(row.size() == 1 && row[0].is_null() ? "\"\"\n" : Join(fields, ",") + "\n");
    ++count;
  }
  return count;
}

std::string JsonText(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int64_t WriteJson(engine::Result& result, bool lines, const Sink& sink) {
  // Readers keep one of several members of the same name: they are told apart.
  std::vector<std::string> keys;
  std::set<std::string> taken;
  for (const engine::Column& column : result.columns()) {
    std::string name = column.name;
    for (int i = 1; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", column.name, i);
    keys.push_back(JsonText(name) + ":");
  }
  int64_t count = 0;
  std::vector<Cell> row;
  if (!lines) sink("[");
  while (result.Next(row)) {
    std::string out = lines ? "{" : count == 0 ? "\n  {" : ",\n  {";
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ",";
      out += keys[i] + row[i].ToJsonText();
    }
    sink(out + (lines ? "}\n" : "}"));
    ++count;
  }
  if (!lines) sink(count == 0 ? "]\n" : "\n]\n");
  return count;
}

Layout ReadAll(engine::Result& result, bool markdown) {
  Layout layout;
  auto field = [&](const std::string& text, bool is_null = false) {
    return MakeField(markdown ? ReplaceAll(text, "|", "\\|") : text, is_null);
  };
  for (const engine::Column& column : result.columns()) {
    layout.header.push_back(field(column.name));
    layout.right_aligned.push_back(IsRightAligned(column.type));
  }
  std::vector<Cell> row;
  while (result.Next(row)) {
    Fields fields;
    for (const Cell& cell : row) {
      fields.push_back(cell.is_null() ? field("NULL", true) : field(cell.text));
    }
    layout.rows.push_back(std::move(fields));
  }
  return layout;
}

}  // namespace

const std::vector<std::string>& ResultFormatNames() {
  static const std::vector<std::string> names = {"table", "csv", "json", "ndjson", "markdown"};
  return names;
}

ResultFormat ResultFormatFromName(std::string_view name) {
  const auto& names = ResultFormatNames();
  auto found = std::find(names.begin(), names.end(), Lower(name));
  if (found == names.end()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("there is no format '{}'", name))
        .WithHint("The formats are: " + Join(names, ", ") + ".");
  }
  return static_cast<ResultFormat>(found - names.begin());
}

int64_t WriteResult(engine::Result& result, ResultFormat format, const TableStyle& style,
                    const Sink& sink) {
  switch (format) {
    case ResultFormat::kCsv:
      return WriteCsv(result, sink);
    case ResultFormat::kJson:
      return WriteJson(result, false, sink);
    case ResultFormat::kNdjson:
      return WriteJson(result, true, sink);
    case ResultFormat::kMarkdown: {
      Layout layout = ReadAll(result, true);
      DrawMarkdown(layout, sink);
      return static_cast<int64_t>(layout.rows.size());
    }
    case ResultFormat::kTable:
      break;
  }
  Layout layout = ReadAll(result, false);
  Draw(layout, style, sink);
  return static_cast<int64_t>(layout.rows.size());
}

void WriteTable(const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows, const TableStyle& style,
                const Sink& sink) {
  Layout layout;
  for (const std::string& name : header) layout.header.push_back(MakeField(name));
  layout.right_aligned.assign(header.size(), false);
  for (const auto& row : rows) {
    Fields fields;
    for (const std::string& text : row) fields.push_back(MakeField(text));
    layout.rows.push_back(std::move(fields));
  }
  Draw(layout, style, sink);
}

}  // namespace eider::cli
