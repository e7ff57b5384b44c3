// Kriging of each point with its own neighbors (app/proximity/local.py).
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "linear.h"
#include "vectors.h"

namespace emprox {

// Trained architectures, n of them.
struct Observed {
    const float* points;    // shape (n, dimension)
    const double* left;     // what is to be expected of a point beyond what anchors say, shape (n,)
    const double* repeats;  // shape (n,)
    int dimension;
    double noise;  // v
};

struct Kriged {
    double mean;      // w' left, w = (K_NN + vR)^-1 k_N
    double variance;  // 1 + v - k_N' w
    int nearest;      // place among the neighbors
    float squared;    // distance to that one
};

class Kriging {
 public:
    Kriging(const Observed& observed, int k)
        : observed_(observed),
          k_(k),
          stride_((k + 2 + DOUBLE_LANES - 1) / DOUBLE_LANES * DOUBLE_LANES),
          width_(padded(k)),
          near_(std::size_t(k) * observed.dimension),
          panels_(std::size_t(width_) * observed.dimension),
          squares_(k),
          row_(std::size_t(6) * width_),
          upper_(std::size_t(k) * stride_) {}

    // What the neighbors, k labels, say of a point.
    Kriged operator()(const float* point, const std::int64_t* labels) {
        Kriged found{0, 0, 0, 0};
        gather(point, labels);
        found.nearest = int(std::min_element(squares_.begin(), squares_.end()) - squares_.begin());
        found.squared = squares_[found.nearest];
        covariance(labels);
        eliminate();
        // With K_NN + vR = U'U, the last two columns are now y = U'^-1 k_N and z = U'^-1 left: w' left = y'z, k_N' w =
        // y'y.
        found.variance = 1 + observed_.noise;
        for (int i = 0; i < k_; i++) {
            const double y = upper_[std::size_t(i) * stride_ + k_], z = upper_[std::size_t(i) * stride_ + k_ + 1];
            found.mean += y * z;
            found.variance -= y * y;
        }
        found.variance = std::max(found.variance, observed_.noise);
        return found;
    }

 private:
    static constexpr int BLOCK = 8;  // rows that are eliminated together
    // A neighbor of whom the others leave less than this says nothing further, and what rounding of single precision
    // leaves of it would say anything.
    static constexpr double LEAST = 4e-6;

    // The neighbors as seen from the point, also in panels, and their squared distances.
    void gather(const float* point, const std::int64_t* labels) {
        const int d = observed_.dimension;
        std::fill(panels_.begin() + std::size_t(k_ / PANEL) * PANEL * d, panels_.end(), 0.0f);
        for (int i = 0; i < k_; i++) {
            const float* from = observed_.points + labels[i] * d;
            float* to = near_.data() + std::size_t(i) * d;
            float* panel = panels_.data() + std::size_t(i / PANEL) * PANEL * d + i % PANEL;
            for (int j = 0; j < d; j++) to[j] = from[j] - point[j];
            for (int j = 0; j < d; j++) panel[j * PANEL] = to[j];
            squares_[i] = dot(to, to, d);
        }
    }

    // The upper half of K_NN + vR, and the columns k_N and left beside it.
    void covariance(const std::int64_t* labels) {
        int row = 0;
        for (; row + 6 <= k_; row += 6) rows<6>(row);
        for (; row < k_; row++) rows<1>(row);
        std::vector<float>& kernel = row_;
        std::copy(squares_.begin(), squares_.end(), kernel.begin());
        to_matern(kernel.data(), k_);
        for (int i = 0; i < k_; i++) {
            double* right = upper_.data() + std::size_t(i) * stride_;
            right[i] = 1 + observed_.noise / observed_.repeats[labels[i]];
            right[k_] = kernel[i];
            right[k_ + 1] = observed_.left[labels[i]];
        }
    }

    template <int ROWS>
    void rows(int first) {
        const int d = observed_.dimension, from = first / PANEL * PANEL;
        for (int panel = from; panel < width_; panel += PANEL) {
            const float* columns = panels_.data() + std::size_t(panel) * d;
            Floats found[ROWS][2] = {};
            for (int j = 0; j < d; j++) {
                const Floats a = load<Floats>(columns + j * PANEL), b = load<Floats>(columns + j * PANEL + LANES);
                for (int r = 0; r < ROWS; r++) {
                    const float value = near_[std::size_t(first + r) * d + j];
                    found[r][0] += value * a;
                    found[r][1] += value * b;
                }
            }
            for (int r = 0; r < ROWS; r++)
                for (int c = 0; c < 2; c++) store(row_.data() + r * width_ + panel + c * LANES, found[r][c]);
        }
        for (int r = 0; r < ROWS; r++) {
            float* row = row_.data() + r * width_;
            const float square = squares_[first + r];
            for (int i = from; i < k_; i++) {
                const float between = square + squares_[i] - 2 * row[i];
                row[i] = between > 0 ? between : 0;
            }
            to_matern(row + from, k_ - from);
            double* to = upper_.data() + std::size_t(first + r) * stride_;
            for (int i = from; i < k_; i++) to[i] = row[i];
        }
    }

    // U of the Cholesky factors U'U in place of the matrix, and U'^-1 of the columns beside it, by blocks of rows
    // (Golub & Van Loan, "Matrix Computations", section 4.2.6). What lies left of the diagonal is not read.
    void eliminate() {
        const int columns = k_ + 2;
        for (int first = 0; first < k_; first += BLOCK) {
            const int last = std::min(first + BLOCK, k_);
            for (int p = first; p < last; p++) {
                double* row = upper_.data() + std::size_t(p) * stride_;
                for (int q = first; q < p; q++) {
                    const double* above = upper_.data() + std::size_t(q) * stride_;
                    const double factor = above[p];
                    for (int i = p; i < columns; i++) row[i] -= factor * above[i];
                }
                const double scale = row[p] < LEAST ? 0 : 1 / std::sqrt(row[p]);
                for (int i = p; i < columns; i++) row[i] *= scale;
            }
            int row = last;
            for (; row + 4 <= k_; row += 4) subtract<4>(first, last, row);
            for (; row < k_; row++) subtract<1>(first, last, row);
        }
    }

    // From these rows, what the rows first to last say of them.
    template <int ROWS>
    void subtract(int first, int last, int row) {
        double* to = upper_.data() + std::size_t(row) * stride_;
        for (int i = row / DOUBLE_LANES * DOUBLE_LANES; i < stride_; i += DOUBLE_LANES) {
            Doubles rest[ROWS];
            for (int r = 0; r < ROWS; r++) rest[r] = load<Doubles>(to + std::size_t(r) * stride_ + i);
            for (int p = first; p < last; p++) {
                const double* above = upper_.data() + std::size_t(p) * stride_;
                const Doubles values = load<Doubles>(above + i);
                for (int r = 0; r < ROWS; r++) rest[r] -= above[row + r] * values;
            }
            for (int r = 0; r < ROWS; r++) store(to + std::size_t(r) * stride_ + i, rest[r]);
        }
    }

    Observed observed_;
    int k_, stride_, width_;
    std::vector<float> near_, panels_, squares_, row_;
    std::vector<double> upper_;
};

}  // namespace emprox
