#include "catalog/hive_properties.h"

#include "base/error.h"
#include "catalog/property_names.h"
#include "catalog/rest_properties.h"
#include "io/file_system.h"

namespace eider::catalog {

namespace {

constexpr int kDefaultPort = 9083;

constexpr char kCallTimeout[] = "hive.metastore.client.socket.timeout-ms";
constexpr char kPatience[] = "commit.status-check.timeout-ms";
constexpr char kLockTimeout[] = "iceberg.hive.lock-timeout-ms";
constexpr char kHeartbeat[] = "iceberg.hive.lock-heartbeat-interval-ms";
// Java's name and PyIceberg's.
constexpr const char* kKerberos[] = {"hive.metastore.sasl.enabled", "hive.kerberos-authentication"};

constexpr std::string_view kNames[] = {"uri",        "warehouse", kCallTimeout, kPatience,
                                       kLockTimeout, kHeartbeat,  kKerberos[0], kKerberos[1]};

}  // namespace

std::string FindHiveProperty(std::string_view written) { return FindPropertyName(written, kNames); }

std::string HivePropertyName(std::string_view written) {
  return RequirePropertyName(written, kNames, "Hive Metastores");
}

HiveOptions HiveOptionsFrom(const std::map<std::string, std::string>& properties) {
  for (const char* name : kKerberos) {
    if (!RestFlag(properties, name, false)) continue;
    throw Error(ErrorCode::kUnsupported,
                std::string("a Hive Metastore with Kerberos (") + name + ") is not supported")
        .WithHint("Iceberg's REST catalogs have other ways to say who asks: catalog rest.");
  }
  HiveOptions options;
  options.addresses = io::ParseThriftAddresses(RestProperty(properties, "uri"), kDefaultPort);
  std::string warehouse = RestProperty(properties, "warehouse");
  if (!warehouse.empty()) options.warehouse = io::ToLocation(warehouse);
  auto read = [&](const char* name, std::chrono::milliseconds& value) {
    value = std::chrono::milliseconds(RestNumber(properties, name, value.count()));
  };
  read(kCallTimeout, options.call_timeout);
  read(kPatience, options.patience);
  read(kLockTimeout, options.lock_timeout);
  read(kHeartbeat, options.heartbeat_interval);
  return options;
}

}  // namespace eider::catalog
