#include "server/update_lease.h"

struct lease update_lease_grant(const struct held *held, const struct lease *asked,
                                const struct dns_tsig *tsig, const uint8_t *message, size_t len)
{
    const struct hash_key *key = zone_key(held->zone);
    const uint8_t *from = tsig ? tsig->mac : message;
    uint64_t seed = hash_mix(key, key->k0, from, tsig ? tsig->mac_len : len);
    return lease_grant(&held->bounds, asked, seed);
}

struct update_lease update_lease_begin(struct held *held, const struct lease *granted,
                                       const struct dns_tsig *tsig, int64_t now_s, int64_t mono_s)
{
    return (struct update_lease){
        .edit = held_edit(held),
        .leases = held->leases,
        .granted = *granted,
        .begin = {.end_s = now_s,
                  .due_s = mono_s + 1, /* whole seconds: never too early */
                  .signed_s = tsig ? tsig->time_s : 0},
    };
}

void update_lease_added(void *context, const struct zone_update_record *record,
                        const uint8_t *rdata, size_t len)
{
    const struct update_lease *lease = context;
    struct zone_lease_term term = lease->begin;
    bool has_lease = lease->granted.len > 0;
    term.length_s = has_lease ? lease_length(&lease->granted, record->type) : 0;
    term.end_s += (int64_t)term.length_s;
    term.due_s += (int64_t)term.length_s;
    zone_lease_group_add(lease->leases, lease->edit, record->owner, record->type, rdata, len, &term,
                         has_lease);
}
