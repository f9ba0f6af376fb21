// The metastore's exclusive lock on a table, which everybody who commits by Iceberg's Java client,
// PyIceberg or Trino takes.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "catalog/hive_client.h"

namespace eider::catalog {

class HiveLock {
 public:
  // Waits for it. `client` is not owned. Throws kConflict where it is not to be had within the
  // time that `options` give, and kIo.
  HiveLock(HiveClient& client, const TableIdentifier& identifier, const HiveOptions& options);
  // Lets go of it; where the metastore cannot be told, it does so by itself after a while.
  ~HiveLock();
  HiveLock(const HiveLock&) = delete;
  HiveLock& operator=(const HiveLock&) = delete;

  // Throws kConflict where the metastore was not told in time that somebody still holds the lock:
  // others may have it then.
  void RequireHeld();

 private:
  HiveLockAnswer Ask();
  void AwaitLock(HiveLockAnswer answer, std::chrono::milliseconds timeout);
  void Beat(std::chrono::milliseconds interval);
  void Release();

  HiveClient& client_;
  const TableIdentifier identifier_;
  const std::string owner_;
  int64_t id_ = 0;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::string failure_;  // of a heartbeat
  std::thread heart_;
};

}  // namespace eider::catalog
