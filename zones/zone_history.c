#include "zones/zone_history.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

enum { SLOTS_LEAST = 64 };

/* Present or not, before the first change set and after the last one. */
struct zone_history_change {
    struct zone_history_change *before, *after; /* in order of first change */
    struct zone_history_change *chain;          /* of the same slot */
    uint64_t hash;
    uint32_t ttl_before_s, ttl_after_s;
    uint16_t type, len;
    uint8_t owner_len;
    bool was, is;
    uint8_t octets[]; /* owner, RDATA */
};

struct zone_history {
    struct rcu_later later;
    struct hash_key key;
    size_t octets, octets_max;
    bool has_begun;
    uint32_t serial; /* after the last change set */
    struct zone_history_change *first, *last;
    struct zone_history_change **slots;
    size_t count, mask; /* slots - 1 */
};

struct zone_history *zone_history_create(const struct hash_key *key, size_t octets_max)
{
    struct zone_history *history = mem_alloc(sizeof(*history));
    history->key = *key;
    history->octets_max = octets_max;
    history->slots = mem_alloc(SLOTS_LEAST * sizeof(struct zone_history_change *));
    history->mask = SLOTS_LEAST - 1;
    return history;
}

static void free_all(struct rcu_later *later)
{
    struct zone_history *history = (struct zone_history *)(void *)later; /* the first member */
    while (history->first) {
        struct zone_history_change *change = history->first;
        history->first = change->after;
        mem_free(change);
    }
    mem_free(history->slots);
    mem_free(history);
}

void zone_history_destroy(struct zone_history *history)
{
    if (history) {
        rcu_defer(&history->later, free_all);
    }
}

static size_t octets_of(const struct zone_history_change *change)
{
    return sizeof(*change) + sizeof(change->chain) + change->owner_len + change->len;
}

static uint64_t hash_of(const struct zone_history *history, const struct zone_diff_record *record,
                        size_t owner_len)
{
    uint64_t hash = hash_mix(&history->key, history->key.k0, record->owner, owner_len);
    hash = hash_mix(&history->key, hash, &record->type, sizeof(record->type));
    return hash_mix(&history->key, hash, record->rdata, record->len);
}

/* Octet by octet: a record in other letters is another one, as in change sets. */
static bool is_of(const struct zone_history_change *change, const struct zone_diff_record *record,
                  size_t owner_len, uint64_t hash)
{
    return change->hash == hash && change->type == record->type && change->owner_len == owner_len &&
           change->len == record->len && memcmp(change->octets, record->owner, owner_len) == 0 &&
           memcmp(change->octets + owner_len, record->rdata, record->len) == 0;
}

/* The link that holds the change of a record, or the end of its chain. */
static struct zone_history_change **find(const struct zone_history *history,
                                         const struct zone_diff_record *record, size_t owner_len,
                                         uint64_t hash)
{
    struct zone_history_change **link = &history->slots[hash & history->mask];
    while (*link && !is_of(*link, record, owner_len, hash)) {
        link = &(*link)->chain;
    }
    return link;
}

/* As many slots as changes, at least. */
static void grow(struct zone_history *history)
{
    size_t slots = 2 * (history->mask + 1);
    mem_free(history->slots);
    history->slots = mem_alloc(slots * sizeof(struct zone_history_change *));
    history->mask = slots - 1;
    for (struct zone_history_change *at = history->first; at; at = at->after) {
        struct zone_history_change **slot = &history->slots[at->hash & history->mask];
        at->chain = *slot;
        *slot = at;
    }
}

/* A record that is met first: until now it was there or not, as its change says. */
static struct zone_history_change *insert(struct zone_history *history,
                                          const struct zone_diff_record *record, size_t owner_len,
                                          uint64_t hash)
{
    if (history->count > history->mask) {
        grow(history);
    }
    struct zone_history_change *change = mem_alloc(sizeof(*change) + owner_len + record->len);
    *change = (struct zone_history_change){
        .before = history->last,
        .chain = history->slots[hash & history->mask],
        .hash = hash,
        .type = record->type,
        .len = record->len,
        .owner_len = (uint8_t)owner_len,
        .was = !record->added,
        .is = !record->added,
        .ttl_before_s = record->ttl_s,
        .ttl_after_s = record->ttl_s,
    };
    memcpy(change->octets, record->owner, owner_len);
    memcpy(change->octets + owner_len, record->rdata, record->len);
    *(history->last ? &history->last->after : &history->first) = change;
    history->last = change;
    history->slots[hash & history->mask] = change;
    history->octets += octets_of(change);
    history->count++;
    return change;
}

static void forget(struct zone_history *history, struct zone_history_change **link)
{
    struct zone_history_change *change = *link;
    *link = change->chain;
    *(change->before ? &change->before->after : &history->first) = change->after;
    *(change->after ? &change->after->before : &history->last) = change->before;
    history->octets -= octets_of(change);
    history->count--;
    mem_free(change);
}

/* RFC 1995 section 6: the first and the last state decide. */
static int put(struct zone_history *history, const struct zone_diff_record *record)
{
    size_t owner_len = dns_name_len(record->owner);
    uint64_t hash = hash_of(history, record, owner_len);
    struct zone_history_change **link = find(history, record, owner_len, hash);
    struct zone_history_change *change = *link ? *link : insert(history, record, owner_len, hash);
    bool is_strange = change->is == record->added || /* what is there comes not, nor the reverse */
                      (!record->added && change->ttl_after_s != record->ttl_s);
    change->is = record->added;
    change->ttl_after_s = record->ttl_s;
    if (is_strange) {
        return ERR_STORE_CORRUPT;
    }
    bool is_back =
        change->was == change->is && (!change->is || change->ttl_before_s == change->ttl_after_s);
    if (is_back) {
        forget(history, find(history, record, owner_len, hash));
    }
    return history->octets > history->octets_max ? ERR_LIMIT : 0;
}

int zone_history_add(struct zone_history *history, const void *data, size_t len)
{
    struct zone_diff_reader reader = zone_diff_begin(data, len);
    struct zone_diff_record record;
    int err = 0;
    if (history->has_begun && reader.old_serial != history->serial) {
        return ERR_STORE_CORRUPT;
    }
    history->has_begun = true;
    history->serial = reader.new_serial;
    while (!err && zone_diff_next(&reader, &record)) {
        err = put(history, &record);
    }
    return reader.rd.err ? ERR_STORE_CORRUPT : err;
}

size_t zone_history_octets(const struct zone_history *history)
{
    return history->octets;
}

uint32_t zone_history_serial(const struct zone_history *history)
{
    return history->serial;
}

struct zone_history_cursor zone_history_begin(const struct zone_history *history, bool added)
{
    return (struct zone_history_cursor){history->first, added};
}

bool zone_history_next(struct zone_history_cursor *cursor, struct zone_diff_record *out_record)
{
    const struct zone_history_change *change = cursor->next;
    while (change && !(cursor->added ? change->is : change->was)) {
        change = change->after;
    }
    if (!change) {
        cursor->next = NULL;
        return false;
    }
    cursor->next = change->after;
    *out_record = (struct zone_diff_record){
        .owner = change->octets,
        .type = change->type,
        .ttl_s = cursor->added ? change->ttl_after_s : change->ttl_before_s,
        .rdata = change->octets + change->owner_len,
        .len = change->len,
        .added = cursor->added,
    };
    return true;
}

bool zone_history_soa(const struct zone_history *history, struct zone_diff_record *out_record)
{
    struct zone_history_cursor cursor = zone_history_begin(history, false);
    while (zone_history_next(&cursor, out_record)) {
        if (out_record->type == DNS_TYPE_SOA) {
            return true;
        }
    }
    return false;
}
