// A Cholesky factor as the diagonal of its matrix falls.
#pragma once

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace emprox {

// An element of the diagonal, and by how much it falls.
struct Fall {
    int place;
    double amount;
};

// From `upper`, L' of L L', shape (n, n), the same of L L' without the falls, to `out`: for each a rank-one downdate
// (Golub & Van Loan, "Matrix Computations", section 6.5.4), in 2 (n - place)^2 multiplications, but all of them while a
// column of L is at hand.
inline void downdate(const double* upper, int n, const std::vector<Fall>& falls, double* out) {
    std::vector<std::vector<double>> x(falls.size(), std::vector<double>(n));
    for (std::size_t f = 0; f < falls.size(); f++) x[f][falls[f].place] = std::sqrt(falls[f].amount);
    for (int k = 0; k < n; k++) {
        double* column = out + std::size_t(k) * n;
        std::copy_n(upper + std::size_t(k) * n, n, column);
        for (std::size_t f = 0; f < falls.size(); f++) {
            if (k < falls[f].place) continue;  // before its place, x is zero
            double* __restrict rest = x[f].data();
            double* __restrict below = column;
            const double square = below[k] * below[k] - rest[k] * rest[k];
            if (!(square > 0)) throw std::domain_error("what is left is not positive definite");
            const double diagonal = std::sqrt(square);
            const double cosine = diagonal / below[k], sine = rest[k] / below[k];
            below[k] = diagonal;
            for (int i = k + 1; i < n; i++) {
                below[i] = (below[i] - sine * rest[i]) / cosine;
                rest[i] = cosine * rest[i] - sine * below[i];
            }
        }
    }
}

}  // namespace emprox
