#include "server/held_lease.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_lease_row.h"
#include "zones/zone_update_rule.h"

enum { NS_PER_S = 1000000000, GROW_TRIES = 16 };

int64_t held_lease_now(const struct clock *clock)
{
    return (int64_t)(clock->mono_ns(clock) / NS_PER_S);
}

int held_lease_load(struct held *held, struct zone_store *store, const struct clock *clock)
{
    struct kv_txn *txn = NULL;
    int64_t mono_s = held_lease_now(clock);
    held->leases = zone_lease_group_create(zone_key(held->zone));
    int err = kv_begin(zone_store_kv(store), false, &txn);
    if (err) {
        return err;
    }
    struct zone_lease_table *table = zone_lease_group_table(held->leases);
    err = zone_lease_row_load(txn, held->state.id, zone_name(held->zone), table,
                              clock->wall_s(clock), mono_s);
    kv_abort(txn);
    zone_lease_defer(table, mono_s);
    return err;
}

struct saving {
    struct kv_txn *txn;
    uint32_t zone_id;
};

static void save_lease(void *context, const struct zone_lease *lease)
{
    const struct saving *saving = context;
    zone_lease_row_put(saving->txn, saving->zone_id, &lease->id, &lease->term);
}

static int save_once(struct held *held, struct zone_store *store)
{
    int err = zone_store_begin(store);
    if (err) {
        return err;
    }
    struct saving saving = {zone_store_txn(store), held->state.id};
    zone_lease_row_clear(saving.txn, saving.zone_id);
    zone_lease_each(zone_lease_group_table(held->leases), save_lease, &saving);
    return zone_store_commit(store);
}

int held_lease_save(struct held *held, struct zone_store *store)
{
    int err = save_once(held, store);
    for (int tries = 0; err == ERR_LIMIT && tries < GROW_TRIES; tries++) {
        err = kv_grow(zone_store_kv(store));
        err = err ? err : save_once(held, store);
    }
    return err;
}

static void end_lease(void *context, const struct zone_lease *lease)
{
    zone_lease_group_drop(context, &lease->id);
}

void held_lease_end(struct held *held)
{
    zone_lease_each(zone_lease_group_table(held->leases), end_lease, held->leases);
}

/* The record of a lease in the edit; false when it is not there or has to stay. */
static bool find_record(struct zone_edit *edit, const struct zone_lease_id *id,
                        struct zone_rr *out_rr)
{
    const struct zone_node *node = zone_edit_get(edit, id->owner);
    const struct zone_rrset *set = node ? zone_node_find(node, id->type) : NULL;
    bool is_apex = dns_name_equal(id->owner, zone_name(zone_edit_zone(edit)));
    bool must_stay = is_apex && id->type == DNS_TYPE_NS && set && set->count == 1;
    return !must_stay && zone_lease_group_find(node, id, out_rr);
}

/* docs/records.md: a load needs its capacity, and fits it. */
static void check_load(struct zone_edit *edit, const struct zone_lease_id *id)
{
    struct err_at at = {.text = ""};
    if (id->type == DNS_TYPE_CRES && zone_update_rule_name(edit, id->owner, &at)) {
        zone_edit_set(edit, id->owner, DNS_TYPE_CLOAD, 0, NULL, 0);
    }
}

static void expire(struct held *held, const struct zone_lease_id *id)
{
    struct zone_edit *edit = held_edit(held);
    struct zone_rr rr;
    if (!find_record(edit, id, &rr)) {
        zone_lease_group_drop(held->leases, id);
        return;
    }
    uint8_t *rdata = mem_copy(rr.rdata, rr.len); /* the edit replaces what it is read from */
    zone_edit_remove(edit, id->owner, id->type, rdata, rr.len);
    mem_free(rdata);
    check_load(edit, id);
}

size_t held_lease_expire(struct held *held, int64_t now_s, size_t max)
{
    struct zone_lease_table *table = zone_lease_group_table(held->leases);
    const size_t most = zone_lease_count(table) < max ? zone_lease_count(table) : max;
    if (most == 0) { /* nearly every zone, every second */
        return 0;
    }
    const struct zone_lease **due = mem_alloc(most * sizeof(const struct zone_lease *));
    size_t count = zone_lease_due(table, now_s, due, most);
    for (size_t i = 0; i < count; i++) {
        expire(held, &due[i]->id);
    }
    mem_free(due);
    return count;
}
