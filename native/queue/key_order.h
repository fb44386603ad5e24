// How keys of a priority queue compare. lib/queue/key.ts makes them and has the grammar; what
// matters here:
//   - tags are 0xf8 and above, content is below; so two keys that first differ in two tags hold
//   values
//     of kinds that have no order between them, at the first place where it would matter;
//   - 0xff ends a key whose value has no order at all from there on: two such keys that are equal
//   do
//     not compare either.
#pragma once

#include <cstdint>
#include <cstring>

namespace nogil {

inline constexpr uint8_t kLeastTag = 0xf8;
inline constexpr uint8_t kNoOrderTag = 0xff;

enum class KeyOrder : int8_t { kLess = -1, kEqual = 0, kGreater = 1, kIncomparable = 2 };

inline KeyOrder compare_keys(const uint8_t* a, uint32_t a_length, const uint8_t* b,
                             uint32_t b_length) {
  uint32_t common = a_length < b_length ? a_length : b_length;
  uint32_t i = 0;
  while (i < common && a[i] == b[i]) i++;
  if (i < common) {
    if (a[i] >= kLeastTag && b[i] >= kLeastTag) return KeyOrder::kIncomparable;
    return a[i] < b[i] ? KeyOrder::kLess : KeyOrder::kGreater;
  }
  if (a_length != b_length) return a_length < b_length ? KeyOrder::kLess : KeyOrder::kGreater;
  if (common > 0 && a[common - 1] == kNoOrderTag) return KeyOrder::kIncomparable;
  return KeyOrder::kEqual;
}

}  // namespace nogil
