// Graphs as Python has them.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <string_view>
#include <vector>

#include "canonical.h"
#include "checks.h"

namespace emprox {

namespace py = pybind11;

inline std::vector<std::string_view> texts(const py::tuple& names) {
    std::vector<std::string_view> found;
    for (const py::handle& name : names) {
        py::ssize_t length;
        const char* text = PyUnicode_AsUTF8AndSize(name.ptr(), &length);
        if (!text) throw py::error_already_set();
        found.emplace_back(text, std::size_t(length));
    }
    return found;
}

inline std::pair<int, int> numbers_of(const py::handle& edge) {
    try {
        return edge.cast<std::pair<int, int>>();
    } catch (const py::cast_error&) {
        throw py::value_error("an edge is two whole numbers");
    }
}

inline py::object canonical_form(const py::tuple& operations, const py::tuple& edges) {
    const int n = int(operations.size());
    std::vector<Edge> pairs;
    for (const py::handle& edge : edges) {
        const auto [u, v] = numbers_of(edge);
        check(0 <= u && u < v && v < n, "an edge leads on within its graph");
        pairs.push_back({u, v});
    }
    check(n > 0, "a graph has a vertex");
    const std::vector<int> live = live_vertices(n, pairs);
    std::vector<std::string_view> names = texts(operations);
    for (std::size_t i = 0; i < live.size(); i++) names[i] = names[live[i]];
    names.resize(live.size());
    pairs = among(live, n, pairs);
    Refinement refinement(names, pairs);
    if (!refinement.settle()) return py::none();
    const std::vector<int>& place = refinement.places();
    for (Edge& edge : pairs) edge = {place[edge[0]], place[edge[1]]};
    std::sort(pairs.begin(), pairs.end());
    py::tuple form(live.size()), renumbered(pairs.size());
    for (std::size_t i = 0; i < live.size(); i++) form[place[i]] = operations[live[i]];
    std::string text;
    for (std::size_t e = 0; e < pairs.size(); e++) {
        renumbered[e] = py::make_tuple(pairs[e][0], pairs[e][1]);
        text += (e ? "," : "") + std::to_string(pairs[e][0]) + "-" + std::to_string(pairs[e][1]);
    }
    const py::bytes packed(reinterpret_cast<const char*>(pairs.data()), pairs.size() * sizeof(Edge));
    return py::make_tuple(form, renumbered, packed, text);
}

// A list or a tuple of n, and nothing that only behaves like one.
inline bool lists(PyObject* value, py::ssize_t n) {
    return (PyList_CheckExact(value) || PyTuple_CheckExact(value)) && PySequence_Fast_GET_SIZE(value) == n;
}

inline py::object edges_of_matrix(const py::object& matrix, int n) {
    if (!lists(matrix.ptr(), n)) return py::none();
    std::vector<Edge> edges;
    for (int u = 0; u < n; u++) {
        PyObject* row = PySequence_Fast_ITEMS(matrix.ptr())[u];
        if (!lists(row, n)) return py::none();
        for (int v = 0; v < n; v++) {
            PyObject* entry = PySequence_Fast_ITEMS(row)[v];
            if (!PyLong_CheckExact(entry)) return py::none();
            int overflow;
            const long value = PyLong_AsLongAndOverflow(entry, &overflow);
            if (overflow || (value != 0 && (value != 1 || v <= u))) return py::none();
            if (value) edges.push_back({u, v});
        }
    }
    py::tuple found(edges.size());
    for (std::size_t e = 0; e < edges.size(); e++) found[e] = py::make_tuple(edges[e][0], edges[e][1]);
    return found;
}

}  // namespace emprox
