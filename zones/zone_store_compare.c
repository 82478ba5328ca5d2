#include "zones/zone_store_compare.h"

#include "base/err.h"
#include "zones/zone_store_row.h"

static int count_on(void *context, const struct zone_journal_entry *entry)
{
    uint64_t *seq = context;
    return entry->seq == ++*seq ? 0 : ERR_STORE_CORRUPT;
}

/* Every change set from the names' to the last one. */
static bool has_journal(struct kv_txn *txn, const struct zone_store_state *state)
{
    uint64_t seq = state->saved_seq;
    if (seq == state->seq) {
        return true;
    }
    int err = zone_journal_walk(txn, ZONE_STORE_ROW_JOURNAL, state->id, seq + 1, count_on, &seq);
    return !err && seq == state->seq;
}

static bool is_row(const struct zone_store_row *row, const struct zone *zone,
                   const struct zone_store_state *state)
{
    return row->id == state->id && row->seq == state->seq && row->saved_seq == state->saved_seq &&
           row->index_max == state->index_max &&
           row->serial == zone_serial(zone, zone_version(zone));
}

int zone_store_compare(struct zone_store *store, const struct zone *zone,
                       const struct zone_store_state *state, bool *out_same, uint64_t *out_seq)
{
    struct kv_txn *txn = NULL;
    struct zone_store_row row;
    int err = kv_begin(zone_store_kv(store), false, &txn);
    if (err) {
        return err;
    }
    int found = zone_store_row_get(txn, zone_name(zone), &row);
    bool same = !found && is_row(&row, zone, state) && has_journal(txn, state);
    err = kv_error(txn);
    kv_abort(txn);
    if (!err) {
        *out_same = same;
        *out_seq = found ? 0 : row.seq;
    }
    return err;
}
