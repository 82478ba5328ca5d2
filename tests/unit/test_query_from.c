/* server/query_from: who is placed by what: client subnet or source address. */
#include "server/query_from.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "sched/choose/pools_hash.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct hash_key key = {5, 6};

static struct rules *make_rules(void)
{
    static const struct regions_place places[] = {{.name = "here"}, {.name = "there"}};
    static const struct regions_table_row rows[] = {{{4, 8, {127}}, 0},
                                                    {{6, 128, {[15] = 1}}, 0},
                                                    {{4, 24, {192, 0, 2}}, 1},
                                                    {{6, 32, {0x20, 1, 0xd, 0xb8}}, 1}};
    static const char text[] = "store: {path: store}\n";
    struct server_conf *conf = NULL;
    struct rules *rules = NULL;
    size_t bad;
    assert_int_equal(server_conf_parse("/x.yaml", text, sizeof(text) - 1, &conf, NULL), 0);
    assert_int_equal(
        regions_create(places, COUNT(places), rows, COUNT(rows), NULL, &conf->regions, &bad), 0);
    assert_int_equal(rules_create(conf, &rules, &bad), 0);
    server_conf_free(conf); /* the rules share the table */
    regions_take_key(rules_regions(rules), &key);
    return rules;
}

static void the_subnet_counts_else_the_source(void **state)
{
    (void)state;
    static const struct query_peer four = {.family = 4, .address = {127, 0, 0, 1, 99}},
                                   six = {.family = 6, .address = {[15] = 1}},
                                   far = {.family = 4, .address = {10}},
                                   local = {.transport = QUERY_UNIX};
    static const struct {
        const char *label;
        const struct query_peer *peer;
        bool ecs, has_subnet;
        struct dns_edns_subnet subnet;
        const char *region; /* NULL: nowhere */
        unsigned scope;
    } cases[] = {
        {"source address", &four, true, false, {0}, "here", 8},
        {"IPv6 source address", &six, true, false, {0}, "here", 128},
        {"elsewhere", &far, true, false, {0}, NULL, 2},
        {"unix socket", &local, true, false, {0}, NULL, 0},
        {"subnet", &four, true, true, {1, 24, {192, 0, 2}}, "there", 24},
        {"smaller subnet", &four, true, true, {1, 32, {192, 0, 2, 9}}, "there", 24},
        {"subnet that is too large", &four, true, true, {1, 16, {192, 0}}, NULL, 23},
        {"IPv6 subnet", &four, true, true, {2, 56, {0x20, 1, 0xd, 0xb8, 1}}, "there", 32},
        {"subnet of no region", &four, true, true, {1, 24, {10}}, NULL, 2},
        {"no bits: do not place me", &four, true, true, {1, 0, {0}}, NULL, 0},
        {"no bits, no family", &four, true, true, {0, 0, {0}}, NULL, 0},
        {"subnets are ignored", &four, false, true, {1, 24, {192, 0, 2}}, "here", 8},
    };
    struct rules *rules = make_rules();
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].label);
        struct world world = {.rules = rules, .options = {.ecs = cases[i].ecs}};
        struct query query = {.peer = cases[i].peer, .world = &world};
        query.asked.subnet = cases[i].has_subnet;
        query.asked.client = cases[i].subnet;
        struct regions_match match;
        struct choose_place place;
        query_from_find(&query, &match);
        regions_get(rules_regions(rules), &match, &place);
        const char *region = cases[i].region;
        assert_int_equal(place.regions[0],
                         region ? pools_text_hash(&key, region, strlen(region)) : 0);
        assert_int_equal(match.number != 0, region != NULL);
        assert_int_equal(match.scope, cases[i].scope);
    }
    rules_unref(rules);
}

static void without_a_table_everybody_is_nowhere(void **state)
{
    (void)state;
    static const struct query_peer peer = {.family = 4, .address = {127, 0, 0, 1}};
    const struct world world = {.options = {.ecs = true}};
    const struct query query = {.peer = &peer, .world = &world};
    struct regions_match match;
    query_from_find(&query, &match);
    assert_int_equal(match.number, 0);
    assert_int_equal(match.scope, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_subnet_counts_else_the_source),
        cmocka_unit_test(without_a_table_everybody_is_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
