#include "dbt/external_files.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/text.h"

namespace eider::dbt {

using jinja::Dict;
using jinja::Value;

namespace {

std::string CompressionOf(const std::string& extension) {
  if (extension == ".gz") return "gzip";
  if (extension == ".zst") return "zstd";
  return "";
}

bool IsSet(const Dict& options, std::string_view key) {
  const Value* value = options.Find(key);
  return value && value->Truthy();
}

}  // namespace

std::string RenderWriteOptions(const std::string& location, Dict& options) {
  if (!options.Contains(Value("format"))) {
    std::filesystem::path path = location;
    std::string extension = Lower(path.extension().string());
    std::string compression = CompressionOf(extension);
    if (!compression.empty()) {
      extension = Lower(path.stem().extension().string());
      // DuckDB reads the compression off the ending too, but only in lower case.
      if (!extension.empty() && !options.Contains(Value("compression"))) {
        options.Set(Value("compression"), Value(compression));
      }
    }
    std::string format = !extension.empty()                     ? extension.substr(1)
                         : options.Contains(Value("delimiter")) ? "csv"
                                                                : "parquet";
    options.Set(Value("format"), Value(format));
  }
  if (options.Get("format").Str() == "csv" && !options.Contains(Value("header"))) {
    options.Set(Value("header"), Value(1));
  }
  if (const Value* partitions = options.Find(std::string_view("partition_by"))) {
    std::string text = partitions->Str();
    if (text.find(',') != text.npos && !text.starts_with('(')) {
      options.Set(Value("partition_by"), Value("(" + text + ")"));
    }
  }
  std::vector<std::string> rendered;
  for (const auto& [key, value] : options) {
    std::string name = key.Str();
    std::string text = value.Str();
    std::string lower = Lower(name);
    bool literal = lower == "delimiter" || lower == "quote" || lower == "escape" || lower == "null";
    if (literal && !text.starts_with('\'')) text = "'" + ReplaceAll(text, "'", "''") + "'";
    rendered.push_back(name + " " + text);
  }
  return Join(rendered, ", ");
}

std::string RenderReadLocation(const std::string& location, const Dict& options) {
  bool partitioned = IsSet(options, "partition_by");
  if (!partitioned && !IsSet(options, "per_thread_output")) return location;
  std::string glob = location + "/*";
  if (partitioned) {
    std::string columns = options.Get("partition_by").Str();
    for (auto count = std::count(columns.begin(), columns.end(), ',') + 1; count > 0; --count) {
      glob += "/*";
    }
  }
  return glob + "." + options.Get("format", Value("parquet")).Str();
}

}  // namespace eider::dbt
