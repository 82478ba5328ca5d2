#include "zones/zone_journal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "zones/zone_diff.h"
#include "zones/dns_serial.h"

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

/* The first chunk has the whole head: a chunk is longer than that. */
static int read_head(uint64_t seq, struct kv_slice value, struct zone_journal_head *out_head)
{
    struct rd rd = rd_make(value.data, value.len);
    out_head->seq = seq;
    out_head->octets = rd_u32(&rd);
    if (rd.err || rd_left(&rd) < ZONE_DIFF_HEADER) {
        return ERR_STORE_CORRUPT;
    }
    struct zone_diff_reader reader = zone_diff_begin(rd.pos, rd_left(&rd));
    out_head->old_serial = reader.old_serial;
    out_head->new_serial = reader.new_serial;
    out_head->time_s = reader.time_s;
    return 0;
}

static int get_head(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t seq,
                    struct zone_journal_head *out_head)
{
    uint8_t key[KEY_LEN];
    struct kv_slice value;
    make_key(key, id, seq, 0);
    if (!kv_get(txn, table, key, KEY_LEN, &value)) {
        return kv_error(txn) ? kv_error(txn) : ERR_MISSING;
    }
    return read_head(seq, value, out_head);
}

struct finding {
    struct zone_journal_head *head;
    int err;
};

static int on_oldest(void *context, struct kv_slice key, struct kv_slice value)
{
    struct finding *finding = context;
    struct rd name = rd_make(key.data, key.len);
    rd_u32(&name);
    uint64_t seq = rd_uint(&name, 8);
    uint32_t chunk = rd_u32(&name);
    bool is_whole = key.len == KEY_LEN && chunk == 0;
    finding->err = is_whole ? read_head(seq, value, finding->head) : ERR_STORE_CORRUPT;
    return 1; /* the first is enough */
}

int zone_journal_oldest(struct kv_txn *txn, unsigned table, uint32_t id,
                        struct zone_journal_head *out_head)
{
    struct finding finding = {out_head, ERR_MISSING};
    uint8_t key[KEY_LEN];
    make_key(key, id, 0, 0);
    kv_walk(txn, table, key, KEY_LEN, 4, on_oldest, &finding);
    return kv_error(txn) ? kv_error(txn) : finding.err;
}

void zone_journal_count(struct zone_journal_span *span, const struct zone_journal_head *head)
{
    span->octets += head->octets;
    if (!dns_serial_is_after(head->new_serial, head->old_serial) ||
        !dns_serial_is_after(head->new_serial, span->first_serial)) {
        span->first_seq = head->seq + 1;
        span->first_serial = head->new_serial;
    }
}

int zone_journal_find(struct kv_txn *txn, unsigned table, uint32_t id,
                      const struct zone_journal_span *span, uint64_t last_seq, uint32_t serial,
                      uint64_t *out_seq)
{
    uint64_t low = span->first_seq, high = last_seq + 1; /* high is too far */
    uint32_t ahead = serial - span->first_serial;        /* in a span it only grows */
    while (low < high) {
        struct zone_journal_head head;
        uint64_t middle = low + (high - low) / 2;
        int err = get_head(txn, table, id, middle, &head);
        if (err) {
            return err;
        }
        if (head.old_serial == serial) {
            *out_seq = middle;
            return 0;
        }
        if (head.old_serial - span->first_serial < ahead) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return ERR_MISSING;
}

bool zone_journal_is_due(const struct zone_journal_span *span, const struct zone_journal_head *head,
                         const struct zone_journal_keep *keep, int64_t now_s)
{
    uint64_t now = now_s > 0 ? (uint64_t)now_s : 0;
    bool is_old = head->time_s <= now && now - head->time_s >= keep->age_s;
    return head->seq < span->first_seq || span->octets > keep->octets_max || is_old;
}

void zone_journal_remove(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t seq)
{
    uint8_t key[KEY_LEN];
    make_key(key, id, seq, 0);
    kv_remove_prefix(txn, table, key, ENTRY_LEN);
}

void zone_journal_drop(struct kv_txn *txn, unsigned table, uint32_t id,
                       struct zone_journal_span *span, const struct zone_journal_head *head)
{
    zone_journal_remove(txn, table, id, head->seq);
    span->octets -= head->octets < span->octets ? head->octets : span->octets;
    if (span->first_seq <= head->seq) {
        span->first_seq = head->seq + 1;
        span->first_serial = head->new_serial;
    }
}
