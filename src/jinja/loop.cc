#include "jinja/loop.h"

#include <utility>

#include "jinja/interpreter.h"
#include "jinja/throw.h"

namespace eider::jinja {

LoopItems::LoopItems(Interpreter& interpreter, Frame& frame, const ForStatement& statement,
                     const Value& iterable)
    : interpreter_(interpreter),
      frame_(frame),
      statement_(statement),
      iterable_(iterable),
      filtered_(statement.condition != nullptr) {
  items_ = iterable_.Items();
  if (iterable_.IsDict()) {
    dict_size_ = iterable_.AsDict().size();
  } else if (!items_) {
    taken_ = iterable_.Iterate();
    items_ = &taken_;
  }
}

bool LoopItems::NextUnfiltered(Value* item) {
  if (items_) {
    if (position_ >= items_->size()) return false;
    *item = (*items_)[position_++];
    return true;
  }
  const Dict& dict = iterable_.AsDict();
  if (dict.size() != dict_size_) Throw("dictionary changed size during iteration");
  if (position_ >= dict.size()) return false;
  *item = dict.at(position_++).key;
  return true;
}

bool LoopItems::Fetch(Value* item, bool peeking) {
  while (NextUnfiltered(item)) {
    if (!filtered_ || interpreter_.AcceptsItem(frame_, statement_, *item, peeking)) return true;
  }
  return false;
}

bool LoopItems::Next(Value* item) {
  if (!next_) return Fetch(item, false);
  *item = std::move(*next_);
  next_.reset();
  return true;
}

const Value* LoopItems::Peek() {
  if (!next_) {
    Value item;
    if (!Fetch(&item, true)) return nullptr;
    next_ = std::move(item);
  }
  return &*next_;
}

int64_t LoopItems::Length(int64_t taken) {
  if (!filtered_) {
    return items_ ? static_cast<int64_t>(items_->size()) : static_cast<int64_t>(dict_size_);
  }
  // Only trying the rest tells how many of them the condition lets through.
  ValueList rest;
  Value item;
  while (Fetch(&item, true)) rest.push_back(std::move(item));
  taken_ = std::move(rest);
  items_ = &taken_;
  position_ = 0;
  filtered_ = false;
  return static_cast<int64_t>(taken_.size()) + taken + (next_ ? 1 : 0);
}

void Loop::Advance(const Value& item) {
  ++index0_;
  before_ = std::exchange(current_, item);
}

std::string Loop::Repr() const {
  return "<LoopContext " + std::to_string(index0_ + 1) + "/" + std::to_string(*Length()) + ">";
}

std::optional<int64_t> Loop::Length() const {
  if (!length_) length_ = items_ ? items_->Length(index0_ + 1) : index0_ + 1;
  return length_;
}

std::optional<Value> Loop::GetAttribute(State& state, std::string_view name) {
  auto method = [&](auto member) {
    auto self = std::static_pointer_cast<Loop>(shared_from_this());
    return Value::Function(std::string(name), [self, member](State&, const Arguments& arguments) {
      return (self.get()->*member)(arguments);
    });
  };
  if (name == "index") return Value(index0_ + 1);
  if (name == "index0") return Value(index0_);
  if (name == "first") return Value(index0_ == 0);
  if (name == "last") return Value(!items_ || !items_->Peek());
  if (name == "length") return Value(*Length());
  if (name == "revindex") return Value(*Length() - index0_);
  if (name == "revindex0") return Value(*Length() - index0_ - 1);
  if (name == "depth") return Value(depth_ + 1);
  if (name == "depth0") return Value(depth_);
  UndefinedMode mode = state.environment().options().undefined;
  if (name == "previtem") {
    if (index0_ == 0) return Value::Undefined("previtem", "there is no previous item", mode);
    return before_;
  }
  if (name == "nextitem") {
    const Value* next = items_ ? items_->Peek() : nullptr;
    if (!next) return Value::Undefined("nextitem", "there is no next item", mode);
    return *next;
  }
  if (name == "cycle") return method(&Loop::Cycle);
  if (name == "changed") return method(&Loop::Changed);
  return std::nullopt;
}

std::optional<Value> Loop::CallMethod(State&, std::string_view name, const Arguments& arguments) {
  if (name == "cycle") return Cycle(arguments);
  if (name == "changed") return Changed(arguments);
  return std::nullopt;
}

Value Loop::Cycle(const Arguments& arguments) const {
  if (arguments.positional.empty()) Throw("no items for cycling given");
  return arguments.positional[static_cast<size_t>(index0_) % arguments.positional.size()];
}

Value Loop::Changed(const Arguments& arguments) {
  if (last_changed_ && *last_changed_ == arguments.positional) return Value(false);
  last_changed_ = arguments.positional;
  return Value(true);
}

Value Loop::Call(State& state, const Arguments& arguments) {
  BoundArguments bound("loop", arguments, {"iterable"}, 1);
  if (!statement_.recursive) {
    Throw("The loop must have the 'recursive' marker to be called recursively.");
  }
  if (!items_) Throw("the loop is over and can not be called any more");
  return static_cast<Interpreter&>(state).RunLoopAgain(frame_, statement_, bound[0], depth_ + 1);
}

}  // namespace eider::jinja
