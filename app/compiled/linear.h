// Dense layers: x W + b for many rows x, each row's result the same however many there are.
#pragma once

#include <vector>

#include "vectors.h"

namespace emprox {

constexpr int PANEL = 2 * LANES;  // columns that are worked on together

inline int padded(int n) {
    return (n + PANEL - 1) / PANEL * PANEL;
}

// A weight matrix, its columns in panels that lie together in memory; the last one filled up with zeros.
class Linear {
 public:
    Linear() = default;

    // weight: shape (inputs, outputs); bias: shape (outputs,).
    Linear(const float* weight, const float* bias, int inputs, int outputs)
        : inputs(inputs),
          outputs(padded(outputs)),
          panels_(std::size_t(inputs) * padded(outputs)),
          bias_(padded(outputs)) {
        for (int column = 0; column < outputs; column++) {
            float* panel = panels_.data() + std::size_t(column / PANEL) * inputs * PANEL + column % PANEL;
            for (int i = 0; i < inputs; i++) panel[i * PANEL] = weight[std::size_t(i) * outputs + column];
            bias_[column] = bias[column];
        }
    }

    // out (rows, outputs) of x (rows, inputs); rows lie `x_stride` and `out_stride` numbers apart.
    void operator()(const float* x, int rows, int x_stride, float* out, int out_stride) const {
        if (rows == 1) return columns<1, 4>(x, x_stride, out, out_stride);
        if (rows == 2) return columns<2, 2>(x, x_stride, out, out_stride);
        // Blocks of about the same size: one row alone takes as long as three.
        const int n_blocks = (rows + MOST_ROWS - 1) / MOST_ROWS;
        for (int panel = 0; panel < outputs / PANEL; panel++)
            for (int i = 0; i < n_blocks; i++) {
                const int first = int(std::int64_t(rows) * i / n_blocks);
                const float* from = x + std::size_t(first) * x_stride;
                float* to = out + std::size_t(first) * out_stride;
                switch (int(std::int64_t(rows) * (i + 1) / n_blocks) - first) {
                    case 6: block<6, 1>(from, x_stride, panel, to, out_stride); break;
                    case 5: block<5, 1>(from, x_stride, panel, to, out_stride); break;
                    case 4: block<4, 1>(from, x_stride, panel, to, out_stride); break;
                    case 3: block<3, 1>(from, x_stride, panel, to, out_stride); break;
                }
            }
    }

    int inputs = 0, outputs = 0;

 private:
    static constexpr int MOST_ROWS = 6;  // with their columns they take all registers that there are

    template <int ROWS, int PANELS>
    void columns(const float* x, int x_stride, float* out, int out_stride) const {
        const int n_panels = outputs / PANEL;
        int panel = 0;
        for (; panel + PANELS <= n_panels; panel += PANELS) block<ROWS, PANELS>(x, x_stride, panel, out, out_stride);
        for (; panel < n_panels; panel++) block<ROWS, 1>(x, x_stride, panel, out, out_stride);
    }

    template <int ROWS, int PANELS>
    void block(const float* x, int x_stride, int panel, float* out, int out_stride) const {
        const float* weight = panels_.data() + std::size_t(panel) * inputs * PANEL;
        const float* bias = bias_.data() + panel * PANEL;
        Floats found[ROWS][2 * PANELS];
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < 2 * PANELS; c++) found[r][c] = load<Floats>(bias + c * LANES);
        for (int i = 0; i < inputs; i++) {
            Floats w[2 * PANELS];
            for (int c = 0; c < 2 * PANELS; c++)
                w[c] = load<Floats>(weight + (std::size_t(c / 2) * inputs + i) * PANEL + (c % 2) * LANES);
            for (int r = 0; r < ROWS; r++) {
                const float value = x[std::size_t(r) * x_stride + i];
                for (int c = 0; c < 2 * PANELS; c++) found[r][c] += value * w[c];
            }
        }
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < 2 * PANELS; c++)
                store(out + std::size_t(r) * out_stride + panel * PANEL + c * LANES, found[r][c]);
    }

    std::vector<float> panels_, bias_;
};

}  // namespace emprox
