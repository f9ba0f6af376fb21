// A Hive Metastore for tests, in this process and in memory: it answers what HiveClient asks, and
// loses what the test wants lost.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "catalog/hive_client.h"
#include "io/thrift_testing.h"

namespace eider::catalog {

class TestMetastore {
 public:
  enum class Fault {
    kNone,
    kLoseRequest,  // nothing is done, and the connection ends
    kLoseAnswer,   // all is done, and the connection ends
    kTearAnswer,   // all is done, and half of the answer comes
    kMisreport,    // all is done, and the answer says that somebody else was first
    kFail,         // nothing is done, and the answer says so
  };
  using Faults = std::function<Fault(const io::ThriftMessage& call)>;

  // `root`: the folder of its databases.
  explicit TestMetastore(std::string root) : root_(std::move(root)) {
    server_ =
        io::ServeThrift([this](const io::ThriftMessage& call) { return AnswerWithFaults(call); });
  }

  std::string uri() const { return "thrift://127.0.0.1:" + std::to_string(server_->port()); }

  void set_faults(Faults faults) {
    std::lock_guard<std::mutex> lock(mutex_);
    faults_ = std::move(faults);
  }
  // The next call of that method only.
  void FailOnce(const std::string& method, Fault fault) {
    set_faults([method, fault, done = std::make_shared<bool>(false)](const auto& call) {
      bool now = call.method == method && !*done;
      if (now) *done = true;
      return now ? fault : Fault::kNone;
    });
  }
  // Whether a commit's expected pointer is looked at, as since HIVE-26882.
  void set_compares(bool compares) {
    std::lock_guard<std::mutex> lock(mutex_);
    compares_ = compares;
  }
  // Called within each alter_table, before it is done.
  void set_before_alter(std::function<void()> hook) {
    std::lock_guard<std::mutex> lock(mutex_);
    before_alter_ = std::move(hook);
  }

  // Those that changed something or locked.
  std::vector<std::string> changes() {
    std::lock_guard<std::mutex> lock(mutex_);
    return changes_;
  }
  // How often it was told that somebody holds a lock.
  int heartbeats() const { return heartbeats_; }
  size_t locks() {
    std::lock_guard<std::mutex> lock(mutex_);
    return locks_.size();
  }
  // A lock of somebody else.
  void AddLock(const std::string& table) {
    std::lock_guard<std::mutex> lock(mutex_);
    locks_.push_back({++last_lock_, table, kSomebody});
  }
  void RemoveLock() {
    std::lock_guard<std::mutex> lock(mutex_);
    std::erase_if(locks_, [](const Lock& lock) { return lock.owner == kSomebody; });
  }
  void RemoveAllLocks() {
    std::lock_guard<std::mutex> lock(mutex_);
    locks_.clear();
  }
  bool Has(const std::string& table) {
    std::lock_guard<std::mutex> lock(mutex_);
    return tables_.contains(table);
  }
  io::ThriftValue Table(const std::string& table) {
    std::lock_guard<std::mutex> lock(mutex_);
    return tables_.at(table);
  }
  void SetTable(const std::string& table, const io::ThriftValue& value) {
    std::lock_guard<std::mutex> lock(mutex_);
    tables_[table] = value;
  }

 private:
  static constexpr char kSomebody[] = "somebody";

  struct Lock {
    int64_t id = 0;
    std::string table;
    std::string owner;
  };

  std::string AnswerWithFaults(const io::ThriftMessage& call) {
    Fault fault = Fault::kNone;
    std::function<void()> before_alter;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (faults_) fault = faults_(call);
      if (call.method == "alter_table_with_environment_context") before_alter = before_alter_;
    }
    if (fault == Fault::kLoseRequest) return "";
    if (fault == Fault::kFail) return io::ThriftFailure(call, "Internal error");
    if (before_alter) before_alter();
    std::string answer = Answer(call);
    if (fault == Fault::kLoseAnswer) return "";
    if (fault == Fault::kTearAnswer) return answer.substr(0, answer.size() / 2);
    if (fault == Fault::kMisreport) {
      return Exception(call, 2, "The table has been modified. The parameter value for key ..");
    }
    return answer;
  }

  static std::string Exception(const io::ThriftMessage& call, int16_t field,
                               const std::string& text) {
    io::ThriftValue exception, result;
    exception.Set(1, io::ThriftValue::Text(text));
    result.Set(field, exception);
    return io::ThriftAnswer(call, result);
  }
  static std::string Success(const io::ThriftMessage& call, io::ThriftValue value) {
    io::ThriftValue result;
    result.Set(0, std::move(value));
    return io::ThriftAnswer(call, result);
  }
  static io::ThriftValue Texts(const std::vector<std::string>& texts) {
    std::vector<io::ThriftValue> items;
    for (const std::string& text : texts) items.push_back(io::ThriftValue::Text(text));
    return io::ThriftValue::List(io::ThriftType::kString, std::move(items));
  }
  static std::string NameOf(const io::ThriftValue& table) {
    return table.TextAt(hive_table::kDatabase) + "." + table.TextAt(hive_table::kName);
  }
  static std::string PointerOf(const io::ThriftValue& table) {
    return table.TextMapAt(hive_table::kParameters)["metadata_location"];
  }

  std::string Answer(const io::ThriftMessage& call) {
    std::lock_guard<std::mutex> guard(mutex_);
    const io::ThriftValue& arguments = call.body;
    const io::ThriftValue request = arguments.StructAt(1);
    const std::string& method = call.method;
    if (method == "heartbeat") ++heartbeats_;
    static const std::set<std::string> kReads = {
        "get_all_databases", "get_database", "get_table_names_by_filter",
        "get_table_req",     "check_lock",   "show_locks",
        "heartbeat"};
    if (!kReads.contains(method)) changes_.push_back(method);

    if (method == "get_all_databases") {
      std::vector<std::string> names;
      for (const auto& [name, database] : databases_) names.push_back(name);
      return Success(call, Texts(names));
    }
    if (method == "get_database") {
      auto found = databases_.find(arguments.TextAt(1));
      if (found == databases_.end()) return Exception(call, 1, "no such database");
      return Success(call, found->second);
    }
    if (method == "create_database") {
      std::string name = request.TextAt(hive_database::kName);
      if (databases_.contains(name)) return Exception(call, 1, "Database exists already");
      io::ThriftValue database = request;
      if (database.TextAt(hive_database::kLocation).empty()) {
        database.Set(hive_database::kLocation,
                     io::ThriftValue::Text("file:" + root_ + "/" + name + ".db"));
      }
      databases_[name] = database;
      return io::ThriftAnswer(call, {});
    }
    if (method == "alter_database") {
      databases_[arguments.TextAt(1)] = arguments.StructAt(2);
      return io::ThriftAnswer(call, {});
    }
    if (method == "drop_database") {
      std::string name = arguments.TextAt(1);
      for (const auto& [table, value] : tables_) {
        if (table.starts_with(name + ".")) return Exception(call, 2, name + " is not empty");
      }
      databases_.erase(name);
      return io::ThriftAnswer(call, {});
    }
    if (method == "get_table_names_by_filter") {
      if (!databases_.contains(arguments.TextAt(1))) return Exception(call, 3, "no such database");
      std::vector<std::string> names;
      for (const auto& [name, table] : tables_) {
        std::string type = table.TextMapAt(hive_table::kParameters)["table_type"];
        bool matches =
            arguments.TextAt(2) == "hive_filter_field_params__table_type like \"" + type + "\"";
        if (table.TextAt(hive_table::kDatabase) == arguments.TextAt(1) && matches) {
          names.push_back(table.TextAt(hive_table::kName));
        }
      }
      return Success(call, Texts(names));
    }
    if (method == "get_table_req") {
      auto found = tables_.find(Lower(request.TextAt(1) + "." + request.TextAt(2)));
      if (found == tables_.end()) return Exception(call, 2, "table not found");
      io::ThriftValue result;
      result.Set(1, found->second);
      return Success(call, result);
    }
    if (method == "create_table") {
      std::string name = NameOf(request);
      if (tables_.contains(name)) return Exception(call, 1, "Table exists already");
      tables_[name] = request;
      return io::ThriftAnswer(call, {});
    }
    if (method == "alter_table_with_environment_context") {
      std::string name = arguments.TextAt(1) + "." + arguments.TextAt(2);
      auto found = tables_.find(name);
      if (found == tables_.end()) return Exception(call, 1, "alter is not possible: no " + name);
      auto context = arguments.StructAt(4).TextMapAt(1);
      if (compares_ && context.contains("expected_parameter_key") &&
          context["expected_parameter_value"] != PointerOf(found->second)) {
        return Exception(call, 2, "The table has been modified. The parameter value for key ..");
      }
      io::ThriftValue table = arguments.StructAt(3);
      tables_.erase(found);
      tables_[NameOf(table)] = table;
      return io::ThriftAnswer(call, {});
    }
    if (method == "drop_table") {
      bool gone = tables_.erase(arguments.TextAt(1) + "." + arguments.TextAt(2)) == 0;
      return gone ? Exception(call, 1, "no such table") : io::ThriftAnswer(call, {});
    }
    return AnswerOnLocks(call, request);
  }

  std::string AnswerOnLocks(const io::ThriftMessage& call, const io::ThriftValue& request) {
    auto state_of = [&](int64_t id) {
      const Lock* own = nullptr;
      for (const Lock& lock : locks_) {
        if (lock.id == id) own = &lock;
      }
      for (const Lock& lock : locks_) {
        if (own != nullptr && lock.id < id && lock.table == own->table) return 2;
      }
      return 1;
    };
    auto response = [&](int64_t id) {
      io::ThriftValue value;
      value.Set(1, io::ThriftValue::I64(id)).Set(2, io::ThriftValue::I32(state_of(id)));
      return Success(call, value);
    };
    if (call.method == "lock") {
      io::ThriftValue component = request.ListAt(1).at(0);
      locks_.push_back(
          {++last_lock_, component.TextAt(3) + "." + component.TextAt(4), request.TextAt(5)});
      return response(last_lock_);
    }
    if (call.method == "show_locks") {
      std::vector<io::ThriftValue> shown;
      for (const Lock& lock : locks_) {
        io::ThriftValue value;
        value.Set(1, io::ThriftValue::I64(lock.id))
            .Set(5, io::ThriftValue::I32(state_of(lock.id)))
            .Set(13, io::ThriftValue::Text(lock.owner));
        shown.push_back(value);
      }
      io::ThriftValue value;
      value.Set(1, io::ThriftValue::List(io::ThriftType::kStruct, shown));
      return Success(call, value);
    }
    int64_t id = request.IntegerAt(1, 0);
    bool there =
        std::any_of(locks_.begin(), locks_.end(), [&](const Lock& lock) { return lock.id == id; });
    if (call.method == "check_lock") {
      return there ? response(id) : Exception(call, 3, "no such lock");
    }
    if (call.method == "unlock" || call.method == "heartbeat") {
      if (!there) return Exception(call, 1, "no such lock");
      if (call.method == "unlock") {
        std::erase_if(locks_, [&](const Lock& lock) { return lock.id == id; });
      }
      return io::ThriftAnswer(call, {});
    }
    return io::ThriftFailure(call, "Invalid method name: '" + call.method + "'", 1);
  }

  const std::string root_;
  std::mutex mutex_;
  Faults faults_;
  bool compares_ = true;
  std::atomic<int> heartbeats_ = 0;
  std::function<void()> before_alter_;
  std::vector<std::string> changes_;
  std::map<std::string, io::ThriftValue> databases_ = {{"default", {}}};
  std::map<std::string, io::ThriftValue> tables_;
  std::vector<Lock> locks_;  // the oldest of a table has it
  int64_t last_lock_ = 0;
  std::unique_ptr<io::TestServer> server_;  // last: it calls what is above
};

}  // namespace eider::catalog
