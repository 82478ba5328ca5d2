/* Clock: where time comes from, replaceable by tests.
 *
 * mono counts suspend (CLOCK_BOOTTIME) and never steps back: timers, leases, limits. wall is UNIX
 * time: signatures, cookies, `obs`. A clock is shared read-only by all threads; clock_system() is
 * the real one. */
#pragma once

#include <stdint.h>

struct clock {
    uint64_t (*mono_ns)(const struct clock *clock);
    int64_t (*wall_s)(const struct clock *clock);
};

/* A clock that tests set by hand; pass &fake.clock on. */
struct clock_fake {
    struct clock clock;
    uint64_t mono;
    int64_t wall;
};

/* The machine's clock. Shape: static, never freed. Units: ns, s. Errors: none. Source: none. */
const struct clock *clock_system(void);

/* Make a clock that shows what its fields say. Shape: none. Units: wall in s. Errors: none.
 * Source: none. */
void clock_fake_init(struct clock_fake *fake, int64_t wall_s);
