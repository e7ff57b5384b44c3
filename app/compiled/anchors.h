// What all anchors say of a point, and which of them are the nearest (app/proximity/anchors.py).
#pragma once

#include <algorithm>
#include <vector>

#include "linear.h"
#include "nearest.h"
#include "vectors.h"

namespace emprox {

class AnchorTable {
 public:
    // points: shape (n, dimension); solved: alpha, shape (n,).
    AnchorTable(const float* points, const double* solved, int n, int dimension)
        : n_(n), dimension_(dimension), tiles_(std::size_t(padded(n)) * dimension), solved_(solved, solved + n) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < dimension; j++)
                tiles_[(std::size_t(i / PANEL) * dimension + j) * PANEL + i % PANEL] =
                    points[std::size_t(i) * dimension + j];
        solved_.resize(padded(n), 0);
    }

    int size() const { return n_; }
    int dimension() const { return dimension_; }

    // g of each of m points, to `expected`, and its k nearest anchors in any order, to `nearest` of shape (m, k).
    void read(const float* points, int m, int k, double* expected, std::int64_t* nearest) const {
        std::vector<float> squared(std::size_t(TOGETHER) * solved_.size());
        std::vector<Near> found(k);
        for (int first = 0; first < m; first += TOGETHER) {
            const int here = std::min(TOGETHER, m - first);
            const float* x = points + std::size_t(first) * dimension_;
            for (int tile = 0; tile < int(solved_.size()) / PANEL; tile++) {
                int row = 0;
                for (; row + 4 <= here; row += 4)
                    distances<4>(x + std::size_t(row) * dimension_, tile, squared.data() + row * solved_.size());
                for (; row < here; row++)
                    distances<1>(x + std::size_t(row) * dimension_, tile, squared.data() + row * solved_.size());
            }
            for (int row = 0; row < here; row++) {
                float* distances = squared.data() + row * solved_.size();
                if (k) find_nearest(distances, n_, found);
                for (int i = 0; i < k; i++) nearest[std::size_t(first + row) * k + i] = found[i].label;
                expected[first + row] = weighed(distances);
            }
        }
    }

 private:
    static constexpr int TOGETHER = 8;  // points, whose distances to all anchors stay in a core's second cache

    template <int ROWS>
    void distances(const float* x, int tile, float* out) const {
        const float* anchors = tiles_.data() + std::size_t(tile) * dimension_ * PANEL;
        Floats found[ROWS][2] = {};
        for (int j = 0; j < dimension_; j++) {
            const Floats a = load<Floats>(anchors + j * PANEL), b = load<Floats>(anchors + j * PANEL + LANES);
            for (int r = 0; r < ROWS; r++) {
                const float value = x[std::size_t(r) * dimension_ + j];
                const Floats left = a - value, right = b - value;
                found[r][0] += left * left;
                found[r][1] += right * right;
            }
        }
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < 2; c++) store(out + r * solved_.size() + tile * PANEL + c * LANES, found[r][c]);
    }

    // k(x)' alpha; uses the distances up.
    double weighed(float* distances) const {
        const int n = int(solved_.size());
        to_matern(distances, n);
        double lanes[LANES] = {};
        for (int i = 0; i < n; i += LANES)
            for (int l = 0; l < LANES; l++) lanes[l] += double(distances[i + l]) * solved_[i + l];
        double found = 0;
        for (int l = 0; l < LANES; l++) found += lanes[l];
        return found;
    }

    int n_, dimension_;
    std::vector<float> tiles_;  // the anchors' coordinates, PANEL anchors side by side
    std::vector<double> solved_;
};

}  // namespace emprox
