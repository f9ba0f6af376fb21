// Calls to a Hive Metastore 3 or 4: its methods and structs as far as they are used here, its
// exceptions as errors, and what to do when an answer does not come.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/hive_properties.h"
#include "io/thrift_client.h"
#include "io/thrift_value.h"

namespace eider::catalog {

// Fields of the metastore's structs.
namespace hive_table {
constexpr int16_t kName = 1, kDatabase = 2, kOwner = 3, kCreateTime = 4, kLastAccessTime = 5,
                  kRetention = 6, kStorage = 7, kPartitionKeys = 8, kParameters = 9,
                  kViewOriginalText = 10, kViewExpandedText = 11, kType = 12;
}
namespace hive_storage {
constexpr int16_t kColumns = 1, kLocation = 2, kInputFormat = 3, kOutputFormat = 4, kCompressed = 5,
                  kBuckets = 6, kSerde = 7, kBucketColumns = 8, kSortColumns = 9, kParameters = 10;
}
namespace hive_serde {
constexpr int16_t kLibrary = 2, kParameters = 3;
}
namespace hive_column {
constexpr int16_t kName = 1, kType = 2, kComment = 3;
}
namespace hive_database {
constexpr int16_t kName = 1, kDescription = 2, kLocation = 3, kParameters = 4, kOwner = 6,
                  kOwnerType = 7;
}

enum class HiveLockState { kAcquired = 1, kWaiting = 2, kAbort = 3, kNotAcquired = 4 };

struct HiveLockAnswer {
  int64_t id = 0;
  HiveLockState state = HiveLockState::kNotAcquired;
};

// A call that changes something.
struct HiveChange {
  std::string method;
  io::ThriftValue arguments;
  std::string what;  // "the commit to table a.b", for messages
  // Asked where the answer does not tell: whether the metastore now is as this change makes it.
  std::function<bool()> landed;
  // Whether `landed` tells this change from one of somebody else that does the same.
  bool tells_own = false;
};

class HiveClient {
 public:
  explicit HiveClient(const HiveOptions& options);

  std::string address() const { return thrift_.address(); }

  // Reads. Each is asked a second time where its answer was lost.
  std::vector<std::string> Databases();
  std::optional<io::ThriftValue> Database(const std::string& name);
  // The tables of a database with that parameter "table_type"; empty where there is no database.
  std::vector<std::string> TablesOfType(const std::string& database, std::string_view table_type);
  std::optional<io::ThriftValue> Table(const TableIdentifier& identifier);

  // Returns when the change is in. Throws kUnknownOutcome where it may or may not be in, or come in
  // later; any other error means that it is not in and will not be.
  void Change(const HiveChange& change);

  // Locks of a table. `owner` names who asks, so that a lock whose answer was lost is found.
  HiveLockAnswer Lock(const TableIdentifier& identifier, const std::string& owner);
  std::optional<HiveLockAnswer> FindLock(const TableIdentifier& identifier,
                                         const std::string& owner);
  HiveLockState CheckLock(int64_t lock_id);
  void Unlock(int64_t lock_id);
  void Heartbeat(int64_t lock_id);

 private:
  io::ThriftValue Read(const std::string& method, const io::ThriftValue& arguments);
  void Await(const HiveChange& change, const std::string& lost);

  io::ThriftClient thrift_;
  const std::chrono::milliseconds patience_;
};

// The user of the operating system that this process belongs to.
std::string SystemUser();

}  // namespace eider::catalog
