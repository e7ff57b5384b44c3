// What Python is told of arguments that break a rule.
#pragma once

#include <pybind11/pybind11.h>

namespace emprox {

inline void check(bool holds, const char* rule) {
    if (!holds) throw pybind11::value_error(rule);
}

}  // namespace emprox
