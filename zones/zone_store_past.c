#include "zones/zone_store_past.h"

#include "base/err.h"
#include "zones/zone_store_row.h"

enum {
    TRIM_SETS = 100,       /* change sets that go in one slice, */
    TRIM_OCTETS = 1 << 20, /* or so many octets of them */
};

int zone_store_past_find(struct zone_store *store, const struct zone_store_state *state,
                         uint32_t serial, uint64_t *out_seq)
{
    struct kv_txn *txn = NULL;
    int err = kv_begin(zone_store_kv(store), false, &txn);
    if (err) {
        return err;
    }
    err = zone_journal_find(txn, ZONE_STORE_ROW_JOURNAL, state->id, &state->span, state->seq,
                            serial, out_seq);
    kv_abort(txn);
    return err;
}

int zone_store_past_walk(struct zone_store *store, const struct zone_store_state *state,
                         uint64_t from,
                         int (*visit)(void *context, const struct zone_journal_entry *entry),
                         void *context)
{
    struct kv_txn *txn = NULL;
    int err = kv_begin(zone_store_kv(store), false, &txn);
    if (err) {
        return err;
    }
    err = zone_journal_walk(txn, ZONE_STORE_ROW_JOURNAL, state->id, from, visit, context);
    err = err ? err : kv_error(txn);
    kv_abort(txn);
    return err;
}

int zone_store_past_read(struct zone_store *store, const struct zone *zone,
                         struct zone_store_state *state)
{
    struct zone_store_row row;
    struct kv_txn *txn = NULL;
    int err = kv_begin(zone_store_kv(store), false, &txn);
    if (err) {
        return err;
    }
    err = zone_store_row_get(txn, zone_name(zone), &row);
    kv_abort(txn);
    state->span = err ? state->span : row.span;
    return err;
}

/* The oldest change set, when it may and should go. ERR_MISSING: none. */
static int find_due(struct kv_txn *txn, const struct zone_store_state *state,
                    const struct zone_journal_keep *keep, int64_t now_s,
                    struct zone_journal_head *out_head)
{
    int err = zone_journal_oldest(txn, ZONE_STORE_ROW_JOURNAL, state->id, out_head);
    bool stays = !err && (out_head->seq > state->saved_seq ||
                          !zone_journal_is_due(&state->span, out_head, keep, now_s));
    return stays ? ERR_MISSING : err;
}

/* Most rounds find nothing to do: they write nothing. */
static int look(struct zone_store *store, const struct zone_store_state *state,
                const struct zone_journal_keep *keep, int64_t now_s)
{
    struct zone_journal_head head;
    struct kv_txn *txn = NULL;
    int err = kv_begin(zone_store_kv(store), false, &txn);
    err = err ? err : find_due(txn, state, keep, now_s, &head);
    kv_abort(txn);
    return err;
}

static int write_span(struct kv_txn *txn, const struct zone *zone,
                      const struct zone_journal_span *span)
{
    struct zone_store_row row;
    int err = zone_store_row_get(txn, zone_name(zone), &row);
    if (!err) {
        row.span = *span;
        zone_store_row_put(txn, zone_name(zone), &row);
    }
    return err;
}

int zone_store_past_trim(struct zone_store *store, const struct zone *zone,
                         struct zone_store_state *state, const struct zone_journal_keep *keep,
                         int64_t now_s, bool *out_more)
{
    struct zone_store_state after = *state;
    struct zone_journal_head head;
    struct kv_txn *txn = NULL;
    size_t octets = 0;
    *out_more = false;
    int err = look(store, state, keep, now_s);
    if (err) {
        return err == ERR_MISSING ? 0 : err;
    }
    err = kv_begin(zone_store_kv(store), true, &txn);
    if (err) {
        return err;
    }
    for (unsigned i = 0; !err && i < TRIM_SETS && octets < TRIM_OCTETS; i++) {
        err = find_due(txn, &after, keep, now_s, &head);
        if (!err) {
            zone_journal_drop(txn, ZONE_STORE_ROW_JOURNAL, after.id, &after.span, &head);
            octets += head.octets;
        }
    }
    bool is_last = err == ERR_MISSING;
    err = is_last ? 0 : err;
    err = err ? err : write_span(txn, zone, &after.span);
    if (err) {
        kv_abort(txn);
        return err;
    }
    err = kv_commit(txn);
    if (!err) {
        *state = after;
        *out_more = !is_last;
    }
    return err;
}
