// Reading eider.yaml: what a key holds, or an error with file, line and column.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>

#include "base/error.h"
#include "base/yaml.h"

namespace eider::cli {

class ConfigReader {
 public:
  // Takes the node of a key.
  using Read = std::function<void(const YamlNode&)>;
  using Keys = std::map<std::string, Read>;

  explicit ConfigReader(std::string file) : file_(std::move(file)) {}

  // Throws kNotFound, kSyntax, and kInvalidArgument for a key that stands twice.
  YamlNode Parse() const;

  // Each entry of the mapping goes to its key's function; one that has none is refused. `what` is
  // the mapping's name in messages.
  void Each(const YamlNode& node, const std::string& what, const Keys& keys) const;
  // Each item of the list goes to `read`.
  void Items(const YamlNode& node, const std::string& what, const Read& read) const;

  // Functions that set `value`; `what` is the key's name in messages.
  Read Text(const std::string& what, std::string& value) const;
  // Paths start at the file's folder; locations with a scheme are left as they are.
  Read Path(const std::string& what, std::string& value) const;
  // Scalars by names that are for others to know.
  Read Properties(const std::string& what, std::map<std::string, std::string>& properties) const;
  Read Flag(const std::string& what, bool& value) const;
  Read Size(const std::string& what, size_t& bytes) const;
  Read Time(const std::string& what, std::chrono::milliseconds& time) const;

  template <typename Number>
  Read Count(const std::string& what, Number& value, int64_t least = 1) const {
    return [this, what, &value, least](const YamlNode& node) {
      if (node.kind != YamlNode::Kind::kInteger || node.integer < least ||
          node.integer > std::numeric_limits<int>::max()) {
        throw Wrong(node, what, "a number of " + std::to_string(least) + " or more");
      }
      value = static_cast<Number>(node.integer);
    };
  }

  // Calls `read`; an Error it throws gets the node's place.
  void At(const YamlNode& node, const std::function<void()>& read) const;

  Error Wrong(const YamlNode& node, const std::string& what, const std::string& wanted) const;

  // A path as Path reads it.
  std::string Resolve(const std::string& path) const;

 private:
  double Quantity(const YamlNode& node, const std::map<std::string, double>& units,
                  const std::string& what, const std::string& wanted) const;

  std::string file_;
};

}  // namespace eider::cli
