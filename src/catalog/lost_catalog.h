// A folder that holds tables or views but no catalog.db: a warehouse that lost it, or a folder
// above one.
#pragma once

#include <string>

#include "io/file_system.h"

namespace eider::catalog {

// The folder of some table or view in the folder of a warehouse, as the projection tells; "" for
// none. A folder that holds many other things is not searched to its end.
std::string AnyProjectedFolder(io::FileSystem& files, const std::string& warehouse);

// The folder below `folder`, on the way to `table`, that has a catalog.db; "" for none.
std::string WarehouseBetween(io::FileSystem& files, const std::string& folder,
                             const std::string& table);

}  // namespace eider::catalog
