// The text of a token: "eider_<id>_<secret>". The id tells which one it is and is no secret; the
// secret is 256 random bits, of which a server keeps only the hash.
#pragma once

#include <string>
#include <string_view>

namespace eider::server {

struct BearerToken {
  std::string id;    // 12 hexadecimal digits
  std::string text;  // all of it: what a client sends
};

BearerToken NewBearerToken();

// The id of a text that has the form of a token; "" for another.
std::string_view IdOfBearerToken(std::string_view text);

// What is kept of a token. A plain hash will do: nobody guesses 256 bits, however fast the hash.
std::string HashOfBearerToken(std::string_view text);

}  // namespace eider::server
