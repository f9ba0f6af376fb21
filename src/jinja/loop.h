// A running for loop: the items it goes through, and the variable `loop`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jinja/ast.h"
#include "jinja/object.h"

namespace eider::jinja {

class Interpreter;
struct Frame;

// The items in turn, those that the loop's condition refuses left out. Lists are read as they stand
// at each step, so that a body may append to the list it goes through, as in Python.
class LoopItems {
 public:
  LoopItems(Interpreter& interpreter, Frame& frame, const ForStatement& statement,
            const Value& iterable);

  bool Next(Value* item);
  // The item that Next would give, or null.
  const Value* Peek();
  // How many items there are in all, `taken` of them given already.
  int64_t Length(int64_t taken);

 private:
  bool NextUnfiltered(Value* item);
  bool Fetch(Value* item, bool peeking);

  Interpreter& interpreter_;
  Frame& frame_;
  const ForStatement& statement_;
  Value iterable_;
  ValueList taken_;  // of iterables that cannot be read in place
  const ValueList* items_ = nullptr;
  size_t dict_size_ = 0;
  size_t position_ = 0;
  bool filtered_;
  std::optional<Value> next_;
};

class Loop final : public Object {
 public:
  Loop(Frame& frame, const ForStatement& statement, LoopItems& items, int64_t depth)
      : frame_(frame), statement_(statement), items_(&items), depth_(depth) {}

  void Advance(const Value& item);
  // The loop is over: its items are gone.
  void Detach() { items_ = nullptr; }

  std::string TypeName() const override { return "LoopContext"; }
  std::string Repr() const override;
  std::optional<Value> GetAttribute(State& state, std::string_view name) override;
  std::optional<Value> CallMethod(State& state, std::string_view name,
                                  const Arguments& arguments) override;
  bool IsCallable() const override { return true; }
  Value Call(State& state, const Arguments& arguments) override;
  std::optional<int64_t> Length() const override;

 private:
  Value Cycle(const Arguments& arguments) const;
  Value Changed(const Arguments& arguments);

  Frame& frame_;
  const ForStatement& statement_;
  LoopItems* items_;
  int64_t depth_;
  int64_t index0_ = -1;
  mutable std::optional<int64_t> length_;
  Value current_;
  Value before_;
  std::optional<ValueList> last_changed_;
};

}  // namespace eider::jinja
