#include "base/base64.h"

#include <array>
#include <cstdint>

namespace eider {

namespace {

constexpr std::string_view kUsual =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Encode(std::string_view data, std::string_view alphabet) {
  std::string text;
  text.reserve((data.size() + 2) / 3 * 4);
  uint32_t held = 0;
  int bits = 0;
  for (char c : data) {
    held = held << 8 | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet[held >> bits & 0x3F];
    }
  }
  if (bits > 0) text += alphabet[held << (6 - bits) & 0x3F];
  return text;
}

// The value of each letter; -1 for what is none.
std::array<int8_t, 256> ValuesOf(std::string_view alphabet) {
  std::array<int8_t, 256> values;
  values.fill(-1);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
  }
  return values;
}

// `text` without padding.
std::optional<std::string> Decode(std::string_view text, const std::array<int8_t, 256>& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string data;
  data.reserve(text.size() * 3 / 4);
  uint32_t held = 0;
  int bits = 0;
  for (char c : text) {
    int8_t value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    held = (held << 6 | static_cast<uint32_t>(value)) & 0xFFFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    data += static_cast<char>(held >> bits & 0xFF);
  }
  if ((held & ((1U << bits) - 1)) != 0) return std::nullopt;
  return data;
}

}  // namespace

std::string Base64(std::string_view data) {
  std::string text = Encode(data, kUsual);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string Base64Url(std::string_view data) { return Encode(data, kUrl); }

std::optional<std::string> FromBase64(std::string_view text) {
  static const std::array<int8_t, 256> kValues = ValuesOf(kUsual);
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return Decode(text, kValues);
}

std::optional<std::string> FromBase64Url(std::string_view text) {
  static const std::array<int8_t, 256> kValues = ValuesOf(kUrl);
  return Decode(text, kValues);
}

}  // namespace eider
