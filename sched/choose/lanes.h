/* Whole columns of a block at once: comparisons that give masks, numbers as doubles.
 *
 * Loops of a fixed length over plain arrays: compilers make vector code of them. What stands in lanes that hold
 * no value does not matter; masks say which ones count. Stateless, any thread. Inline: the engine's inner loops. */
#pragma once

#include <stdint.h>
#include <string.h>

enum { LANES = 64 };

/* A function that is compiled for wider vectors, too; which one runs is decided at start. Both give the same bits:
 * operations on each lane stay as they are. Sanitizers start too late for that. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) &&                        \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LANES_WIDE __attribute__((target_clones("avx2", "default"), flatten))
#else
#define LANES_WIDE
#endif

/* Lanes whose value is at least a limit. Mostly all are, or none: of numbers below 2^63 the highest bit of a
 * difference tells, and vector code does that for all lanes before any is looked at alone.
 * Shape: LANES values; bit i for lane i. Units: none. Errors: none. Source: none. */
static inline uint64_t lanes_at_least(const uint64_t *value, uint64_t limit)
{
    uint64_t any = limit, below = UINT64_MAX, mask = 0;
    for (unsigned i = 0; i < LANES; i++) {
        any |= value[i] | (value[i] - limit);
        below &= ~value[i] & (value[i] - limit);
    }
    if (!(any >> 63)) {
        return UINT64_MAX;
    }
    if (below >> 63 && !(limit >> 63)) {
        return 0;
    }
    for (unsigned i = 0; i < LANES; i++) {
        mask |= (uint64_t)(value[i] >= limit) << i;
    }
    return mask;
}

/* Lanes whose value is a number; mostly all are. Shape: as lanes_at_least. Units: none. Errors: none. Source:
 * none. */
static inline uint64_t lanes_equal(const uint64_t *value, uint64_t number)
{
    uint64_t other = 0, mask = 0;
    for (unsigned i = 0; i < LANES; i++) {
        other |= value[i] ^ number;
    }
    if (other == 0) {
        return UINT64_MAX;
    }
    for (unsigned i = 0; i < LANES; i++) {
        mask |= (uint64_t)(value[i] == number) << i;
    }
    return mask;
}

/* Lanes that have one of some bits. Shape: as lanes_at_least. Units: none. Errors: none. Source: none. */
static inline uint64_t lanes_share(const uint64_t *value, uint64_t bits)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < LANES; i++) {
        mask |= (uint64_t)((value[i] & bits) != 0) << i;
    }
    return mask;
}

/* The double next to a number, ties to even, as a cast gives it; the cast is no vector code before AVX-512.
 * Both halves stand exactly in the low bits of 2^84 and 2^52; only the last addition rounds.
 * Shape: none. Units: none. Errors: none. Source: IEEE 754. */
static inline double lanes_double(uint64_t number)
{
    const uint64_t high = (number >> 32) | 0x4530000000000000u;        /* 2^84 + high * 2^32 */
    const uint64_t low = (number & 0xffffffffu) | 0x4330000000000000u; /* 2^52 + low */
    double a, b;
    memcpy(&a, &high, sizeof a);
    memcpy(&b, &low, sizeof b);
    return (a - 0x1.00000001p84) + b;
}

/* A column of numbers as doubles. Shape: LANES each. Units: none. Errors: none. Source: none. */
static inline void lanes_doubles(const uint64_t *restrict value, double *restrict out)
{
    for (unsigned i = 0; i < LANES; i++) {
        out[i] = lanes_double(value[i]);
    }
}

/* Write one value into the lanes of a mask. Shape: LANES values. Units: none. Errors: none. Source: none. */
static inline void lanes_fill(double *out, uint64_t mask, double value)
{
    for (; mask; mask &= mask - 1) {
        out[__builtin_ctzll(mask)] = value;
    }
}

/* The least of the lanes of a mask and of what was the least before. Shape: LANES values. Units: none. Errors:
 * none. Source: none. */
static inline double lanes_least(const double *value, uint64_t mask, double least)
{
    enum { ACCUMULATORS = 8 };
    double at[ACCUMULATORS];
    for (unsigned i = 0; i < ACCUMULATORS; i++) {
        at[i] = least;
    }
    for (unsigned i = 0; mask == UINT64_MAX && i < LANES; i += ACCUMULATORS) {
        for (unsigned k = 0; k < ACCUMULATORS; k++) {
            at[k] = value[i + k] < at[k] ? value[i + k] : at[k];
        }
    }
    for (unsigned i = 0; i < ACCUMULATORS; i++) {
        least = at[i] < least ? at[i] : least;
    }
    for (mask = mask == UINT64_MAX ? 0 : mask; mask; mask &= mask - 1) {
        double one = value[__builtin_ctzll(mask)];
        least = one < least ? one : least;
    }
    return least;
}
