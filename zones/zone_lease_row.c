#include "zones/zone_lease_row.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_store_row.h"

enum {
    TYPE_LEN = 2,
    DIGEST_LEN = 8,
    KEY_MAX = ZONE_STORE_ROW_ID + DNS_NAME_MAX + TYPE_LEN + DIGEST_LEN,
    VALUE_LEN = 8 + 4 + 8, /* end, length, time of the signature */
};

static size_t make_key(uint8_t *key, uint32_t zone_id, const struct zone_lease_id *id)
{
    struct wr wr = wr_make(key, KEY_MAX);
    wr_u32(&wr, zone_id);
    wr_bytes(&wr, id->owner, dns_name_len(id->owner));
    wr_u16(&wr, id->type);
    wr_uint(&wr, id->digest, DIGEST_LEN);
    return wr_len(&wr);
}

void zone_lease_row_put(struct kv_txn *txn, uint32_t zone_id, const struct zone_lease_id *id,
                        const struct zone_lease_term *term)
{
    uint8_t key[KEY_MAX], value[VALUE_LEN];
    struct wr wr = wr_make(value, sizeof(value));
    wr_uint(&wr, (uint64_t)term->end_s, 8);
    wr_u32(&wr, term->length_s);
    wr_uint(&wr, term->signed_s, 8);
    kv_put(txn, ZONE_STORE_ROW_LEASES, key, make_key(key, zone_id, id), value, wr_len(&wr));
}

void zone_lease_row_remove(struct kv_txn *txn, uint32_t zone_id, const struct zone_lease_id *id)
{
    uint8_t key[KEY_MAX];
    kv_remove(txn, ZONE_STORE_ROW_LEASES, key, make_key(key, zone_id, id));
}

/* What all rows of a zone begin with. */
static void make_prefix(uint8_t *prefix, uint32_t zone_id)
{
    struct wr wr = wr_make(prefix, ZONE_STORE_ROW_ID);
    wr_u32(&wr, zone_id);
}

void zone_lease_row_clear(struct kv_txn *txn, uint32_t zone_id)
{
    uint8_t prefix[ZONE_STORE_ROW_ID];
    make_prefix(prefix, zone_id);
    kv_remove_prefix(txn, ZONE_STORE_ROW_LEASES, prefix, sizeof(prefix));
}

struct loading {
    const uint8_t *zone;
    struct zone_lease_table *table;
    int64_t now_s, mono_s;
};

/* What a key says; false when it is damaged. */
static bool read_key(struct kv_slice key, const uint8_t *zone, uint8_t *out_owner,
                     struct zone_lease_id *out_id)
{
    struct rd rd = rd_make(key.data, key.len);
    rd_u32(&rd);
    size_t len = dns_name_measure(rd.pos, rd_left(&rd));
    const uint8_t *owner = rd_take(&rd, len);
    out_id->type = rd_u16(&rd);
    out_id->digest = rd_uint(&rd, DIGEST_LEN);
    if (rd.err || rd_left(&rd) > 0 || len == 0 || dns_type_is_meta(out_id->type)) {
        return false;
    }
    dns_name_lower(owner, len, out_owner);
    out_id->owner = out_owner;
    return memcmp(owner, out_owner, len) == 0 && dns_name_is_in(out_owner, zone);
}

/* What is left to live, from 0 to what was granted: no more when the clock was set back (threats row
 * 51). */
static int64_t left_of(const struct zone_lease_term *term, int64_t now_s)
{
    if (term->end_s <= now_s) {
        return 0;
    }
    bool is_more = term->end_s > now_s + (int64_t)term->length_s;
    return is_more ? (int64_t)term->length_s : term->end_s - now_s;
}

static int load_row(void *context, struct kv_slice key, struct kv_slice value)
{
    const struct loading *loading = context;
    uint8_t owner[DNS_NAME_MAX];
    struct zone_lease_id id;
    struct zone_lease_term term = {.is_restored = true};
    struct rd rd = rd_make(value.data, value.len);
    term.end_s = (int64_t)rd_uint(&rd, 8);
    term.length_s = rd_u32(&rd);
    term.signed_s = rd_uint(&rd, 8);
    if (rd.err || rd_left(&rd) > 0 || !read_key(key, loading->zone, owner, &id)) {
        return ERR_STORE_CORRUPT;
    }
    term.due_s = loading->mono_s + left_of(&term, loading->now_s);
    zone_lease_set(loading->table, &id, &term);
    return 0;
}

int zone_lease_row_load(struct kv_txn *txn, uint32_t zone_id, const uint8_t *zone,
                        struct zone_lease_table *table, int64_t now_s, int64_t mono_s)
{
    struct loading loading = {zone, table, now_s, mono_s};
    uint8_t prefix[ZONE_STORE_ROW_ID];
    make_prefix(prefix, zone_id);
    int err = kv_walk(txn, ZONE_STORE_ROW_LEASES, prefix, sizeof(prefix), sizeof(prefix), load_row,
                      &loading);
    return err ? err : kv_error(txn);
}
