#include "cli/config_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <filesystem>

#include "base/text.h"
#include "io/file_system.h"

namespace eider::cli {

namespace fs = std::filesystem;

using std::chrono::milliseconds;

YamlNode ConfigReader::Parse() const {
  std::vector<YamlDuplicate> duplicates;
  YamlNode root =
      ParseYaml(io::LocalFileSystem().Read(fs::absolute(file_).string()), file_, &duplicates);
  if (!duplicates.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the key '{}' stands twice", duplicates.front().key))
        .At(file_, duplicates.front().line);
  }
  return root;
}

void ConfigReader::Each(const YamlNode& node, const std::string& what, const Keys& keys) const {
  if (node.IsNull()) return;
  if (!node.IsMapping()) throw Wrong(node, what, "a mapping");
  for (const auto& [key, value] : node.entries) {
    auto known = keys.find(key.text);
    if (known != keys.end()) {
      known->second(value);
      continue;
    }
    std::vector<std::string> names;
    for (const auto& [name, read] : keys) names.push_back(name);
    std::string near = ClosestMatch(key.text, names);
    Error error(ErrorCode::kInvalidArgument,
                fmt::format("{} has no key '{}'", what, key.KeyText()));
    error.At(file_, key.line, key.column);
    error.WithHint(near.empty() ? fmt::format("Its keys are {}.", Join(names, ", "))
                                : fmt::format("Did you mean '{}'?", near));
    throw error;
  }
}

void ConfigReader::Items(const YamlNode& node, const std::string& what, const Read& read) const {
  if (!node.IsSequence()) throw Wrong(node, what, "a list");
  for (const YamlNode& item : node.items) read(item);
}

ConfigReader::Read ConfigReader::Text(const std::string& what, std::string& value) const {
  return [this, what, &value](const YamlNode& node) {
    if (!node.IsString() || node.text.empty()) throw Wrong(node, what, "text");
    value = node.text;
  };
}

ConfigReader::Read ConfigReader::Path(const std::string& what, std::string& value) const {
  return [this, what, &value](const YamlNode& node) {
    Text(what, value)(node);
    value = Resolve(value);
  };
}

ConfigReader::Read ConfigReader::Properties(const std::string& what,
                                            std::map<std::string, std::string>& properties) const {
  return [this, what, &properties](const YamlNode& node) {
    if (!node.IsMapping()) throw Wrong(node, what, "a mapping");
    for (const auto& [key, value] : node.entries) {
      bool is_scalar = !value.IsMapping() && !value.IsSequence() && !value.IsNull();
      if (!is_scalar) throw Wrong(value, fmt::format("'{}' in {}", key.text, what), "text");
      properties[key.text] = value.text;
    }
  };
}

ConfigReader::Read ConfigReader::Flag(const std::string& what, bool& value) const {
  return [this, what, &value](const YamlNode& node) {
    if (node.kind != YamlNode::Kind::kBool) throw Wrong(node, what, "true or false");
    value = node.boolean;
  };
}

ConfigReader::Read ConfigReader::Size(const std::string& what, size_t& bytes) const {
  return [this, what, &bytes](const YamlNode& node) {
    static const std::map<std::string, double> kUnits = {
        {"", 1},     {"B", 1},         {"KB", 1e3},      {"MB", 1e6},
        {"GB", 1e9}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
    bytes = static_cast<size_t>(Quantity(node, kUnits, what, "a size such as 64MiB"));
  };
}

ConfigReader::Read ConfigReader::Time(const std::string& what, milliseconds& time) const {
  return [this, what, &time](const YamlNode& node) {
    static const std::map<std::string, double> kUnits = {
        {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}};
    time = milliseconds(
        static_cast<int64_t>(Quantity(node, kUnits, what, "a time such as 30s or 5m")));
  };
}

void ConfigReader::At(const YamlNode& node, const std::function<void()>& read) const {
  try {
    read();
  } catch (Error& error) {
    error.At(file_, node.line, node.column);
    throw;
  }
}

Error ConfigReader::Wrong(const YamlNode& node, const std::string& what,
                          const std::string& wanted) const {
  Error error(ErrorCode::kInvalidArgument,
              fmt::format("{} must be {}, and is {}", what, wanted,
                          node.text.empty() ? std::string(node.KindName())
                                            : fmt::format("'{}'", node.text)));
  error.At(file_, node.line, node.column);
  return error;
}

std::string ConfigReader::Resolve(const std::string& path) const {
  if (path == "-" || path.find(":/") != std::string::npos) return path;
  return (fs::absolute(file_).parent_path() / path).lexically_normal().string();
}

double ConfigReader::Quantity(const YamlNode& node, const std::map<std::string, double>& units,
                              const std::string& what, const std::string& wanted) const {
  constexpr double kLargest = 1e15;
  double number = 0;
  const char* begin = node.text.data();
  const char* end = begin + node.text.size();
  auto [rest, error] = std::from_chars(begin, end, number);
  auto unit = units.find(std::string(Trim(std::string_view(rest, end))));
  bool is_scalar = !node.IsMapping() && !node.IsSequence();
  if (!is_scalar || error != std::errc() || unit == units.end() ||
      !(number * unit->second >= 1 && number * unit->second <= kLargest)) {
    throw Wrong(node, what, wanted);
  }
  return number * unit->second;
}

}  // namespace eider::cli
