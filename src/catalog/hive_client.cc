#include "catalog/hive_client.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace eider::catalog {

namespace {

using io::ThriftReply;
using io::ThriftType;
using io::ThriftValue;

constexpr int16_t kSuccess = 0;
constexpr int16_t kExceptionMessage = 1;
// The metastore's exception for whatever has none of its own: it tells neither what failed nor
// whether the change was in by then.
constexpr ErrorCode kMetaException = ErrorCode::kIo;

// What the exceptions that a method declares stand for, by their fields.
const std::map<int16_t, ErrorCode>& ExceptionsOf(const std::string& method) {
  using enum ErrorCode;
  static const std::map<std::string, std::map<int16_t, ErrorCode>> kDeclared = {
      {"get_all_databases", {{1, kMetaException}}},
      {"get_database", {{1, kNotFound}, {2, kMetaException}}},
      {"create_database", {{1, kAlreadyExists}, {2, kInvalidArgument}, {3, kMetaException}}},
      {"alter_database", {{1, kMetaException}, {2, kNotFound}}},
      {"drop_database", {{1, kNotFound}, {2, kConflict}, {3, kMetaException}}},
      {"get_table_names_by_filter", {{1, kMetaException}, {2, kInvalidArgument}, {3, kNotFound}}},
      {"get_table_req", {{1, kMetaException}, {2, kNotFound}}},
      {"create_table",
       {{1, kAlreadyExists}, {2, kInvalidArgument}, {3, kMetaException}, {4, kNotFound}}},
      {"alter_table_with_environment_context", {{1, kInvalidArgument}, {2, kMetaException}}},
      {"drop_table", {{1, kNotFound}, {2, kMetaException}}},
      {"lock", {{1, kNotFound}, {2, kConflict}}},
      {"check_lock", {{1, kNotFound}, {2, kConflict}, {3, kNotFound}}},
      {"unlock", {{1, kNotFound}, {2, kConflict}}},
      {"heartbeat", {{1, kNotFound}, {2, kNotFound}, {3, kConflict}}},
  };
  static const std::map<int16_t, ErrorCode> kNone;
  auto found = kDeclared.find(method);
  return found == kDeclared.end() ? kNone : found->second;
}

// What the reply says went wrong; nullopt for a result.
std::optional<Error> FailureOf(const std::string& method, const ThriftReply& reply,
                               const std::string& address) {
  auto failure = [&](ErrorCode code, const std::string& text) {
    if (text.find("The table has been modified") != std::string::npos) code = ErrorCode::kConflict;
    if (text.find("AccessControlException") != std::string::npos) code = ErrorCode::kPermission;
    return Error(code, fmt::format("{} says: {}", address, text));
  };
  if (!reply.failure.empty()) return failure(kMetaException, reply.failure);
  for (const auto& [field, code] : ExceptionsOf(method)) {
    if (const ThriftValue* thrown = reply.result.Find(field, ThriftType::kStruct)) {
      return failure(code, thrown->TextAt(kExceptionMessage));
    }
  }
  return std::nullopt;
}

HiveLockAnswer LockAnswerOf(const ThriftValue& response) {
  return {response.IntegerAt(1, 0), static_cast<HiveLockState>(response.IntegerAt(
                                        2, static_cast<int64_t>(HiveLockState::kNotAcquired)))};
}

Error UnknownOutcome(const HiveChange& change, const std::string& why) {
  return Error(ErrorCode::kUnknownOutcome,
               fmt::format("whether {} landed is not known: {}", change.what, why))
      .WithHint("Its files are kept. Look at the catalog before trying again.");
}

// The argument of methods that take a request.
ThriftValue Request(ThriftValue request) {
  ThriftValue arguments;
  arguments.Set(1, std::move(request));
  return arguments;
}

ThriftValue LockId(int64_t id) {
  ThriftValue request;
  request.Set(1, ThriftValue::I64(id));
  return Request(std::move(request));
}

std::string HostName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

}  // namespace

std::string SystemUser() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(::geteuid());
}

HiveClient::HiveClient(const HiveOptions& options)
    : thrift_({.addresses = options.addresses, .timeout = options.call_timeout}),
      patience_(options.patience) {}

ThriftValue HiveClient::Read(const std::string& method, const ThriftValue& arguments) {
  for (bool again : {true, false}) {
    try {
      ThriftReply reply = thrift_.Call(method, arguments);
      if (auto failure = FailureOf(method, reply, address())) throw Error(*failure);
      return std::move(reply.result);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnknownOutcome) throw;
      if (!again) throw Error(ErrorCode::kIo, error.message());
    }
  }
  return {};
}

std::vector<std::string> HiveClient::Databases() {
  return Read("get_all_databases", {}).TextsAt(kSuccess);
}

std::optional<ThriftValue> HiveClient::Database(const std::string& name) {
  ThriftValue arguments;
  arguments.Set(1, ThriftValue::Text(name));
  try {
    return Read("get_database", arguments).StructAt(kSuccess);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return std::nullopt;
  }
}

std::vector<std::string> HiveClient::TablesOfType(const std::string& database,
                                                  std::string_view table_type) {
  ThriftValue arguments;
  arguments
      .Set(1, ThriftValue::Text(database))
      // "like", since some of the databases below a metastore cannot compare long texts by "=".
      .Set(2, ThriftValue::Text(
                  fmt::format("hive_filter_field_params__table_type like \"{}\"", table_type)))
      .Set(3, ThriftValue::I16(-1));
  try {
    return Read("get_table_names_by_filter", arguments).TextsAt(kSuccess);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return {};
  }
}

std::optional<ThriftValue> HiveClient::Table(const TableIdentifier& identifier) {
  ThriftValue request;
  request.Set(1, ThriftValue::Text(NamespaceText(identifier.name_space)))
      .Set(2, ThriftValue::Text(identifier.name));
  try {
    ThriftValue result = Read("get_table_req", Request(std::move(request))).StructAt(kSuccess);
    return result.StructAt(1);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return std::nullopt;
  }
}

void HiveClient::Change(const HiveChange& change) {
  std::optional<Error> failure;
  std::string lost;
  try {
    ThriftReply reply = thrift_.Call(change.method, change.arguments);
    failure = FailureOf(change.method, reply, address());
    if (!failure) return;
  } catch (Error& error) {
    if (error.code() != ErrorCode::kUnknownOutcome) throw Error(error.WithContext(change.what));
    lost = error.message();
  }
  if (!failure) return Await(change, lost);
  failure->WithContext(change.what);
  if (!change.tells_own) throw Error(*failure);
  // The metastore tries again by itself, and may meet what it has done the first time. It has
  // answered, though: what is not in now will not come.
  std::string unread;
  try {
    if (change.landed()) return;
  } catch (const Error& error) {
    unread = error.message();
  }
  if (unread.empty()) throw Error(*failure);
  throw UnknownOutcome(change, failure->message() + "; " + unread);
}

// The metastore may still be at it.
void HiveClient::Await(const HiveChange& change, const std::string& lost) {
  auto deadline = std::chrono::steady_clock::now() + patience_;
  for (auto wait = std::chrono::milliseconds(20);; wait = std::min(wait * 2, patience_ / 5)) {
    std::string unread;
    try {
      if (change.landed()) return;
    } catch (const Error& error) {
      unread = "; " + error.message();
    }
    if (std::chrono::steady_clock::now() >= deadline) throw UnknownOutcome(change, lost + unread);
    std::this_thread::sleep_for(wait);
  }
}

HiveLockAnswer HiveClient::Lock(const TableIdentifier& identifier, const std::string& owner) {
  constexpr int kExclusive = 3, kTableLevel = 2;
  ThriftValue component;
  component.Set(1, ThriftValue::I32(kExclusive))
      .Set(2, ThriftValue::I32(kTableLevel))
      .Set(3, ThriftValue::Text(NamespaceText(identifier.name_space)))
      .Set(4, ThriftValue::Text(identifier.name));
  ThriftValue request;
  request.Set(1, ThriftValue::List(ThriftType::kStruct, {std::move(component)}))
      .Set(3, ThriftValue::Text(SystemUser()))
      .Set(4, ThriftValue::Text(HostName()))
      .Set(5, ThriftValue::Text(owner));
  ThriftReply reply = thrift_.Call("lock", Request(std::move(request)));
  if (auto failure = FailureOf("lock", reply, address())) throw Error(*failure);
  return LockAnswerOf(reply.result.StructAt(kSuccess));
}

std::optional<HiveLockAnswer> HiveClient::FindLock(const TableIdentifier& identifier,
                                                   const std::string& owner) {
  constexpr int16_t kLockId = 1, kState = 5, kAgent = 13;
  ThriftValue request;
  request.Set(1, ThriftValue::Text(NamespaceText(identifier.name_space)))
      .Set(2, ThriftValue::Text(identifier.name));
  ThriftValue response = Read("show_locks", Request(std::move(request))).StructAt(kSuccess);
  for (const ThriftValue& lock : response.ListAt(1)) {
    if (lock.TextAt(kAgent) != owner) continue;
    return HiveLockAnswer{lock.IntegerAt(kLockId, 0),
                          static_cast<HiveLockState>(lock.IntegerAt(kState, 0))};
  }
  return std::nullopt;
}

HiveLockState HiveClient::CheckLock(int64_t lock_id) {
  return LockAnswerOf(Read("check_lock", LockId(lock_id)).StructAt(kSuccess)).state;
}

void HiveClient::Unlock(int64_t lock_id) {
  try {
    Read("unlock", LockId(lock_id));
  } catch (const Error& error) {
    // One that is gone is one that was let go of.
    if (error.code() != ErrorCode::kNotFound) throw;
  }
}

void HiveClient::Heartbeat(int64_t lock_id) { Read("heartbeat", LockId(lock_id)); }

}  // namespace eider::catalog
