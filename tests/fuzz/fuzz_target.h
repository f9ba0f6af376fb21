// What a fuzz target may do with bytes that make no sense: throw eider::Error. Any other exception,
// a crash, a failed Require, and memory beyond the limit are findings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace eider::fuzz {

inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

template <typename Read>
int Try(const uint8_t* data, size_t size, const Read& read) {
  try {
    read(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace eider::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
