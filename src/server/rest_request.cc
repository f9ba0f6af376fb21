#include "server/rest_request.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

bool IsUtf8(std::string_view text) {
  try {
    Json(std::string(text)).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// "+" stands for a blank in queries alone.
std::string Decode(std::string_view text, bool is_query) {
  std::optional<std::string> whole =
      PercentDecode(is_query ? ReplaceAll(text, "+", " ") : std::string(text));
  if (!whole) throw BadRequest(fmt::format("\"{}\" is not percent-encoded well", text));
  const std::string& decoded = *whole;
  for (char c : decoded) {
    if (IsControl(c) && c != kNamespaceSeparator) {
      throw BadRequest("names and parameters hold no control characters");
    }
  }
  if (!IsUtf8(decoded)) throw BadRequest("names and parameters are in UTF-8");
  return decoded;
}

}  // namespace

std::string DecodePercent(std::string_view text) { return Decode(text, false); }

QueryParameters::QueryParameters(std::string_view query) {
  for (const std::string& parameter : Split(query, '&')) {
    if (parameter.empty()) continue;
    size_t equals = std::min(parameter.find('='), parameter.size());
    std::string value = parameter.substr(std::min(equals + 1, parameter.size()));
    values_.emplace(Decode(parameter.substr(0, equals), true), Decode(value, true));
  }
}

const std::string* QueryParameters::Find(std::string_view name) const {
  auto it = values_.find(name);
  return it == values_.end() ? nullptr : &it->second;
}

bool QueryParameters::Flag(std::string_view name) const {
  const std::string* value = Find(name);
  if (value == nullptr) return false;
  std::string text = Lower(*value);
  if (text != "true" && text != "false") {
    throw BadRequest(fmt::format("{} is true or false, not \"{}\"", name, *value));
  }
  return text == "true";
}

catalog::Namespace NamespaceFromPath(std::string_view text) {
  catalog::Namespace name = Split(text, kNamespaceSeparator);
  for (const std::string& level : name) CheckName(level);
  return name;
}

catalog::Namespace NamespaceFromBody(const Json& levels) {
  if (!levels.is_array() || levels.empty()) {
    throw BadRequest("a namespace is an array of one or more names");
  }
  catalog::Namespace name;
  for (const Json& level : levels) {
    if (!level.is_string()) throw BadRequest("a namespace is an array of names");
    name.push_back(level.get<std::string>());
    CheckName(name.back());
  }
  return name;
}

catalog::TableIdentifier IdentifierFromBody(const Json& identifier) {
  catalog::TableIdentifier read;
  Understand([&] {
    read.name_space = NamespaceFromBody(RequireMember(identifier, "namespace", "identifier"));
    read.name = RequireString(identifier, "name", "identifier");
  });
  CheckName(read.name);
  return read;
}

void CheckName(const std::string& name) {
  if (name.empty()) throw BadRequest("a name is empty");
  // What file systems, catalogs of other makes and people can still handle.
  constexpr size_t kLongest = 255;
  if (name.size() > kLongest) {
    throw BadRequest(fmt::format("a name is longer than {} bytes", kLongest));
  }
  for (char c : name) {
    if (IsControl(c)) throw BadRequest("a name holds a control character");
  }
}

void CheckBodyDepth(std::string_view body, int deepest) {
  if (IsNestedDeeper(body, deepest)) throw BadRequest("the body is nested too deeply");
}

Json ParseBody(const std::string& body, int deepest) {
  try {
    Json json = ParseJson(body, "request", deepest);
    if (!json.is_object()) throw BadRequest("the body is not a JSON object");
    return json;
  } catch (const Error& error) {
    CheckBodyDepth(body, deepest);
    throw BadRequest(fmt::format("the body is {} (line {}, column {})", error.message(),
                                 error.line(), error.column()));
  }
}

void Understand(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    throw BadRequest(error.message());
  } catch (const Json::exception& error) {
    throw BadRequest(fmt::format("a member of the body has the wrong type ({})", error.what()));
  }
}

bool OptionalFlag(const Json& object, const char* key) {
  auto it = object.find(key);
  return it != object.end() && !it->is_null() && it->get<bool>();
}

std::string OptionalString(const Json& object, const char* key) {
  auto it = object.find(key);
  return it == object.end() || it->is_null() ? std::string() : it->get<std::string>();
}

std::map<std::string, std::string> OptionalProperties(const Json& object, const char* key) {
  auto it = object.find(key);
  if (it == object.end() || it->is_null()) return {};
  if (!it->is_object()) throw BadRequest(fmt::format("\"{}\" is not an object", key));
  return it->get<std::map<std::string, std::string>>();
}

}  // namespace eider::server
