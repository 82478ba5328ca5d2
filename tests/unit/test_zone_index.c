#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_index.h"
#include "zones/zone_index_set.h"
#include "zones/zone_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MANY = 1000 }; /* index_max of most tests */

/* A zone with its index. */
struct indexed {
    struct zone *zone;
    struct zone_index *index;
};

static void change(struct indexed *indexed, const char *remove, const char *text)
{
    struct zone_edit *edit = zone_edit_begin(indexed->zone, &zones_limits);
    if (remove) {
        zones_remove(edit, remove);
    }
    if (text) {
        zones_add(edit, text);
    }
    assert_int_equal(zone_index_apply(indexed->index, edit), 0);
    (void)zone_edit_commit(edit);
}

static struct indexed make(const char *text, unsigned max)
{
    struct indexed indexed = {zones_make("t.", ""), zone_index_create(zones_name("t."), max)};
    change(&indexed, NULL, text);
    return indexed;
}

static void finish(struct indexed *indexed)
{
    zone_index_destroy(indexed->index);
    zone_unref(indexed->zone);
}

static void assert_zone(const struct zone *zone, const char *expected)
{
    char *text = zones_print(zone, zone_version(zone));
    assert_string_equal(text, expected);
    mem_free(text);
    zones_check(zone);
}

/* The records of one type at one name as text, "" when there are none. */
static const char *records(const struct zone *zone, const char *name, uint16_t type)
{
    static char text[8000];
    struct wr wr = wr_make(text, sizeof(text) - 1);
    const struct zone_node *node = zones_get(zone, zone_version(zone), name);
    const struct zone_rrset *set = node ? zone_node_find(node, type) : NULL;
    const uint8_t *pos = set ? zone_node_ready(node, set) : NULL, *end = pos;
    end = set ? pos + set->size : end;
    struct zone_rr rr;
    while (pos < end && zone_node_next(&pos, end, &rr)) {
        assert_int_equal(zone_text_print(type, rr.rdata, rr.len, &wr), 0);
        wr_u8(&wr, ' ');
    }
    *wr.pos = 0;
    return text;
}

static void the_names_of_the_server_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_name;
    } rows[] = {
        {"_pool.a.t.", true},
        {"_pool.b.a.t.", true},
        {"_pool.t.", true}, /* the apex may be a centre */
        {"_compute._tcp.t.", true},
        {"_ai._sub._compute._tcp.t.", true},
        {"_x.y._sub._compute._tcp.t.", false},
        {"ai._sub._compute._tcp.t.", false},
        {"_sub._compute._tcp.t.", false},
        {"_tcp.t.", false},
        {"_compute._tcp.a.t.", false}, /* only at the apex */
        {"_ai._sub._compute._tcp.a.t.", false},
        {"x._pool.a.t.", false},
        {"pool.a.t.", false},
        {"_pools.a.t.", false},
        {"_http._tcp.t.", false},
        {"a._compute._tcp.t.", false},
        {"find.t.", false}, /* computed, not written */
        {"cpu-8.find.t.", false},
        {"t.", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool is_name = zone_index_is_name(zones_name("t."), zones_name(rows[i].name));
        if (is_name != rows[i].is_name) {
            print_message("case: %s\n", rows[i].name);
        }
        assert_int_equal(is_name, rows[i].is_name);
    }
    assert_true(zone_index_is_name(zones_name("."), zones_name("_compute._tcp.")));
    assert_true(zone_index_is_name(zones_name("."), zones_name("_pool.a.")));
    assert_false(zone_index_is_name(zones_name("."), zones_name(".")));
}

static void names_below_find_at_the_apex_are_computed(void **state)
{
    static const struct {
        const char *name;
        bool is_computed;
    } rows[] = {
        {"find.t.", true},       {"cpu-8.find.t.", true}, {"cpu-8.by-price.find.t.", true},
        {"_pool.find.t.", true}, {"find.a.t.", false}, /* only at the apex */
        {"finds.t.", false},     {"find.", false},        {"find.tt.", false},
        {"a.find.a.t.", false},  {"t.", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const uint8_t *name = zones_name(rows[i].name);
        if (zone_index_set_is_computed(zones_name("t."), name) != rows[i].is_computed) {
            fail_msg("%s", rows[i].name);
        }
    }
}

static void pools_are_listed_and_mirrored(void **state)
{
    (void)state;
    struct indexed indexed = make("@ TXT mine\n"
                                  "c 60 CENTRE . kind=hpc region=440300\n"
                                  "p.c 5 CRES . acc=Ascend-910b accn=8\n"
                                  "p.c 30 CLOAD . obs=1700000000 accf=2\n"
                                  "q.c CRES . cpu=64\n"
                                  "b1.flavor CRES . cpu=4\n"
                                  "b1.flavor TXT \"a user's text\"\n",
                                  MANY);
    assert_int_equal(zone_version(indexed.zone), 1); /* sources and lists at once */
    static const struct {
        const char *name, *members, *count;
    } lists[] = {
        {"_pool.c.t.", "p.c.t. q.c.t. ", "\"total=2\" \"shown=2\" "},
        {"_compute._tcp.t.", "p.c.t. q.c.t. ", "\"total=2\" \"shown=2\" "},
        {"_hpc._sub._compute._tcp.t.", "p.c.t. q.c.t. ", "\"total=2\" \"shown=2\" "},
        {"_440300._sub._compute._tcp.t.", "p.c.t. q.c.t. ", "\"total=2\" \"shown=2\" "},
        {"_ascend-910b._sub._compute._tcp.t.", "p.c.t. ", "\"total=1\" \"shown=1\" "},
        {"_pool.flavor.t.", "", ""},
        {"_pool.t.", "", ""},
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        assert_string_equal(records(indexed.zone, lists[i].name, DNS_TYPE_PTR), lists[i].members);
        assert_string_equal(records(indexed.zone, lists[i].name, DNS_TYPE_TXT), lists[i].count);
    }
    assert_non_null(strstr(records(indexed.zone, "c.t.", DNS_TYPE_TXT), "\"kind=hpc\""));
    const char *mirror = records(indexed.zone, "p.c.t.", DNS_TYPE_TXT);
    assert_non_null(strstr(mirror, "\"acc=Ascend-910b\""));
    assert_non_null(strstr(mirror, "\"accf=2\""));
    assert_non_null(strstr(mirror, "\"kind=hpc\"")); /* from the centre above */
    const struct zone_node *node = zones_get(indexed.zone, 1, "p.c.t.");
    const uint8_t *pos = zone_node_ready(node, zone_node_find(node, DNS_TYPE_TXT));
    struct zone_rr rr;
    assert_true(zone_node_next(&pos, pos + 65535, &rr));
    assert_int_equal(rr.ttl_s, 5); /* the smallest of its sources */
    assert_string_equal(records(indexed.zone, "b1.flavor.t.", DNS_TYPE_TXT), "\"a user's text\" ");
    assert_string_equal(records(indexed.zone, "t.", DNS_TYPE_TXT), "\"mine\" ");
    zones_check(indexed.zone);
    finish(&indexed);
}

static void a_centre_may_come_after_its_pools_and_go_before_them(void **state)
{
    (void)state;
    static const char pool[] = "p.c.t. 300 IN CRES . acc=\"x\"\n";
    struct indexed indexed = make("p.c CRES . acc=x\n", MANY);
    assert_zone(indexed.zone, pool);
    change(&indexed, NULL, "c CENTRE . kind=ai\n");
    assert_string_equal(records(indexed.zone, "_pool.c.t.", DNS_TYPE_PTR), "p.c.t. ");
    assert_string_equal(records(indexed.zone, "_ai._sub._compute._tcp.t.", DNS_TYPE_PTR),
                        "p.c.t. ");
    assert_string_not_equal(records(indexed.zone, "p.c.t.", DNS_TYPE_TXT), "");
    change(&indexed, "c CENTRE . kind=ai\n", "c CENTRE . kind=edge\n");
    assert_string_equal(records(indexed.zone, "_ai._sub._compute._tcp.t.", DNS_TYPE_PTR), "");
    assert_string_equal(records(indexed.zone, "_edge._sub._compute._tcp.t.", DNS_TYPE_PTR),
                        "p.c.t. ");
    assert_non_null(strstr(records(indexed.zone, "p.c.t.", DNS_TYPE_TXT), "kind=edge"));
    change(&indexed, "c CENTRE . kind=edge\n", NULL);
    assert_zone(indexed.zone, pool); /* nothing of the server's is left */
    change(&indexed, "p.c CRES . acc=x\n", "c CENTRE . kind=ai\n");
    assert_string_equal(records(indexed.zone, "_compute._tcp.t.", DNS_TYPE_TXT), "");
    finish(&indexed);
}

static void a_pool_is_in_the_list_of_each_of_its_accelerators(void **state)
{
    (void)state;
    struct indexed indexed = make("c CENTRE . kind=ai\np.c CRES . acc=x\np.c CRES . acc=y\n"
                                  "p.c CRES . acc=X\np.c CRES . cpu=1\n",
                                  MANY);
    static const char *const lists[] = {"_x._sub._compute._tcp.t.", "_y._sub._compute._tcp.t.",
                                        "_compute._tcp.t.", "_pool.c.t."};
    for (size_t i = 0; i < COUNT(lists); i++) {
        assert_string_equal(records(indexed.zone, lists[i], DNS_TYPE_PTR), "p.c.t. ");
    }
    change(&indexed, "p.c CRES . acc=x\n", NULL); /* X is left */
    assert_string_equal(records(indexed.zone, lists[0], DNS_TYPE_PTR), "p.c.t. ");
    change(&indexed, "p.c CRES . acc=X\n", NULL);
    assert_string_equal(records(indexed.zone, lists[0], DNS_TYPE_PTR), "");
    assert_string_equal(records(indexed.zone, lists[1], DNS_TYPE_PTR), "p.c.t. ");
    finish(&indexed);
}

static void a_list_shows_the_first_of_its_members_and_counts_all(void **state)
{
    (void)state;
    struct indexed indexed = make("c CENTRE . kind=ai\n"
                                  "e.c CRES . cpu=1\nd.c CRES . cpu=1\nb.c CRES . cpu=1\n"
                                  "a.c CRES . cpu=1\nf.c CRES . cpu=1\n",
                                  3);
    static const char *const names[] = {"_pool.c.t.", "_compute._tcp.t.",
                                        "_ai._sub._compute._tcp.t."};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_string_equal(records(indexed.zone, names[i], DNS_TYPE_PTR), "a.c.t. b.c.t. d.c.t. ");
        assert_string_equal(records(indexed.zone, names[i], DNS_TYPE_TXT),
                            "\"total=5\" \"shown=3\" ");
    }
    change(&indexed, "b.c CRES . cpu=1\n", NULL);
    assert_string_equal(records(indexed.zone, names[0], DNS_TYPE_PTR), "a.c.t. d.c.t. e.c.t. ");
    assert_string_equal(records(indexed.zone, names[1], DNS_TYPE_TXT), "\"total=4\" \"shown=3\" ");
    finish(&indexed);
}

static void tags_are_labels_that_a_client_can_ask_for(void **state)
{
    (void)state;
    static const struct {
        const char *label, *region, *list; /* list NULL: no list but that of all */
    } rows[] = {
        {"letters, digits, hyphen", "cn-44", "_cn-44"},
        {"upper case", "GBA", "_gba"},
        {"a blank", "\"a b\"", NULL},
        {"a dot", "a.b", NULL},
        {"an underscore", "a_b", NULL},
        {"other letters", "\"\\195\\164\"", NULL},
        {"62 octets", "a23456789b23456789c23456789d23456789e23456789f23456789g2345678",
         "_a23456789b23456789c23456789d23456789e23456789f23456789g2345678"},
        {"63 octets", "a23456789b23456789c23456789d23456789e23456789f23456789g23456789", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[200], name[200];
        (void)snprintf(text, sizeof(text), "c CENTRE . region=%s\np.c CRES . cpu=1\n",
                       rows[i].region);
        struct indexed indexed = make(text, MANY);
        if (rows[i].list) {
            (void)snprintf(name, sizeof(name), "%s._sub._compute._tcp.t.", rows[i].list);
            if (!*records(indexed.zone, name, DNS_TYPE_PTR)) {
                print_message("case: %s\n", rows[i].label);
            }
            assert_string_equal(records(indexed.zone, name, DNS_TYPE_PTR), "p.c.t. ");
        } else {
            assert_null(zones_get(indexed.zone, 1, "_sub._compute._tcp.t."));
        }
        assert_string_equal(records(indexed.zone, "_compute._tcp.t.", DNS_TYPE_PTR), "p.c.t. ");
        finish(&indexed);
    }
}

static void changes_of_other_data_leave_the_lists_alone(void **state)
{
    (void)state;
    struct indexed indexed = make("c CENTRE . kind=ai\np.c CRES . cpu=1\nq.c CRES . cpu=1\n", MANY);
    const struct zone_node *list = zones_get(indexed.zone, 1, "_compute._tcp.t.");
    const struct zone_node *pools = zones_get(indexed.zone, 1, "_pool.c.t.");
    change(&indexed, NULL, "p.c A 192.0.2.1\nx TXT y\np.c CLOAD . obs=1 cpuf=1\n");
    assert_ptr_equal(zones_get(indexed.zone, 2, "_compute._tcp.t."), list);
    assert_ptr_equal(zones_get(indexed.zone, 2, "_pool.c.t."), pools);
    assert_non_null(strstr(records(indexed.zone, "p.c.t.", DNS_TYPE_TXT), "cpuf=1"));
    finish(&indexed);
}

static void a_text_at_a_mirrored_name_gives_way(void **state)
{
    (void)state;
    struct indexed indexed = make("c CENTRE . kind=ai\np.c CRES . cpu=1\n", MANY);
    char *before = zones_print(indexed.zone, 1);
    change(&indexed, NULL, "p.c TXT \"not from here\"\nc TXT \"nor here\"\n");
    assert_zone(indexed.zone, before);
    mem_free(before);
    finish(&indexed);
}

static void names_that_are_no_centres_keep_their_own_texts(void **state)
{
    (void)state;
    struct indexed indexed = make("a TXT one\n_x.a TXT two\np.b CRES . cpu=1\nb TXT three\n", MANY);
    change(&indexed, "a TXT one\n", "a TXT other\np.b TXT four\n");
    assert_zone(indexed.zone, "a.t. 300 IN TXT \"other\"\n_x.a.t. 300 IN TXT \"two\"\n"
                              "b.t. 300 IN TXT \"three\"\np.b.t. 300 IN TXT \"four\"\n"
                              "p.b.t. 300 IN CRES . cpu=1\n");
    finish(&indexed);
}

static void a_centre_whose_list_would_be_too_long_a_name_has_none(void **state)
{
    (void)state;
    char label[64], text[600];
    memset(label, 'x', 62);
    label[62] = 0;
    /* 4 * 63 = 252 octets with "t.": one more label of 6 octets does not fit */
    (void)snprintf(text, sizeof(text), "%s.%s.%s.%.59s CENTRE . kind=ai\n", label, label, label,
                   label);
    struct indexed indexed = make(text, MANY);
    assert_int_equal(zone_measure(indexed.zone).names, 1);
    finish(&indexed);
}

static void the_apex_can_be_a_centre(void **state)
{
    (void)state;
    struct indexed indexed = make("@ CENTRE . kind=ai\np CRES . cpu=1\n_pool.x TXT y\n", MANY);
    assert_string_equal(records(indexed.zone, "_pool.t.", DNS_TYPE_PTR), "p.t. ");
    assert_string_equal(records(indexed.zone, "_compute._tcp.t.", DNS_TYPE_PTR), "p.t. ");
    change(&indexed, "@ CENTRE . kind=ai\n", NULL);
    assert_string_equal(records(indexed.zone, "_pool.t.", DNS_TYPE_PTR), "");
    finish(&indexed);
}

static void a_list_ends_where_a_message_would(void **state)
{
    (void)state;
    enum { POOLS = 700 };
    struct indexed indexed = {zones_make("t.", ""), zone_index_create(zones_name("t."), 100000)};
    struct zone_edit *edit = zone_edit_begin(indexed.zone, &zones_limits);
    zones_add(edit, "c CENTRE . kind=ai\n");
    for (unsigned i = 0; i < POOLS; i++) {
        char text[300];
        (void)snprintf(text, sizeof(text), "p%03u%059u.c CRES . cpu=1\n", i, 0);
        zones_add(edit, text);
    }
    assert_int_equal(zone_index_apply(indexed.index, edit), 0);
    assert_true(zone_edit_commit(edit));
    const unsigned one = ZONE_RR_FIXED + 64 + 2 + 2 + 1, shown = ZONE_RRSET_MAX / one;
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "\"total=%u\" \"shown=%u\" ", POOLS,
                   shown < POOLS ? shown : POOLS);
    assert_string_equal(records(indexed.zone, "_compute._tcp.t.", DNS_TYPE_TXT), expected);
    const struct zone_node *node = zones_get(indexed.zone, 1, "_pool.c.t.");
    const struct zone_rrset *set = zone_node_find(node, DNS_TYPE_PTR);
    assert_int_equal(set->count, shown < POOLS ? shown : POOLS);
    finish(&indexed);
}

static void a_name_without_room_has_no_mirror(void **state)
{
    (void)state;
    static const struct zone_edit_limits one_type = {1000, 1, 0};
    struct zone *zone = zones_make("t.", "");
    struct zone_index *index = zone_index_create(zones_name("t."), MANY);
    struct zone_edit *edit = zone_edit_begin(zone, &one_type);
    zones_add(edit, "c CENTRE . kind=ai\n");
    assert_int_equal(zone_index_apply(index, edit), 0);
    assert_true(zone_edit_commit(edit));
    const struct zone_node *centre = zones_get(zone, zone_version(zone), "c.t.");
    assert_non_null(zone_node_find(centre, DNS_TYPE_CENTRE));
    assert_null(zone_node_find(centre, DNS_TYPE_TXT));
    zone_index_destroy(index);
    zone_index_destroy(NULL);
    zone_unref(zone);
}

static void refresh(struct zone *zone, struct zone_index *index, bool expect_change)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    assert_int_equal(zone_index_refresh(index, edit), 0);
    assert_int_equal(zone_edit_commit(edit), expect_change);
}

static void the_index_is_taken_out_and_put_back(void **state)
{
    (void)state;
    static const char text[] =
        "@ TXT mine\nc CENTRE . kind=ai\np.c CRES . acc=x\nq.c CRES . cpu=1\n"
        "b1.flavor CRES . cpu=4\nb1.flavor TXT \"a user's text\"\n"
        "e CENTRE . kind=hpc\nx.find TXT stored\n";
    struct zone *plain = zones_make("t.", text);
    struct indexed indexed = make(text, MANY);
    char *without = zones_print(plain, 1), *with = zones_print(indexed.zone, 1);
    assert_string_not_equal(without, with);
    refresh(indexed.zone, NULL, true);
    assert_zone(indexed.zone, without);
    refresh(indexed.zone, NULL, false);
    struct zone_index *again = zone_index_create(zones_name("t."), MANY);
    refresh(indexed.zone, again, true);
    assert_zone(indexed.zone, with);
    refresh(indexed.zone, again, false);
    struct zone_index *smaller = zone_index_create(zones_name("t."), 1);
    refresh(indexed.zone, smaller, true);
    assert_string_equal(records(indexed.zone, "_pool.c.t.", DNS_TYPE_TXT),
                        "\"total=2\" \"shown=1\" ");
    zone_index_destroy(smaller);
    zone_index_destroy(again);
    mem_free(without);
    mem_free(with);
    zone_unref(plain);
    finish(&indexed);
}

/* Source records, each there or not. */
static const char *const sources[] = {
    "c CENTRE . kind=ai region=440300",
    "c CENTRE . kind=hpc region=GBA",
    "d CENTRE . kind=ai",
    "d.c CENTRE . kind=cloud region=440300", /* a centre in a centre, a pool, too */
    "d.c CRES . cpu=3",
    "e CENTRE . vis=private kind=edge",
    "@ CENTRE . kind=idc",
    "p.c CRES . acc=x accn=4",
    "p.c CRES . acc=y accn=8",
    "p.c CRES . cpu=4",
    "p.c CLOAD . obs=7 cpuf=2",
    "p.c A 192.0.2.1",
    "q.c CRES . cpu=5",
    "r.c CRES . acc=X",
    "p.d CRES . acc=x",
    "q.d CRES . vis=private acc=y",
    "p.d.c CRES . acc=\"a b\"",
    "q.d.c CRES . mem=1g",
    "q.d.c CLOAD . obs=9",
    "p.e CRES . acc=z",
    "x.y.c CRES . cpu=9", /* below nobody */
    "f CRES . cpu=1",
    "f.flavor CRES . cpu=4",
    "f.flavor TXT \"a user's text\"",
    "plain TXT \"another\"",
    "_tcp TXT \"between\"",
};

/* Which sources are there, in the order in which they came: the mirror takes the first record that
 * says something. */
struct present {
    size_t count;
    size_t source[COUNT(sources)];
};

/* A zone made at once of the sources that are there. */
static struct indexed make_fresh(const struct present *present, unsigned max)
{
    char text[4000] = "";
    for (size_t i = 0; i < present->count; i++) {
        (void)strcat(strcat(text, sources[present->source[i]]), "\n");
    }
    return make(text, max);
}

static void toggle(struct zone_edit *edit, struct present *present, size_t source)
{
    char text[100];
    (void)snprintf(text, sizeof(text), "%s\n", sources[source]);
    for (size_t i = 0; i < present->count; i++) {
        if (present->source[i] == source) {
            zones_remove(edit, text);
            present->count--;
            memmove(&present->source[i], &present->source[i + 1],
                    (present->count - i) * sizeof(size_t));
            return;
        }
    }
    zones_add(edit, text);
    present->source[present->count++] = source;
}

static void random_changes_leave_what_a_new_zone_would_have(void **state)
{
    (void)state;
    static const unsigned maxima[] = {MANY, 2};
    struct rand_fake rand;
    rand_fake_init(&rand, 11);
    for (size_t m = 0; m < COUNT(maxima); m++) {
        struct present present = {0};
        struct indexed indexed = make("", maxima[m]);
        for (unsigned i = 0; i < 600; i++) {
            struct zone_edit *edit = zone_edit_begin(indexed.zone, &zones_limits);
            for (uint64_t steps = rand_u64(&rand.rand) % 5; steps > 0; steps--) {
                toggle(edit, &present, rand_u64(&rand.rand) % COUNT(sources));
            }
            assert_int_equal(zone_index_apply(indexed.index, edit), 0);
            (void)zone_edit_commit(edit);
            if (rand_u64(&rand.rand) % 50 == 0) { /* as after a start from the store */
                zone_index_destroy(indexed.index);
                indexed.index = zone_index_create(zones_name("t."), maxima[m]);
            }
            struct indexed fresh = make_fresh(&present, maxima[m]);
            char *expected = zones_print(fresh.zone, zone_version(fresh.zone));
            assert_zone(indexed.zone, expected);
            mem_free(expected);
            finish(&fresh);
            rcu_quiescent();
        }
        finish(&indexed);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_names_of_the_server_are_known),
        TEST(names_below_find_at_the_apex_are_computed),
        TEST(pools_are_listed_and_mirrored),
        TEST(a_centre_may_come_after_its_pools_and_go_before_them),
        TEST(a_pool_is_in_the_list_of_each_of_its_accelerators),
        TEST(a_list_shows_the_first_of_its_members_and_counts_all),
        TEST(tags_are_labels_that_a_client_can_ask_for),
        TEST(changes_of_other_data_leave_the_lists_alone),
        TEST(a_text_at_a_mirrored_name_gives_way),
        TEST(names_that_are_no_centres_keep_their_own_texts),
        TEST(a_centre_whose_list_would_be_too_long_a_name_has_none),
        TEST(the_apex_can_be_a_centre),
        TEST(a_list_ends_where_a_message_would),
        TEST(a_name_without_room_has_no_mirror),
        TEST(the_index_is_taken_out_and_put_back),
        TEST(random_changes_leave_what_a_new_zone_would_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
