// What the loops of the encoder and of the score look like to Python; kernels.pyi says what each takes and gives.
// Whoever includes this defines MODULE, the name that Python knows the build by.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "anchors.h"
#include "checks.h"
#include "cholesky.h"
#include "graphs.h"
#include "message_passing.h"
#include "nearest.h"
#include "neighbors.h"
#include "parallel.h"
#include "together.h"

namespace py = pybind11;
using namespace emprox;

namespace {

template <typename Number>
using Array = py::array_t<Number, py::array::c_style | py::array::forcecast>;
using Integers = py::array_t<std::int32_t, py::array::c_style>;  // others are refused: they could wrap around
using Layer = std::pair<Array<float>, Array<float>>;             // weight (inputs, outputs) and bias (outputs,)

void check_layer(const Layer& layer) {
    const auto& [weight, bias] = layer;
    check(weight.ndim() == 2 && bias.ndim() == 1 && weight.shape(1) == bias.shape(0), "a layer is a matrix and a bias");
}

Linear linear(const Layer& layer) {
    check_layer(layer);
    const auto& [weight, bias] = layer;
    return Linear(weight.data(), bias.data(), int(weight.shape(0)), int(weight.shape(1)));
}

// Each of `parts` groups of columns filled up with zeros to whole panels.
Linear linear_in_parts(const Layer& layer, int parts) {
    check_layer(layer);
    const auto& [weight, bias] = layer;
    check(weight.shape(1) % parts == 0, "a layer has columns for each of its parts");
    const int inputs = int(weight.shape(0)), width = int(weight.shape(1)) / parts, stride = padded(width);
    std::vector<float> wide(std::size_t(inputs) * parts * stride), wide_bias(std::size_t(parts) * stride);
    for (int part = 0; part < parts; part++)
        for (int c = 0; c < width; c++) {
            for (int i = 0; i < inputs; i++)
                wide[(std::size_t(i) * parts + part) * stride + c] = weight.at(i, part * width + c);
            wide_bias[part * stride + c] = bias.at(part * width + c);
        }
    return Linear(wide.data(), wide_bias.data(), inputs, parts * stride);
}

class PyMessagePassing {
 public:
    PyMessagePassing(int n_operations, int n_cells, const Layer& read, const std::vector<Layer>& rounds,
                     const Layer& straight, const std::vector<Layer>& head)
        : n_operations_(n_operations),
          n_cells_(n_cells),
          dimension_(int(straight.second.size())),
          network_(made(n_operations, n_cells, read, rounds, straight, head)) {}

    Array<float> embed(const Integers& sizes, const Integers& operations, const Integers& n_edges,
                       const Integers& edges) const {
        check(sizes.ndim() == 1 && operations.ndim() == 1 && n_edges.ndim() == 1 && edges.ndim() == 1,
              "graphs are one after the other");
        const int n = int(sizes.size());
        check(n_edges.size() == n && n % n_cells_ == 0,
              "every graph has a number of edges, every architecture its cells");
        std::vector<std::int64_t> vertex(n + 1), edge(n + 1);
        for (int g = 0; g < n; g++) {
            check(sizes.at(g) > 0 && n_edges.at(g) >= 0, "a graph has a vertex");
            vertex[g + 1] = vertex[g] + sizes.at(g);
            edge[g + 1] = edge[g] + n_edges.at(g);
        }
        check(operations.size() == vertex[n] && edges.size() == 2 * edge[n],
              "operations and edges are those of the graphs");
        for (std::int64_t v = 0; v < vertex[n]; v++)
            check(0 <= operations.data()[v] && operations.data()[v] < n_operations_,
                  "an operation is one of the network's");
        for (int g = 0; g < n; g++)
            for (std::int64_t e = edge[g]; e < edge[g + 1]; e++) {
                const std::int32_t* ends = edges.data() + 2 * e;
                check(0 <= ends[0] && ends[0] < ends[1] && ends[1] < sizes.data()[g],
                      "an edge leads on within its graph");
            }
        Array<float> found({n / n_cells_, dimension_});
        float* out = found.mutable_data();
        py::gil_scoped_release others;
        in_parts(n / n_cells_, [&](int begin, int end) {
            const int first = begin * n_cells_;
            const Graphs part{(end - begin) * n_cells_, sizes.data() + first, operations.data() + vertex[first],
                              n_edges.data() + first, edges.data() + 2 * edge[first]};
            network_.embed(part, dimension_, out + std::size_t(begin) * dimension_);
        });
        return found;
    }

 private:
    static MessagePassing made(int n_operations, int n_cells, const Layer& read, const std::vector<Layer>& rounds,
                               const Layer& straight, const std::vector<Layer>& head) {
        check(n_operations > 0 && n_cells > 0, "a graph has operations, and an architecture cells");
        check_layer(read);
        const int width = int(read.second.size());
        const std::int64_t inputs = std::int64_t(n_operations) + PATH_FEATURES + (n_cells > 1 ? n_cells : 0);
        check(read.first.ndim() == 2 && read.first.shape(0) == inputs && read.first.shape(1) == width,
              "a row is read for each operation, path feature and cell");
        std::vector<float> rows(std::size_t(inputs) * padded(width)), bias(padded(width));
        for (int i = 0; i < inputs; i++)
            for (int c = 0; c < width; c++) rows[std::size_t(i) * padded(width) + c] = read.first.at(i, c);
        std::copy_n(read.second.data(), width, bias.data());
        std::vector<Linear> messages;
        for (const Layer& round : rounds) messages.push_back(linear_in_parts(round, 3));
        check(head.size() == 3, "a head has three layers");
        std::array<Linear, 3> layers{linear(head[0]), linear(head[1]), linear(head[2])};
        for (const Linear& round : messages)
            check(round.inputs == width && round.outputs == 3 * padded(width), "a round is as wide as a state");
        check(straight.first.shape(0) == 4 * width * n_cells && layers[0].inputs == 4 * width * n_cells &&
                  head[1].first.shape(0) == head[0].first.shape(1) &&
                  head[2].first.shape(0) == head[1].first.shape(1) && head[2].first.shape(1) == straight.first.shape(1),
              "the layers that the embedding is read by fit each other");
        return MessagePassing(n_operations, n_cells, width, rows, bias, messages, linear(straight), layers);
    }

    int n_operations_, n_cells_, dimension_;
    MessagePassing network_;
};

py::tuple read_anchors(const AnchorTable& table, const Array<float>& points, int k) {
    check(points.ndim() == 2 && points.shape(1) == table.dimension(), "points have the anchors' columns");
    check(0 <= k && k <= table.size(), "there are at least k anchors");
    const int m = int(points.shape(0));
    Array<double> expected(m);
    Array<std::int64_t> nearest({m, k});
    double* to = expected.mutable_data();
    std::int64_t* labels = nearest.mutable_data();
    {
        py::gil_scoped_release others;
        in_parts(m, [&](int begin, int end) {
            table.read(points.data() + std::size_t(begin) * table.dimension(), end - begin, k, to + begin,
                       labels + std::size_t(begin) * k);
        });
    }
    return py::make_tuple(expected, nearest);
}

py::tuple krige(const Array<float>& points, const Array<float>& around, const Array<std::int64_t>& labels,
                const Array<double>& left, const Array<double>& repeats, double noise) {
    check(points.ndim() == 2 && around.ndim() == 2 && points.shape(1) == around.shape(1),
          "all points have the same columns");
    check(labels.ndim() == 2 && labels.shape(0) == points.shape(0) && labels.shape(1) > 0, "every point has neighbors");
    check(left.size() == around.shape(0) && repeats.size() == around.shape(0), "every neighbor was measured");
    const int m = int(points.shape(0)), k = int(labels.shape(1));
    for (py::ssize_t i = 0; i < labels.size(); i++)
        check(0 <= labels.data()[i] && labels.data()[i] < around.shape(0), "a label is that of a neighbor");
    Array<double> mean(m), variance(m), squared(m);
    Array<std::int64_t> nearest(m);
    double *means = mean.mutable_data(), *variances = variance.mutable_data(), *distances = squared.mutable_data();
    std::int64_t* places = nearest.mutable_data();
    const Observed observed{around.data(), left.data(), repeats.data(), int(around.shape(1)), noise};
    {
        py::gil_scoped_release others;
        in_parts(m, [&](int begin, int end) {
            Kriging kriging(observed, k);
            for (int i = begin; i < end; i++) {
                const std::int64_t* own = labels.data() + std::size_t(i) * k;
                const Kriged found = kriging(points.data() + std::size_t(i) * observed.dimension, own);
                means[i] = found.mean;
                variances[i] = found.variance;
                places[i] = own[found.nearest];
                distances[i] = found.squared;
            }
        });
    }
    return py::make_tuple(mean, variance, nearest, squared);
}

py::tuple nearest(const Array<float>& vectors, const Array<float>& queries, int k) {
    check(vectors.ndim() == 2 && queries.ndim() == 2 && vectors.shape(1) == queries.shape(1),
          "queries have the columns of the vectors");
    check(1 <= k && k <= vectors.shape(0), "there are at least k vectors");
    const int m = int(queries.shape(0)), n = int(vectors.shape(0)), dimension = int(vectors.shape(1));
    Array<std::int64_t> labels({m, k});
    Array<float> distances({m, k});
    std::int64_t* to_labels = labels.mutable_data();
    float* to_distances = distances.mutable_data();
    {
        py::gil_scoped_release others;
        in_parts(m, [&](int begin, int end) {
            ExactSearch search(vectors.data(), n, dimension, k);
            for (std::size_t i = begin; i < std::size_t(end); i++)
                search(queries.data() + i * dimension, to_labels + i * k, to_distances + i * k);
        });
    }
    return py::make_tuple(labels, distances);
}

void check_factorized(const Array<double>& candidates, const Array<double>& points, const Array<double>& upper) {
    check(candidates.ndim() == 2 && points.ndim() == 2 && candidates.shape(1) == points.shape(1),
          "all points have the same columns");
    check(upper.ndim() == 2 && upper.shape(0) == points.shape(0) && upper.shape(1) == points.shape(0),
          "the factor is that of the points");
    check(points.shape(0) > 0, "there is a point");
}

Array<double> weights_together(const Array<double>& candidates, const Array<double>& points,
                               const Array<double>& upper) {
    check_factorized(candidates, points, upper);
    const int m = int(candidates.shape(0));
    const Factorized known{points.data(), upper.data(), nullptr, int(points.shape(0)), int(points.shape(1)), 0};
    Array<double> found({m, known.n});
    double* out = found.mutable_data();
    const double* x = candidates.data();
    py::gil_scoped_release others;
    in_parts(m, [&](int begin, int end) {
        Together together(known);
        for (int first = begin; first < end; first += Together::TOGETHER)
            together.weights(x + std::size_t(first) * known.dimension, std::min(end - first, Together::TOGETHER),
                             out + std::size_t(first) * known.n);
    });
    return found;
}

py::tuple krige_together(const Array<double>& candidates, const Array<double>& points, const Array<double>& upper,
                         const Array<double>& columns) {
    check_factorized(candidates, points, upper);
    check(columns.ndim() == 2 && columns.shape(0) == points.shape(0), "columns have a number for each point");
    const int m = int(candidates.shape(0));
    const Factorized known{points.data(),        upper.data(),         columns.data(),
                           int(points.shape(0)), int(points.shape(1)), int(columns.shape(1))};
    Array<double> weighed({m, known.n_columns}), explained(m), distance(m);
    Array<std::int64_t> nearest(m);
    double *sums = weighed.mutable_data(), *squares = explained.mutable_data(), *distances = distance.mutable_data();
    std::int64_t* places = nearest.mutable_data();
    const double* x = candidates.data();
    {
        py::gil_scoped_release others;
        in_parts(m, [&](int begin, int end) {
            Together together(known);
            for (int first = begin; first < end; first += Together::TOGETHER)
                together(x + std::size_t(first) * known.dimension, std::min(end - first, Together::TOGETHER),
                         sums + std::size_t(first) * known.n_columns, squares + first, places + first,
                         distances + first);
        });
    }
    return py::make_tuple(weighed, explained, nearest, distance);
}

Array<double> lowered(const Array<double>& upper, const Array<std::int64_t>& places, const Array<double>& amounts) {
    check(upper.ndim() == 2 && upper.shape(0) == upper.shape(1), "a factor is square");
    check(places.ndim() == 1 && places.size() == amounts.size(), "each place has an amount");
    const int n = int(upper.shape(0));
    std::vector<Fall> falls;
    for (py::ssize_t i = 0; i < places.size(); i++) {
        check(0 <= places.at(i) && places.at(i) < n && amounts.data()[i] >= 0, "a place on the diagonal falls");
        falls.push_back({int(places.at(i)), amounts.data()[i]});
    }
    Array<double> found({n, n});
    double* out = found.mutable_data();
    const double* from = upper.data();
    py::gil_scoped_release others;
    downdate(from, n, falls, out);
    return found;
}

const char* fitting_build() {
#if defined(__x86_64__)
    const bool wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool widest = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    return wide && widest ? "widest" : wide ? "wide" : "plain";
#else
    return "plain";
#endif
}

}  // namespace

PYBIND11_MODULE(MODULE, m) {
    m.def("fitting_build", &fitting_build);
    py::class_<PyMessagePassing>(m, "MessagePassing", py::module_local())
        .def(py::init<int, int, const Layer&, const std::vector<Layer>&, const Layer&, const std::vector<Layer>&>())
        .def("embed", &PyMessagePassing::embed);
    py::class_<AnchorTable>(m, "AnchorTable", py::module_local())
        .def(py::init([](const Array<float>& points, const Array<double>& solved) {
            check(points.ndim() == 2 && solved.ndim() == 1 && solved.size() == points.shape(0),
                  "every anchor has a weight");
            return AnchorTable(points.data(), solved.data(), int(points.shape(0)), int(points.shape(1)));
        }))
        .def("read", &read_anchors);
    m.def("canonical_form", &canonical_form);
    m.def("edges_of_matrix", &edges_of_matrix);
    m.def("krige", &krige);
    m.def("krige_together", &krige_together);
    m.def("weights_together", &weights_together);
    m.def("lowered", &lowered);
    m.def("nearest", &nearest);
}
