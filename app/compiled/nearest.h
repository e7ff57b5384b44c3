// The nearest of many points, found by comparing with all of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "vectors.h"

namespace emprox {

struct Near {
    float distance;
    int label;
    bool operator<(const Near& other) const { return distance < other.distance; }
};

// Fills `nearest` with the smallest of n distances, as many as it has places, the largest of these on top of the heap.
// Hardly any beyond the first few is smaller than that, so what follows is mostly one comparison each.
inline void find_nearest(const float* distances, int n, std::vector<Near>& nearest) {
    const int k = int(nearest.size());
    for (int i = 0; i < k; i++) nearest[i] = {distances[i], i};
    std::make_heap(nearest.begin(), nearest.end());
    for (int i = k; i < n; i++)
        if (distances[i] < nearest.front().distance) {
            std::pop_heap(nearest.begin(), nearest.end());
            nearest.back() = {distances[i], i};
            std::push_heap(nearest.begin(), nearest.end());
        }
}

// The k of n vectors that are nearest to each of m queries, by distances in double precision that are rounded once, the
// lower label first among equals.
class ExactSearch {
 public:
    ExactSearch(const float* vectors, int n, int dimension, int k)
        : vectors_(vectors), n_(n), dimension_(dimension), rough_(n), nearest_(k) {}

    void operator()(const float* query, std::int64_t* labels, float* distances) {
        for (int i = 0; i < n_; i++)
            rough_[i] = squared_distance(query, vectors_ + std::size_t(i) * dimension_, dimension_);
        find_nearest(rough_.data(), n_, nearest_);
        // Differences do not cancel: each sum is off by at most (d + 1) epsilons of itself, or what underflows.
        constexpr float EPSILON = std::numeric_limits<float>::epsilon(), TINY = std::numeric_limits<float>::min();
        const float slack = (dimension_ + 5) * EPSILON;
        const float most = nearest_.front().distance * (1 + 2 * slack) + 2 * dimension_ * TINY;
        candidates_.clear();
        for (int i = 0; i < n_; i++)
            if (!(rough_[i] > most)) candidates_.push_back({exact(query, vectors_ + std::size_t(i) * dimension_), i});
        std::stable_sort(candidates_.begin(), candidates_.end());
        for (std::size_t i = 0; i < nearest_.size(); i++) {
            labels[i] = candidates_[i].label;
            distances[i] = candidates_[i].distance;
        }
    }

 private:
    float exact(const float* a, const float* b) const {
        double sum = 0;
        for (int i = 0; i < dimension_; i++) sum += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
        return float(std::sqrt(sum));
    }

    const float* vectors_;
    int n_, dimension_;
    std::vector<float> rough_;
    std::vector<Near> nearest_, candidates_;
};

}  // namespace emprox
