#include "server/held.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "server/held_pools.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_become.h"
#include "zones/zone_diff.h"
#include "zones/zone_lease_row.h"
#include "zones/zone_store_past.h"

enum {
    GROW_TRIES = 16,
    SLICE_SLOTS = 16384,             /* of the hash, looked at in one slice of the checkpoint */
    SLICE_NAMES = 64,                /* and written in it: updates wait for a slice to end */
    SLICE_BITE = 256,                /* slots between two looks at what was written */
    SOA_MAX = 2 * DNS_NAME_MAX + 20, /* octets of the longest SOA */
};

/* Drop the gathered edits. */
static void drop_edits(struct held *zones, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zone_edit_abort(zones[i].edit);
        mem_free(zones[i].diff);
        if (zones[i].leases) {
            zone_lease_group_abort(zones[i].leases);
        }
        zones[i].edit = NULL;
        zones[i].diff = NULL;
    }
}

void held_finish(struct held *held)
{
    drop_edits(held, 1);
    zone_unref(held->zone);
    zone_unref(held->stand_in);
    secondary_unref_state(held->secondary);
    zone_index_destroy(held->index);
    zone_lease_group_unref(held->leases);
    mem_free(held->file);
}

struct zone *held_show(struct held *held)
{
    bool is_hidden = held->secondary && !secondary_is_served(held->secondary);
    if (!is_hidden || zone_version(held->zone) == 0) {
        return held->zone;
    }
    if (!held->stand_in) {
        held->stand_in = zone_create(zone_name(held->zone), zone_key(held->zone));
    }
    return held->stand_in;
}

struct zone_edit *held_edit(struct held *held)
{
    if (!held->edit) {
        held->edit = zone_edit_begin(held->zone, &held->limits);
        held->has_serial = false;
    }
    return held->edit;
}

/* No fewer octets than the change set of a name. */
static int add_octets(void *context, const struct zone_edit_change *change)
{
    uint64_t *octets = context;
    *octets += change->old_node ? change->old_node->size : 0;
    *octets += change->new_node ? change->new_node->size : 0;
    return 0;
}

bool held_become(struct held *held, const struct zone *wanted)
{
    struct zone_edit *edit = held_edit(held);
    uint64_t octets = 0;
    int err = zone_become(edit, wanted);
    zone_edit_each(edit, add_octets, &octets);
    if (err || octets > held->keep.octets_max || held->keep.age_s == 0) {
        drop_edits(held, 1);
        return false;
    }
    held->has_serial = true;
    return true;
}

struct zone_edit_limits held_limits(const struct server_conf_zone *conf)
{
    return (struct zone_edit_limits){conf->records_max,
                                     conf->types_max < UINT8_MAX ? conf->types_max : UINT8_MAX,
                                     conf->octets_max};
}

int held_adapt_index(struct held *held)
{
    uint32_t wanted = held->index_wanted;
    if (held->secondary) { /* a primary writes its own; when the zone is ours again, ours are made anew */
        held->state.index_max = 0;
        return 0;
    }
    bool is_kept = held->before && held->state.index_max == wanted;
    if (held->is_new || is_kept) {
        return 0;
    }
    held->index = wanted > 0 ? zone_index_create(zone_name(held->zone), wanted) : NULL;
    if (held->state.index_max == wanted) {
        return 0;
    }
    held->state.index_max = wanted;
    int err = zone_index_refresh(NULL, held_edit(held));
    return err || !held->index ? err : zone_index_refresh(held->index, held_edit(held));
}

static int is_change(void *context, const struct zone_edit_change *change)
{
    (void)context;
    return zone_diff_is_change(change); /* RFC 2136 3.6: not when only the order is another */
}

/* RFC 2136 3.6, RFC 1982: the next one by the zone's policy. */
static int raise_serial(struct held *held, int64_t now_s)
{
    const struct zone_node *apex = zone_edit_get(held->edit, zone_name(held->zone));
    const struct zone_rrset *set = apex ? zone_node_find(apex, DNS_TYPE_SOA) : NULL;
    uint8_t ready[ZONE_RR_FIXED + SOA_MAX];
    struct dns_soa soa;
    if (!set || set->size > sizeof(ready) || !zone_node_soa(apex, &soa)) {
        return ERR_ZONE_SOA;
    }
    memcpy(ready, zone_node_ready(apex, set), set->size);
    struct wr wr = wr_make(ready + ZONE_RR_FIXED + soa.serial_offset, 4);
    wr_u32(&wr, zone_serial_next(held->serial_policy, soa.serial, now_s));
    return zone_edit_set(held->edit, zone_name(held->zone), DNS_TYPE_SOA, 1, ready, set->size);
}

/* What follows from an edit before it is written: lists, serial, change set. */
static int prepare(struct held *held, int64_t now_s)
{
    zone_edit_keep(held->edit);
    if (!zone_edit_each(held->edit, is_change, NULL)) {
        return 0;
    }
    int err = held->index ? zone_index_apply(held->index, held->edit) : 0;
    err = err || held->has_serial ? err : raise_serial(held, now_s);
    if (!err) {
        zone_diff_make(held->edit, (uint64_t)now_s, &held->diff, &held->diff_len);
    }
    return err;
}

/* A name without records has no row on disk: it goes with the change that says so. */
struct dropping {
    struct zone_store *store;
    const struct zone_store_state *state;
    unsigned saved; /* names that were written */
};

static int drop_name(void *context, const struct zone_edit_change *change)
{
    const struct dropping *dropping = context;
    bool owns = change->new_node && change->new_node->rrset_count > 0;
    if (!owns && change->old_node && change->old_node->rrset_count > 0) {
        zone_store_drop_name(dropping->store, dropping->state, change->old_node->owner);
    }
    return 0;
}

/* What the group does to leases; without it neither store nor memory know of any change. */
static bool settle_leases(struct held *held)
{
    return held->leases &&
           zone_lease_group_settle(held->leases, held->edit, held->diff, held->diff_len);
}

static void write_lease(void *context, const struct zone_lease_group_change *change)
{
    const struct dropping *writing = context;
    struct kv_txn *txn = zone_store_txn(writing->store);
    if (change->term) {
        zone_lease_row_put(txn, writing->state->id, &change->id, change->term);
    } else {
        zone_lease_row_remove(txn, writing->state->id, &change->id);
    }
}

/* All change sets of the group in one transaction. */
static int write_once(struct held *zones, size_t count, struct zone_store *store)
{
    int err = zone_store_begin(store);
    if (err) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        struct held *held = &zones[i];
        struct dropping dropping = {.store = store, .state = &held->state};
        if (held->leases) {
            zone_lease_group_each(held->leases, write_lease, &dropping);
        }
        if (held->diff) {
            zone_store_append(store, held->zone, &held->state, held->diff, held->diff_len);
            zone_edit_each(held->edit, drop_name, &dropping);
        }
    }
    return zone_store_commit(store);
}

/* The states count only when the transaction stands. */
static int write_all(struct held *zones, size_t count, struct zone_store *store)
{
    struct zone_store_state *before = mem_alloc((count + 1) * sizeof(*before));
    int err = 0;
    for (int tries = 0; tries < GROW_TRIES; tries++) {
        for (size_t i = 0; i < count; i++) {
            before[i] = zones[i].state;
        }
        err = write_once(zones, count, store);
        for (size_t i = 0; err && i < count; i++) {
            zones[i].state = before[i];
        }
        if (err != ERR_LIMIT ||
            kv_grow(zone_store_kv(store))) { /* only a full map is tried again */
            break;
        }
    }
    mem_free(before);
    return err;
}

/* The index has followed an edit that does not come: its sets are built anew at the next change. */
static void reset_indexes(struct held *zones, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (zones[i].edit && zones[i].index) {
            zone_index_destroy(zones[i].index);
            zones[i].index = zone_index_create(zone_name(zones[i].zone), zones[i].index_wanted);
        }
    }
}

int held_commit(struct held *zones, size_t count, struct zone_store *store, int64_t now_s)
{
    int err = 0;
    bool changed = false;
    while (count > 0 && !zones[count - 1].edit) { /* mostly it is one of many */
        count--;
    }
    for (; count > 0 && !zones->edit; zones++) {
        count--;
    }
    for (size_t i = 0; !err && i < count; i++) {
        err = zones[i].edit ? prepare(&zones[i], now_s) : 0;
        changed |= !err && zones[i].edit && settle_leases(&zones[i]);
        changed |= zones[i].diff != NULL;
    }
    if (!err && changed) {
        err = write_all(zones, count, store);
    }
    for (size_t i = 0; !err && i < count; i++) {
        if (zones[i].leases) {
            zone_lease_group_commit(zones[i].leases);
        }
        if (zones[i].diff) {
            held_pools_apply(zones[i].zone,
                             zones[i].edit); /* no reader sees a version without it */
            zone_edit_commit(zones[i].edit);
            zones[i].edit = NULL;
        }
    }
    if (err) {
        reset_indexes(zones, count);
    }
    drop_edits(zones, count); /* what is left: errors, and edits without a change */
    return err;
}

static void save_name(void *context, const struct zone_node *node)
{
    struct dropping *saving = context;
    if (node->rrset_count > 0) {
        zone_store_put_name(saving->store, saving->state, node);
        saving->saved++;
    }
}

/* A slice of the changed names; false after the last one. */
static bool save_slice(struct held *held, struct zone_store *store)
{
    struct dropping saving = {.store = store, .state = &held->state};
    bool more = true;
    for (unsigned slots = 0; more && slots < SLICE_SLOTS && saving.saved < SLICE_NAMES;
         slots += SLICE_BITE) {
        more = zone_walk_part(held->zone, &held->cursor, SLICE_BITE, held->saved_version, save_name,
                              &saving);
    }
    return more;
}

/* Unless one is under way. A slice that fails is repeated from where this leaves the cursor. */
static void begin_pass(struct held *held)
{
    if (held->pass_seq == 0) {
        held->pass_seq = held->state.seq;
        held->pass_version = zone_version(held->zone);
        held->pass_pending = held->state.pending;
        held->cursor = (struct zone_cursor){0};
    }
}

/* A slice of the names; true: there are more. */
static bool save_names(struct held *held, struct zone_store *store)
{
    if (save_slice(held, store)) {
        return true;
    }
    zone_store_set_saved(store, held->zone, &held->state, held->pass_seq);
    return false;
}

static int checkpoint_names(struct held *held, struct zone_store *store)
{
    if (held->pass_seq == 0 && held->state.seq == held->state.saved_seq) {
        held->step = HELD_JOURNAL;
        return 0;
    }
    begin_pass(held);
    struct zone_store_state before = held->state;
    struct zone_cursor cursor = held->cursor;
    int err = zone_store_begin(store);
    if (err) {
        return err;
    }
    bool more = save_names(held, store);
    err = zone_store_commit(store);
    if (err) {
        held->state = before;
        held->cursor = cursor;
    } else if (!more) {
        held->saved_version = held->pass_version;
        held->pass_seq = 0;
        held->state.pending -= held->pass_pending;
        held->step = HELD_JOURNAL;
    }
    return err;
}

static int checkpoint_journal(struct held *held, struct zone_store *store,
                              const struct zone_journal_keep *keep, int64_t now_s)
{
    bool more;
    int err = zone_store_past_trim(store, held->zone, &held->state, keep, now_s, &more);
    if (!err && !more) {
        held->step = HELD_DONE;
    }
    return err;
}

int held_checkpoint(struct held *held, struct zone_store *store,
                    const struct zone_journal_keep *keep, int64_t now_s, bool *out_more)
{
    int err = 0;
    *out_more = false;
    zone_reclaim(
        held->zone); /* what a transfer had pinned may go, also when nothing is committed */
    if (held->step == HELD_NAMES) {
        err = checkpoint_names(held, store);
    }
    if (!err && held->step == HELD_JOURNAL) {
        err = checkpoint_journal(held, store, keep, now_s);
    }
    if (err == ERR_LIMIT) {
        err = kv_grow(zone_store_kv(store)); /* the slice is repeated */
    }
    *out_more = !err && held->step != HELD_DONE;
    return err;
}

void held_checkpoint_again(struct held *held)
{
    held->step = held->step == HELD_DONE ? HELD_NAMES : held->step;
}
