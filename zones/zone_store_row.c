#include "zones/zone_store_row.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "zones/zone_diff.h"

static const char prefix[] = "zone/"; /* then the name in wire form */
static const char time_prefix[] = "time/";

enum {
    TIME_LEN = 8,
    PREFIX_LEN = sizeof(prefix) - 1,
    ROW_LEN = 2 * 4 + 3 * 8 + 4 + 3 * 8 + 8 + 4 + 8,
};

static size_t key_of(const char *what, const uint8_t *name, uint8_t *out_key)
{
    size_t len = dns_name_len(name);
    memcpy(out_key, what, PREFIX_LEN); /* both are as long */
    dns_name_lower(name, len, out_key + PREFIX_LEN);
    return PREFIX_LEN + len;
}

static size_t row_key(const uint8_t *name, uint8_t *out_key)
{
    return key_of(prefix, name, out_key);
}

/* What rows of all formats begin with. */
static void read_common(struct rd *rd, struct zone_store_row *out_row)
{
    out_row->id = rd_u32(rd);
    out_row->serial = rd_u32(rd);
    out_row->names = rd_uint(rd, 8);
    out_row->records = rd_uint(rd, 8);
    out_row->saved_s = (int64_t)rd_uint(rd, 8);
    out_row->index_max = rd_u32(rd);
    out_row->seq = rd_uint(rd, 8);
    out_row->saved_seq = rd_uint(rd, 8);
    out_row->whole_seq = rd_uint(rd, 8);
}

static int row_read(struct kv_slice value, struct zone_store_row *out_row)
{
    struct rd rd = rd_make(value.data, value.len);
    read_common(&rd, out_row);
    out_row->span.first_seq = rd_uint(&rd, 8);
    out_row->span.first_serial = rd_u32(&rd);
    out_row->span.octets = rd_uint(&rd, 8);
    return rd.err || rd_left(&rd) ? ERR_STORE_CORRUPT : 0;
}

/* A row of format 1: nothing is said of the past. */
static int row_read_1(struct kv_slice value, struct zone_store_row *out_row)
{
    struct rd rd = rd_make(value.data, value.len);
    read_common(&rd, out_row);
    out_row->span = (struct zone_journal_span){out_row->seq + 1, 0, out_row->serial};
    return rd.err || rd_left(&rd) ? ERR_STORE_CORRUPT : 0;
}

void zone_store_row_put(struct kv_txn *txn, const uint8_t *name, const struct zone_store_row *row)
{
    uint8_t key[PREFIX_LEN + DNS_NAME_MAX], value[ROW_LEN];
    struct wr wr = wr_make(value, sizeof(value));
    wr_u32(&wr, row->id);
    wr_u32(&wr, row->serial);
    wr_uint(&wr, row->names, 8);
    wr_uint(&wr, row->records, 8);
    wr_uint(&wr, (uint64_t)row->saved_s, 8);
    wr_u32(&wr, row->index_max);
    wr_uint(&wr, row->seq, 8);
    wr_uint(&wr, row->saved_seq, 8);
    wr_uint(&wr, row->whole_seq, 8);
    wr_uint(&wr, row->span.first_seq, 8);
    wr_u32(&wr, row->span.first_serial);
    wr_uint(&wr, row->span.octets, 8);
    kv_put(txn, ZONE_STORE_ROW_META, key, row_key(name, key), value, wr_len(&wr));
}

int zone_store_row_get(struct kv_txn *txn, const uint8_t *name, struct zone_store_row *out_row)
{
    uint8_t key[PREFIX_LEN + DNS_NAME_MAX];
    struct kv_slice value;
    if (!kv_get(txn, ZONE_STORE_ROW_META, key, row_key(name, key), &value)) {
        return kv_error(txn) ? kv_error(txn) : ERR_MISSING;
    }
    return row_read(value, out_row);
}

void zone_store_row_remove(struct kv_txn *txn, const uint8_t *name)
{
    uint8_t key[PREFIX_LEN + DNS_NAME_MAX];
    kv_remove(txn, ZONE_STORE_ROW_META, key, row_key(name, key));
    kv_remove(txn, ZONE_STORE_ROW_META, key, key_of(time_prefix, name, key));
}

int64_t zone_store_row_get_time(struct kv_txn *txn, const uint8_t *name)
{
    uint8_t key[PREFIX_LEN + DNS_NAME_MAX];
    struct kv_slice value;
    if (!kv_get(txn, ZONE_STORE_ROW_META, key, key_of(time_prefix, name, key), &value) ||
        value.len != TIME_LEN) {
        return 0;
    }
    struct rd rd = rd_make(value.data, value.len);
    return (int64_t)rd_uint(&rd, TIME_LEN);
}

void zone_store_row_put_time(struct kv_txn *txn, const uint8_t *name, int64_t time_s)
{
    uint8_t key[PREFIX_LEN + DNS_NAME_MAX], value[TIME_LEN];
    struct wr wr = wr_make(value, sizeof(value));
    wr_uint(&wr, (uint64_t)time_s, TIME_LEN);
    kv_put(txn, ZONE_STORE_ROW_META, key, key_of(time_prefix, name, key), value, sizeof(value));
}

struct listing {
    int (*read)(struct kv_slice value, struct zone_store_row *out_row);
    int (*visit)(void *context, const uint8_t *name, const struct zone_store_row *row);
    void *context;
};

static int list_row(void *context, struct kv_slice key, struct kv_slice value)
{
    const struct listing *listing = context;
    const uint8_t *name = (const uint8_t *)key.data + PREFIX_LEN;
    struct zone_store_row row;
    if (dns_name_measure(name, key.len - PREFIX_LEN) != key.len - PREFIX_LEN ||
        listing->read(value, &row)) {
        return ERR_STORE_CORRUPT;
    }
    return listing->visit(listing->context, name, &row);
}

static int list_rows(struct kv_txn *txn, const struct listing *listing)
{
    int err = kv_walk(txn, ZONE_STORE_ROW_META, prefix, PREFIX_LEN, PREFIX_LEN, list_row,
                      (void *)listing); /* list_row only reads it */
    return err ? err : kv_error(txn);
}

int zone_store_row_each(struct kv_txn *txn,
                        int (*visit)(void *context, const uint8_t *name,
                                     const struct zone_store_row *row),
                        void *context)
{
    struct listing listing = {row_read, visit, context};
    return list_rows(txn, &listing);
}

/* A row of format 1; its span grows while the zone's change sets are counted. */
struct old_row {
    uint8_t name[DNS_NAME_MAX];
    struct zone_store_row row;
};

struct old_rows {
    struct old_row *items;
    size_t count, room;
};

static int gather(void *context, const uint8_t *name, const struct zone_store_row *row)
{
    struct old_rows *rows = context;
    if (rows->count == rows->room) {
        rows->room = rows->room ? 2 * rows->room : 16;
        rows->items = mem_grow(rows->items, rows->room, sizeof(*rows->items));
    }
    struct old_row *old = &rows->items[rows->count++];
    memcpy(old->name, name, dns_name_len(name));
    old->row = *row;
    return 0;
}

static int count_entry(void *context, const struct zone_journal_entry *entry)
{
    struct zone_store_row *row = context;
    struct zone_diff_reader reader = zone_diff_begin(entry->data, entry->len);
    struct zone_journal_head head = {entry->seq, (uint32_t)entry->len, reader.old_serial,
                                     reader.new_serial, reader.time_s};
    if (row->span.octets == 0) { /* the oldest */
        row->span.first_seq = entry->seq;
        row->span.first_serial = reader.old_serial;
    }
    zone_journal_count(&row->span, &head);
    return reader.rd.err ? ERR_STORE_CORRUPT : 0;
}

int zone_store_row_upgrade(struct kv_txn *txn)
{
    struct old_rows rows = {0};
    struct listing listing = {row_read_1, gather, &rows};
    int err = list_rows(txn, &listing); /* a walk does not write */
    for (size_t i = 0; !err && i < rows.count; i++) {
        struct zone_store_row *row = &rows.items[i].row;
        err = zone_journal_walk(txn, ZONE_STORE_ROW_JOURNAL, row->id, 0, count_entry, row);
        zone_store_row_put(txn, rows.items[i].name, row);
    }
    mem_free(rows.items);
    return err ? err : kv_error(txn);
}

size_t zone_store_row_key(uint32_t id, const uint8_t *owner, uint8_t *out_key)
{
    uint8_t starts[DNS_LABELS_MAX];
    size_t count = 0, at = 0;
    for (; owner[at]; at += (size_t)owner[at] + 1) {
        starts[count++] = (uint8_t)at;
    }
    struct wr wr = wr_make(out_key, ZONE_STORE_ROW_KEY);
    wr_u32(&wr, id);
    while (count-- > 0) {
        wr_bytes(&wr, owner + starts[count], (size_t)owner[starts[count]] + 1);
    }
    return wr_len(&wr);
}

void zone_store_row_clear(struct kv_txn *txn, uint32_t id)
{
    uint8_t key[ZONE_STORE_ROW_ID];
    struct wr wr = wr_make(key, sizeof(key));
    wr_u32(&wr, id);
    kv_remove_prefix(txn, ZONE_STORE_ROW_NAMES, key, sizeof(key));
    kv_remove_prefix(txn, ZONE_STORE_ROW_JOURNAL, key, sizeof(key));
    kv_remove_prefix(txn, ZONE_STORE_ROW_LEASES, key, sizeof(key));
}

uint32_t zone_store_row_number(struct kv_txn *txn, const char *key)
{
    struct kv_slice value;
    if (!kv_get(txn, ZONE_STORE_ROW_META, key, strlen(key), &value)) {
        return 0;
    }
    struct rd rd = rd_make(value.data, value.len);
    return rd_u32(&rd);
}

void zone_store_row_set_number(struct kv_txn *txn, const char *key, uint32_t number)
{
    uint8_t value[4];
    struct wr wr = wr_make(value, sizeof(value));
    wr_u32(&wr, number);
    kv_put(txn, ZONE_STORE_ROW_META, key, strlen(key), value, sizeof(value));
}
