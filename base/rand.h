/* Random octets, replaceable by tests. rand_system() is the kernel's generator; rand_fake repeats
 * by its seed. A source belongs to one thread, but for the system's, which any thread may use. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rand {
    void (*fill)(struct rand *rand, void *out, size_t len);
};

struct rand_fake {
    struct rand rand;
    uint64_t state;
};

/* The kernel's generator. Shape: static, never freed. Units: none. Errors: aborts without entropy.
 * Source: none. */
struct rand *rand_system(void);

/* A repeatable source for tests. Shape: none. Units: none. Errors: none. Source: none. */
void rand_fake_init(struct rand_fake *fake, uint64_t seed);

/* 64 random bits. Shape: none. Units: none. Errors: none. Source: none. */
uint64_t rand_u64(struct rand *rand);
