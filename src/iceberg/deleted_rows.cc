#include "iceberg/deleted_rows.h"

#include <algorithm>
#include <bit>

namespace eider::iceberg {

void DeletedRows::Stretch::MakeBitmap() {
  if (many) return;
  many = std::make_unique<Bitmap>();
  for (uint16_t offset : few) (*many)[offset / 64] |= uint64_t{1} << (offset % 64);
  few = {};
}

uint64_t DeletedRows::Stretch::AddBits(uint32_t word, uint64_t bits) {
  uint64_t fresh = bits & ~(*many)[word];
  (*many)[word] |= bits;
  return static_cast<uint64_t>(std::popcount(fresh));
}

bool DeletedRows::Stretch::Add(uint16_t offset) {
  if (many) return AddBits(offset / 64, uint64_t{1} << (offset % 64)) != 0;
  auto place = few.empty() || few.back() < offset
                   ? few.end()  // the usual case: positions come in order
                   : std::lower_bound(few.begin(), few.end(), offset);
  if (place != few.end() && *place == offset) return false;
  few.insert(place, offset);
  if (few.size() > kFew) MakeBitmap();
  return true;
}

bool DeletedRows::Stretch::Contains(uint16_t offset) const {
  if (many) return ((*many)[offset / 64] >> (offset % 64) & 1) != 0;
  return std::binary_search(few.begin(), few.end(), offset);
}

void DeletedRows::Add(uint64_t position) {
  if (stretches_[position / kStretch].Add(static_cast<uint16_t>(position % kStretch))) ++size_;
}

void DeletedRows::AddRange(uint64_t first, uint64_t end) {
  while (first < end) {
    uint64_t number = first / kStretch;
    uint64_t stop = std::min(end, (number + 1) * kStretch);
    if (stop - first <= kFew / 16) {
      for (; first < stop; ++first) Add(first);
      continue;
    }
    Stretch& stretch = stretches_[number];
    stretch.MakeBitmap();
    while (first < stop) {
      uint64_t from = first % 64;
      uint64_t count = std::min(64 - from, stop - first);
      uint64_t bits = (count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << from;
      size_ += stretch.AddBits(static_cast<uint32_t>(first % kStretch / 64), bits);
      first += count;
    }
  }
}

void DeletedRows::AddAll(const DeletedRows& other) {
  for (const auto& [number, stretch] : other.stretches_) {
    if (!stretch.many) {
      for (uint16_t offset : stretch.few) Add(number * kStretch + offset);
      continue;
    }
    Stretch& own = stretches_[number];
    own.MakeBitmap();
    for (uint32_t word = 0; word < stretch.many->size(); ++word) {
      size_ += own.AddBits(word, (*stretch.many)[word]);
    }
  }
}

bool DeletedRows::Contains(uint64_t position) const {
  auto stretch = stretches_.find(position / kStretch);
  return stretch != stretches_.end() &&
         stretch->second.Contains(static_cast<uint16_t>(position % kStretch));
}

size_t DeletedRows::MemoryBytes() const {
  size_t bytes = 0;
  for (const auto& [number, stretch] : stretches_) {
    bytes += 64 + stretch.few.capacity() * sizeof(uint16_t) + (stretch.many ? sizeof(Bitmap) : 0);
  }
  return bytes;
}

size_t DeletedRows::KeptRows(uint64_t first, size_t count, uint32_t* kept) const {
  size_t size = 0;
  for (uint64_t at = first; at < first + count;) {
    uint64_t number = at / kStretch;
    uint64_t end = std::min<uint64_t>(first + count, (number + 1) * kStretch);
    auto found = stretches_.find(number);
    if (found == stretches_.end()) {
      for (; at < end; ++at) kept[size++] = static_cast<uint32_t>(at - first);
      continue;
    }
    const Stretch& stretch = found->second;
    if (stretch.many) {
      for (; at < end; ++at) {
        if (!stretch.Contains(static_cast<uint16_t>(at % kStretch))) {
          kept[size++] = static_cast<uint32_t>(at - first);
        }
      }
      continue;
    }
    auto next = std::lower_bound(stretch.few.begin(), stretch.few.end(),
                                 static_cast<uint16_t>(at % kStretch));
    for (; at < end; ++at) {
      if (next != stretch.few.end() && *next == at % kStretch) {
        ++next;
      } else {
        kept[size++] = static_cast<uint32_t>(at - first);
      }
    }
  }
  return size;
}

}  // namespace eider::iceberg
