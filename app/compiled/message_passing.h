// The encoder of app/encoder/network.py, for many graphs in one call.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "linear.h"
#include "vectors.h"

namespace emprox {

constexpr int PATH_FEATURES = 6;

// Graphs one after the other. Vertices are in topological order, the first the input and the last the output.
struct Graphs {
    int n;
    const std::int32_t* sizes;       // shape (n,): vertices of each
    const std::int32_t* operations;  // of all vertices, one graph's after the other's
    const std::int32_t* n_edges;     // shape (n,)
    const std::int32_t* edges;       // (source, target) of all edges, in vertices of their graph, ascending
};

class MessagePassing {
 public:
    // `read`, a row of padded(width) numbers for each operation, path feature and, where there are several, cell, turns
    // these into the state of a vertex. A round of messages gives what a vertex keeps, what it sends along its edges,
    // and what it sends back, each of padded(width) columns; scale and shift of its norm are multiplied in.
    MessagePassing(int n_operations, int n_cells, int width, std::vector<float> read, std::vector<float> read_bias,
                   std::vector<Linear> rounds, Linear straight, std::array<Linear, 3> head)
        : n_operations_(n_operations),
          n_cells_(n_cells),
          width_(width),
          stride_(padded(width)),
          read_(std::move(read)),
          read_bias_(std::move(read_bias)),
          rounds_(std::move(rounds)),
          straight_(std::move(straight)),
          head_(std::move(head)) {}

    // Embeddings of architectures begin to end, each `dimension` numbers, which are written to `out`.
    void embed(const Graphs& graphs, int dimension, float* out) const {
        const int pooled_width = 4 * width_;
        Buffers buffers;
        std::vector<float> pooled;
        const int n = graphs.n / n_cells_;
        const std::int32_t *operations = graphs.operations, *edges = graphs.edges;
        for (int first = 0; first < n; first += TOGETHER) {
            const int last = std::min(n, first + TOGETHER);
            pooled.resize(std::size_t(last - first) * n_cells_ * pooled_width);
            float* place = pooled.data();
            for (int g = first * n_cells_; g < last * n_cells_;) {
                const int begin = g;
                int vertices = 0;
                while (g < last * n_cells_ && (g == begin || vertices + graphs.sizes[g] <= VERTICES))
                    vertices += graphs.sizes[g++];
                const Graphs part{g - begin, graphs.sizes + begin, operations, graphs.n_edges + begin, edges};
                pool(part, begin, vertices, buffers, place);
                place += std::size_t(part.n) * pooled_width;
                operations += vertices;
                for (int i = begin; i < g; i++) edges += 2 * graphs.n_edges[i];
            }
            embed_pooled(pooled.data(), last - first, dimension, buffers, out + std::size_t(first) * dimension);
        }
    }

 private:
    static constexpr int VERTICES = 96;  // whose states stay in a core's first two caches
    static constexpr int TOGETHER = 96;  // architectures

    struct Buffers {
        std::vector<float> state, normal, mixed, received, features, hidden, more, straight;
    };

    // What is pooled of each graph: sum, maximum, input and output of the states of its vertices.
    void pool(const Graphs& graphs, int first, int vertices, Buffers& buffers, float* out) const {
        buffers.state.assign(std::size_t(vertices) * stride_, 0);
        buffers.normal.resize(std::size_t(vertices) * stride_);
        buffers.received.resize(std::size_t(vertices) * stride_);
        float* state = buffers.state.data();
        read(graphs, first, buffers.features, state);
        for (const Linear& messages : rounds_) {
            buffers.mixed.resize(std::size_t(vertices) * messages.outputs);
            for (int v = 0; v < vertices; v++)
                normalize(state + std::size_t(v) * stride_, buffers.normal.data() + std::size_t(v) * stride_);
            messages(buffers.normal.data(), vertices, stride_, buffers.mixed.data(), messages.outputs);
            receive(graphs, buffers.mixed.data(), messages.outputs, buffers.received.data());
            to_silu(buffers.received.data(), vertices * stride_);
            for (int i = 0; i < vertices * stride_; i++) state[i] += buffers.received[i];
        }
        for (int g = 0; g < graphs.n; g++) {
            const int size = graphs.sizes[g];
            float *total = out, *largest = out + width_;
            for (int c = 0; c < width_; c++) total[c] = 0, largest[c] = state[c];
            for (int v = 0; v < size; v++)
                for (int c = 0; c < width_; c++) {
                    const float value = state[std::size_t(v) * stride_ + c];
                    total[c] += 0.25f * value;
                    largest[c] = std::max(largest[c], value);
                }
            std::copy_n(state, width_, out + 2 * width_);
            std::copy_n(state + std::size_t(size - 1) * stride_, width_, out + 3 * width_);
            state += std::size_t(size) * stride_;
            out += 4 * width_;
        }
    }

    void read(const Graphs& graphs, int first, std::vector<float>& features, float* state) const {
        const std::int32_t *operations = graphs.operations, *edges = graphs.edges;
        const float* of_paths = read_.data() + std::size_t(n_operations_) * stride_;
        const float* of_cell = of_paths + PATH_FEATURES * stride_;
        for (int g = 0; g < graphs.n; g++) {
            const int size = graphs.sizes[g];
            path_features(edges, graphs.n_edges[g], size, features);
            const float* cell = n_cells_ > 1 ? of_cell + std::size_t((first + g) % n_cells_) * stride_ : nullptr;
            for (int v = 0; v < size; v++, state += stride_) {
                const float* operation = read_.data() + std::size_t(operations[v]) * stride_;
                for (int c = 0; c < stride_; c++) state[c] = read_bias_[c] + operation[c];
                if (cell)
                    for (int c = 0; c < stride_; c++) state[c] += cell[c];
                for (int f = 0; f < PATH_FEATURES; f++) {
                    const float value = features[std::size_t(v) * PATH_FEATURES + f];
                    for (int c = 0; c < stride_; c++) state[c] += value * of_paths[f * stride_ + c];
                }
                to_silu(state, stride_);
            }
            operations += size;
            edges += 2 * graphs.n_edges[g];
        }
    }

    // See the function of the same name in app/encoder/network.py; `features` gets the shape (size, PATH_FEATURES).
    static void path_features(const std::int32_t* edges, int n_edges, int size, std::vector<float>& features) {
        features.assign(std::size_t(size) * (PATH_FEATURES + 5), 0);
        float* from_input = features.data() + std::size_t(size) * PATH_FEATURES;
        float *onward = from_input + size, *share = onward + size, *in = share + size, *out = in + size;
        for (int e = 0; e < n_edges; e++) in[edges[2 * e + 1]]++, out[edges[2 * e]]++;
        from_input[0] = onward[size - 1] = share[size - 1] = 1;
        for (int e = 0; e < n_edges; e++) from_input[edges[2 * e + 1]] += from_input[edges[2 * e]];
        for (int e = n_edges - 1; e >= 0; e--) {  // the edges into a vertex come after those that lead out of it
            const int source = edges[2 * e], target = edges[2 * e + 1];
            onward[source] += onward[target];
            share[source] += share[target] / in[target];
        }
        for (int v = 0; v < size; v++) {
            float* row = features.data() + std::size_t(v) * PATH_FEATURES;
            row[0] = std::log1p(from_input[v]);
            row[1] = std::log1p(onward[v]);
            row[2] = std::log1p(from_input[v] * onward[v]);
            row[3] = share[v];
            row[4] = in[v] / 4;
            row[5] = out[v] / 4;
        }
    }

    // LayerNorm (Ba et al., 2016) without scale and shift, of one state.
    void normalize(const float* state, float* out) const {
        const float mean = sum(state, width_) / width_;
        for (int c = 0; c < width_; c++) out[c] = state[c] - mean;
        const float scale = 1 / std::sqrt(dot(out, out, width_) / width_ + 1e-5f);
        for (int c = 0; c < width_; c++) out[c] *= scale;
    }

    // What each vertex keeps, and what comes along its edges and back.
    void receive(const Graphs& graphs, const float* mixed, int n_mixed, float* received) const {
        const std::int32_t* edges = graphs.edges;
        for (int g = 0; g < graphs.n; g++) {
            const int size = graphs.sizes[g];
            for (int v = 0; v < size; v++)
                std::copy_n(mixed + std::size_t(v) * n_mixed, stride_, received + std::size_t(v) * stride_);
            for (int e = 0; e < graphs.n_edges[g]; e++, edges += 2) {
                const std::size_t from = edges[0], to = edges[1];
                const float *forth = mixed + from * n_mixed + stride_, *back = mixed + to * n_mixed + 2 * stride_;
                float *source = received + from * stride_, *target = received + to * stride_;
                for (int c = 0; c < stride_; c++) target[c] += forth[c];
                for (int c = 0; c < stride_; c++) source[c] += back[c];
            }
            mixed += std::size_t(size) * n_mixed;
            received += std::size_t(size) * stride_;
        }
    }

    void embed_pooled(const float* pooled, int n, int dimension, Buffers& buffers, float* out) const {
        buffers.straight.resize(std::size_t(n) * straight_.outputs);
        straight_(pooled, n, straight_.inputs, buffers.straight.data(), straight_.outputs);
        const float* x = pooled;
        int stride = straight_.inputs;
        for (const Linear& layer : head_) {
            std::vector<float>& to = x == buffers.hidden.data() ? buffers.more : buffers.hidden;
            to.resize(std::size_t(n) * layer.outputs);
            layer(x, n, stride, to.data(), layer.outputs);
            if (&layer != &head_.back()) to_silu(to.data(), n * layer.outputs);
            x = to.data();
            stride = layer.outputs;
        }
        for (int row = 0; row < n; row++)
            for (int c = 0; c < dimension; c++)
                out[std::size_t(row) * dimension + c] =
                    buffers.straight[std::size_t(row) * straight_.outputs + c] + x[std::size_t(row) * stride + c];
    }

    int n_operations_, n_cells_, width_, stride_;
    std::vector<float> read_, read_bias_;
    std::vector<Linear> rounds_;
    Linear straight_;
    std::array<Linear, 3> head_;
};

}  // namespace emprox
