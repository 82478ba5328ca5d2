/* Door: what the store holds of a zone's changes, damaged in any way. The first octet chooses: a
 * change set that is read and applied to a zone, pieces of the journal that are put together, or
 * change sets that are condensed. What is accepted as a change set is made again by the zone that it
 * changed; what is put together is what the pieces say; what is condensed can be condensed again. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "tests/fuzz/lib/small_zone.h"
#include "zones/dns_name.h"
#include "zones/zone_history.h"
#include "zones/zone_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ID = 7, KEY_LEN = 16 };

static const char text[] = "@ NS ns\na A 192.0.2.1\nal CNAME a\n";
static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};
static struct zone *zone, *other; /* the same records in both; never changed */

/* A name has as many records of each type in the other edit. */
static int compare_name(void *context, const struct zone_edit_change *change)
{
    const struct zone_node *node = change->new_node ? change->new_node : change->old_node;
    const struct zone_node *twin = zone_edit_get(context, node->owner);
    unsigned count = change->new_node ? node->rrset_count : 0;
    CHECK(count == (twin ? twin->rrset_count : 0));
    for (unsigned i = 0; i < count; i++) {
        const struct zone_rrset *set = &zone_node_rrsets(node)[i];
        const struct zone_rrset *same = zone_node_find(twin, set->type);
        CHECK(same && same->count == set->count && same->size == set->size);
    }
    return 0;
}

static void read_change_set(const uint8_t *data, size_t size)
{
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    struct zone_edit *twin = zone_edit_begin(other, &limits);
    uint8_t *again = NULL;
    size_t len;
    if (zone_diff_apply(edit, data, size, NULL, NULL) == 0) {
        zone_diff_make(edit, 1, &again, &len);
        CHECK(!again || zone_diff_apply(twin, again, len, NULL, NULL) == 0);
        zone_edit_each(edit, compare_name, twin);
    }
    mem_free(again);
    zone_edit_abort(edit);
    zone_edit_abort(twin);
}

static char folder[] = "/tmp/fuzz-journal-XXXXXX";
static struct kv *store;

static void remove_store(void)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "writer.lock"};
    char file[80];
    kv_close(store);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(file, sizeof(file), "%s/%s", folder, names[i]);
        (void)unlink(file);
    }
    (void)rmdir(folder);
}

static void open_store(void)
{
    static const char *const tables[] = {"journal", NULL};
    CHECK(mkdtemp(folder));
    CHECK(kv_open(folder, 16u << 20, tables, &store) == 0);
    atexit(remove_store);
}

/* An entry is its pieces, one after the other, each with the octets that are left. */
static int check_entry(void *context, const struct zone_journal_entry *entry)
{
    size_t at = 0;
    for (uint32_t chunk = 0; at < entry->len; chunk++) {
        uint8_t key[KEY_LEN];
        struct kv_slice value;
        struct wr wr = wr_make(key, sizeof(key));
        wr_u32(&wr, ID);
        wr_uint(&wr, entry->seq, 8);
        wr_u32(&wr, chunk);
        CHECK(kv_get(context, 0, key, sizeof(key), &value));
        struct rd rd = rd_make(value.data, value.len);
        CHECK(rd_u32(&rd) == entry->len - at);
        size_t part = rd_left(&rd);
        CHECK(part > 0 && part <= entry->len - at);
        CHECK(memcmp(rd.pos, entry->data + at, part) == 0);
        at += part;
    }
    return 0;
}

/* Pieces: length of the key behind the zone's number, length of the value, both. */
static void read_pieces(const uint8_t *data, size_t size)
{
    struct kv_txn *txn = NULL;
    struct rd rd = rd_make(data, size);
    if (!store) {
        open_store();
    }
    CHECK(kv_begin(store, true, &txn) == 0);
    while (rd_left(&rd) > 0) {
        size_t key_len = rd_u8(&rd) % 32, len = rd_u16(&rd) % 9000;
        const uint8_t *rest = rd_take(&rd, key_len), *value = rd_take(&rd, len);
        uint8_t key[4 + 32] = {0, 0, 0, ID};
        if (!rd.err) {
            memcpy(key + 4, rest, key_len);
            kv_put(txn, 0, key, 4 + key_len, value, len);
        }
    }
    int err = zone_journal_walk(txn, 0, ID, 0, check_entry, txn);
    CHECK(err == 0 || err == ERR_STORE_CORRUPT);
    kv_abort(txn);
}

/* What a history says, as a change set: name by name, no matter in which order. */
static size_t write_history(const struct zone_history *history, struct wr *wr, bool added)
{
    struct zone_history_cursor cursor = zone_history_begin(history, added);
    struct zone_diff_record record;
    size_t count = 0;
    for (; zone_history_next(&cursor, &record); count++) {
        size_t owner_len = dns_name_len(record.owner);
        CHECK(record.added == added);
        wr_u8(wr, (unsigned)owner_len);
        wr_bytes(wr, record.owner, owner_len);
        wr_u16(wr, 1);
        wr_u16(wr, record.type);
        wr_u16(wr, !added);
        wr_u16(wr, added);
        wr_u32(wr, record.ttl_s);
        wr_u16(wr, record.len);
        wr_bytes(wr, record.rdata, record.len);
    }
    return count;
}

/* A history of one change set that says the same. */
static void condense_again(const struct zone_history *history, size_t octets)
{
    size_t room = ZONE_DIFF_HEADER + 2 * octets;
    struct zone_history *again = zone_history_create(zone_key(zone), room);
    uint8_t *data = mem_alloc(room), *copy = mem_alloc(room);
    struct wr wr = wr_make(data, room), wr_again = wr_make(copy, room);
    wr.pos += ZONE_DIFF_HEADER;
    wr_again.pos += ZONE_DIFF_HEADER;
    size_t count = write_history(history, &wr, false) + write_history(history, &wr, true);
    CHECK(!wr.err && zone_history_add(again, data, wr_len(&wr)) == 0);
    CHECK(count == write_history(again, &wr_again, false) + write_history(again, &wr_again, true));
    CHECK(wr_len(&wr) == wr_len(&wr_again)); /* the order may be another */
    CHECK((count == 0) == (octets == 0) && zone_history_octets(again) == octets);
    mem_free(data);
    mem_free(copy);
    zone_history_destroy(again);
}

/* Change sets, each behind its length. */
static void read_history(const uint8_t *data, size_t size)
{
    enum { OCTETS_MAX = 1 << 16 };
    static unsigned inputs;
    struct zone_history *history = zone_history_create(zone_key(zone), OCTETS_MAX);
    struct rd rd = rd_make(data, size);
    int err = 0;
    while (!err && rd_left(&rd) > 0) {
        size_t len = rd_u16(&rd);
        len = len < rd_left(&rd) ? len : rd_left(&rd);
        const uint8_t *set = rd_take(&rd, len);
        err = rd.err ? rd.err : zone_history_add(history, set, len);
    }
    if (!err) {
        CHECK(zone_history_octets(history) <= OCTETS_MAX);
        condense_again(history, zone_history_octets(history));
    }
    zone_history_destroy(history);
    if (++inputs % 1000 == 0) {
        rcu_offline();
        rcu_drain(); /* else memory grows faster than it is given back */
        rcu_online();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!zone) {
        rcu_enter();
        zone = small_zone_make(text);
        other = small_zone_make(text);
    }
    if (size == 0 || size > 1 << 20) {
        return 0;
    }
    if (data[0] & 1) {
        read_pieces(data + 1, size - 1);
    } else if (data[0] & 2) {
        read_history(data + 1, size - 1);
    } else {
        read_change_set(data + 1, size - 1);
    }
    return 0;
}
