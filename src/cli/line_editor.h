// One line from the terminal, edited as in any shell, with history and completion.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eider::cli {

class LineEditor {
 public:
  // Gives the words that could stand in place of the last one of `before_cursor`.
  using Completer = std::function<std::vector<std::string>(std::string_view before_cursor)>;

  // `history_file` is read now, and written when a line is added; "" keeps the history in memory.
  LineEditor(std::string history_file, Completer completer);
  ~LineEditor();

  struct Line {
    std::string text;          // without its newline
    bool interrupted = false;  // Ctrl-C: the text is to be forgotten
  };
  // nullopt at the end of input (Ctrl-D).
  std::optional<Line> Read(const std::string& prompt);
  void AddToHistory(const std::string& text);

 private:
  class State;
  std::unique_ptr<State> state_;
};

// The longest text that all of `words` begin with.
std::string CommonPrefix(const std::vector<std::string>& words);

}  // namespace eider::cli
