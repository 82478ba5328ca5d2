#include "zones/zone_table.h"

#include "base/check.h"
#include "base/mem.h"

struct zone_table *zone_table_create(uint64_t slots)
{
    struct zone_table *table = mem_alloc(sizeof(*table) + slots * sizeof(uint64_t));
    table->mask = slots - 1;
    return table;
}

static void table_free(struct rcu_later *later)
{
    mem_free((struct zone_table *)(void *)later); /* later is the first member */
}

void zone_table_retire(struct zone_table *table)
{
    rcu_defer(&table->later, table_free);
}

uint64_t zone_table_word(const struct zone_node *node)
{
    uint64_t bits = (uint64_t)(uintptr_t)node;
    CHECK(bits >> ZONE_TABLE_TAG_SHIFT == 0);
    return bits | zone_table_tag(node->hash) << ZONE_TABLE_TAG_SHIFT;
}

uint64_t zone_table_kept(const struct zone_table *table)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i <= table->mask; i++) {
        const struct zone_node *node = zone_table_node(table->slots[i]);
        kept += node && !zone_table_is_gone(node) ? 1 : 0;
    }
    return kept;
}
