// A real PostgreSQL of the tests' own, in a folder below /tmp, reached by a Unix socket.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "catalog/postgres.h"

namespace eider::catalog {

class PostgresServer {
 public:
  // The one of this process, started when it is first asked for; nullptr where the machine has no
  // PostgreSQL.
  static PostgresServer* Get() {
    static std::unique_ptr<PostgresServer> server =
        Programs().empty() ? nullptr : std::make_unique<PostgresServer>();
    return server.get();
  }

  PostgresServer() {
    char name[] = "/tmp/eider_postgres_XXXXXX";
    folder_ = ::mkdtemp(name);
    // The server refuses to run as root.
    if (::geteuid() == 0) {
      user_ = ::getpwnam("postgres");
      if (user_ == nullptr) user_ = ::getpwnam("nobody");
      if (::chown(folder_.c_str(), user_->pw_uid, user_->pw_gid) != 0) ::abort();
    }
    // A collation that orders otherwise than bytes do.
    Wait(Spawn({"initdb", "-D", folder_ + "/data", "-U", "eider", "-A", "trust", "-E", "UTF8",
                "--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8", "--no-sync"}));
    Start();
  }
  ~PostgresServer() {
    Kill(SIGQUIT);  // nobody needs it in order
    std::filesystem::remove_all(folder_);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void Start() {
    process_ = Spawn({"postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                      "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"});
    for (int i = 0;; ++i) {
      try {
        PostgresDatabase(Url(""), "the tests' PostgreSQL", 0);
        return;
      } catch (const Error&) {
        if (i == 200) throw;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    }
  }
  // SIGINT ends every connection in order, SIGQUIT at once, as a crash does.
  void Kill(int signal) {
    ::kill(process_, signal);
    Wait(process_);
  }

  // A place for a catalog that nobody else uses.
  std::string NewCatalog() {
    std::string schema = fmt::format("s{}", ++schemas_);
    PostgresDatabase(Url(""), "the tests' PostgreSQL", 0).Run(("CREATE SCHEMA " + schema).c_str());
    return Url(schema);
  }

 private:
  static std::string Programs() {
    std::string found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
      std::string bin = entry.path().string() + "/bin";
      if (std::filesystem::exists(bin + "/initdb")) found = std::max(found, bin);
    }
    return found;
  }

  std::string Url(const std::string& schema) const {
    std::string host;
    for (char c : folder_) host += c == '/' ? "%2F" : std::string(1, c);
    std::string url = "postgresql://eider@/postgres?host=" + host;
    return schema.empty() ? url : url + "&options=-csearch_path%3D" + schema;
  }

  pid_t Spawn(std::vector<std::string> command) {
    command[0] = Programs() + "/" + command[0];
    std::string log = folder_ + "/log";
    pid_t child = ::fork();
    if (child != 0) return child;
    if (user_ != nullptr && (::setgid(user_->pw_gid) != 0 || ::setuid(user_->pw_uid) != 0)) {
      ::_exit(1);
    }
    int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(output, 1);
    ::dup2(output, 2);
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(1);
  }
  static void Wait(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
  }

  std::string folder_;
  const passwd* user_ = nullptr;
  pid_t process_ = 0;
  std::atomic<int> schemas_ = 0;
};

}  // namespace eider::catalog
