#include "base/rand.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"

static void system_fill(struct rand *rand, void *out, size_t len)
{
    (void)rand;
    uint8_t *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        CHECK(got > 0 || (got < 0 && errno == EINTR));
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

struct rand *rand_system(void)
{
    static struct rand real = {system_fill};
    return &real;
}

/* SplitMix64 (Steele, Lea, Flood 2014): every seed gives another sequence, also 0. */
static uint64_t next_of(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void fake_fill(struct rand *rand, void *out, size_t len)
{
    struct rand_fake *fake = (struct rand_fake *)rand;
    uint8_t *at = out;
    while (len > 0) {
        uint64_t word = next_of(&fake->state);
        size_t take = len < sizeof word ? len : sizeof word;
        memcpy(at, &word, take);
        at += take;
        len -= take;
    }
}

void rand_fake_init(struct rand_fake *fake, uint64_t seed)
{
    *fake = (struct rand_fake){{fake_fill}, seed};
}

uint64_t rand_u64(struct rand *rand)
{
    uint64_t value;
    rand->fill(rand, &value, sizeof value);
    return value;
}
