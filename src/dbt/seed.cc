#include "dbt/seed.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"
#include "dbt/csv.h"
#include "dbt/decimal.h"
#include "engine/session.h"
#include "io/file_system.h"

namespace eider::dbt {

using jinja::Value;
using jinja::ValueList;

namespace {

// Symbols that agate takes off numbers, which makes "$5" one.
constexpr std::string_view kCurrencySymbols[] = {"؋", "$", "ƒ", "៛", "¥", "₡", "₱", "£", "€", "¢",
                                                 "﷼", "₪", "₩", "₭", "₮", "₦", "฿", "₤", "₫"};

enum Kind : unsigned {
  kNumber = 1,
  kDate = 2,
  kDateTime = 4,
  kIsoDateTime = 8,
  kBoolean = 16,
  kText = 32,
  kAll = 63,
};

bool IsNull(std::string_view text) { return text.empty() || EqualsIgnoreCase(text, "null"); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A reader of text from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool Take(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Between `least` and `most` digits; their value, or -1.
  int Number(size_t least, size_t most) {
    size_t count = 0;
    int value = 0;
    while (count < most && count < rest_.size() && IsDigit(rest_[count])) {
      value = value * 10 + (rest_[count++] - '0');
    }
    if (count < least) return -1;
    rest_.remove_prefix(count);
    return value;
  }
  // All digits that follow; how many.
  size_t Digits() {
    size_t count = 0;
    while (count < rest_.size() && IsDigit(rest_[count])) ++count;
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
};

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

bool ScanDate(Scanner& scanner, size_t least_digits) {
  int year = scanner.Number(4, 4);
  if (year < 1 || !scanner.Take('-')) return false;
  int month = scanner.Number(least_digits, 2);
  if (month < 1 || month > 12 || !scanner.Take('-')) return false;
  int day = scanner.Number(least_digits, 2);
  return day >= 1 && day <= DaysInMonth(year, month);
}

// %Y-%m-%d, as strptime takes it.
bool IsDate(std::string_view text) {
  Scanner scanner(text);
  return ScanDate(scanner, 1) && scanner.done();
}

bool ScanTime(Scanner& scanner, size_t least_digits) {
  int hour = scanner.Number(least_digits, 2);
  if (hour < 0 || hour > 23 || !scanner.Take(':')) return false;
  int minute = scanner.Number(least_digits, 2);
  if (minute < 0 || minute > 59) return false;
  if (!scanner.Take(':')) return least_digits == 2;  // ISO 8601 may leave the seconds out
  int second = scanner.Number(least_digits, 2);
  return second >= 0 && second <= 61;
}

// %Y-%m-%d %H:%M:%S, as strptime takes it.
bool IsDateTime(std::string_view text) {
  Scanner scanner(text);
  return ScanDate(scanner, 1) && scanner.Take(' ') && ScanTime(scanner, 1) && scanner.done();
}

// 2018-01-31T12:00:00.5+01:00, the extended form of ISO 8601.
bool IsIsoDateTime(std::string_view text) {
  Scanner scanner(text);
  if (!ScanDate(scanner, 2) || !scanner.Take('T') || !ScanTime(scanner, 2)) return false;
  if (scanner.Take('.') || scanner.Take(',')) {
    if (scanner.Digits() == 0) return false;
  }
  if (scanner.Take('Z') || scanner.done()) return scanner.done();
  if (!scanner.Take('+') && !scanner.Take('-')) return false;
  if (scanner.Number(2, 2) < 0) return false;
  if (scanner.Take(':')) return scanner.Number(2, 2) >= 0 && scanner.done();
  return scanner.done() || (scanner.Number(2, 2) >= 0 && scanner.done());
}

bool IsBoolean(std::string_view text) {
  std::string bare = Lower(Trim(ReplaceAll(text, ",", "")));
  return bare == "true" || bare == "false" || IsNull(bare);
}

// `text` as agate hands it to Decimal: without sign, percent, currency and grouping.
std::string BareNumber(std::string_view text) {
  while (text.starts_with('%')) text.remove_prefix(1);
  while (text.ends_with('%')) text.remove_suffix(1);
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  for (auto symbol : kCurrencySymbols) {
    while (text.starts_with(symbol)) text.remove_prefix(symbol.size());
    while (text.ends_with(symbol)) text.remove_suffix(symbol.size());
  }
  return (negative ? "-" : "") + ReplaceAll(text, ",", "");
}

// What a number needs: digits before and after the point.
struct NumberShape {
  bool is_number = false;
  int decimal_places = 0;
  int whole_digits = 0;
  std::optional<int64_t> integer;  // where it is one that fits
};

NumberShape ShapeOf(std::string_view text) {
  NumberShape shape;
  std::string bare = BareNumber(text);
  std::string_view rest = Trim(bare);
  bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  // agate takes one minus sign off before it asks Decimal, which takes another.
  if (negative && rest.starts_with('-')) rest.remove_prefix(1);
  for (std::string_view word : {"nan", "inf", "infinity", "snan"}) {
    if (EqualsIgnoreCase(rest, word)) {
      shape.is_number = true;
      return shape;
    }
  }
  std::string digits;  // without the point
  int after_point = 0;
  bool point = false;
  size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (IsDigit(rest[i])) {
      digits += rest[i];
      after_point += point;
    } else if (rest[i] == '.' && !point) {
      point = true;
    } else if (rest[i] != '_' || digits.empty()) {
      break;
    }
  }
  if (digits.empty()) return shape;
  int exponent = 0;
  if (i < rest.size() && (rest[i] == 'e' || rest[i] == 'E')) {
    std::string_view power = rest.substr(i + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (error != std::errc() || end != power.data() + power.size()) return shape;
    i = rest.size();
  }
  if (i != rest.size()) return shape;
  shape.is_number = true;
  while (digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    --after_point;
  }
  if (digits == "0") after_point = 0;
  size_t leading = digits.find_first_not_of('0');
  int significant = leading == digits.npos ? 0 : static_cast<int>(digits.size() - leading);
  shape.decimal_places = std::max(0, after_point - exponent);
  shape.whole_digits = std::max(0, significant - after_point + exponent);
  if (shape.decimal_places == 0 && shape.whole_digits <= 18 && significant > 0) {
    int64_t value = 0;
    for (char c : digits) value = value * 10 + (c - '0');
    for (int power = exponent - after_point; power > 0; --power) value *= 10;
    shape.integer = negative ? -value : value;
  } else if (significant == 0) {
    shape.integer = 0;
  }
  return shape;
}

class ColumnInference {
 public:
  void Look(const std::string& field) {
    std::string_view text = Trim(field);
    if (IsNull(text)) return;
    if (possible_ & kNumber) {
      NumberShape shape = ShapeOf(text);
      if (!shape.is_number) {
        possible_ &= ~kNumber;
      } else {
        decimals_ = decimals_ || shape.decimal_places > 0;
        if (!shape.integer) {
          wide_ = std::max(wide_, shape.whole_digits > 18 ? 2 : wide_);
        } else if (*shape.integer > INT32_MAX || *shape.integer < INT32_MIN) {
          wide_ = std::max(wide_, 1);
        }
      }
    }
    if ((possible_ & kDate) && !IsDate(text)) possible_ &= ~kDate;
    if ((possible_ & kDateTime) && !IsDateTime(text)) possible_ &= ~kDateTime;
    if ((possible_ & kIsoDateTime) && !IsIsoDateTime(text)) possible_ &= ~kIsoDateTime;
    if ((possible_ & kBoolean) && !IsBoolean(text)) possible_ &= ~kBoolean;
  }

  Kind kind() const {
    for (Kind kind : {kNumber, kDate, kDateTime, kIsoDateTime, kBoolean}) {
      if (possible_ & kind) return kind;
    }
    return kText;
  }

  std::string type() const {
    switch (kind()) {
      case kNumber:
        if (decimals_) return "float8";
        return wide_ == 0 ? "integer" : wide_ == 1 ? "bigint" : "hugeint";
      case kDate:
        return "date";
      case kDateTime:
      case kIsoDateTime:
        return "timestamp without time zone";
      case kBoolean:
        return "boolean";
      default:
        return "text";
    }
  }

 private:
  unsigned possible_ = kAll;
  bool decimals_ = false;
  int wide_ = 0;  // 0: fits an integer, 1: a bigint, 2: neither
};

char DelimiterOf(const Node& node) {
  std::string delimiter = node.config.String("delimiter", ",");
  if (delimiter == "\\t") return '\t';
  if (delimiter.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument, "the delimiter of seed '" + node.name +
                                                 "' must be one character, not '" + delimiter + "'")
        .At(node.original_file_path);
  }
  return delimiter[0];
}

// "" for a column that `column_types` does not name.
std::string ConfiguredType(const Node& node, const std::string& column) {
  const Json* types = node.config.Find("column_types");
  if (!types || !types->is_object()) return "";
  auto found = types->find(column);
  return found != types->end() && found->is_string() ? found->get<std::string>() : "";
}

// agate's names: a missing one is a letter, a repeated one is numbered.
std::vector<std::string> ColumnNames(const std::vector<std::string>& header) {
  std::vector<std::string> names;
  for (size_t i = 0; i < header.size(); ++i) {
    std::string base = header[i];
    if (base.empty()) base = std::string(i / 26 + 1, static_cast<char>('a' + i % 26));
    std::string name = base;
    for (int number = 2; std::find(names.begin(), names.end(), name) != names.end(); ++number) {
      name = base + "_" + std::to_string(number);
    }
    names.push_back(std::move(name));
  }
  return names;
}

struct SeedFile {
  std::vector<std::string> names;
  std::vector<CsvRecord> records;  // without the header
};

SeedFile ReadSeedFile(const Node& node) {
  char delimiter = DelimiterOf(node);
  std::string text = io::LocalFileSystem().Read(SeedPath(node).string());
  SeedFile file;
  file.records = ParseCsv(text, delimiter, node.original_file_path);
  if (file.records.empty()) {
    throw Error(ErrorCode::kSyntax, "the seed file is empty; it needs a header row")
        .At(node.original_file_path, 1);
  }
  file.names = ColumnNames(file.records.front().fields);
  file.records.erase(file.records.begin());
  for (const auto& record : file.records) {
    if (record.fields.size() == file.names.size()) continue;
    throw Error(ErrorCode::kSyntax, "the line has " + std::to_string(record.fields.size()) +
                                        " values, but the header has " +
                                        std::to_string(file.names.size()) + " columns")
        .At(node.original_file_path, record.line);
  }
  return file;
}

std::vector<ColumnInference> InferColumns(const Node& node, const SeedFile& file) {
  std::vector<ColumnInference> columns(file.names.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!ConfiguredType(node, file.names[i]).empty()) continue;
    for (const auto& record : file.records) columns[i].Look(record.fields[i]);
  }
  return columns;
}

Value SeedValue(Kind kind, const std::string& field) {
  std::string text(Trim(field));
  if (IsNull(text)) return Value();
  switch (kind) {
    case kNumber: {
      NumberShape shape = ShapeOf(text);
      if (shape.integer) return Value(*shape.integer);
      return DecimalValue::Make(BareNumber(text));
    }
    case kBoolean:
      return Value(EqualsIgnoreCase(Trim(ReplaceAll(text, ",", "")), "true"));
    case kText:
      return Value(field);
    default:
      return Value(ReplaceAll(text, "T", " "));
  }
}

}  // namespace

std::filesystem::path SeedPath(const Node& node) {
  return std::filesystem::path(node.root_path) / node.original_file_path;
}

SeedSchema InferSeed(const Node& node) {
  SeedFile file = ReadSeedFile(node);
  auto inferred = InferColumns(node, file);
  SeedSchema schema;
  schema.row_count = static_cast<int64_t>(file.records.size());
  for (size_t i = 0; i < file.names.size(); ++i) {
    std::string type = ConfiguredType(node, file.names[i]);
    schema.columns.push_back({file.names[i], type.empty() ? inferred[i].type() : type});
  }
  return schema;
}

std::string SeedQuery(const Node& node, const SeedSchema& schema) {
  std::vector<std::string> columns;
  for (const auto& column : schema.columns) {
    columns.push_back(engine::QuoteLiteral(column.name) + ": " + engine::QuoteLiteral(column.type));
  }
  return "SELECT * FROM read_csv(" + engine::QuoteLiteral(SeedPath(node).string()) +
         ", header = true, delim = " + engine::QuoteLiteral(std::string(1, DelimiterOf(node))) +
         ", columns = {" + Join(columns, ", ") + "})";
}

std::shared_ptr<Table> LoadSeedTable(const Node& node) {
  SeedFile file = ReadSeedFile(node);
  auto inferred = InferColumns(node, file);
  std::vector<std::string> types;
  std::vector<Kind> kinds;
  for (size_t i = 0; i < file.names.size(); ++i) {
    bool configured = !ConfiguredType(node, file.names[i]).empty();
    kinds.push_back(configured ? kText : inferred[i].kind());
    types.push_back(configured ? "text" : inferred[i].type());
  }
  std::vector<ValueList> rows;
  rows.reserve(file.records.size());
  for (const auto& record : file.records) {
    ValueList row;
    for (size_t i = 0; i < kinds.size(); ++i) row.push_back(SeedValue(kinds[i], record.fields[i]));
    rows.push_back(std::move(row));
  }
  return std::make_shared<Table>(std::move(file.names), std::move(types), std::move(rows));
}

Error SeedError(const Node& node, const Error& error) {
  constexpr std::string_view kMark = "CSV Error on Line: ";
  size_t at = error.message().find(kMark);
  if (at == std::string::npos) return error;
  const char* begin = error.message().data() + at + kMark.size();
  int line = 0;
  std::from_chars(begin, error.message().data() + error.message().size(), line);
  // DuckDB goes on with the options it read the file with; the first sentences are what matters.
  std::string message = error.message().substr(0, error.message().find("\n\nPossible fixes"));
  message = message.substr(0, message.find("\nPossible solutions"));
  return Error(ErrorCode::kQuery, message)
      .WithHint("Give the column a type with `column_types` in the seed's config.")
      .At(node.original_file_path, line);
}

}  // namespace eider::dbt
