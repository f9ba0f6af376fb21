#include "server/rest_page.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "server/rest_error.h"

namespace eider::server {

namespace {

constexpr size_t kUsualSize = 1000;

size_t ReadSize(const std::string& text) {
  size_t size = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size == 0) {
    throw BadRequest(fmt::format("pageSize is a positive number, not \"{}\"", text));
  }
  return size;
}

std::string NameOfToken(const std::string& token) {
  std::string name;
  for (size_t i = 0; i < token.size(); i += 2) {
    unsigned byte = 0;
    const char* digits = token.data() + i;
    if (i + 1 >= token.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
      throw BadRequest("pageToken is none that this server gave");
    }
    name += static_cast<char>(byte);
  }
  return name;
}

}  // namespace

Page ReadPage(const QueryParameters& query) {
  const std::string* token = query.Find("pageToken");
  const std::string* size = query.Find("pageSize");
  Page page;
  page.size = token == nullptr ? std::numeric_limits<size_t>::max() : kUsualSize;
  if (size != nullptr) page.size = ReadSize(*size);
  if (token != nullptr) page.after = NameOfToken(*token);
  return page;
}

std::string PageToken(const std::string& last_name) {
  std::string token;
  for (char c : last_name) token += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return token;
}

}  // namespace eider::server
