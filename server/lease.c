#include "server/lease.h"

#include "zones/dns_code.h"
#include "zones/dns_type.h"

enum { JITTER_PART = 16, LEASE_LEN = 4, BOTH_LEN = 8 };

struct lease lease_asked(const struct dns_edns_asked *asked)
{
    return (struct lease){asked->lease_len, asked->lease_s, asked->key_lease_s};
}

static uint32_t clamp(uint32_t value, uint32_t min, uint32_t max)
{
    value = value > min ? value : min;
    return value < max ? value : max; /* where both contradict each other, max counts */
}

static uint32_t with_jitter(uint32_t value, uint32_t min, uint64_t seed)
{
    uint32_t less = value - (uint32_t)(seed % (value / JITTER_PART + 1));
    return less > min ? less : (value < min ? value : min);
}

struct lease lease_grant(const struct lease_bounds *bounds, const struct lease *asked,
                         uint64_t seed)
{
    struct lease granted = {0};
    if (asked->len == 0 || bounds->max_s == 0) {
        return granted;
    }
    uint32_t lease_s = clamp(asked->lease_s, bounds->min_s, bounds->max_s);
    granted.len = asked->len;
    granted.lease_s = with_jitter(lease_s, bounds->min_s, seed);
    granted.key_lease_s = granted.lease_s;
    if (asked->len == BOTH_LEN) {
        uint32_t key_s = clamp(asked->key_lease_s, bounds->min_s, bounds->key_max_s);
        key_s = with_jitter(key_s, bounds->min_s, seed);
        if (key_s > granted.lease_s) { /* a key never goes before what it protects */
            granted.key_lease_s = key_s;
        }
    }
    return granted;
}

void lease_take_back(const struct lease *asked, struct lease *granted)
{
    if (granted->len > 0 && asked->lease_s == 0) {
        granted->lease_s = 0;
        granted->key_lease_s = asked->key_lease_s > 0 ? granted->key_lease_s : 0;
    }
}

uint32_t lease_length(const struct lease *granted, uint16_t type)
{
    return type == DNS_TYPE_KEY ? granted->key_lease_s : granted->lease_s;
}

void lease_put(struct wr *wr, const struct lease *granted)
{
    uint8_t data[BOTH_LEN];
    struct wr option = wr_make(data, sizeof(data));
    if (granted->len == 0) {
        return;
    }
    wr_u32(&option, granted->lease_s);
    if (granted->len > LEASE_LEN) {
        wr_u32(&option, granted->key_lease_s);
    }
    dns_edns_write_option(wr, DNS_EDNS_UPDATE_LEASE, data, wr_len(&option));
}
