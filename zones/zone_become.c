#include "zones/zone_become.h"

#include <string.h>

#include "base/err.h"
#include "zones/dns_name.h"
#include "zones/zone_diff.h"
#include "zones/zone_get.h"

struct becoming {
    struct zone_edit *edit;
    const struct zone *here, *wanted;
};

/* The node of a name in the newest version of a zone; both zones may hash by different keys. */
static const struct zone_node *node_in(const struct zone *zone, const struct zone_node *like)
{
    return zone_get_name(zone, zone_version(zone), like->owner);
}

static int remove_sets(struct zone_edit *edit, const struct zone_edit_change *change)
{
    const struct zone_rrset *sets = zone_node_rrsets(change->old_node);
    int err = 0;
    for (unsigned i = 0; !err && i < change->old_node->rrset_count; i++) {
        if (!change->new_node || !zone_node_find(change->new_node, sets[i].type)) {
            err = zone_edit_set(edit, change->old_node->owner, sets[i].type, 0, NULL, 0);
        }
    }
    return err;
}

static int put_sets(struct zone_edit *edit, const struct zone_edit_change *change)
{
    const struct zone_rrset *sets = zone_node_rrsets(change->new_node);
    int err = 0;
    for (unsigned i = 0; !err && i < change->new_node->rrset_count; i++) {
        if (!change->old_node || zone_diff_is_change_of(change, sets[i].type)) {
            err = zone_edit_set(edit, change->new_node->owner, sets[i].type, sets[i].count,
                                zone_node_ready(change->new_node, &sets[i]), sets[i].size);
        }
    }
    return err;
}

/* What goes before what comes: a name has room for its largest number of types only. */
static int change_name(struct zone_edit *edit, const struct zone_edit_change *change)
{
    int err = change->old_node ? remove_sets(edit, change) : 0;
    return err || !change->new_node ? err : put_sets(edit, change);
}

/* Names that are here now, whether they stay or go. */
static int visit_here(void *context, const struct zone_node *node)
{
    const struct becoming *becoming = context;
    struct zone_edit_change change = {node, node_in(becoming->wanted, node)};
    return change_name(becoming->edit, &change);
}

/* Names that are not here yet. */
static int visit_wanted(void *context, const struct zone_node *node)
{
    const struct becoming *becoming = context;
    struct zone_edit_change change = {node_in(becoming->here, node), node};
    return change.old_node ? 0 : change_name(becoming->edit, &change);
}

int zone_become(struct zone_edit *edit, const struct zone *wanted)
{
    struct becoming becoming = {edit, zone_edit_zone(edit), wanted};
    if (!dns_name_equal(zone_name(becoming.here), zone_name(wanted))) {
        return ERR_OUT_OF_ZONE;
    }
    int err = zone_walk(becoming.here, zone_version(becoming.here), visit_here, &becoming);
    return err ? err : zone_walk(wanted, zone_version(wanted), visit_wanted, &becoming);
}
