// Elementary functions over arrays of floats, written so that a compiler turns each loop into vector instructions.
//
// Nothing here depends on how many rows are worked on together, so that the answer for one is that for many to the bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace emprox {

#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64;
#elif defined(__AVX__)
constexpr int VECTOR_BYTES = 32;
#else
constexpr int VECTOR_BYTES = 16;
#endif

typedef float Floats __attribute__((vector_size(VECTOR_BYTES)));
typedef double Doubles __attribute__((vector_size(VECTOR_BYTES)));

constexpr int LANES = sizeof(Floats) / sizeof(float);
constexpr int DOUBLE_LANES = sizeof(Doubles) / sizeof(double);

template <typename Vector, typename Number>
inline Vector load(const Number* from) {
    Vector found;
    std::memcpy(&found, from, sizeof(found));
    return found;
}

template <typename Vector, typename Number>
inline void store(Number* to, Vector value) {
    std::memcpy(to, &value, sizeof(value));
}

// e^x within two units in the last place; x below -87 counts as -87, and none may be above 88.
//
// e^x = 2^n e^r with n = round(x / log 2), |r| <= log 2 / 2, and a polynomial for e^r (Cephes, expf).
inline float exponential(float x) {
    constexpr float SHIFT = 12582912.0f;  // 1.5 * 2^23: what is added to it is rounded to a whole number
    x = x < -87.0f ? -87.0f : x;
    const float shifted = x * 1.44269504088896341f + SHIFT;
    const float n = shifted - SHIFT;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    std::uint32_t bits, exponent;
    std::memcpy(&bits, &p, sizeof(bits));
    std::memcpy(&exponent, &shifted, sizeof(exponent));
    bits += exponent << 23;  // the bits of SHIFT itself are shifted out
    std::memcpy(&p, &bits, sizeof(p));
    return p;
}

// x / (1 + e^-x) in place of each x (SiLU; Elfwing et al., 2018).
//
// Below -60 it is 0 but for 1e-24. A compiler makes of the largest y a division by a constant, does it for every x, and
// chooses afterwards: by e^87 that gave denormal numbers, which a processor is slow with.
inline void to_silu(float* x, int n) {
    for (int i = 0; i < n; i++) {
        const float y = -x[i] > 60.0f ? 60.0f : -x[i];
        x[i] = x[i] / (1.0f + exponential(y));
    }
}

// e^x as above, in double precision; x below -300 counts as -300, so that products of two are no denormal numbers. For
// a kernel that is 0 as long as no distance is beyond 1e100, as proxies are not.
inline double exponential(double x) {
    constexpr double SHIFT = 6755399441055744.0;  // 1.5 * 2^52
    x = x < -300.0 ? -300.0 : x;
    const double shifted = x * 1.4426950408889634 + SHIFT;
    const double n = shifted - SHIFT;
    const double r = (x - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6;
    double p = 1.6059043836821613e-10;  // 1 / 13!, and so on
    p = p * r + 2.0876756987868100e-9;
    p = p * r + 2.5052108385441720e-8;
    p = p * r + 2.7557319223985888e-7;
    p = p * r + 2.7557319223985893e-6;
    p = p * r + 2.4801587301587302e-5;
    p = p * r + 1.9841269841269841e-4;
    p = p * r + 1.3888888888888889e-3;
    p = p * r + 8.3333333333333333e-3;
    p = p * r + 4.1666666666666664e-2;
    p = p * r + 1.6666666666666666e-1;
    p = p * r + 0.5;
    p = p * r * r + r + 1.0;
    std::uint64_t bits, exponent;
    std::memcpy(&bits, &p, sizeof(bits));
    std::memcpy(&exponent, &shifted, sizeof(exponent));
    bits += exponent << 52;
    std::memcpy(&p, &bits, sizeof(p));
    return p;
}

// The Matern 3/2 kernel (1 + sqrt(3 d)) e^-sqrt(3 d) in place of each squared distance d.
template <typename Number>
inline void to_matern(Number* d, int n) {
    for (int i = 0; i < n; i++) {
        const Number root = std::sqrt(Number(3) * d[i]);
        d[i] = (Number(1) + root) * exponential(-root);
    }
}

inline float total(Floats lanes) {
    float sum = 0;
    for (int l = 0; l < LANES; l++) sum += lanes[l];
    return sum;
}

inline float sum(const float* a, int n) {
    Floats lanes = {};
    float rest = 0;
    int i = 0;
    for (; i + LANES <= n; i += LANES) lanes += load<Floats>(a + i);
    for (; i < n; i++) rest += a[i];
    return total(lanes) + rest;
}

inline float dot(const float* a, const float* b, int n) {
    Floats lanes = {};
    float rest = 0;
    int i = 0;
    for (; i + LANES <= n; i += LANES) lanes += load<Floats>(a + i) * load<Floats>(b + i);
    for (; i < n; i++) rest += a[i] * b[i];
    return total(lanes) + rest;
}

inline float squared_distance(const float* a, const float* b, int n) {
    Floats lanes = {};
    float rest = 0;
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        const Floats difference = load<Floats>(a + i) - load<Floats>(b + i);
        lanes += difference * difference;
    }
    for (; i < n; i++) rest += (a[i] - b[i]) * (a[i] - b[i]);
    return total(lanes) + rest;
}

}  // namespace emprox
