#include "catalog/hive_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/uuid.h"

namespace eider::catalog {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{25};
constexpr milliseconds kLongestWait{1'000};

}  // namespace

HiveLock::HiveLock(HiveClient& client, const TableIdentifier& identifier,
                   const HiveOptions& options)
    : client_(client), identifier_(identifier), owner_("Eider-" + NewUuid()) {
  HiveLockAnswer answer = Ask();
  id_ = answer.id;
  try {
    AwaitLock(answer, options.lock_timeout);
    heart_ = std::thread([this, interval = options.heartbeat_interval] { Beat(interval); });
  } catch (...) {
    Release();
    throw;
  }
}

HiveLock::~HiveLock() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  heart_.join();
  Release();
}

HiveLockAnswer HiveLock::Ask() {
  std::string what = "the lock of " + identifier_.ToString();
  try {
    return client_.Lock(identifier_, owner_);
  } catch (Error& error) {
    if (error.code() != ErrorCode::kUnknownOutcome) throw Error(error.WithContext(what));
    // Left alone, a lock that nobody knows of would keep everybody from the table for minutes.
    if (auto found = client_.FindLock(identifier_, owner_)) return *found;
    throw Error(ErrorCode::kIo, what + ": " + error.message());
  }
}

void HiveLock::AwaitLock(HiveLockAnswer answer, milliseconds timeout) {
  auto deadline = std::chrono::steady_clock::now() + timeout;
  for (milliseconds wait = kFirstWait; answer.state != HiveLockState::kAcquired;
       wait = std::min(wait * 3 / 2, kLongestWait)) {
    if (answer.state != HiveLockState::kWaiting) {
      throw Error(ErrorCode::kConflict, fmt::format("{} refuses the lock of {}", client_.address(),
                                                    identifier_.ToString()));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("{} is locked by somebody else in {}: gave up after {} s",
                              identifier_.ToString(), client_.address(), timeout.count() / 1000))
          .WithHint("iceberg.hive.lock-timeout-ms says how long to wait.");
    }
    std::this_thread::sleep_for(wait);
    // Which tells the metastore as well that somebody waits.
    try {
      answer.state = client_.CheckLock(id_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
      throw Error(ErrorCode::kConflict, fmt::format("the lock of {} was lost while it was waited "
                                                    "for: {}",
                                                    identifier_.ToString(), error.message()));
    }
  }
}

void HiveLock::Beat(milliseconds interval) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!ending_.wait_for(lock, interval, [this] { return ended_; })) {
    lock.unlock();
    std::string failure;
    try {
      client_.Heartbeat(id_);
    } catch (const Error& error) {
      failure = error.message();
    }
    lock.lock();
    if (!failure.empty()) failure_ = failure;
  }
}

void HiveLock::RequireHeld() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (failure_.empty()) return;
  throw Error(ErrorCode::kConflict, fmt::format("the lock of {} is perhaps no longer held: {}",
                                                identifier_.ToString(), failure_));
}

void HiveLock::Release() {
  try {
    client_.Unlock(id_);
  } catch (const Error&) {
    // See the destructor's declaration.
  }
}

}  // namespace eider::catalog
