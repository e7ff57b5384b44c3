// Rows of a batch shared out among the processor's cores.
#pragma once

#include <algorithm>
#include <future>
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
    std::vector<std::future<void>> others;
    for (int i = 1; i < parts; i++)
        others.push_back(std::async(std::launch::async, work, int(std::int64_t(n) * i / parts),
                                    int(std::int64_t(n) * (i + 1) / parts)));
    work(0, n / parts);
    for (auto& other : others) other.get();
}

}  // namespace emprox
