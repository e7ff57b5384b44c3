// The canonical form of most graphs (app/domain/canonical.py, which has the rest).
#pragma once

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace emprox {

using Edge = std::array<std::int32_t, 2>;

// The vertices on paths from the first to the last, and these two; edges are in ascending order.
inline std::vector<int> live_vertices(int n, const std::vector<Edge>& edges) {
    std::vector<char> from_input(n), to_output(n);
    from_input[0] = to_output[n - 1] = 1;
    for (auto edge = edges.begin(); edge != edges.end(); ++edge)
        if (from_input[(*edge)[0]]) from_input[(*edge)[1]] = 1;
    for (auto edge = edges.rbegin(); edge != edges.rend(); ++edge)
        if (to_output[(*edge)[1]]) to_output[(*edge)[0]] = 1;
    std::vector<int> live;
    for (int v = 0; v < n; v++)
        if ((from_input[v] && to_output[v]) || v == 0 || v == n - 1) live.push_back(v);
    return live;
}

// The edges between some of n vertices, in ascending order, in places among these.
inline std::vector<Edge> among(const std::vector<int>& vertices, int n, const std::vector<Edge>& edges) {
    std::vector<int> place(n, -1);
    for (std::size_t i = 0; i < vertices.size(); i++) place[vertices[i]] = int(i);
    std::vector<Edge> found;
    for (const auto& [u, v] : edges)
        if (place[u] >= 0 && place[v] >= 0) found.push_back({place[u], place[v]});
    return found;
}

class Refinement {
 public:
    // A pruned graph: an operation for each vertex, and edges (source, target) in ascending order.
    Refinement(const std::vector<std::string_view>& operations, const std::vector<Edge>& edges)
        : n_(int(operations.size())), before_(n_), after_(n_), colors_(n_) {
        std::vector<int> depths(n_);
        for (const auto& [u, v] : edges) {
            before_[v].push_back(u);
            after_[u].push_back(v);
            depths[v] = std::max(depths[v], depths[u] + 1);
        }
        depths[n_ - 1] = n_;
        std::vector<std::pair<int, std::string_view>> keys(n_);
        for (int v = 0; v < n_; v++) keys[v] = {depths[v], operations[v]};
        std::vector<int> all(n_);
        std::iota(all.begin(), all.end(), 0);
        rank(keys, all, 0, colors_);
    }

    // Whether refinement, and telling apart twins at will, gives every vertex a color of its own.
    bool settle() {
        for (;;) {
            refine();
            const std::vector<int> tied = first_tie();
            if (tied.empty()) return true;
            for (int v : tied)
                if (before_[v] != before_[tied[0]] || after_[v] != after_[tied[0]]) return false;
            for (std::size_t i = 1; i < tied.size(); i++) colors_[tied[i]]++;
        }
    }

    // The place of each vertex, once settled.
    const std::vector<int>& places() const { return colors_; }

 private:
    // `colors` of the tied vertices, whose color so far is `color`, by their keys: how many vertices have a smaller
    // one.
    template <typename Key>
    static bool rank(const std::vector<Key>& keys, const std::vector<int>& tied, int color, std::vector<int>& colors) {
        std::vector<int> order(tied.size());
        std::iota(order.begin(), order.end(), 0);
        std::sort(order.begin(), order.end(), [&](int a, int b) { return keys[a] < keys[b]; });
        int of_equals = color;
        for (std::size_t i = 0; i < order.size(); i++) {
            if (i && keys[order[i - 1]] < keys[order[i]]) of_equals = color + int(i);
            colors[tied[order[i]]] = of_equals;
        }
        return of_equals != color;
    }

    std::vector<std::vector<int>> members() const {
        std::vector<std::vector<int>> found(n_);
        for (int v = 0; v < n_; v++) found[colors_[v]].push_back(v);
        return found;
    }

    std::vector<int> first_tie() const {
        for (const std::vector<int>& tied : members())
            if (tied.size() > 1) return tied;
        return {};
    }

    // Splits colors by the colors around each vertex until nothing splits.
    void refine() {
        for (bool split = true; split;) {
            split = false;
            std::vector<int> refined = colors_;
            const std::vector<std::vector<int>> of_color = members();
            for (int color = 0; color < n_; color++) {
                const std::vector<int>& tied = of_color[color];
                if (tied.size() < 2) continue;
                std::vector<std::pair<std::vector<int>, std::vector<int>>> around;
                for (int v : tied) around.emplace_back(colors_of(before_[v]), colors_of(after_[v]));
                split |= rank(around, tied, color, refined);
            }
            colors_ = refined;
        }
    }

    std::vector<int> colors_of(const std::vector<int>& vertices) const {
        std::vector<int> found;
        for (int v : vertices) found.push_back(colors_[v]);
        std::sort(found.begin(), found.end());
        return found;
    }

    int n_;
    std::vector<std::vector<int>> before_, after_;
    std::vector<int> colors_;  // of each vertex: how many vertices have a smaller color
};

}  // namespace emprox
