#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace eider::jinja {

// What Python raises as TypeError, ValueError and their kin.
[[noreturn]] inline void Throw(std::string message) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message));
}

}  // namespace eider::jinja
