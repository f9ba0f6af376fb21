// replay SEEDS [COUNT [RANDOM_SEED]]: runs a fuzz target without a fuzzer, on every file of a
// folder and on COUNT changed copies of them, the same ones each time.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz_target.h"

namespace {

namespace fs = std::filesystem;

constexpr int kCopies = 4000;
constexpr rlim_t kMaxMemoryBytes = 1U << 30;

std::string* current = nullptr;

// The input that ended the program is what one wants to have.
void KeepInput() {
  std::ofstream("fuzz_finding.bin", std::ios::binary) << *current;
  std::fprintf(stderr, "the input (%zu bytes) is in fuzz_finding.bin\n", current->size());
}

void Run(std::string input) {
  current = &input;
  try {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "threw what is no eider::Error: %s\n", e.what());
    std::abort();
  }
  current = nullptr;
}

class Changer {
 public:
  Changer(std::vector<std::string> seeds, unsigned random_seed)
      : seeds_(std::move(seeds)), random_(random_seed) {}

  std::string Next() {
    std::string text = seeds_[Below(seeds_.size())];
    for (size_t changes = 1 + Below(4); changes > 0; --changes) Change(text);
    return text;
  }

 private:
  size_t Below(size_t count) { return count == 0 ? 0 : random_() % count; }

  void Change(std::string& text) {
    size_t at = Below(text.size() + 1);
    switch (Below(8)) {
      case 0:  // a bit
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << Below(8)));
        break;
      case 1:  // an extreme byte
        if (at < text.size()) text[at] = "\x00\x7f\x80\xff\x01\xfe"[Below(6)];
        break;
      case 2:
        text.erase(at, 1 + Below(16));
        break;
      case 3:
        text.resize(at);
        break;
      case 4: {  // twice
        std::string piece = text.substr(at, 1 + Below(64));
        text.insert(at, piece);
        break;
      }
      case 5: {  // from elsewhere
        const std::string& other = seeds_[Below(seeds_.size())];
        text.insert(at, other.substr(Below(other.size()), 1 + Below(64)));
        break;
      }
      case 6: {  // another number in a text
        size_t digit = text.find_first_of("0123456789", at);
        if (digit == std::string::npos) break;
        size_t end = text.find_first_not_of("0123456789", digit);
        static const char* const kNumbers[] = {
            "-1", "0", "2147483648", "9223372036854775808", "1e9", "9", "18446744073709551615"};
        text.replace(digit, std::min(end, text.size()) - digit, kNumbers[Below(7)]);
        break;
      }
      default: {  // another kind of value in a text
        size_t colon = text.find(':', at);
        size_t end = text.find_first_of(",}", colon);
        if (end == std::string::npos) break;
        static const char* const kValues[] = {"null", "[]", "{}", "\"\"", "true", "[[]]"};
        text.replace(colon + 1, end - colon - 1, kValues[Below(6)]);
      }
    }
  }

  std::vector<std::string> seeds_;
  std::mt19937 random_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::vector<fs::path> files{fs::directory_iterator(argv[1]), fs::directory_iterator()};
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const fs::path& file : files) {
    std::ifstream input(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>());
  }
  if (seeds.empty()) return 2;
#ifndef __SANITIZE_ADDRESS__  // which reserves terabytes
  rlimit memory{kMaxMemoryBytes, kMaxMemoryBytes};
  setrlimit(RLIMIT_AS, &memory);
#endif
  signal(SIGABRT, [](int) { KeepInput(); });
  signal(SIGSEGV, [](int) {
    KeepInput();
    std::_Exit(1);
  });
  for (const std::string& seed : seeds) Run(seed);
  Changer changer(seeds, argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 1);
  for (int i = argc > 2 ? std::atoi(argv[2]) : kCopies; i > 0; --i) Run(changer.Next());
}
