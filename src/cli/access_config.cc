#include "cli/access_config.h"

#include <fmt/format.h>

namespace eider::cli {

namespace {

// Each item of a list becomes what its text says.
template <typename Item>
ConfigReader::Read ItemsOf(const ConfigReader& reader, const std::string& what,
                           std::vector<Item>& items) {
  return [&reader, what, &items](const YamlNode& node) {
    reader.Items(node, what, [&](const YamlNode& item) {
      std::string text;
      reader.Text("an item of " + what, text)(item);
      reader.At(item, [&] { items.emplace_back(text); });
    });
  };
}

server::JwtIssuerOptions ReadIssuer(const ConfigReader& reader, const YamlNode& node) {
  server::JwtIssuerOptions issuer;
  reader.Each(node, "an issuer in 'jwt'",
              {{"name", reader.Text("'name' of an issuer", issuer.name)},
               {"issuer", reader.Text("'issuer'", issuer.issuer)},
               {"audience", ItemsOf(reader, "'audience'", issuer.audiences)},
               {"keys", reader.Path("'keys' of an issuer", issuer.keys)},
               {"ca_file", reader.Path("'ca_file' of an issuer", issuer.ca_file)},
               {"principal", reader.Text("'principal' of an issuer", issuer.principal_claim)},
               {"claims", ItemsOf(reader, "'claims'", issuer.claims)}});
  reader.At(node, [&] { server::CheckJwtIssuer(issuer); });
  return issuer;
}

}  // namespace

void ReadAuthentication(const ConfigReader& reader, const YamlNode& node,
                        server::AccessOptions& access) {
  std::chrono::milliseconds session_time = access.session_time;
  auto read_jwt = [&](const YamlNode& list) {
    reader.Items(list, "'jwt'", [&](const YamlNode& item) {
      access.authentication.issuers.push_back(ReadIssuer(reader, item));
    });
  };
  reader.Each(node, "'authentication'",
              {{"tokens", reader.Path("'tokens'", access.authentication.token_file)},
               {"session_time", reader.Time("'session_time'", session_time)},
               {"jwt", read_jwt},
               {"open_metrics", reader.Flag("'open_metrics'", access.open_metrics)}});
  access.session_time = std::chrono::duration_cast<std::chrono::seconds>(session_time);
}

std::vector<server::Role> ReadRoles(const ConfigReader& reader, const YamlNode& node) {
  std::vector<server::Role> roles;
  if (!node.IsMapping()) throw reader.Wrong(node, "'roles'", "a mapping of names to roles");
  for (const auto& [key, value] : node.entries) {
    server::Role role;
    role.name = key.text;
    std::string what = fmt::format("the role '{}'", role.name);
    reader.Each(value, what,
                {{"members", ItemsOf(reader, "'members' of " + what, role.members)},
                 {"grants", ItemsOf(reader, "'grants' of " + what, role.grants)}});
    roles.push_back(std::move(role));
  }
  return roles;
}

server::TlsFiles ReadTls(const ConfigReader& reader, const YamlNode& node) {
  server::TlsFiles files;
  std::string certificates;
  reader.Each(
      node, "'tls'",
      {{"certificate", reader.Path("'tls: certificate'", files.certificate)},
       {"key", reader.Path("'tls: key'", files.key)},
       {"client_authorities", reader.Path("'tls: client_authorities'", files.client_authorities)},
       {"client_certificates", reader.Text("'tls: client_certificates'", certificates)}});
  if (files.certificate.empty() || files.key.empty()) {
    throw reader.Wrong(node, "'tls'", "a mapping with 'certificate' and 'key'");
  }
  if (certificates == "required") {
    files.requires_client_certificate = true;
  } else if (!certificates.empty() && certificates != "optional") {
    throw reader.Wrong(node, "'tls: client_certificates'", "required or optional");
  }
  if (!certificates.empty() && files.client_authorities.empty()) {
    throw reader.Wrong(node, "'tls'",
                       "a mapping with 'client_authorities', who sign clients' certificates");
  }
  return files;
}

}  // namespace eider::cli
