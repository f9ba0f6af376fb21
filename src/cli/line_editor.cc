#include "cli/line_editor.h"

#include <histedit.h>
#include <locale.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "cli/display_width.h"
#include "cli/terminal.h"

namespace eider::cli {

namespace {

constexpr int kHistoryLength = 5000;

bool IsWordCharacter(char c) {
  auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || byte >= 0x80 || c == '_' || c == '.' || c == '$' || c == '"';
}

}  // namespace

std::string CommonPrefix(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string prefix = words.front();
  for (const std::string& word : words) {
    size_t length = 0;
    while (length < prefix.size() && length < word.size() && prefix[length] == word[length]) {
      ++length;
    }
    prefix.resize(length);
  }
  return prefix;
}

class LineEditor::State {
 public:
  State(std::string history_file, Completer completer)
      : history_file_(std::move(history_file)), completer_(std::move(completer)) {
    // libedit reads UTF-8 by the process's locale.
    if (!setlocale(LC_CTYPE, "") || std::string_view(setlocale(LC_CTYPE, nullptr)) == "C") {
      setlocale(LC_CTYPE, "C.UTF-8");
    }
    editor_ = el_init("eider", stdin, stdout, stderr);
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT_ESC, &State::Prompt, '\1');
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_SIGNAL, 0);
    // Ctrl-C arrives as a character while a line is edited, so that it drops that line only.
    el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
    el_set(editor_, EL_ADDFN, "eider-interrupt", "drop the line", &State::OnInterrupt);
    el_set(editor_, EL_BIND, "^C", "eider-interrupt", nullptr);
    el_set(editor_, EL_ADDFN, "eider-complete", "complete the word", &State::OnComplete);
    el_set(editor_, EL_BIND, "^I", "eider-complete", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(editor_, nullptr);

    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryLength);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_file_.empty()) history(history_, &event, H_LOAD, history_file_.c_str());
    el_set(editor_, EL_HIST, history, history_);
  }

  ~State() {
    history_end(history_);
    el_end(editor_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::optional<Line> Read(const std::string& prompt) {
    prompt_ = prompt;
    interrupted_ = false;
    int count = 0;
    const char* text = el_gets(editor_, &count);
    if (interrupted_) return Line{"", true};
    if (!text || count <= 0) return std::nullopt;
    Line line{std::string(text, static_cast<size_t>(count)), false};
    while (line.text.ends_with('\n') || line.text.ends_with('\r')) line.text.pop_back();
    return line;
  }

  void Add(const std::string& text) {
    HistEvent event;
    history(history_, &event, H_ENTER, text.c_str());
    if (!history_file_.empty()) history(history_, &event, H_SAVE, history_file_.c_str());
  }

 private:
  static State& Of(EditLine* editor) {
    void* state = nullptr;
    el_get(editor, EL_CLIENTDATA, &state);
    return *static_cast<State*>(state);
  }

  static char* Prompt(EditLine* editor) { return Of(editor).prompt_.data(); }

  static unsigned char OnInterrupt(EditLine* editor, int) {
    Of(editor).interrupted_ = true;
    std::fputs("^C\n", stdout);
    std::fflush(stdout);
    return CC_NEWLINE;
  }

  static unsigned char OnComplete(EditLine* editor, int) { return Of(editor).Complete(); }

  unsigned char Complete() {
    const LineInfo* line = el_line(editor_);
    std::string_view before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
    size_t begin = before.size();
    while (begin > 0 && IsWordCharacter(before[begin - 1])) --begin;
    std::string word(before.substr(begin));
    std::vector<std::string> words = completer_(before);
    if (words.empty()) return CC_REFRESH_BEEP;
    std::string prefix = CommonPrefix(words);
    if (words.size() == 1) prefix += ' ';
    if (prefix.size() > word.size() || (words.size() == 1 && prefix != word)) {
      // The words may differ from what was typed by their case.
      el_deletestr(editor_, static_cast<int>(DisplayCharacters(word)));
      el_insertstr(editor_, prefix.c_str());
      return CC_REFRESH;
    }
    Show(words);
    return CC_REDISPLAY;
  }

  static size_t DisplayCharacters(std::string_view text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
  }

  // The choices, in columns below the line.
  static void Show(const std::vector<std::string>& words) {
    size_t widest = 0;
    for (const std::string& word : words) widest = std::max(widest, DisplayWidth(word) + 2);
    size_t per_line = std::max<size_t>(1, SizeOfTerminal(STDOUT_FILENO).columns / widest);
    std::fputc('\n', stdout);
    for (size_t i = 0; i < words.size(); ++i) {
      std::string cell = words[i] + std::string(widest - DisplayWidth(words[i]), ' ');
      bool ends = (i + 1) % per_line == 0 || i + 1 == words.size();
      std::fputs((ends ? words[i] + "\n" : cell).c_str(), stdout);
    }
    std::fflush(stdout);
  }

  std::string history_file_;
  Completer completer_;
  std::string prompt_;
  bool interrupted_ = false;
  EditLine* editor_ = nullptr;
  History* history_ = nullptr;
};

LineEditor::LineEditor(std::string history_file, Completer completer)
    : state_(std::make_unique<State>(std::move(history_file), std::move(completer))) {}

LineEditor::~LineEditor() = default;

std::optional<LineEditor::Line> LineEditor::Read(const std::string& prompt) {
  return state_->Read(prompt);
}

void LineEditor::AddToHistory(const std::string& text) { state_->Add(text); }

}  // namespace eider::cli
