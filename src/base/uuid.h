#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eider {

// A random (version 4) UUID in its 36-character form, from the operating system's entropy.
std::string NewUuid();

// Whether a text has the 36-character form of a UUID, of any version and in either case.
bool IsUuid(std::string_view text);

// A random non-negative 63-bit number, as Iceberg uses for snapshot ids.
int64_t NewRandomId();

// From the same source: good enough for keys and secrets.
std::string NewRandomBytes(size_t count);

}  // namespace eider
