/* Door: a zone transfer coming in. The first octet chooses AXFR or IXFR; then messages, each after
 * its length as on TCP. What comes as a whole zone makes a zone; what comes as changes is applied to
 * one that stands at serial 1, all of it or nothing. */
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/rcu.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_xfr_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ID = 0x1234, OCTETS_MAX = 1 << 20, ROUNDS = 64 };

static const uint8_t apex[] = "\1t";
static const struct hash_key key = {1, 2};
static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};

static int check_node(void *context, const struct zone_node *node)
{
    uint64_t *records = context;
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const struct zone_rrset *set = &zone_node_rrsets(node)[i];
        const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
        struct zone_rr rr;
        unsigned count = 0;
        for (; zone_node_next(&pos, end, &rr); count++) {
            CHECK(dns_rdata_check(set->type, rr.rdata, rr.len) == 0);
        }
        CHECK(count == set->count && !dns_type_is_meta(set->type));
        *records += count;
    }
    return 0;
}

static void check_zone(const struct zone *zone, uint32_t serial)
{
    uint64_t records = 0;
    uint64_t version = zone_version(zone);
    CHECK(zone_apex(zone, version) && zone_serial(zone, version) == serial);
    zone_walk(zone, version, check_node, &records);
    CHECK(records == zone_measure(zone).records);
}

static struct zone *make_zone(void)
{
    static const uint8_t soa[] = "\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0"; /* and the last 0 */
    struct zone *zone = zone_create(apex, &key);
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    CHECK(zone_edit_add(edit, apex, DNS_TYPE_SOA, 300, soa, sizeof(soa)) == 0);
    CHECK(zone_edit_add(edit, apex, DNS_TYPE_NS, 300, (const uint8_t *)"\2ns\1t", 6) == 0);
    CHECK(zone_edit_add(edit, (const uint8_t *)"\1a\1t", DNS_TYPE_A, 300,
                        (const uint8_t *)"\300\0\2\1", 4) == 0);
    CHECK(zone_edit_commit(edit));
    return zone;
}

static void apply(const struct zone_xfr_in *xfr)
{
    struct zone *zone = make_zone();
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    size_t mark = zone_edit_mark(edit);
    if (zone_xfr_in_apply(xfr, edit) == 0) {
        zone_edit_commit(edit);
        check_zone(zone, zone_xfr_in_facts(xfr)->serial);
    } else {
        zone_edit_rewind(edit, mark);
        CHECK(!zone_edit_commit(edit));
        check_zone(zone, 1);
    }
    zone_unref(zone);
}

static void finish(struct zone_xfr_in *xfr)
{
    const struct zone_xfr_in_facts *facts = zone_xfr_in_facts(xfr);
    struct zone *zone = zone_xfr_in_take_zone(xfr);
    CHECK((zone != NULL) == (facts->is_whole && facts->form == ZONE_XFR_IN_WHOLE));
    if (zone) {
        check_zone(zone, facts->serial);
        zone_unref(zone);
    }
    if (facts->is_whole && facts->form == ZONE_XFR_IN_CHANGES) {
        apply(xfr);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned rounds;
    struct rd rd = rd_make(data, size);
    const uint16_t type = rd_u8(&rd) & 1 ? DNS_TYPE_IXFR : DNS_TYPE_AXFR;
    const struct zone_xfr_in_ask ask = {apex, &key, type, ID, 1, OCTETS_MAX};
    struct zone_xfr_in *xfr = zone_xfr_in_create(&ask);
    int err = 0;
    while (!err && rd_left(&rd) > 2) {
        size_t len = rd_u16(&rd);
        len = len < rd_left(&rd) ? len : rd_left(&rd);
        err = zone_xfr_in_take(xfr, rd.pos, len);
        rd.pos += len;
    }
    if (!err) {
        finish(xfr);
    }
    zone_xfr_in_destroy(xfr);
    if (++rounds % ROUNDS == 0) { /* zones go after a grace period */
        rcu_drain();
    }
    return 0;
}
