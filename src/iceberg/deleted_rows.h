// The rows of one data file that are deleted, by position.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace eider::iceberg {

// A set of positions, counted from 0. As in a Roaring bitmap, each stretch of 65,536 rows holds its
// deleted ones as a list while they are few and as a bitmap once they are many.
class DeletedRows {
 public:
  void Add(uint64_t position);
  void AddRange(uint64_t first, uint64_t end);  // `end` itself is not
  void AddAll(const DeletedRows& other);
  bool Contains(uint64_t position) const;
  // How many rows are deleted.
  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t MemoryBytes() const;

  // Of the rows [first, first + count) those that remain, as offsets from `first`; returns how
  // many. `kept` has room for `count`.
  size_t KeptRows(uint64_t first, size_t count, uint32_t* kept) const;

 private:
  static constexpr size_t kStretch = 65'536;
  static constexpr size_t kFew = 4'096;  // a list of that many takes as much as the bitmap
  using Bitmap = std::array<uint64_t, kStretch / 64>;

  struct Stretch {
    std::vector<uint16_t> few;  // sorted; empty where there is a bitmap
    std::unique_ptr<Bitmap> many;

    bool Add(uint16_t offset);
    uint64_t AddBits(uint32_t word, uint64_t bits);  // how many were not there
    void MakeBitmap();
    bool Contains(uint16_t offset) const;
  };

  std::unordered_map<uint64_t, Stretch> stretches_;  // by position / kStretch
  uint64_t size_ = 0;
};

}  // namespace eider::iceberg
