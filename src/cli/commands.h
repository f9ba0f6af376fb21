// The commands, a file each.
#pragma once

#include "cli/arguments.h"

namespace eider::cli {

Command SqlCommand();

}  // namespace eider::cli
