#include "server/refresh_time.h"

#include "base/rand.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

enum {
    LEAST_S = 1,
    REFRESH_MOST_S = 28 * 86400,
    RETRY_MOST_S = 14 * 86400,
    EXPIRE_MOST_S = 0x7fffffff,
    EMPTY_RETRY_S = 2, /* of a zone without data, doubled up to */
    EMPTY_MOST_S = 300,
    BACK_OFF_S = 2, /* doubled up to */
    BACK_OFF_MOST_S = 3600,
};
#define NS_PER_S ((uint64_t)1000000000)

static uint32_t bound(uint32_t time_s, uint32_t most_s)
{
    return time_s < LEAST_S ? LEAST_S : time_s > most_s ? most_s : time_s;
}

struct refresh_time refresh_time_of(const struct zone *zone)
{
    struct dns_soa soa;
    if (!zone_node_soa(zone_apex(zone, zone_version(zone)), &soa)) {
        return (struct refresh_time){0};
    }
    return (struct refresh_time){bound(soa.refresh_s, REFRESH_MOST_S),
                                 bound(soa.retry_s, RETRY_MOST_S),
                                 bound(soa.expire_s, EXPIRE_MOST_S)};
}

uint64_t refresh_time_soon(uint64_t time)
{
    uint64_t quarter = time / 4;
    return time - (quarter > 0 ? rand_u64(rand_system()) % quarter : 0);
}

/* Doubled with each failure, within bounds. */
static uint64_t doubled_ns(uint64_t first_s, unsigned fails, uint64_t most_s)
{
    uint64_t wait_s = first_s << (fails < 16 ? fails : 16);
    return (wait_s < most_s ? wait_s : most_s) * NS_PER_S;
}

uint64_t refresh_time_retry_ns(const struct refresh_time *times, unsigned fails)
{
    return times->retry_s > 0 ? times->retry_s * NS_PER_S
                              : doubled_ns(EMPTY_RETRY_S, fails, EMPTY_MOST_S);
}

uint64_t refresh_time_back_off_ns(unsigned fails)
{
    return doubled_ns(BACK_OFF_S, fails, BACK_OFF_MOST_S);
}
