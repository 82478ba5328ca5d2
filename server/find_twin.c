#include "server/find_twin.h"

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "zones/zone_node.h"

enum { SLOTS = 4 * FIND_TWIN_RECORDS_MAX };

/* Records by the hash of their RDATA. */
struct seen {
    uint16_t number[SLOTS]; /* of the record + 1; 0: free */
    struct zone_rr records[FIND_TWIN_RECORDS_MAX];
};

/* The first record like the newest one, which is `number`. */
static unsigned first_like(struct seen *seen, const struct hash_key *key, unsigned number)
{
    const struct zone_rr *rr = &seen->records[number];
    uint64_t slot = hash_mix(key, key->k0, rr->rdata, rr->len) % SLOTS;
    for (; seen->number[slot] != 0; slot = (slot + 1) % SLOTS) {
        const struct zone_rr *other = &seen->records[seen->number[slot] - 1];
        if (other->len == rr->len && memcmp(other->rdata, rr->rdata, rr->len) == 0) {
            return seen->number[slot] - 1u;
        }
    }
    seen->number[slot] = (uint16_t)(number + 1);
    return number;
}

unsigned find_twin_fill(const struct hash_key *key, const uint8_t *octets, size_t len,
                        uint16_t *out_same)
{
    struct seen seen;
    const uint8_t *pos = octets, *end = octets + len;
    unsigned count = 0;
    bool has_twins = false;
    memset(seen.number, 0, sizeof(seen.number));
    while (zone_node_next(&pos, end, &seen.records[count])) {
        out_same[count] = (uint16_t)first_like(&seen, key, count);
        has_twins = has_twins || out_same[count] != count;
        count++;
        CHECK(count < FIND_TWIN_RECORDS_MAX);
    }
    return has_twins ? count : 0;
}
