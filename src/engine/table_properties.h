// The values that table properties can take, for those that Eider itself reads. SQL is refused at
// once where it sets another; what stands in metadata that others wrote is not looked at.
#pragma once

#include <map>
#include <string>

namespace eider::engine {

// Throws kInvalidArgument naming the property of `table`, its value, and what would do.
void CheckTableProperties(const std::map<std::string, std::string>& properties,
                          const std::string& table);

}  // namespace eider::engine
