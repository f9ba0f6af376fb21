// What eider.yaml says of who may do what: its keys `authentication`, `roles` and `tls`.
#pragma once

#include <vector>

#include "cli/config_reader.h"
#include "server/access_control.h"
#include "server/http_tls.h"

namespace eider::cli {

// Throw kInvalidArgument with file and line.
void ReadAuthentication(const ConfigReader& reader, const YamlNode& node,
                        server::AccessOptions& access);
std::vector<server::Role> ReadRoles(const ConfigReader& reader, const YamlNode& node);
server::TlsFiles ReadTls(const ConfigReader& reader, const YamlNode& node);

}  // namespace eider::cli
