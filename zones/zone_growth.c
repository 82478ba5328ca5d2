#include "zones/zone_growth.h"

/* Both count for nothing where there is no node. */
static void add(struct zone_growth *growth, const struct zone_node *node, int sign)
{
    if (!node) {
        return;
    }
    const struct zone_rrset *sets = zone_node_rrsets(node);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        growth->records += sign * (int)sets[i].count;
    }
    growth->octets += sign * (int64_t)node->size;
}

static int add_change(void *context, const struct zone_edit_change *change)
{
    add(context, change->new_node, 1);
    add(context, change->old_node, -1);
    return 0;
}

struct zone_growth zone_growth_of(struct zone_edit *edit)
{
    struct zone_growth growth = {0, 0};
    zone_edit_each(edit, add_change, &growth);
    return growth;
}

bool zone_growth_is_more(const struct zone_growth *before, const struct zone_growth *after)
{
    return after->records > before->records || after->octets > before->octets + ZONE_GROWTH_SLACK;
}
