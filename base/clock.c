#include "base/clock.h"

#include <time.h>

#include "base/check.h"

static struct timespec now_of(clockid_t id)
{
    struct timespec now;
    CHECK(clock_gettime(id, &now) == 0);
    return now;
}

static uint64_t system_mono_ns(const struct clock *clock)
{
    (void)clock;
    struct timespec now = now_of(CLOCK_BOOTTIME);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int64_t system_wall_s(const struct clock *clock)
{
    (void)clock;
    return now_of(CLOCK_REALTIME).tv_sec;
}

const struct clock *clock_system(void)
{
    static const struct clock real = {system_mono_ns, system_wall_s};
    return &real;
}

static uint64_t fake_mono_ns(const struct clock *clock)
{
    return ((const struct clock_fake *)clock)->mono;
}

static int64_t fake_wall_s(const struct clock *clock)
{
    return ((const struct clock_fake *)clock)->wall;
}

void clock_fake_init(struct clock_fake *fake, int64_t wall_s)
{
    *fake = (struct clock_fake){{fake_mono_ns, fake_wall_s}, 0, wall_s};
}
