#include "zones/zone_store.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/zone_diff.h"
#include "zones/zone_edit.h"
#include "zones/zone_store_row.h"

enum { FORMAT = 2, SEQ_LEN = 8 }; /* octets of the sequence number before an image */

static const char *const tables[] = {"meta", "names", "journal", "leases", NULL};
static const char format_key[] = "format";
static const char next_id_key[] = "next-id";
static const char reopened_key[] = "reopened";

struct zone_store {
    struct kv *kv;
    struct kv_txn *txn; /* of a group commit under way */
    uint8_t *image;     /* room to write one name */
    size_t image_room;
};

static int check_format(struct kv *kv)
{
    struct kv_txn *txn = NULL;
    int err = kv_begin(kv, true, &txn);
    if (err) {
        return err;
    }
    uint32_t format = zone_store_row_number(txn, format_key);
    err = format > FORMAT ? ERR_STORE_FORMAT : 0;
    if (format == 1) {
        err = zone_store_row_upgrade(txn);
    }
    if (err) {
        kv_abort(txn);
        return err;
    }
    if (format != FORMAT) {
        zone_store_row_set_number(txn, format_key, FORMAT);
    }
    return kv_commit(txn);
}

int zone_store_open(const char *path, size_t map_octets, struct zone_store **out_store)
{
    struct kv *kv = NULL;
    int err = kv_open(path, map_octets, tables, &kv);
    if (!err) {
        err = check_format(kv);
    }
    if (err) {
        kv_close(kv);
        return err;
    }
    *out_store = mem_alloc(sizeof(**out_store));
    (*out_store)->kv = kv;
    return 0;
}

static int count_reopening(struct kv *kv)
{
    struct kv_txn *txn = NULL;
    int err = kv_begin(kv, true, &txn);
    if (err) {
        return err;
    }
    uint32_t count = zone_store_row_number(txn, reopened_key);
    zone_store_row_set_number(txn, reopened_key, count + 1);
    return kv_commit(txn);
}

int zone_store_reopen(struct zone_store *store)
{
    int err = kv_reopen(store->kv);
    err = err ? err : check_format(store->kv);
    return err ? err : count_reopening(store->kv);
}

void zone_store_settle(struct zone_store *store)
{
    if (!kv_stopped(store->kv)) {
        kv_reopen(store->kv);
        mem_trim();
    }
}

void zone_store_close(struct zone_store *store)
{
    if (store) {
        kv_abort(store->txn);
        kv_close(store->kv);
        mem_free(store->image);
        mem_free(store);
    }
}

struct kv *zone_store_kv(struct zone_store *store)
{
    return store->kv;
}

static int restore_name(void *context, struct kv_slice key, struct kv_slice value)
{
    (void)key;
    if (value.len < SEQ_LEN) {
        return ERR_STORE_CORRUPT;
    }
    return zone_edit_restore(context, (const uint8_t *)value.data + SEQ_LEN, value.len - SEQ_LEN);
}

/* Change sets that are newer than the names. */
struct replay {
    struct kv_txn *txn;
    struct zone_edit *edit;
    uint32_t id;
    uint64_t seq;    /* of the entry under way */
    uint64_t octets; /* of all entries */
    uint32_t serial; /* after the last one */
};

/* A name that was written after a change set has it already. */
static bool is_older(void *context, const uint8_t *owner)
{
    struct replay *replay = context;
    uint8_t key[ZONE_STORE_ROW_KEY];
    struct kv_slice value;
    size_t len = zone_store_row_key(replay->id, owner, key);
    if (!kv_get(replay->txn, ZONE_STORE_ROW_NAMES, key, len, &value)) {
        return true;
    }
    struct rd rd = rd_make(value.data, value.len);
    return rd_uint(&rd, SEQ_LEN) < replay->seq;
}

static int replay_entry(void *context, const struct zone_journal_entry *entry)
{
    struct replay *replay = context;
    if (entry->seq != replay->seq + 1) {
        return ERR_STORE_CORRUPT;
    }
    replay->seq = entry->seq;
    replay->octets += entry->len;
    replay->serial = zone_diff_begin(entry->data, entry->len).new_serial;
    /* what can not be applied to what it was made from is damaged */
    return zone_diff_apply(replay->edit, entry->data, entry->len, is_older, replay)
               ? ERR_STORE_CORRUPT
               : 0;
}

/* The names of a zone as they were written. */
static int restore(struct kv_txn *txn, const struct zone_store_row *row, struct zone_edit *edit,
                   uint64_t *octets)
{
    (void)octets;
    uint8_t prefix[ZONE_STORE_ROW_ID];
    struct wr wr = wr_make(prefix, sizeof(prefix));
    wr_u32(&wr, row->id);
    int err = kv_walk(txn, ZONE_STORE_ROW_NAMES, prefix, sizeof(prefix), sizeof(prefix),
                      restore_name, edit);
    return err ? err : kv_error(txn);
}

/* The change sets that are newer than names, and how much they are. */
static int replay(struct kv_txn *txn, const struct zone_store_row *row, struct zone_edit *edit,
                  uint64_t *octets)
{
    struct replay replay = {
        .txn = txn, .edit = edit, .id = row->id, .seq = row->saved_seq, .serial = row->serial};
    int err = 0;
    if (row->seq > row->saved_seq) {
        err = zone_journal_walk(txn, ZONE_STORE_ROW_JOURNAL, row->id, row->saved_seq + 1,
                                replay_entry, &replay);
    }
    if (!err && (replay.seq != row->seq || replay.serial != row->serial)) {
        err = ERR_STORE_CORRUPT;
    }
    *octets = replay.octets;
    return err ? err : kv_error(txn);
}

/* What was built must be what the row says. */
static bool is_as_said(const struct zone *zone, const struct zone_store_row *row)
{
    struct zone_size size = zone_measure(zone);
    bool counted =
        row->seq != row->whole_seq || (size.names == row->names && size.records == row->records);
    return counted && zone_serial(zone, zone_version(zone)) == row->serial;
}

/* Version 1 is what the names say, version 2 (when there is more) what changed since: so the next
 * checkpoint knows which names to write. */
static int fill(struct kv_txn *txn, const struct zone_store_row *row, struct zone *zone,
                uint64_t *octets)
{
    static const struct zone_edit_limits no_limits = {UINT16_MAX, UINT8_MAX, 0};
    int (*const steps[])(struct kv_txn * txn, const struct zone_store_row *row,
                         struct zone_edit *edit, uint64_t *octets) = {restore, replay};
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct zone_edit *edit = zone_edit_begin(zone, &no_limits);
        int err = steps[i](txn, row, edit, octets);
        if (err) {
            zone_edit_abort(edit);
            return err;
        }
        zone_edit_commit(edit);
    }
    return is_as_said(zone, row) ? 0 : ERR_STORE_CORRUPT;
}

static int load(struct kv_txn *txn, const uint8_t *name, const struct zone_store_row *row,
                const struct hash_key *key, struct zone **out_zone, uint64_t *octets)
{
    struct zone *zone = zone_create(name, key);
    int err = fill(txn, row, zone, octets);
    if (err) {
        zone_unref(zone);
        return err;
    }
    *out_zone = zone;
    return 0;
}

int zone_store_load(struct zone_store *store, const uint8_t *name, const struct hash_key *key,
                    struct zone **out_zone, struct zone_store_state *out_state)
{
    struct kv_txn *txn = NULL;
    int err = kv_begin(store->kv, false, &txn);
    if (err) {
        return err;
    }
    struct zone_store_row row;
    uint64_t octets = 0;
    err = zone_store_row_get(txn, name, &row);
    err = err ? err : load(txn, name, &row, key, out_zone, &octets);
    kv_abort(txn);
    if (!err) {
        *out_state = (struct zone_store_state){row.id,        row.index_max, row.seq,
                                               row.saved_seq, octets,        row.span};
    }
    return err;
}

/* The image of a name with its sequence number, in the store's own room. */
static void put_name(struct zone_store *store, struct kv_txn *txn, uint32_t id, uint64_t seq,
                     const struct zone_node *node)
{
    uint8_t key[ZONE_STORE_ROW_KEY];
    size_t len = SEQ_LEN + zone_node_image_len(node);
    size_t key_len = zone_store_row_key(id, node->owner, key);
    if (len > store->image_room) {
        store->image_room = 2 * len;
        store->image = mem_grow(store->image, store->image_room, 1);
    }
    struct wr wr = wr_make(store->image, len);
    wr_uint(&wr, seq, SEQ_LEN);
    zone_node_image(node, store->image + SEQ_LEN);
    kv_put(txn, ZONE_STORE_ROW_NAMES, key, key_len, store->image, len);
}

struct saving {
    struct zone_store *store;
    struct kv_txn *txn;
    uint32_t id;
    uint64_t seq;
};

static int save_node(void *context, const struct zone_node *node)
{
    struct saving *saving = context;
    if (node->rrset_count > 0) { /* empty non-terminals follow from the names below them */
        put_name(saving->store, saving->txn, saving->id, saving->seq, node);
    }
    return kv_error(saving->txn);
}

static int save_once(struct zone_store *store, const struct zone *zone, struct zone_store_row *row)
{
    struct saving saving = {store, NULL, 0, row->seq};
    struct zone_store_row old;
    int err = kv_begin(store->kv, true, &saving.txn);
    if (err) {
        return err;
    }
    err = zone_store_row_get(saving.txn, zone_name(zone), &old);
    if (err && err != ERR_MISSING) {
        kv_abort(saving.txn);
        return err;
    }
    if (!err) {
        zone_store_row_clear(saving.txn, old.id);
    }
    saving.id = row->id = zone_store_row_number(saving.txn, next_id_key) + 1;
    zone_store_row_set_number(saving.txn, next_id_key, row->id);
    zone_store_row_put(saving.txn, zone_name(zone), row);
    zone_walk(zone, zone_version(zone), save_node, &saving);
    return kv_commit(saving.txn);
}

int zone_store_save(struct zone_store *store, const struct zone *zone,
                    struct zone_store_state *state, int64_t now_s)
{
    struct zone_size size = zone_measure(zone);
    uint64_t seq = state->seq + 1; /* never falls: also across a whole save */
    uint32_t serial = zone_serial(zone, zone_version(zone));
    struct zone_store_row row = {
        .serial = serial,
        .names = size.names,
        .records = size.records,
        .saved_s = now_s,
        .index_max = state->index_max,
        .seq = seq,
        .saved_seq = seq,
        .whole_seq = seq,
        .span = {seq + 1, 0, serial}, /* nobody can be taken here from what was before */
    };
    int err = save_once(store, zone, &row);
    for (int tries = 0; err == ERR_LIMIT && tries < 16; tries++) { /* let a full map grow */
        err = kv_grow(store->kv);
        err = err ? err : save_once(store, zone, &row);
    }
    if (!err) {
        *state = (struct zone_store_state){row.id, row.index_max, seq, seq, 0, row.span};
    }
    return err;
}

int zone_store_remove(struct zone_store *store, const uint8_t *name)
{
    struct kv_txn *txn = NULL;
    int err = kv_begin(store->kv, true, &txn);
    if (err) {
        return err;
    }
    struct zone_store_row row;
    err = zone_store_row_get(txn, name, &row);
    if (err) {
        kv_abort(txn);
        return err;
    }
    zone_store_row_clear(txn, row.id);
    zone_store_row_remove(txn, name);
    return kv_commit(txn);
}

struct listing {
    int (*visit)(void *context, const struct zone_store_entry *entry);
    void *context;
};

static int list_row(void *context, const uint8_t *name, const struct zone_store_row *row)
{
    const struct listing *listing = context;
    struct zone_store_entry entry = {name, row->serial, row->names, row->records, row->saved_s};
    return listing->visit(listing->context, &entry);
}

int zone_store_each(struct zone_store *store,
                    int (*visit)(void *context, const struct zone_store_entry *entry),
                    void *context)
{
    struct kv_txn *txn = NULL;
    int err = kv_begin(store->kv, false, &txn);
    if (err) {
        return err;
    }
    struct listing listing = {visit, context};
    err = zone_store_row_each(txn, list_row, &listing);
    kv_abort(txn);
    return err;
}

int zone_store_begin(struct zone_store *store)
{
    return kv_begin(store->kv, true, &store->txn);
}

struct kv_txn *zone_store_txn(struct zone_store *store)
{
    return store->txn;
}

/* Change the row of a zone inside the group. */
static void update_row(struct zone_store *store, const struct zone *zone,
                       const struct zone_store_state *state, const uint32_t *serial)
{
    struct zone_store_row row;
    if (zone_store_row_get(store->txn, zone_name(zone), &row)) {
        return; /* kept in the transaction, or another's doing: the row is gone */
    }
    row.seq = state->seq;
    row.saved_seq = state->saved_seq;
    row.index_max = state->index_max;
    row.span = state->span;
    row.serial = serial ? *serial : row.serial;
    zone_store_row_put(store->txn, zone_name(zone), &row);
}

void zone_store_append(struct zone_store *store, const struct zone *zone,
                       struct zone_store_state *state, const void *data, size_t len)
{
    struct zone_diff_reader reader = zone_diff_begin(data, len);
    state->seq++;
    state->pending += len;
    struct zone_journal_head head = {state->seq, (uint32_t)len, reader.old_serial,
                                     reader.new_serial, reader.time_s};
    zone_journal_put(store->txn, ZONE_STORE_ROW_JOURNAL, state->id, state->seq, data, len);
    zone_journal_count(&state->span, &head);
    update_row(store, zone, state, &reader.new_serial);
}

void zone_store_put_name(struct zone_store *store, const struct zone_store_state *state,
                         const struct zone_node *node)
{
    put_name(store, store->txn, state->id, state->seq, node);
}

void zone_store_drop_name(struct zone_store *store, const struct zone_store_state *state,
                          const uint8_t *owner)
{
    uint8_t key[ZONE_STORE_ROW_KEY];
    size_t len = zone_store_row_key(state->id, owner, key);
    kv_remove(store->txn, ZONE_STORE_ROW_NAMES, key, len);
}

void zone_store_set_saved(struct zone_store *store, const struct zone *zone,
                          struct zone_store_state *state, uint64_t saved_seq)
{
    state->saved_seq = saved_seq;
    update_row(store, zone, state, NULL);
}

int zone_store_commit(struct zone_store *store)
{
    struct kv_txn *txn = store->txn;
    store->txn = NULL;
    return kv_commit(txn);
}
