// What a user says of a Hive Metastore, under the names that Iceberg's Java client and PyIceberg
// know: uri, warehouse, iceberg.hive.lock-timeout-ms, ..
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/thrift_client.h"

namespace eider::catalog {

// A property's name from how it was written: in any case, and with "_" for "-" and ".". "" for one
// that means nothing here.
std::string FindHiveProperty(std::string_view written);
// The same; throws kInvalidArgument.
std::string HivePropertyName(std::string_view written);

struct HiveOptions {
  std::vector<io::ThriftAddress> addresses;
  // Where the folders of new schemas go, as a location; "" leaves that to the metastore.
  std::string warehouse;
  std::chrono::milliseconds call_timeout{60'000};
  // How long a change whose answer was lost is looked for.
  std::chrono::milliseconds patience{5'000};
  std::chrono::milliseconds lock_timeout{180'000};
  std::chrono::milliseconds heartbeat_interval{120'000};
};

// Throws kInvalidArgument, and kUnsupported for Kerberos.
HiveOptions HiveOptionsFrom(const std::map<std::string, std::string>& properties);

}  // namespace eider::catalog
