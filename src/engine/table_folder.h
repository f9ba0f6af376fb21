// The folders a table's files lie in.
#pragma once

#include <string>
#include <vector>

#include "io/file_system.h"

namespace eider::engine {

// Removes files that nothing names, and of the "data" and "metadata" folders they lie in, and the
// tables' folders around those, what is left empty. What cannot be removed stays behind, for `eider
// catalog check` to list.
void RemoveUnnamedFiles(io::FileSystem& files, const std::vector<std::string>& paths);

// The part of it that is about folders.
void RemoveIfEmpty(io::FileSystem& files, const std::string& folder);

}  // namespace eider::engine
