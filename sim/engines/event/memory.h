// Memory that begins at a vector, with room for vectors after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "network.h"

namespace {

class Aligned {
 public:
  void make(size_t bytes) {
    bytes += 4 * VECTOR;
    block.reset(new char[bytes]());
    const auto address = reinterpret_cast<uintptr_t>(block.get());
    at = block.get() + (VECTOR - address % VECTOR);
  }

  template <class T> T *as() const { return reinterpret_cast<T *>(at); }

  char *at = nullptr;

 private:
  std::unique_ptr<char[]> block;
};

}  // namespace
