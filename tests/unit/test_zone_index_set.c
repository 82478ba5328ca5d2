#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/zone_index_set.h"

static struct zone *zone;
static struct zone_index_set *set;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    zone = zones_make("t.", "c CENTRE . kind=ai region=GBA\nd CENTRE . kind=hpc\np CRES . acc=x\n"
                            "q CRES . acc=x\nq CRES . acc=Y\nn CRES . cpu=1\nplain TXT x\n"
                            "m CRES . acc=a1\nm CRES . acc=a2\nm CRES . acc=a3\nm CRES . acc=a4\n"
                            "m CRES . acc=a5\nm CRES . acc=a6\nm CRES . acc=a7\n");
    set = zone_index_set_create(zones_name("t."));
    return 0;
}

static int leave(void **state)
{
    (void)state;
    zone_index_set_destroy(set);
    zone_index_set_destroy(NULL);
    zone_unref(zone);
    zones_settle();
    rcu_leave();
    return 0;
}

/* Put a pool of any name with the records of one name of the zone, below the centre of another. */
static void put(const char *pool, const char *records, const char *centre)
{
    zone_index_set_put(set, zones_name(pool), zones_get(zone, 1, records),
                       centre ? zones_get(zone, 1, centre) : NULL);
}

static bool add_member(void *item, void *context)
{
    char name[DNS_NAME_TEXT_MAX];
    (void)dns_name_print(zone_index_set_name(item), name);
    (void)strcat(strcat(context, " "), name);
    return true;
}

static void add_list(void *context, const uint8_t *name, const struct sorted *pools)
{
    char text[DNS_NAME_TEXT_MAX];
    (void)dns_name_print(name, text);
    (void)strcat(strcat(context, text), ":");
    sorted_walk(pools, add_member, context);
    (void)strcat(context, "\n");
}

/* The lists that changed since the last call, each with all its members. */
static const char *changed(void)
{
    static char text[4000];
    text[0] = 0;
    zone_index_set_changed(set, add_list, text);
    return text;
}

#define ALL "_compute._tcp.t.:"
#define SUB "._sub._compute._tcp.t.:"

static void a_pool_goes_to_the_lists_of_its_facts_and_leaves_them(void **state)
{
    (void)state;
    assert_string_equal(changed(), "");
    put("p.c.t.", "p.t.", "c.t.");
    assert_string_equal(changed(), ALL " p.c.t.\n_ai" SUB " p.c.t.\n_gba" SUB " p.c.t.\n"
                                       "_x" SUB " p.c.t.\n");
    assert_string_equal(changed(), ""); /* told once */
    put("a.c.t.", "q.t.", "c.t.");
    assert_string_equal(changed(), ALL " a.c.t. p.c.t.\n_ai" SUB " a.c.t. p.c.t.\n"
                                       "_gba" SUB " a.c.t. p.c.t.\n_x" SUB " a.c.t. p.c.t.\n"
                                       "_y" SUB " a.c.t.\n");
    put("p.c.t.", "n.t.", "c.t."); /* without an accelerator any more */
    assert_string_equal(changed(), ALL " a.c.t. p.c.t.\n_ai" SUB " a.c.t. p.c.t.\n"
                                       "_gba" SUB " a.c.t. p.c.t.\n_x" SUB " a.c.t.\n");
    zone_index_set_remove(set, zones_name("a.c.t."));
    zone_index_set_remove(set, zones_name("nobody.t."));
    assert_string_equal(changed(), ALL " p.c.t.\n_ai" SUB " p.c.t.\n_gba" SUB " p.c.t.\n_x" SUB
                                       "\n_y" SUB "\n");
    put("p.c.t.", "n.t.", "d.t.");
    assert_string_equal(changed(), ALL " p.c.t.\n_ai" SUB "\n_gba" SUB "\n_hpc" SUB " p.c.t.\n");
}

static void a_pool_is_listed_only_below_a_centre(void **state)
{
    (void)state;
    assert_false(zone_index_set_is_listed(set, zones_name("p.c.t.")));
    put("p.c.t.", "p.t.", NULL);
    assert_false(zone_index_set_is_listed(set, zones_name("p.c.t.")));
    assert_string_equal(changed(), "");
    put("p.c.t.", "p.t.", "plain.t."); /* a name above, but no centre */
    assert_false(zone_index_set_is_listed(set, zones_name("p.c.t.")));
    put("p.c.t.", "p.t.", "c.t.");
    assert_true(zone_index_set_is_listed(set, zones_name("p.c.t.")));
    put("p.c.t.", "p.t.", NULL);
    assert_false(zone_index_set_is_listed(set, zones_name("p.c.t.")));
}

static void the_lists_of_one_pool_are_bounded(void **state)
{
    (void)state;
    put("m.c.t.", "m.t.", "c.t.");
    const char *text = changed();
    unsigned lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++) {
        lines++;
    }
    assert_int_equal(lines, 8); /* all, kind, region and five accelerators */
    assert_non_null(strstr(text, ALL " m.c.t.\n"));
    zone_index_set_remove(set, zones_name("m.c.t."));
    assert_null(strstr(changed(), " m.c.t."));
}

static void pools_right_below_a_name_are_found_in_order(void **state)
{
    (void)state;
    static const char *const pools[] = {"b.c.t.", "a.c.t.",  "x.a.c.t.", "c.t.",
                                        "z.c.t.", "a.cc.t.", "a.t.",     "\\001.c.t."};
    static const char *const below[] = {"\\001.c.t.", "a.c.t.", "b.c.t.", "z.c.t."};
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
        put(pools[i], "p.t.", NULL); /* listed or not */
    }
    struct zone_index_names names = zone_index_set_below(set, zones_name("c.t."));
    assert_int_equal(names.count, 4);
    for (size_t i = 0; i < names.count; i++) {
        assert_true(dns_name_equal(names.names[i], zones_name(below[i])));
    }
    mem_free(names.names);
    names = zone_index_set_below(set, zones_name("b.c.t."));
    assert_int_equal(names.count, 0);
    mem_free(names.names);
    names = zone_index_set_below(set, zones_name("t."));
    assert_int_equal(names.count, 2); /* a and c */
    mem_free(names.names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pool_goes_to_the_lists_of_its_facts_and_leaves_them),
        TEST(a_pool_is_listed_only_below_a_centre),
        TEST(the_lists_of_one_pool_are_bounded),
        TEST(pools_right_below_a_name_are_found_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
