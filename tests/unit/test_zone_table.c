#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "zones/zone_table.h"

enum { NODES = 40 };

/* A node whose hash is given, so that places in the table can be chosen. */
static struct zone_node *make_node(uint8_t letter, uint64_t hash)
{
    const uint8_t owner[] = {1, letter, 0};
    return zone_node_create(owner, hash, 1);
}

static uint64_t *slot_of(struct zone_table *table, const struct zone_node *node)
{
    return zone_table_slot(table, node->owner, node->owner_len, node->hash);
}

static void finish(struct zone_table *table, struct zone_node **nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mem_free(nodes[i]);
    }
    zone_table_retire(table);
    rcu_drain();
}

static void a_word_gives_its_node_back(void **state)
{
    (void)state;
    struct zone_node *node = make_node('a', UINT64_MAX);
    assert_ptr_equal(zone_table_node(zone_table_word(node)), node);
    assert_null(zone_table_node(0));
    assert_int_equal(zone_table_word(node) >> ZONE_TABLE_TAG_SHIFT, zone_table_tag(node->hash));
    mem_free(node);
}

/* All hashes alike in their low bits: one place for all, and round the end of the table. */
static void names_that_collide_are_told_apart(void **state)
{
    (void)state;
    struct zone_table *table = zone_table_create(64);
    struct zone_node *nodes[NODES];
    for (unsigned i = 0; i < NODES; i++) {
        uint64_t tag = (uint64_t)(i % 3) << ZONE_TABLE_TAG_SHIFT; /* also alike in their tags */
        uint64_t whole = i % 5 ? 0 : (uint64_t)i << 20;           /* and some in all bits */
        nodes[i] = make_node((uint8_t)('a' + i), tag | whole | 60);
        uint64_t *slot = slot_of(table, nodes[i]);
        assert_int_equal(*slot, 0);
        *slot = zone_table_word(nodes[i]);
        table->used++;
    }
    for (unsigned i = 0; i < NODES; i++) {
        assert_ptr_equal(zone_table_node(*slot_of(table, nodes[i])), nodes[i]);
    }
    const uint8_t longer[] = {1, 'a', 1, 't', 0};
    assert_int_equal(*zone_table_slot(table, longer, sizeof(longer), nodes[0]->hash), 0);
    assert_int_equal(*zone_table_slot(table, nodes[0]->owner, 3, 61), 0);
    finish(table, nodes, NODES);
}

static void only_names_that_are_gone_for_all_are_not_kept(void **state)
{
    (void)state;
    struct zone_table *table = zone_table_create(64);
    struct zone_node *nodes[5];
    for (unsigned i = 0; i < 5; i++) {
        nodes[i] = make_node((uint8_t)('a' + i), i * 7);
        *slot_of(table, nodes[i]) = zone_table_word(nodes[i]);
    }
    assert_int_equal(zone_table_kept(table), 0);
    nodes[1]->children = 1;     /* an empty non-terminal */
    nodes[2]->older = nodes[0]; /* gone, but somebody may see how it was */
    nodes[3]->rrset_count = 1;
    assert_int_equal(zone_table_kept(table), 3);
    assert_true(zone_table_is_gone(nodes[0]));
    assert_false(zone_table_is_gone(nodes[1]));
    assert_false(zone_table_is_gone(nodes[2]));
    assert_false(zone_table_is_gone(nodes[3]));
    finish(table, nodes, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_gives_its_node_back),
        cmocka_unit_test(names_that_collide_are_told_apart),
        cmocka_unit_test(only_names_that_are_gone_for_all_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
