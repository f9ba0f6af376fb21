#pragma once

#include <cstdint>
#include <string>

namespace eider {

// A random (version 4) UUID in its 36-character form, from the operating system's entropy.
std::string NewUuid();

// A random non-negative 63-bit number, as Iceberg uses for snapshot ids.
int64_t NewRandomId();

}  // namespace eider
