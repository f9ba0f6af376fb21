#include "iceberg/deletion_vector.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"

namespace eider::iceberg {

namespace {

constexpr std::string_view kMagic = "\xD1\xD3\x39\x64";

// Of the format of 32-bit Roaring bitmaps: the cookie of a bitmap without and with runs, from how
// many containers on one with runs lists their offsets, and up to how many values a container is an
// array.
constexpr uint32_t kCookie = 12'346;
constexpr uint32_t kCookieWithRuns = 12'347;
constexpr uint32_t kContainersWithOffsets = 4;
constexpr uint32_t kArrayValues = 4'096;
constexpr uint32_t kContainers = 65'536;

class Reader {
 public:
  Reader(std::string_view bytes, int64_t row_count, const std::string& source)
      : bytes_(bytes), row_count_(static_cast<uint64_t>(row_count)), source_(source) {}

  DeletedRows Read() {
    uint32_t size = BigEndian(Take(4));
    // The length covers the magic bytes and the bitmap, not itself nor the checksum.
    if (bytes_.size() < kMagic.size() + 4 || size != bytes_.size() - 4) Fail("its length is wrong");
    std::string_view checked = bytes_.substr(0, size);
    if (checked.substr(0, kMagic.size()) != kMagic) Fail("its first bytes are not those of one");
    auto sum = static_cast<uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size()));
    if (sum != BigEndian(bytes_.substr(size))) Fail("its checksum does not match");
    bytes_ = checked.substr(kMagic.size());
    auto bitmaps = LittleEndian<uint64_t>();
    std::optional<uint32_t> before;
    for (uint64_t i = 0; i < bitmaps; ++i) {
      auto key = LittleEndian<uint32_t>();
      if (before && key <= *before) Fail("its bitmaps are out of order");
      before = key;
      ReadBitmap(uint64_t{key} << 32);
    }
    if (!bytes_.empty()) Fail("something follows its last bitmap");
    return std::move(rows_);
  }

 private:
  [[noreturn]] void Fail(const char* reason) const {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("deletion vector in {} is damaged: {}", source_, reason));
  }

  std::string_view Take(size_t size) {
    if (bytes_.size() < size) Fail("it is cut short");
    std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  template <typename Integer>
  Integer LittleEndian() {
    std::string_view taken = Take(sizeof(Integer));
    Integer value = 0;
    for (size_t i = 0; i < taken.size(); ++i) {
      value |= static_cast<Integer>(static_cast<Integer>(static_cast<unsigned char>(taken[i]))
                                    << (8 * i));
    }
    return value;
  }

  static uint32_t BigEndian(std::string_view four) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(four[i]);
    return value;
  }

  void Add(uint64_t position) {
    if (position < row_count_) rows_.Add(position);
  }

  void ReadBitmap(uint64_t first) {
    auto cookie = LittleEndian<uint32_t>();
    bool has_runs = (cookie & 0xFFFF) == kCookieWithRuns;
    if (!has_runs && cookie != kCookie) Fail("it holds no Roaring bitmap");
    uint32_t containers = has_runs ? (cookie >> 16) + 1 : LittleEndian<uint32_t>();
    if (containers > kContainers) Fail("a bitmap has too many containers");
    std::string_view runs = has_runs ? Take((containers + 7) / 8) : std::string_view();
    struct Container {
      uint16_t key;
      uint32_t values;
    };
    std::vector<Container> headers;
    for (uint32_t i = 0; i < containers; ++i) {
      auto key = LittleEndian<uint16_t>();
      if (!headers.empty() && key <= headers.back().key) Fail("its containers are out of order");
      headers.push_back({key, uint32_t{LittleEndian<uint16_t>()} + 1});
    }
    // Where each container begins: they follow each other, so that nobody needs to be told.
    if (!has_runs || containers >= kContainersWithOffsets) Take(size_t{4} * containers);
    for (uint32_t i = 0; i < containers; ++i) {
      uint64_t base = first + (uint64_t{headers[i].key} << 16);
      bool is_runs = has_runs && (static_cast<unsigned char>(runs[i / 8]) >> (i % 8) & 1) != 0;
      if (is_runs) {
        ReadRuns(base);
      } else if (headers[i].values <= kArrayValues) {
        for (uint32_t j = 0; j < headers[i].values; ++j) Add(base + LittleEndian<uint16_t>());
      } else {
        ReadBits(base);
      }
    }
  }

  void ReadRuns(uint64_t base) {
    auto count = LittleEndian<uint16_t>();
    uint32_t before = 0;
    for (uint16_t i = 0; i < count; ++i) {
      auto start = uint32_t{LittleEndian<uint16_t>()};
      uint32_t end = start + LittleEndian<uint16_t>() + 1;
      if (end > 65'536) Fail("a run leaves its container");
      if (start < before) Fail("its runs are out of order");
      before = end;
      rows_.AddRange(std::min(base + start, row_count_), std::min(base + end, row_count_));
    }
  }

  void ReadBits(uint64_t base) {
    for (uint32_t word = 0; word < 65'536 / 64; ++word) {
      auto bits = LittleEndian<uint64_t>();
      for (; bits != 0; bits &= bits - 1) {
        Add(base + uint64_t{word} * 64 + static_cast<uint64_t>(__builtin_ctzll(bits)));
      }
    }
  }

  std::string_view bytes_;
  uint64_t row_count_;
  const std::string& source_;
  DeletedRows rows_;
};

}  // namespace

DeletedRows ReadDeletionVector(std::string_view blob, int64_t row_count,
                               const std::string& source) {
  return Reader(blob, row_count, source).Read();
}

}  // namespace eider::iceberg
