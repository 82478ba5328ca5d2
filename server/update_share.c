#include "server/update_share.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rand.h"
#include "zones/dns_name.h"

enum { SLOTS = 1024, ADDRESS_LEN = 18 };

struct update_share {
    struct update_share *next;
    struct update_share **at; /* what points here */
    size_t count, octets;
    size_t id_len;
    uint8_t id[]; /* name of the key, or 255 (no label is so long), family and address */
};

struct update_share_table {
    struct hash_key key;
    size_t count_max, octets_max;
    struct update_share *slots[SLOTS];
};

struct update_share_table *update_share_create(size_t count_max, size_t octets_max)
{
    struct update_share_table *table = mem_alloc(sizeof(*table));
    table->key.k0 = rand_u64(rand_system());
    table->key.k1 = rand_u64(rand_system());
    table->count_max = count_max;
    table->octets_max = octets_max;
    return table;
}

static void remove_share(struct update_share *share)
{
    *share->at = share->next;
    if (share->next) {
        share->next->at = share->at;
    }
    mem_free(share);
}

void update_share_destroy(struct update_share_table *table)
{
    for (unsigned i = 0; table && i < SLOTS; i++) {
        while (table->slots[i]) {
            remove_share(table->slots[i]);
        }
    }
    mem_free(table);
}

static size_t make_id(const struct policy_who *who, uint8_t out_id[DNS_NAME_MAX])
{
    if (who->key) {
        memcpy(out_id, who->key, dns_name_len(who->key));
        return dns_name_len(who->key);
    }
    out_id[0] = UINT8_MAX;
    out_id[1] = who->peer->family;
    memcpy(out_id + 2, who->peer->address, sizeof(who->peer->address));
    return ADDRESS_LEN;
}

struct update_share *update_share_take(struct update_share_table *table,
                                       const struct policy_who *who, size_t len)
{
    uint8_t id[DNS_NAME_MAX];
    const size_t id_len = make_id(who, id);
    struct update_share **slot =
        &table->slots[hash_mix(&table->key, table->key.k0, id, id_len) % SLOTS];
    struct update_share *share = *slot;
    while (share && (share->id_len != id_len || memcmp(share->id, id, id_len) != 0)) {
        share = share->next;
    }
    const size_t octets = share ? share->octets : 0;
    if ((share && share->count == table->count_max) || len > table->octets_max - octets) {
        return NULL;
    }
    if (!share) {
        share = mem_alloc(sizeof(*share) + id_len);
        share->id_len = id_len;
        memcpy(share->id, id, id_len);
        share->next = *slot;
        share->at = slot;
        if (share->next) {
            share->next->at = &share->next;
        }
        *slot = share;
    }
    share->count++;
    share->octets += len;
    return share;
}

void update_share_give(struct update_share *share, size_t len)
{
    share->octets -= len;
    if (--share->count == 0) {
        remove_share(share);
    }
}
