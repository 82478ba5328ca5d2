#include "server/update_seen.h"

#include <string.h>

#include "base/mem.h"

enum { PLACES = 65536, MAC_KEPT = 16 }; /* entries; octets of a MAC: enough to tell two apart */

struct entry {
    uint8_t mac[MAC_KEPT]; /* random to everybody without the key: its own hash */
    int64_t until_s;
    uint16_t rcode;
};

struct update_seen {
    struct entry entries[PLACES];
};

struct update_seen *update_seen_create(void)
{
    return mem_alloc(sizeof(struct update_seen));
}

void update_seen_destroy(struct update_seen *seen)
{
    mem_free(seen);
}

static size_t place_of(const struct dns_tsig *tsig)
{
    return (size_t)(tsig->mac[0] | tsig->mac[1] << 8) % PLACES;
}

static bool is_of(const struct entry *entry, const struct dns_tsig *tsig)
{
    return tsig->mac_len >= MAC_KEPT && memcmp(entry->mac, tsig->mac, MAC_KEPT) == 0;
}

bool update_seen_find(const struct update_seen *seen, const struct dns_tsig *tsig, int64_t now_s,
                      uint16_t *out_rcode)
{
    const struct entry *entry = &seen->entries[place_of(tsig)];
    if (now_s > entry->until_s || !is_of(entry, tsig)) {
        return false;
    }
    *out_rcode = entry->rcode;
    return true;
}

void update_seen_add(struct update_seen *seen, const struct dns_tsig *tsig, int64_t now_s,
                     uint16_t rcode)
{
    if (tsig->mac_len < MAC_KEPT) {
        return;
    }
    struct entry *entry = &seen->entries[place_of(tsig)];
    memcpy(entry->mac, tsig->mac, MAC_KEPT);
    entry->until_s = now_s + 2 * (int64_t)tsig->fudge_s; /* signed ahead of our clock at most */
    entry->rcode = rcode;
}

void update_seen_remove(struct update_seen *seen, const struct dns_tsig *tsig)
{
    struct entry *entry = &seen->entries[place_of(tsig)];
    if (is_of(entry, tsig)) {
        *entry = (struct entry){0};
    }
}
