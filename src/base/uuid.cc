#include "base/uuid.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <cctype>
#include <cstring>

#include "base/error.h"

namespace eider {

namespace {

void Fill(unsigned char* bytes, size_t count) {
  if (RAND_bytes(bytes, static_cast<int>(count)) != 1) {
    throw Error(ErrorCode::kInternal, "the operating system gave no random bytes");
  }
}

template <size_t N>
std::array<unsigned char, N> RandomBytes() {
  std::array<unsigned char, N> bytes;
  Fill(bytes.data(), N);
  return bytes;
}

}  // namespace

std::string NewUuid() {
  auto b = RandomBytes<16>();
  b[6] = static_cast<unsigned char>((b[6] & 0x0F) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3F) | 0x80);
  return fmt::format(
      "{:02x}{:02x}{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-"
      "{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}",
      b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
      b[15]);
}

bool IsUuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kForm.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool fits =
        kForm[i] == '-' ? text[i] == '-' : std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
    if (!fits) return false;
  }
  return true;
}

int64_t NewRandomId() {
  auto bytes = RandomBytes<8>();
  uint64_t value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return static_cast<int64_t>(value & 0x7FFFFFFFFFFFFFFFULL);
}

std::string NewRandomBytes(size_t count) {
  std::string bytes(count, '\0');
  Fill(reinterpret_cast<unsigned char*>(bytes.data()), count);
  return bytes;
}

}  // namespace eider
