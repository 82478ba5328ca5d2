#include "server/update_seen.h"

#include <string.h>

#include "base/mem.h"

enum {
    PLACES = 65536,
    MAC_KEPT = 16,  /* octets: enough to tell two apart */
    MAC_LEAST = 10, /* octets of a truncated one: RFC 8945 5.2.2.1 */
};

struct entry {
    uint8_t mac[MAC_KEPT]; /* random to everybody without the key: its own hash */
    int64_t until_s;
    struct update_seen_answer answer;
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

/* The first octets; of a shorter one zeros stand behind. */
static void copy_mac(const struct dns_tsig *tsig, uint8_t out_mac[MAC_KEPT])
{
    memset(out_mac, 0, MAC_KEPT);
    memcpy(out_mac, tsig->mac, tsig->mac_len < MAC_KEPT ? tsig->mac_len : (size_t)MAC_KEPT);
}

static bool is_of(const struct entry *entry, const struct dns_tsig *tsig)
{
    uint8_t mac[MAC_KEPT];
    copy_mac(tsig, mac);
    return tsig->mac_len >= MAC_LEAST && memcmp(entry->mac, mac, MAC_KEPT) == 0;
}

bool update_seen_find(const struct update_seen *seen, const struct dns_tsig *tsig, int64_t now_s,
                      struct update_seen_answer *out_answer)
{
    const struct entry *entry = &seen->entries[place_of(tsig)];
    if (now_s > entry->until_s || !is_of(entry, tsig)) {
        return false;
    }
    *out_answer = entry->answer;
    return true;
}

void update_seen_add(struct update_seen *seen, const struct dns_tsig *tsig, int64_t now_s,
                     const struct update_seen_answer *answer)
{
    if (tsig->mac_len < MAC_LEAST) {
        return;
    }
    struct entry *entry = &seen->entries[place_of(tsig)];
    copy_mac(tsig, entry->mac);
    entry->until_s = now_s + 2 * (int64_t)tsig->fudge_s; /* signed ahead of our clock at most */
    entry->answer = *answer;
}

void update_seen_remove(struct update_seen *seen, const struct dns_tsig *tsig)
{
    struct entry *entry = &seen->entries[place_of(tsig)];
    if (is_of(entry, tsig)) {
        *entry = (struct entry){0};
    }
}
