#include "zones/zone_journal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

enum {
    KEY_LEN = 16,     /* id u32, seq u64, chunk u32 */
    ENTRY_LEN = 12,   /* of a key that all chunks of an entry share */
    CHUNK_MAX = 8000, /* octets of a value: two pages, so that no long run of pages is looked for */
};

static void make_key(uint8_t *key, uint32_t id, uint64_t seq, uint32_t chunk)
{
    struct wr wr = wr_make(key, KEY_LEN);
    wr_u32(&wr, id);
    wr_uint(&wr, seq, 8);
    wr_u32(&wr, chunk);
}

void zone_journal_put(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t seq,
                      const void *data, size_t len)
{
    uint8_t key[KEY_LEN], value[4 + CHUNK_MAX];
    const uint8_t *from = data;
    uint32_t chunk = 0;
    for (size_t at = 0; at < len; chunk++) {
        size_t part = len - at < CHUNK_MAX ? len - at : CHUNK_MAX;
        struct wr wr = wr_make(value, sizeof(value));
        wr_u32(&wr, (uint32_t)(len - at)); /* octets from here to the end of the entry */
        wr_bytes(&wr, from + at, part);
        make_key(key, id, seq, chunk);
        kv_put(txn, table, key, KEY_LEN, value, wr_len(&wr));
        at += part;
    }
}

/* An entry that is put together from its chunks. */
struct walking {
    int (*visit)(void *context, const struct zone_journal_entry *entry);
    void *context;
    uint8_t *data;
    size_t room, len, left; /* left: octets that are still to come */
    uint64_t seq;
    uint32_t chunk;
};

static int on_chunk(void *context, struct kv_slice key, struct kv_slice value)
{
    struct walking *walking = context;
    struct rd name = rd_make(key.data, key.len), rd = rd_make(value.data, value.len);
    rd_u32(&name);
    uint64_t seq = rd_uint(&name, 8);
    uint32_t chunk = rd_u32(&name);
    uint32_t left = rd_u32(&rd);
    if (chunk == 0 && walking->left == 0) {
        walking->seq = seq;
        walking->len = 0;
        walking->left = left;
        walking->chunk = 0;
    }
    size_t part = rd_left(&rd);
    bool fits = key.len == KEY_LEN && !rd.err && seq == walking->seq && chunk == walking->chunk &&
                left == walking->left && part > 0 && part <= left;
    if (!fits) {
        return ERR_STORE_CORRUPT;
    }
    if (walking->len + part > walking->room) { /* by what is there, not by what it says */
        walking->room = 2 * (walking->len + part);
        walking->data = mem_grow(walking->data, walking->room, 1);
    }
    memcpy(walking->data + walking->len, rd.pos, part);
    walking->len += part;
    walking->left -= part;
    walking->chunk++;
    if (walking->left > 0) {
        return 0;
    }
    struct zone_journal_entry entry = {seq, walking->data, walking->len};
    return walking->visit(walking->context, &entry);
}

int zone_journal_walk(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t from,
                      int (*visit)(void *context, const struct zone_journal_entry *entry),
                      void *context)
{
    struct walking walking = {.visit = visit, .context = context};
    uint8_t key[KEY_LEN];
    make_key(key, id, from, 0);
    int result = kv_walk(txn, table, key, KEY_LEN, 4, on_chunk, &walking);
    bool cut = result == 0 && walking.left > 0;
    mem_free(walking.data);
    return cut ? ERR_STORE_CORRUPT : result;
}

void zone_journal_remove(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t seq)
{
    uint8_t key[KEY_LEN];
    make_key(key, id, seq, 0);
    kv_remove_prefix(txn, table, key, ENTRY_LEN);
}
