#include "fuzz_target.h"
#include "server/access_right.h"
#include "server/authorization.h"
#include "server/json_web_token.h"
#include "server/session_token.h"

using namespace eider;

namespace {

// Everything is held against keys that nobody has signed with.
void TryToken(std::string_view text) {
  static const server::SessionSigner signer(std::string(32, 'k'));
  fuzz::Require(!signer.Verify(text), "no session verifies");
  static const auto keys = server::ParseJsonWebKeys(
      R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
          "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  auto token = server::ParseJsonWebToken(text);
  if (!token) return;
  fuzz::Require(token->claims.is_object(), "claims are an object");
  fuzz::Require(token->algorithm.starts_with("RS") || token->algorithm.starts_with("PS") ||
                    token->algorithm.starts_with("ES"),
                "an algorithm with public keys");
  for (const server::JsonWebKey& key : keys) {
    fuzz::Require(!server::IsSignedBy(*token, key), "no token verifies");
  }
}

}  // namespace

// A line that says what the rest is: "authorization", "token", "keys" or "grant".
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::Try(data, size, [](std::string_view text) {
    size_t line = std::min(text.find('\n'), text.size());
    std::string_view what = text.substr(0, line);
    std::string_view rest = text.substr(std::min(line + 1, text.size()));
    if (what == "authorization") {
      server::Authorization given = server::ParseAuthorization(rest);
      for (char c : given.token) fuzz::Require(c > ' ' && c < 0x7F, "a token is plain text");
      if (given.scheme == server::Authorization::Scheme::kBearer) TryToken(given.token);
    } else if (what == "token") {
      TryToken(rest);
    } else if (what == "keys") {
      for (const server::JsonWebKey& key : server::ParseJsonWebKeys(rest)) {
        fuzz::Require(key.key != nullptr, "a key is there");
      }
    } else if (what == "grant") {
      server::Grant grant(rest);
      fuzz::Require(!grant.Covers(server::Right::kRead, {"\x01", {"\x01"}, "\x01"}) ||
                        rest.find('*') != std::string_view::npos ||
                        rest.find('\x01') != std::string_view::npos ||
                        rest.find(':') == std::string_view::npos,
                    "nothing but a star stands for another name");
    }
  });
}
