// What a client's certificate says, once TLS has found that an authority which is trusted has
// signed it.
#pragma once

#include <memory>
#include <string>
#include <vector>

struct ssl_st;

namespace eider::server {

struct ClientCertificate {
  std::string subject;              // "CN=spark,O=Example": RFC 2253
  std::vector<std::string> groups;  // "certificate/cn:spark", "certificate/dns:spark.example.org"
};

// Of the other side; nullptr where it showed none.
std::shared_ptr<const ClientCertificate> ReadClientCertificate(ssl_st* tls);

}  // namespace eider::server
