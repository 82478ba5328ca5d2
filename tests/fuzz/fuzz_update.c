/* Door: UPDATE messages, applied to a small zone. The first octet has switches, the rest is the
 * message. What is refused has changed nothing; what is accepted keeps the rules that hold for every
 * zone, and its change set makes the same of a second zone. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "tests/fuzz/lib/small_zone.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_diff.h"
#include "zones/zone_index.h"
#include "zones/zone_index_set.h"
#include "zones/zone_update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HAS_INDEX = 1, DENY_SOME = 2, NARROW = 4, HAS_FIND = 8, NOW_S = 1000000 };

static const char text[] = "@ SOA m r 100 1 1 1 1\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\n"
                           "a A 192.0.2.2\na A 192.0.2.3\na TXT x\nal CNAME a\nd DNAME o.\n"
                           "mx MX 10 Host\nx.ent TXT y\n*.w A 192.0.2.4\ns NSEC t. A\n"
                           "c CENTRE . kind=ai\nc CNET p. obs=9 medium=otn\n_pool.c PTR p.c\n"
                           "p.c CRES . cpu=100\np.c CLOAD . obs=999990 cpuf=50\n"
                           "x.find A 192.0.2.5\nx.find TXT z\n";
static const struct zone_edit_limits wide = {UINT16_MAX, UINT8_MAX, 0}, narrow = {3, 3, 0};

static struct zone *zone, *other; /* the same records in both; never changed */

static bool permit(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                   char *why)
{
    *out_ede = DNS_EDE_OVER_QUOTA;
    const uint8_t *switches = context;
    CHECK(dns_name_is_in(record->owner, small_zone_apex));
    snprintf(why, ZONE_UPDATE_TEXT, "not that");
    return !(*switches & DENY_SOME) || record->type != DNS_TYPE_MX;
}

static unsigned count_of(const struct zone_node *node, uint16_t type)
{
    const struct zone_rrset *set = node ? zone_node_find(node, type) : NULL;
    return set ? set->count : 0;
}

static void check_name(const struct zone_node *node, const uint8_t *owner)
{
    const struct zone_rrset *sets = node ? zone_node_rrsets(node) : NULL;
    bool has_cname = count_of(node, DNS_TYPE_CNAME) > 0;
    for (unsigned i = 0; node && i < node->rrset_count; i++) {
        const struct dns_type_row *row = dns_type_find(sets[i].type);
        CHECK(!dns_type_is_meta(sets[i].type));
        CHECK(!has_cname || sets[i].type == DNS_TYPE_CNAME || (row->flags & DNS_TYPE_SIGNED));
        CHECK(!row || !(row->flags & DNS_TYPE_ONE) || sets[i].count == 1);
    }
    CHECK(count_of(node, DNS_TYPE_CLOAD) == 0 || count_of(node, DNS_TYPE_CRES) > 0);
    bool is_apex = dns_name_equal(owner, small_zone_apex);
    CHECK(count_of(node, DNS_TYPE_SOA) == (is_apex ? 1 : 0));
    CHECK(!is_apex || count_of(node, DNS_TYPE_NS) > 0);
}

static bool is_same_set(const struct zone_node *a, const struct zone_node *b, uint16_t type)
{
    const struct zone_rrset *x = a ? zone_node_find(a, type) : NULL;
    const struct zone_rrset *y = b ? zone_node_find(b, type) : NULL;
    return (!x && !y) || (x && y && x->size == y->size &&
                          memcmp(zone_node_ready(a, x), zone_node_ready(b, y), x->size) == 0);
}

struct checking {
    struct zone_edit *edit; /* of the other zone */
    uint8_t switches;
    bool has_change;
};

/* No record has come. */
static bool is_less(const struct zone_edit_change *change)
{
    const struct zone_node *node = change->new_node;
    bool less = true;
    for (unsigned i = 0; less && i < node->rrset_count; i++) {
        const struct zone_rrset *set = &zone_node_rrsets(node)[i];
        less = set->count <= count_of(change->old_node, set->type);
    }
    return less;
}

/* A name that the message has changed. */
static int check_change(void *context, const struct zone_edit_change *change)
{
    struct checking *checking = context;
    const struct zone_node *node = change->new_node ? change->new_node : change->old_node;
    const struct zone_node *twin = zone_edit_get(checking->edit, node->owner);
    check_name(change->new_node, node->owner);
    for (unsigned i = 0; change->new_node && i < node->rrset_count; i++) {
        CHECK(count_of(twin, zone_node_rrsets(node)[i].type) == zone_node_rrsets(node)[i].count);
    }
    CHECK(!twin || twin->rrset_count == (change->new_node ? change->new_node->rrset_count : 0));
    CHECK(is_same_set(change->old_node, change->new_node, DNS_TYPE_NSEC));
    if (zone_diff_is_change(change)) {
        CHECK(!(checking->switches & HAS_INDEX) ||
              !zone_index_is_name(small_zone_apex, node->owner));
        CHECK(!(checking->switches & HAS_FIND) || !change->new_node ||
              !zone_index_set_is_computed(small_zone_apex, node->owner) || is_less(change));
        checking->has_change = true;
    }
    return 0;
}

static void check_accepted(struct zone_edit *edit, uint8_t switches)
{
    struct checking checking = {zone_edit_begin(other, &wide), switches, false};
    uint8_t *data;
    size_t len;
    zone_diff_make(edit, NOW_S, &data, &len);
    CHECK(!data || zone_diff_apply(checking.edit, data, len, NULL, NULL) == 0);
    zone_edit_each(edit, check_change, &checking);
    CHECK(checking.has_change == (data != NULL));
    mem_free(data);
    zone_edit_abort(checking.edit);
}

static int no_change(void *context, const struct zone_edit_change *change)
{
    (void)context;
    (void)change;
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t scratch[ZONE_UPDATE_SCRATCH];
    if (!zone) {
        rcu_enter();
        zone = small_zone_make(text);
        other = small_zone_make(text);
    }
    if (size == 0 || size > 65536) {
        return 0;
    }
    uint8_t switches = data[0], name[DNS_NAME_MAX];
    struct zone_update_options options = {.permit = permit,
                                          .context = &switches,
                                          .now_s = NOW_S,
                                          .has_index = switches & HAS_INDEX,
                                          .has_find = switches & HAS_FIND,
                                          .scratch = scratch};
    struct zone_update_result result;
    (void)zone_update_zone(data + 1, size - 1, name);
    struct zone_edit *edit = zone_edit_begin(zone, switches & NARROW ? &narrow : &wide);
    size_t mark = zone_edit_mark(edit);
    zone_update_apply(edit, data + 1, size - 1, &options, &result);
    CHECK(strlen(result.text) < ZONE_UPDATE_TEXT && result.rcode <= DNS_RCODE_NOTZONE);
    if (result.rcode) {
        zone_edit_rewind(edit, mark);
        CHECK(zone_edit_each(edit, no_change, NULL) == 0);
    } else {
        check_accepted(edit, switches);
    }
    zone_edit_abort(edit);
    return 0;
}
