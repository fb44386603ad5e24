// The sizes that slabs are cut into.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nogil {

// The heap's grain. A slab, or a large block, is a run of units.
inline constexpr size_t kUnitBytes = 64 * 1024;

struct SizeClass {
  uint32_t bytes;  // of a block
  uint32_t units;  // of a slab
};

// A policy may have its own, so that tests reach a full ring in a few steps.
template <class P>
struct QueueTuning {
  // How many slots the rings of a queue have, as powers of two: its first, its second, all others.
  static constexpr uint32_t kRingLog2[3] = {5, 10, 14};
  // How many turns a consumer waits for a producer that is slow, while there are items behind.
  static constexpr int kPatience = 200;
  // Units of empty slabs that keep their memory (6 MiB), so that a queue that fills and drains in
  // turn does not pay for new pages each time.
  static constexpr uint32_t kIdleUnits = 96;
};

inline constexpr uint32_t kRingHeaderBytes = 192;
inline constexpr uint32_t kSlotBytes = 16;
inline constexpr uint32_t kRingClasses = 3;

template <class P>
struct SizeClasses {
  // A quarter at most of a block is lost to rounding, two steps to each power of two.
  static constexpr SizeClass kPlain[] = {
      {64, 1},   {128, 1},  {192, 1},  {256, 1},  {384, 1},  {512, 1},  {768, 1},   {1024, 1},
      {1536, 1}, {2048, 1}, {3072, 1}, {4096, 1}, {6144, 1}, {8192, 1}, {16384, 4}, {32768, 4},
  };
  static constexpr uint32_t kPlainCount = sizeof(kPlain) / sizeof(kPlain[0]);
  static constexpr uint32_t kCount = kPlainCount + kRingClasses;
  static constexpr uint32_t kLargest = 32768;

  // Rings have classes, and so slabs, of their own: their memory never becomes anything else
  // (queue/ring.h says why).
  static constexpr uint32_t ring_class(uint32_t ring) { return kPlainCount + ring; }
  static constexpr bool is_ring(uint32_t size_class) { return size_class >= kPlainCount; }

  static constexpr SizeClass at(uint32_t size_class) {
    if (!is_ring(size_class)) return kPlain[size_class];
    uint32_t bytes =
        kRingHeaderBytes + (kSlotBytes << QueueTuning<P>::kRingLog2[size_class - kPlainCount]);
    return {(bytes + 63) / 64 * 64, static_cast<uint32_t>((bytes + kUnitBytes - 1) / kUnitBytes)};
  }
  static constexpr uint32_t blocks(uint32_t size_class) {
    return static_cast<uint32_t>(at(size_class).units * kUnitBytes / at(size_class).bytes);
  }

  // The smallest class for `bytes`, at most kLargest.
  static uint32_t of(uint64_t bytes) {
    uint32_t c = bytes > 1024 ? 8 : bytes > 256 ? 4 : 0;
    while (kPlain[c].bytes < bytes) c++;
    return c;
  }
};

}  // namespace nogil
