// Calls over Thrift's binary protocol on plain TCP, unframed: what a Hive Metastore speaks.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "io/thrift_value.h"

namespace eider::io {

struct ThriftAddress {
  std::string host;
  int port = 0;

  // "thrift://host:9083"
  std::string ToString() const;
};

// "thrift://host:9083", or several with commas between. Without a port it is `default_port`. Throws
// kInvalidArgument.
std::vector<ThriftAddress> ParseThriftAddresses(std::string_view text, int default_port);

struct ThriftClientOptions {
  // Servers of one service. The first that takes a connection is asked.
  std::vector<ThriftAddress> addresses;
  std::chrono::milliseconds connect_timeout{5'000};
  // From a call to the end of its answer.
  std::chrono::milliseconds timeout{60'000};
};

struct ThriftReply {
  // Field 0 is what the method returns; each other field is an exception that it declares.
  ThriftValue result;
  // Where the server failed otherwise: what it says. "" for a result.
  std::string failure;
};

// Keeps its connections open for the next call. Any thread may use it; each call that is under way
// has a connection of its own.
class ThriftClient {
 public:
  explicit ThriftClient(ThriftClientOptions options);
  ~ThriftClient();
  ThriftClient(const ThriftClient&) = delete;
  ThriftClient& operator=(const ThriftClient&) = delete;

  // Errors name the method and the server's address:
  //   kIo              the call did not get to a server whole
  //   kUnknownOutcome  it was sent, and the answer did not come whole: the server may have done
  //   what
  //                    it was asked
  //   kUnsupported     the server does not know the method, or speaks something else: TLS, HTTP, or
  //                    SASL, as with Kerberos
  // Nothing is ever sent a second time by itself.
  ThriftReply Call(const std::string& method, const ThriftValue& arguments);

  // All of them: "thrift://a:9083,thrift://b:9083".
  std::string address() const;

 private:
  class Connection;

  std::unique_ptr<Connection> Take();
  std::unique_ptr<Connection> Connect() const;

  const ThriftClientOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // the last used is last
  int32_t last_sequence_ = 0;
};

}  // namespace eider::io
