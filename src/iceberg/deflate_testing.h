// Makes what inflate.h reads.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "iceberg/inflate.h"

namespace eider::iceberg {

inline std::string Compress(const std::string& content, DeflateFormat format) {
  z_stream stream{};
  int window_bits = format == DeflateFormat::kRaw ? -MAX_WBITS : MAX_WBITS + 16;
  EXPECT_EQ(
      deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY),
      Z_OK);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace eider::iceberg
