#include "iceberg/inflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "base/error.h"

namespace eider::iceberg {

namespace {

// A manifest block or a metadata file is a few megabytes; more than this is an accident.
constexpr size_t kMaxContent = size_t{1} << 31;

}  // namespace

void Inflate(std::string_view data, DeflateFormat format, const std::string& file,
             std::string& out) {
  z_stream stream{};
  // Window bits below zero: raw deflate; 16 more than the usual: gzip.
  int window_bits = format == DeflateFormat::kRaw ? -MAX_WBITS : MAX_WBITS + 16;
  if (inflateInit2(&stream, window_bits) != Z_OK) {
    throw Error(ErrorCode::kInternal, "zlib could not start");
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  const size_t start = out.size();
  int status = Z_OK;
  while (status == Z_OK && out.size() - start <= kMaxContent) {
    size_t filled = out.size();
    out.resize(filled + std::max<size_t>(data.size() * 3, 4096));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    stream.avail_out = static_cast<uInt>(out.size() - filled);
    status = inflate(&stream, Z_NO_FLUSH);
    out.erase(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: its compressed content is damaged", file));
  }
}

bool LooksLikeGzip(std::string_view data) { return data.starts_with("\x1F\x8B"); }

}  // namespace eider::iceberg
