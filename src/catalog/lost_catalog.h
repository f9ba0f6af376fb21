// A warehouse whose catalog.db is gone.
#pragma once

#include <string>

#include "io/file_system.h"

namespace eider::catalog {

// The folder of some table or view in the folder of a warehouse, as the projection tells; "" for
// none. A folder that holds many other things is not searched to its end.
std::string AnyProjectedFolder(io::FileSystem& files, const std::string& warehouse);

}  // namespace eider::catalog
