// What a user says of a REST catalog, under the names that PyIceberg, Trino and Iceberg's Java
// client know: uri, warehouse, token, credential, oauth2-server-uri, rest.sigv4-enabled, ..
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace eider::catalog {

using RestProperties = std::map<std::string, std::string>;

// A property's name from how it was written: in any case, and with "_" for "-" and "." where those
// cannot be written (ATTACH options, YAML in dbt's manner). "" for one that means nothing here.
std::string FindRestProperty(std::string_view written);
// The same; throws kInvalidArgument.
std::string RestPropertyName(std::string_view written);

// Whether it says what must not be shown: a token, a secret, a header.
bool IsSecretRestProperty(std::string_view name);

// "" where it is absent.
std::string RestProperty(const RestProperties& properties, const std::string& name);
// Throws kInvalidArgument for what is no number from 0 on.
int64_t RestNumber(const RestProperties& properties, const std::string& name, int64_t fallback);
// Throws kInvalidArgument for what is neither true nor false.
bool RestFlag(const RestProperties& properties, const std::string& name, bool fallback);

}  // namespace eider::catalog
