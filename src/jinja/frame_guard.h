#pragma once

#include "jinja/interpreter.h"

namespace eider::jinja {

// Makes `frame` the current one for its life, bounded by the limits of recursion.
class FrameGuard {
 public:
  FrameGuard(Interpreter& interpreter, Frame& frame, const Function& function)
      : interpreter_(interpreter), frame_(frame), function_(function) {
    char here;
    if (interpreter_.depth_ >= interpreter_.environment_.options().recursion_limit ||
        &here < interpreter_.stack_floor_) {
      interpreter_.ThrowRecursion();
    }
    ++interpreter_.depth_;
    frame_.caller = interpreter_.frame_;
    interpreter_.frame_ = &frame_;
    interpreter_.EnterFunction(frame_, function_);
  }
  ~FrameGuard() {
    interpreter_.LeaveFunction(frame_, function_);
    interpreter_.frame_ = frame_.caller;
    --interpreter_.depth_;
  }
  FrameGuard(const FrameGuard&) = delete;
  FrameGuard& operator=(const FrameGuard&) = delete;

 private:
  Interpreter& interpreter_;
  Frame& frame_;
  const Function& function_;
};

}  // namespace eider::jinja
