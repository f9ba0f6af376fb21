// Decompression of zlib's formats, with a bound on what a damaged file can make us allocate.
#pragma once

#include <string>
#include <string_view>

namespace eider::iceberg {

enum class DeflateFormat { kRaw, kGzip };

// Appends the content of `data` to `out`. Throws kCorrupt naming `file` where the data is damaged,
// incomplete, or grows beyond 2 GiB.
void Inflate(std::string_view data, DeflateFormat format, const std::string& file,
             std::string& out);

bool LooksLikeGzip(std::string_view data);

}  // namespace eider::iceberg
