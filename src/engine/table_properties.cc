#include "engine/table_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "io/file_system.h"

namespace eider::engine {

namespace {

using Words = std::vector<std::string>;

// A property's values are `words`, or whole numbers from `least` to `most`.
struct Values {
  Words words;
  int64_t least = 0;
  int64_t most = 0;
  bool ignores_case = false;
};

Values OneOf(Words words) { return {std::move(words), 0, 0, false}; }
Values Boolean() { return {{"true", "false"}, 0, 0, true}; }
Values Number(int64_t least, int64_t most = INT64_MAX) { return {{}, least, most, false}; }

const std::map<std::string, Values>& KnownProperties() {
  static const std::map<std::string, Values> kProperties = {
      {"commit.manifest-merge.enabled", OneOf({"true", "false"})},
      {"commit.manifest.min-count-to-merge", Number(1)},
      {"commit.manifest.target-size-bytes", Number(1)},
      {"gc.enabled", Boolean()},
      {"write.avro.compression-codec",
       OneOf({"gzip", "zstd", "uncompressed", "deflate", "zstandard", "null"})},
      {"write.format.default", {{"parquet"}, 0, 0, true}},
      {"write.metadata.delete-after-commit.enabled", Boolean()},
      {"write.metadata.previous-versions-max", Number(1)},
      {"write.parquet.compression-codec",
       {{"zstd", "snappy", "gzip", "lz4", "brotli", "uncompressed", "lz4_raw"}, 0, 0, true}},
      {"write.parquet.compression-level", Number(-131072, 22)},
      {"write.target-file-size-bytes", Number(1)},
  };
  return kProperties;
}

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsAmong(const Values& values, const std::string& text) {
  if (values.words.empty()) {
    std::optional<int64_t> number = WholeNumber(text);
    return number && *number >= values.least && *number <= values.most;
  }
  return std::any_of(values.words.begin(), values.words.end(), [&](const std::string& word) {
    return values.ignores_case ? EqualsIgnoreCase(word, text) : word == text;
  });
}

std::string Advice(const Values& values) {
  if (!values.words.empty()) return "Use " + Join(values.words, ", ") + ".";
  if (values.most == INT64_MAX) {
    return fmt::format("Use a whole number from {} on.", values.least);
  }
  return fmt::format("Use a whole number from {} to {}.", values.least, values.most);
}

bool IsMetricsMode(std::string_view text) {
  if (text == "none" || text == "counts" || text == "full") return true;
  constexpr std::string_view kTruncate = "truncate(";
  if (!text.starts_with(kTruncate) || !text.ends_with(')')) return false;
  text.remove_prefix(kTruncate.size());
  text.remove_suffix(1);
  std::optional<int64_t> length = WholeNumber(text);
  return length && *length > 0 && *length <= INT32_MAX;
}

}  // namespace

void CheckTableProperties(const std::map<std::string, std::string>& properties,
                          const std::string& table) {
  for (const auto& [name, value] : properties) {
    auto refuse = [&, &name = name, &value = value](const std::string& advice) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("table {}: the property {} cannot be \"{}\"", table, name, value))
          .WithHint(advice);
    };
    auto known = KnownProperties().find(name);
    if (known != KnownProperties().end() && !IsAmong(known->second, value)) {
      refuse(Advice(known->second));
    }
    bool is_mode = name == "write.metadata.metrics.default" ||
                   name.starts_with("write.metadata.metrics.column.");
    if (is_mode && !IsMetricsMode(value)) refuse("Use none, counts, full or truncate(16).");
    if (name == "write.data.path" || name == "write.metadata.path") {
      io::PathOf(value);  // refuses schemes that cannot be written
    }
  }
}

}  // namespace eider::engine
