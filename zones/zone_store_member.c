#include "zones/zone_store_member.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "zones/dns_name.h"
#include "zones/zone_store_row.h"

static const char prefix[] = "member/"; /* then the name in wire form */

enum {
    PREFIX_LEN = sizeof(prefix) - 1,
    LABEL_MAX = 64, /* with its length octet */
    GROW_TRIES = 16,
};

static size_t mark_key(const uint8_t *name, uint8_t *out_key)
{
    size_t len = dns_name_len(name);
    memcpy(out_key, prefix, PREFIX_LEN);
    dns_name_lower(name, len, out_key + PREFIX_LEN);
    return PREFIX_LEN + len;
}

struct visiting {
    int (*visit)(void *context, const struct zone_store_member *member);
    void *context;
};

/* The value is the catalog's name, then the label; both say how long they are. */
static int visit_mark(void *context, struct kv_slice key, struct kv_slice value)
{
    const struct visiting *visiting = context;
    const uint8_t *name = (const uint8_t *)key.data + PREFIX_LEN;
    const uint8_t *catalog = value.data;
    size_t name_len = key.len - PREFIX_LEN, len = dns_name_measure(catalog, value.len);
    if (dns_name_measure(name, name_len) != name_len || len == 0 || len == value.len) {
        return ERR_STORE_CORRUPT;
    }
    const uint8_t *label = catalog + len;
    if (label[0] == 0 || label[0] >= LABEL_MAX || value.len - len != (size_t)label[0] + 1) {
        return ERR_STORE_CORRUPT;
    }
    struct zone_store_member member = {name, catalog, label};
    return visiting->visit(visiting->context, &member);
}

int zone_store_member_each(struct zone_store *store,
                           int (*visit)(void *context, const struct zone_store_member *member),
                           void *context)
{
    struct kv_txn *txn = NULL;
    struct visiting visiting = {visit, context};
    int err = kv_begin(zone_store_kv(store), false, &txn);
    if (err) {
        return err;
    }
    err = kv_walk(txn, ZONE_STORE_ROW_META, prefix, PREFIX_LEN, PREFIX_LEN, visit_mark, &visiting);
    err = err ? err : kv_error(txn);
    kv_abort(txn);
    return err;
}

static void set_mark(struct kv_txn *txn, const struct zone_store_member *member)
{
    uint8_t key[PREFIX_LEN + DNS_NAME_MAX], value[DNS_NAME_MAX + LABEL_MAX];
    struct wr wr = wr_make(value, sizeof(value));
    wr_bytes(&wr, member->catalog, dns_name_len(member->catalog));
    wr_bytes(&wr, member->label, (size_t)member->label[0] + 1);
    kv_put(txn, ZONE_STORE_ROW_META, key, mark_key(member->name, key), value, wr_len(&wr));
}

static void forget_zone(struct kv_txn *txn, const uint8_t *name)
{
    struct zone_store_row row;
    if (zone_store_row_get(txn, name, &row) == 0) {
        zone_store_row_clear(txn, row.id);
        zone_store_row_remove(txn, name);
    }
}

static void change(struct kv_txn *txn, const struct zone_store_member_change *change)
{
    uint8_t key[PREFIX_LEN + DNS_NAME_MAX];
    if (change->kind == ZONE_STORE_MEMBER_FORGET || change->kind == ZONE_STORE_MEMBER_RENEW) {
        forget_zone(txn, change->member.name);
    }
    if (change->kind == ZONE_STORE_MEMBER_SET || change->kind == ZONE_STORE_MEMBER_RENEW) {
        set_mark(txn, &change->member);
    } else {
        kv_remove(txn, ZONE_STORE_ROW_META, key, mark_key(change->member.name, key));
    }
}

int zone_store_member_write(struct zone_store *store,
                            const struct zone_store_member_change *changes, size_t count)
{
    int err = 0;
    for (int tries = 0; count > 0 && tries < GROW_TRIES; tries++) {
        struct kv_txn *txn = NULL;
        err = kv_begin(zone_store_kv(store), true, &txn);
        if (err) {
            return err;
        }
        for (size_t i = 0; i < count; i++) {
            change(txn, &changes[i]);
        }
        err = kv_commit(txn);
        if (err != ERR_LIMIT || kv_grow(zone_store_kv(store))) { /* only a full store grows */
            break;
        }
    }
    return err;
}
