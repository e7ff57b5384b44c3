// Kriging of each candidate with all points of one factorization (app/predictor/together.py).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "vectors.h"

namespace emprox {

// n points with the Cholesky factor of their covariance.
struct Factorized {
    const double* points;   // shape (n, dimension)
    const double* upper;    // L', shape (n, n); what lies left of the diagonal is not read
    const double* columns;  // what is weighed, shape (n, n_columns)
    int n, dimension, n_columns;
};

// For up to TOGETHER candidates at once, each in a lane of its own: its sums are in the same order whoever else is
// here.
class Together {
 public:
    static constexpr int TOGETHER = 16;

    explicit Together(const Factorized& known)
        : known_(known),
          candidates_(std::size_t(known.dimension) * TOGETHER),
          kernel_(std::size_t(known.n) * TOGETHER) {}

    // Of each of m candidates: k' columns, to `weighed` of shape (m, n_columns); |L^-1 k|^2, to `explained`; and the
    // nearest point with the distance to it.
    void operator()(const double* candidates, int m, double* weighed, double* explained, std::int64_t* nearest,
                    double* distance) {
        const int passes = (m + DOUBLE_LANES - 1) / DOUBLE_LANES;
        for (int pass = 0; pass < passes; pass++) {
            const int first = pass * DOUBLE_LANES, here = std::min(m - first, DOUBLE_LANES);
            double* kernel = distances(candidates + std::size_t(first) * known_.dimension, here, pass);
            find_nearest(kernel, here, nearest + first, distance + first);
            to_matern(kernel, known_.n * DOUBLE_LANES);
            weigh(kernel, here, weighed + std::size_t(first) * known_.n_columns);
        }
        if (m == 1) {
            explained[0] = explained_alone();
            return;
        }
        eliminate(passes);
        for (int pass = 0; pass < passes; pass++) {
            Doubles sum = {};
            const double* half = of_pass(pass);
            for (int i = 0; i < known_.n; i++) {
                const Doubles value = load<Doubles>(half + std::size_t(i) * DOUBLE_LANES);
                sum += value * value;
            }
            for (int l = 0; l < DOUBLE_LANES && pass * DOUBLE_LANES + l < m; l++)
                explained[pass * DOUBLE_LANES + l] = sum[l];
        }
    }

    // (L L')^-1 k of each of m candidates, to `out` of shape (m, n).
    void weights(const double* candidates, int m, double* out) {
        const int passes = (m + DOUBLE_LANES - 1) / DOUBLE_LANES;
        for (int pass = 0; pass < passes; pass++) {
            const int first = pass * DOUBLE_LANES, here = std::min(m - first, DOUBLE_LANES);
            to_matern(distances(candidates + std::size_t(first) * known_.dimension, here, pass),
                      known_.n * DOUBLE_LANES);
        }
        eliminate(passes);
        for (int pass = 0; pass < passes; pass++) {
            const double* x = of_pass(pass);
            substitute_back(of_pass(pass));
            for (int l = 0; l < DOUBLE_LANES && pass * DOUBLE_LANES + l < m; l++)
                for (int i = 0; i < known_.n; i++)
                    out[std::size_t(pass * DOUBLE_LANES + l) * known_.n + i] = x[std::size_t(i) * DOUBLE_LANES + l];
        }
    }

 private:
    static constexpr int COLUMNS = DOUBLE_LANES < 8 ? 8 : 16;  // of L, whose unknowns stay in registers

    // k of the candidates of a pass, and then L^-1 k; shape (n, DOUBLE_LANES).
    double* of_pass(int pass) { return kernel_.data() + std::size_t(pass) * known_.n * DOUBLE_LANES; }

    // Candidates into lanes; those that are missing are the first once more.
    void turn(const double* from, int here, int pass) {
        double* to = candidates_.data() + std::size_t(pass) * known_.dimension * DOUBLE_LANES;
        for (int l = 0; l < DOUBLE_LANES; l++) {
            const double* own = from + std::size_t(l < here ? l : 0) * known_.dimension;
            for (int j = 0; j < known_.dimension; j++) to[std::size_t(j) * DOUBLE_LANES + l] = own[j];
        }
    }

    // Squared ones, without the rounding of |a|^2 - 2ab + |b|^2: of a point to itself they are 0.
    double* distances(const double* from, int here, int pass) {
        turn(from, here, pass);
        const double* candidates = candidates_.data() + std::size_t(pass) * known_.dimension * DOUBLE_LANES;
        double* out = of_pass(pass);
        int i = 0;
        for (; i + 4 <= known_.n; i += 4) distances_of<4>(candidates, i, out);
        for (; i < known_.n; i++) distances_of<1>(candidates, i, out);
        return out;
    }

    template <int ROWS>
    void distances_of(const double* candidates, int row, double* out) const {
        const int d = known_.dimension;
        const double* points = known_.points + std::size_t(row) * d;
        Doubles found[ROWS] = {};
        for (int j = 0; j < d; j++) {
            const Doubles x = load<Doubles>(candidates + std::size_t(j) * DOUBLE_LANES);
            for (int r = 0; r < ROWS; r++) {
                const Doubles difference = x - points[std::size_t(r) * d + j];
                found[r] += difference * difference;
            }
        }
        for (int r = 0; r < ROWS; r++) store(out + std::size_t(row + r) * DOUBLE_LANES, found[r]);
    }

    void find_nearest(const double* squared, int here, std::int64_t* nearest, double* distance) const {
        double least[DOUBLE_LANES];
        std::int64_t place[DOUBLE_LANES] = {};
        std::fill(least, least + DOUBLE_LANES, std::numeric_limits<double>::infinity());
        for (int i = 0; i < known_.n; i++)
            for (int l = 0; l < DOUBLE_LANES; l++) {
                const double own = squared[std::size_t(i) * DOUBLE_LANES + l];
                place[l] = own < least[l] ? i : place[l];
                least[l] = own < least[l] ? own : least[l];
            }
        for (int l = 0; l < here; l++) nearest[l] = place[l], distance[l] = std::sqrt(least[l]);
    }

    void weigh(const double* kernel, int here, double* out) const {
        for (int c = 0; c < known_.n_columns; c++) {
            Doubles sum = {};
            for (int i = 0; i < known_.n; i++)
                sum += known_.columns[std::size_t(i) * known_.n_columns + c] *
                       load<Doubles>(kernel + std::size_t(i) * DOUBLE_LANES);
            for (int l = 0; l < here; l++) out[std::size_t(l) * known_.n_columns + c] = sum[l];
        }
    }

    // Forward substitution by columns (Golub & Van Loan, "Matrix Computations", section 3.1.3), several at once: each
    // is read once for all passes.
    void eliminate(int passes) {
        for (int first = 0; first < known_.n; first += COLUMNS) eliminate(first, passes);
    }

    void eliminate(int first, int passes) {
        const int last = std::min(first + COLUMNS, known_.n);
        for (int pass = 0; pass < passes; pass++) {
            double* x = of_pass(pass);
            const auto at = [x](int i) { return load<Doubles>(x + std::size_t(i) * DOUBLE_LANES); };
            Doubles solved[COLUMNS];
            solve_corner(first, last, at, solved);
            for (int q = first; q < last; q++) store(x + std::size_t(q) * DOUBLE_LANES, solved[q - first]);
            for (int i = last; i < known_.n; i++) store(x + std::size_t(i) * DOUBLE_LANES, left(first, i, at, solved));
        }
    }

    // L'^-1 x in place of x, from the last unknowns to the first, again several at once.
    void substitute_back(double* x) const {
        for (int first = (known_.n - 1) / COLUMNS * COLUMNS; first >= 0; first -= COLUMNS) {
            const int last = std::min(first + COLUMNS, known_.n);
            Doubles rest[COLUMNS] = {};
            for (int q = first; q < last; q++) rest[q - first] = load<Doubles>(x + std::size_t(q) * DOUBLE_LANES);
            for (int i = last; i < known_.n; i++) {
                const Doubles known = load<Doubles>(x + std::size_t(i) * DOUBLE_LANES);
                for (int q = 0; q < COLUMNS; q++) rest[q] -= known * lower(i, first + q);
            }
            for (int q = last - 1; q >= first; q--) {
                for (int p = last - 1; p > q; p--) rest[q - first] -= rest[p - first] * lower(p, q);
                rest[q - first] /= lower(q, q);
                store(x + std::size_t(q) * DOUBLE_LANES, rest[q - first]);
            }
        }
    }

    // |L^-1 k|^2 of one candidate alone, by the same steps, but with several points in the lanes.
    double explained_alone() {
        double* x = kernel_.data();
        for (int i = 0; i < known_.n; i++) x[i] = x[std::size_t(i) * DOUBLE_LANES];
        // In all lanes: compilers round a sum of single numbers otherwise.
        const auto at = [x](int i) { return Doubles{} + x[i]; };
        Doubles sum = {};
        for (int first = 0; first < known_.n; first += COLUMNS) {
            const int last = std::min(first + COLUMNS, known_.n);
            Doubles solved[COLUMNS];
            solve_corner(first, last, at, solved);
            for (int q = 0; q < last - first; q++) sum += solved[q] * solved[q];
            int i = last;
            for (; i + DOUBLE_LANES <= known_.n; i += DOUBLE_LANES) {
                Doubles rest = load<Doubles>(x + i);
                for (int q = 0; q < COLUMNS; q++) rest -= solved[q] * load<Doubles>(&lower(i, first + q));
                store(x + i, rest);
            }
            for (; i < known_.n; i++) x[i] = left(first, i, at, solved)[0];
        }
        return sum[0];
    }

    // The unknowns first to last, of what is left at each.
    template <typename At>
    void solve_corner(int first, int last, At at, Doubles* solved) const {
        for (int q = first; q < last; q++) {
            Doubles rest = at(q);
            for (int p = first; p < q; p++) rest -= solved[p - first] * lower(q, p);
            solved[q - first] = rest / lower(q, q);
        }
    }

    // What is left at a point below COLUMNS unknowns.
    template <typename At>
    Doubles left(int first, int i, At at, const Doubles* solved) const {
        const double* row = &lower(i, first);
        const std::size_t n = known_.n;
        Doubles rest = at(i);
        for (int q = 0; q < COLUMNS; q++) rest -= solved[q] * row[q * n];
        return rest;
    }

    const double& lower(int row, int column) const { return known_.upper[std::size_t(column) * known_.n + row]; }

    Factorized known_;
    std::vector<double> candidates_, kernel_;
};

}  // namespace emprox
