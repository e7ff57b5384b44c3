// Rows of a batch shared out among the processor's cores.
#pragma once

#include <algorithm>
#include <cstdint>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

namespace emprox {

constexpr int MOST_THREADS = 4;     // others have to be answered meanwhile
constexpr int WORTH_A_THREAD = 64;  // rows

// Calls work(begin, end) for parts of 0 to n; throws what one of them throws.
template <typename Work>
void in_parts(int n, Work work) {
    const int cores = std::max(1, std::min(int(std::thread::hardware_concurrency()), MOST_THREADS));
    const int parts = std::max(1, std::min(cores, n / WORTH_A_THREAD));
    const auto start = [&](int i) { return int(std::int64_t(n) * i / parts); };
    std::vector<std::future<void>> others;
    int given = 1;  // parts that have a thread of their own, or are the first
    try {
        for (; given < parts; given++)
            others.push_back(std::async(std::launch::async, work, start(given), start(given + 1)));
    } catch (const std::system_error&) {  // there may be no more threads: then it takes longer
    }
    work(0, start(1));
    if (given < parts) work(start(given), n);
    for (auto& other : others) other.get();
}

}  // namespace emprox
