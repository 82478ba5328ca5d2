/* Door: UPDATE messages that ask for leases. The input is a row of messages, each behind an octet of
 * switches and its length (u16), that are applied to a small zone in groups. After each group every
 * lease belongs to a record that is in the zone, and at the end all leased records can go. */
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "zones/dns_code.h"
#include "zones/zone_diff.h"
#include "zones/zone_get.h"
#include "zones/zone_lease_group.h"
#include "zones/zone_update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HAS_LEASE = 1, ENDS_GROUP = 2, PASSES = 4, LENGTH_S = 100, NOW_S = 1000000 };

static const struct hash_key key = {1, 2};
static const struct zone_edit_limits limits = {50, 20, 1 << 20};
static const uint8_t apex[] = "\1t";

struct scene {
    struct zone *zone;
    struct zone_edit *edit;
    struct zone_lease_group *leases;
    int64_t now_s;
    bool has_lease;
};

static bool permit(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                   char *why)
{
    (void)context;
    (void)record;
    (void)out_ede;
    (void)why;
    return true;
}

static void on_added(void *context, const struct zone_update_record *record, const uint8_t *rdata,
                     size_t len)
{
    struct scene *scene = context;
    struct zone_lease_term term = {scene->now_s + LENGTH_S, scene->now_s + LENGTH_S, LENGTH_S,
                                   (uint64_t)scene->now_s, false};
    zone_lease_group_add(scene->leases, scene->edit, record->owner, record->type, rdata, len, &term,
                         scene->has_lease);
}

static void apply(struct scene *scene, const uint8_t *message, size_t len)
{
    static uint8_t scratch[ZONE_UPDATE_SCRATCH];
    struct zone_update_options options = {.permit = permit,
                                          .added = on_added,
                                          .added_context = scene,
                                          .now_s = (uint64_t)scene->now_s,
                                          .scratch = scratch};
    struct zone_update_result result;
    size_t mark = zone_edit_mark(scene->edit), leases = zone_lease_group_mark(scene->leases);
    zone_update_apply(scene->edit, message, len, &options, &result);
    if (result.rcode != DNS_RCODE_NOERROR) {
        zone_edit_rewind(scene->edit, mark);
        zone_lease_group_rewind(scene->leases, leases);
    }
}

static void check_lease(void *context, const struct zone_lease *lease)
{
    const struct scene *scene = context;
    struct zone_rr rr;
    const struct zone_node *node =
        zone_get_name(scene->zone, zone_version(scene->zone), lease->id.owner);
    const struct zone_rrset *set = node ? zone_node_find(node, lease->id.type) : NULL;
    CHECK(set);
    const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
    while (zone_node_next(&pos, end, &rr)) {
        if (zone_lease_digest(lease->id.type, rr.rdata, rr.len) == lease->id.digest) {
            return;
        }
    }
    CHECK(!"a lease without its record");
}

static void end_group(struct scene *scene)
{
    uint8_t *diff;
    size_t len;
    zone_edit_keep(scene->edit);
    zone_diff_make(scene->edit, NOW_S, &diff, &len);
    zone_lease_group_settle(scene->leases, scene->edit, diff, len);
    zone_lease_group_commit(scene->leases);
    zone_edit_commit(scene->edit);
    mem_free(diff);
    scene->edit = zone_edit_begin(scene->zone, &limits);
    zone_lease_each(zone_lease_group_table(scene->leases), check_lease, scene);
}

/* As a server does when leases end, but for the records that stay. */
static void expire(struct scene *scene)
{
    struct zone_lease_table *table = zone_lease_group_table(scene->leases);
    const struct zone_lease *lease;
    while (zone_lease_due(table, INT64_MAX, &lease, 1) == 1) {
        size_t before = zone_lease_count(table);
        zone_edit_set(scene->edit, lease->id.owner, lease->id.type, 0, NULL, 0);
        end_group(scene);
        CHECK(zone_lease_count(table) < before);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t soa[] = "\1m\1t\0\1r\1t\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";
    static unsigned inputs;
    if (inputs == 0) {
        rcu_enter();
    }
    struct scene scene = {.zone = zone_create(apex, &key), .now_s = NOW_S};
    scene.leases = zone_lease_group_create(&key);
    scene.edit = zone_edit_begin(scene.zone, &limits);
    CHECK(zone_edit_add(scene.edit, apex, 6, 60, soa, sizeof(soa) - 1) == 0);
    CHECK(zone_edit_add(scene.edit, apex, 2, 60, (const uint8_t *)"\1m\1t", 5) == 0);
    end_group(&scene);
    struct rd rd = rd_make(data, size);
    while (rd_left(&rd) > 0) {
        const unsigned switches = rd_u8(&rd);
        size_t len = rd_u16(&rd);
        len = len < rd_left(&rd) ? len : rd_left(&rd);
        const uint8_t *message = rd_take(&rd, len);
        scene.has_lease = switches & HAS_LEASE;
        scene.now_s += switches & PASSES ? 1 : 0;
        if (message) {
            apply(&scene, message, len);
        }
        if (switches & ENDS_GROUP) {
            end_group(&scene);
        }
    }
    end_group(&scene);
    expire(&scene);
    zone_edit_abort(scene.edit);
    zone_lease_group_unref(scene.leases);
    zone_unref(scene.zone);
    if (++inputs % 1000 == 0) {
        rcu_quiescent();
        rcu_drain(); /* else memory grows faster than it is given back */
    }
    return 0;
}
