/* Door: names as they stand in the store, which may be damaged or written by somebody else. The input
 * is a row of images, each behind its length (u16). What is taken gives the same octets again, and a
 * zone made of it holds together. */
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_edit.h"
#include "zones/zone_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hash_key key = {1, 2};

static void restore_alone(const uint8_t *image, size_t len)
{
    struct zone_node *node = zone_node_restore(image, len, 7, 1);
    if (!node) {
        return;
    }
    CHECK(zone_node_image_len(node) == len);
    uint8_t *again = mem_alloc(len);
    zone_node_image(node, again);
    CHECK(memcmp(again, image, len) == 0);
    mem_free(again);
    mem_free(node);
}

struct counting {
    const struct zone *zone;
    uint64_t names, records;
};

/* Every record can be stepped over, every name above is there, and look-ups stay inside. */
static int count_node(void *context, const struct zone_node *node)
{
    struct counting *counting = context;
    const struct zone_rrset *sets = zone_node_rrsets(node);
    struct dns_labels labels;
    counting->names += node->rrset_count > 0 ? 1 : 0;
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const uint8_t *pos = zone_node_ready(node, &sets[i]), *end = pos + sets[i].size;
        struct zone_rr rr;
        unsigned count = 0;
        while (zone_node_next(&pos, end, &rr)) {
            count++;
        }
        CHECK(pos == end && count == sets[i].count);
        counting->records += count;
    }
    dns_name_index(&key, node->owner, &labels);
    uint64_t version = zone_version(counting->zone);
    struct zone_found found =
        zone_find(counting->zone, version, node->owner, &labels, DNS_TYPE_ANY);
    CHECK(found.verdict != ZONE_FIND_NXDOMAIN);
    if (node->labels > zone_labels(counting->zone)) {
        size_t len = node->owner_len - labels.offset[1];
        CHECK(
            zone_get(counting->zone, version, node->owner + labels.offset[1], len, labels.hash[1]));
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};
    static unsigned inputs;
    struct zone *zone = zone_create((const uint8_t *)"\1t", &key);
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    struct rd rd = rd_make(data, size);
    while (rd_left(&rd) > 0) {
        size_t len = rd_u16(&rd);
        len = len < rd_left(&rd) ? len : rd_left(&rd);
        const uint8_t *image = rd_take(&rd, len);
        if (image) {
            restore_alone(image, len);
            (void)zone_edit_restore(edit, image, len);
        }
    }
    (void)zone_edit_commit(edit);
    struct counting counting = {.zone = zone};
    (void)zone_walk(zone, zone_version(zone), count_node, &counting);
    CHECK(zone_measure(zone).names == counting.names);
    CHECK(zone_measure(zone).records == counting.records);
    zone_unref(zone);
    if (++inputs % 1000 == 0) {
        rcu_drain(); /* else memory grows faster than it is given back */
    }
    return 0;
}
