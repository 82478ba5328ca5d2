/* Door: UPDATE messages read as SRP registrations, claimed and applied on a small zone. Whatever the
 * message is, names that others hold stay as they are: nothing changes but the names of the
 * registration and the pointers of services. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/rcu.h"
#include "tests/fuzz/lib/small_zone.h"
#include "zones/dns_code.h"
#include "zones/dns_type.h"
#include "zones/zone_diff.h"
#include "zones/zone_srp.h"
#include "zones/zone_update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key of `mine` and `job` is that of the seeds. */
#define MINE  "KEY 512 3 15 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define YOURS "KEY 512 3 15 //8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
static const char text[] =
    "@ SOA m r 100 1 1 1 1\n@ NS ns1\nns1 A 192.0.2.1\nbelow.ent A 192.0.2.2\n"
    "mine A 192.0.2.3\nmine " MINE "yours A 192.0.2.4\nyours " YOURS
    "_x._tcp PTR job._x._tcp\n_x._tcp PTR own._x._tcp\n"
    "job._x._tcp SRV 0 0 1 mine\njob._x._tcp TXT a\njob._x._tcp " MINE
    "own._x._tcp SRV 0 0 1 yours\nown._x._tcp TXT a\n";
static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};

static struct zone *zone; /* never changed */

static bool permit(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                   char *why)
{
    (void)context;
    (void)record;
    (void)out_ede;
    (void)why;
    return true;
}

static bool is_named(const struct zone_srp *srp, const uint8_t *owner)
{
    bool is = dns_name_equal(owner, srp->host);
    for (unsigned i = 0; i < srp->instance_count; i++) {
        is |= dns_name_equal(owner, srp->instances[i].name);
    }
    return is;
}

static bool has_key(const struct zone_node *node, const struct dns_sig0_key *key)
{
    const struct zone_rrset *set = node ? zone_node_find(node, DNS_TYPE_KEY) : NULL;
    return set && set->size == ZONE_RR_FIXED + key->len &&
           memcmp(zone_node_ready(node, set) + ZONE_RR_FIXED, key->rdata, key->len) == 0;
}

/* In the zone above all keyless names with records are others'. */
static int check_change(void *context, const struct zone_edit_change *change)
{
    const struct zone_srp *srp = context;
    if (!zone_diff_is_change(change)) {
        return 0;
    }
    const uint8_t *owner = change->new_node ? change->new_node->owner : change->old_node->owner;
    CHECK(is_named(srp, owner) || owner[1] == '_' || dns_name_up(owner, 1)[1] == '_');
    if (is_named(srp, owner) && change->old_node) {
        CHECK(has_key(change->old_node, &srp->key));
    }
    CHECK(!change->new_node || srp->lease_s > 0 || owner[1] == '_' ||
          !zone_node_find(change->new_node, DNS_TYPE_SRV));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t scratch[ZONE_UPDATE_SCRATCH];
    static struct zone_srp srp;
    if (!zone) {
        rcu_enter();
        zone = small_zone_make(text);
    }
    if (size > DNS_MESSAGE_MAX || zone_srp_read(data, size, small_zone_apex, &srp)) {
        return 0;
    }
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    struct zone_update_options options = {
        .permit = permit, .scratch = scratch, .ttl_max_s = srp.lease_s};
    struct zone_update_result result;
    if (!zone_srp_find_taken(&srp, edit)) {
        zone_update_apply(edit, data, size, &options, &result);
        CHECK(result.rcode == DNS_RCODE_NOERROR || result.rcode == DNS_RCODE_FORMERR ||
              result.rcode == DNS_RCODE_REFUSED);
        if (result.rcode == DNS_RCODE_NOERROR) {
            zone_srp_settle(&srp, edit, data, size);
            zone_edit_each(edit, check_change, &srp);
        }
    }
    zone_edit_abort(edit);
    return 0;
}
