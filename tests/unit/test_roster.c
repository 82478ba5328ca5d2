#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "server/roster.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/zone_store_member.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEAD         "@ SOA invalid. invalid. 1 1 1 1 1\n@ NS invalid.\n"
#define CATALOG      HEAD "version TXT 2\n"

enum { MAP = 1 << 20, TEXT_MAX = 4000, CATALOGS = 2 };

static char *folder;
static struct zone_store *store;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    char *path = scratch_path(folder, "store");
    int err = zone_store_open(path, MAP, &store);
    mem_free(path);
    return err;
}

static int leave(void **state)
{
    (void)state;
    zone_store_close(store);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
    return 0;
}

static struct server_conf *load(const char *zones)
{
    char *text = mem_print("store: {path: store}\nzones:%s\n", zones);
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    if (server_conf_parse("/x.yaml", text, strlen(text), &conf, &at)) {
        fail_msg("%u:%u: %s", at.line, at.column, at.text);
    }
    mem_free(text);
    return conf;
}

#define TWO                                                                                        \
    "\n  - {name: z.t}\n  - {name: one, catalog: producer, index: on, srp: on, records_max: 7}"    \
    "\n  - {name: two, catalog: producer}\n  - {name: a.t, file: f}"

/* The roster of a configuration whose catalogs have these contents; NULL: not read, "": without any. */
static struct roster *make(const char *zones, const char *one, const char *two)
{
    struct server_conf *conf = load(zones);
    struct roster *roster = roster_create(conf);
    const char *texts[CATALOGS] = {one, two};
    server_conf_free(conf); /* the roster shares it */
    for (size_t i = 0; i < CATALOGS && roster_catalog(roster, i); i++) {
        if (texts[i]) {
            struct zone *zone = zones_make(i ? "two." : "one.", texts[i]);
            roster_read(roster, i, zone);
            assert_false(roster_note(roster, i, zone));
            zone_unref(zone);
        }
    }
    assert_int_equal(roster_fill(roster, store), 0);
    return roster;
}

/* Its list, a line a zone: name [catalog's name]. */
static void assert_list(const struct roster *roster, const char *expected)
{
    char text[TEXT_MAX];
    struct wr wr = wr_make(text, sizeof(text) - 1);
    const struct server_conf_zones *zones = &roster_conf(roster)->zones;
    for (size_t i = 0; i < zones->count; i++) {
        char name[DNS_NAME_TEXT_MAX], of[DNS_NAME_TEXT_MAX] = "";
        dns_name_print(zones->items[i].name, name);
        if (zones->items[i].member_of) {
            dns_name_print(zones->items[i].member_of, of);
        }
        wr_print(&wr, "%s%s%s\n", name, of[0] ? " " : "", of);
        assert_ptr_equal(roster_find(roster, zones->items[i].name), &zones->items[i]);
    }
    text[wr_len(&wr)] = 0;
    assert_string_equal(text, expected);
}

static int note(void *context, const struct zone_store_member *member)
{
    char name[DNS_NAME_TEXT_MAX], catalog[DNS_NAME_TEXT_MAX];
    dns_name_print(member->name, name);
    dns_name_print(member->catalog, catalog);
    wr_print(context, "%s %s %.*s\n", name, catalog, member->label[0],
             (const char *)member->label + 1);
    return 0;
}

/* The marks of the store, a line each. */
static void assert_marks(const char *expected)
{
    char text[TEXT_MAX];
    struct wr wr = wr_make(text, sizeof(text) - 1);
    assert_int_equal(zone_store_member_each(store, note, &wr), 0);
    text[wr_len(&wr)] = 0;
    assert_string_equal(text, expected);
}

/* One round: list, then what the store knows after it. */
static void step(const char *one, const char *two, const char *list, const char *marks)
{
    struct roster *roster = make(TWO, one, two);
    assert_list(roster, list);
    assert_int_equal(roster_save(roster, store), 0);
    assert_marks(marks);
    roster_destroy(roster);
}

static void save_zone(const char *name)
{
    struct zone *zone = zones_make(name, "@ SOA m r 1 1 1 1 1\n@ NS ns\n");
    struct zone_store_state state = {0};
    assert_int_equal(zone_store_save(store, zone, &state, 1), 0);
    zone_unref(zone);
}

static bool is_stored(const char *name)
{
    struct zone_store_state state;
    struct zone *zone = NULL;
    int err = zone_store_load(store, zones_name(name), &zones_key, &zone, &state);
    zone_unref(zone);
    return !err;
}

static void members_stand_among_the_configured_zones(void **state)
{
    (void)state;
    struct roster *roster =
        make(TWO, CATALOG "x.zones PTR m.t.\ny.zones PTR b.t.\n", CATALOG "x.zones PTR c.t.\n");
    assert_list(roster, "one.\na.t.\nb.t. one.\nc.t. two.\nm.t. one.\nz.t.\ntwo.\n");
    const struct server_conf_zone *catalog = roster_find(roster, zones_name("ONE."));
    const struct server_conf_zone *first = roster_find(roster, zones_name("b.t."));
    const struct server_conf_zone *second = roster_find(roster, zones_name("m.t."));
    assert_int_equal(catalog->catalog, SERVER_CONF_PRODUCER);
    assert_false(catalog->index || catalog->srp); /* those are of its members */
    assert_true(first->index && second->index && second->srp);
    assert_int_equal(second->records_max, 7);
    assert_int_equal(second->catalog, SERVER_CONF_NONE);
    assert_int_equal(first->like, 0);
    assert_ptr_equal(&roster_conf(roster)->zones.items[second->like - 1], first);
    assert_null(roster_find(roster, zones_name("no.t.")));
    assert_int_equal(roster_base(roster)->zones.count, 4);
    roster_destroy(roster);
    roster_destroy(NULL);
}

#define CONFIGURED(rest) "one.\na.t.\n" rest "z.t.\ntwo.\n"

static void members_come_and_go(void **state)
{
    (void)state;
    step(CATALOG "x.zones PTR b.t.\ny.zones PTR c.t.\n", CATALOG,
         CONFIGURED("b.t. one.\nc.t. one.\n"), "b.t. one. x\nc.t. one. y\n");
    save_zone("b.t.");
    save_zone("c.t.");
    step(CATALOG "z.zones PTR c.t.\n", CATALOG, CONFIGURED("c.t. one.\n"), "c.t. one. z\n");
    assert_false(is_stored("b.t."));
    assert_true(is_stored("c.t.")); /* a producer's zone is the same under another label */
    step(CATALOG, CATALOG, CONFIGURED(""), "");
    assert_false(is_stored("c.t."));
}

static void a_catalog_that_is_broken_keeps_its_members(void **state)
{
    (void)state;
    static const char *const broken[] = {
        HEAD,                                           /* no version */
        CATALOG "x.zones PTR n.t.\ny.zones PTR n.t.\n", /* twice */
        CATALOG "x.zones PTR n.t.\nx.zones PTR o.t.\n", /* two of them */
        "",                                             /* not fetched yet */
        NULL,
    };
    step(CATALOG "x.zones PTR b.t.\n", CATALOG, CONFIGURED("b.t. one.\n"), "b.t. one. x\n");
    for (size_t i = 0; i < COUNT(broken); i++) {
        step(broken[i], CATALOG, CONFIGURED("b.t. one.\n"), "b.t. one. x\n");
    }
}

static void a_configured_zone_is_no_member(void **state)
{
    (void)state;
    static const struct zone_store_member_change mark = {
        ZONE_STORE_MEMBER_SET,
        {(const uint8_t *)"\1a\1t", (const uint8_t *)"\3one", (const uint8_t *)"\1x"}};
    save_zone("a.t.");
    assert_int_equal(zone_store_member_write(store, &mark, 1), 0);
    step(CATALOG "x.zones PTR a.t.\ny.zones PTR two.\nz.zones PTR one.\n", CATALOG, CONFIGURED(""),
         "");
    assert_true(is_stored("a.t.")); /* the configuration's from now on */
}

static void a_catalog_that_is_not_configured_may_come_back(void **state)
{
    (void)state;
    step(CATALOG "x.zones PTR b.t.\n", CATALOG, CONFIGURED("b.t. one.\n"), "b.t. one. x\n");
    save_zone("b.t.");
    struct roster *roster = make("\n  - {name: z.t}", NULL, NULL);
    assert_list(roster, "z.t.\n");
    assert_int_equal(roster_save(roster, store), 0);
    roster_destroy(roster);
    assert_marks("b.t. one. x\n");
    assert_true(is_stored("b.t."));
}

/* RFC 9432 4.3.1 and 5.2. */
static void a_zone_goes_to_another_catalog_only_by_the_word_of_its_own(void **state)
{
    (void)state;
    const char *in_one = "b.t. one. x\n", *in_two = "b.t. two. x\n";
    const char *list_one = CONFIGURED("b.t. one.\n"), *list_two = CONFIGURED("b.t. two.\n");
    step(CATALOG "x.zones PTR b.t.\n", CATALOG, list_one, in_one);
    step(CATALOG "x.zones PTR b.t.\n", CATALOG "x.zones PTR b.t.\n", list_one, in_one);
    step(CATALOG "x.zones PTR b.t.\ncoo.x.zones PTR three.\n", CATALOG "x.zones PTR b.t.\n",
         list_one, in_one);
    step(CATALOG "x.zones PTR b.t.\ncoo.x.zones PTR two.\n", CATALOG, list_one, in_one);
    step(CATALOG "x.zones PTR b.t.\ncoo.x.zones PTR two.\n", CATALOG "x.zones PTR b.t.\n", list_two,
         in_two);
    step(CATALOG "x.zones PTR b.t.\n", CATALOG "x.zones PTR b.t.\n", list_two, in_two);
    step(CATALOG, CATALOG "x.zones PTR b.t.\n", list_two, in_two);
    step(CATALOG "x.zones PTR b.t.\n", CATALOG, list_one, in_one); /* the other one let go */
}

#define FOLLOWED                                                                                   \
    "\n  - {name: one, catalog: consumer, primary: ['127.0.0.1:1']}"                               \
    "\n  - {name: two, catalog: consumer, primary: ['127.0.0.1:2']}"

/* One round of a consumer: whether b.t is another zone than before, and what the store knows then. */
static void follow(const char *one, const char *two, bool is_renewed, const char *marks)
{
    struct roster *roster = make(FOLLOWED, one, two);
    const struct server_conf_zone *row = roster_find(roster, zones_name("b.t."));
    assert_non_null(row);
    assert_int_equal(row->is_renewed, is_renewed);
    assert_int_equal(row->primary.count, 1);
    save_zone("b.t.");
    assert_int_equal(roster_save(roster, store), 0);
    assert_int_equal(is_stored("b.t."), !is_renewed);
    assert_marks(marks);
    roster_destroy(roster);
}

/* RFC 9432 4.3.1 and 5.4. */
static void a_followed_zone_begins_anew_under_another_label(void **state)
{
    (void)state;
    const char *const moving = CATALOG "x.zones PTR b.t.\ncoo.x.zones PTR two.\n";
    follow(CATALOG "x.zones PTR b.t.\n", CATALOG, false, "b.t. one. x\n");
    follow(CATALOG "x.zones PTR b.t.\n", CATALOG, false, "b.t. one. x\n");
    follow(CATALOG "y.zones PTR b.t.\n", CATALOG, true, "b.t. one. y\n");
    follow(CATALOG "x.zones PTR b.t.\n", CATALOG, true, "b.t. one. x\n");
    follow(moving, CATALOG "x.zones PTR b.t.\n", false, "b.t. two. x\n"); /* moved as it is */
    follow(CATALOG "x.zones PTR b.t.\n", CATALOG, true, "b.t. one. x\n"); /* nobody said so */
    follow(moving, CATALOG "y.zones PTR b.t.\n", true, "b.t. two. y\n");  /* moved, and another */
}

static void of_two_that_list_a_new_zone_the_first_has_it(void **state)
{
    (void)state;
    step(CATALOG "x.zones PTR b.t.\n", CATALOG "y.zones PTR b.t.\n", CONFIGURED("b.t. one.\n"),
         "b.t. one. x\n");
}

static void a_catalog_has_at_most_so_many_members(void **state)
{
    (void)state;
    struct roster *roster = make("\n  - {name: one, catalog: producer, catalog_max: 1}",
                                 CATALOG "x.zones PTR b.t.\ny.zones PTR c.t.\n", NULL);
    assert_list(roster, "one.\n");
    roster_destroy(roster);
}

static void a_change_of_a_catalog_is_noted_once(void **state)
{
    (void)state;
    struct server_conf *conf = load(TWO);
    struct roster *roster = roster_create(conf);
    struct zone *zone = zones_make("one.", CATALOG);
    roster_read(roster, 0, zone);
    assert_false(roster_note(roster, 0, zone));
    zones_change(zone, NULL, "x.zones PTR b.t.\n");
    assert_true(roster_note(roster, 0, zone));
    assert_false(roster_note(roster, 0, zone));
    assert_true(roster_note(roster, 1, zone));
    zone_unref(zone);
    roster_destroy(roster);
    server_conf_free(conf);
}

static void a_catalog_is_made_with_the_members_that_the_store_knows(void **state)
{
    (void)state;
    step(CATALOG "x.zones PTR b.t.\n", CATALOG "y.zones PTR c.t.\n",
         CONFIGURED("b.t. one.\nc.t. two.\n"), "b.t. one. x\nc.t. two. y\n");
    struct zone *zone = NULL;
    assert_int_equal(roster_make_catalog(store, zones_name("one."), &zones_key, &zone), 0);
    char *text = zones_print(zone, zone_version(zone));
    assert_string_equal(text, "one. 0 IN NS invalid.\n"
                              "one. 0 IN SOA invalid. invalid. 1 3600 600 2147483646 0\n"
                              "version.one. 0 IN TXT \"2\"\n"
                              "x.zones.one. 0 IN PTR b.t.\n");
    mem_free(text);
    zone_unref(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
        TEST(members_stand_among_the_configured_zones),
        TEST(members_come_and_go),
        TEST(a_catalog_that_is_broken_keeps_its_members),
        TEST(a_configured_zone_is_no_member),
        TEST(a_catalog_that_is_not_configured_may_come_back),
        TEST(a_zone_goes_to_another_catalog_only_by_the_word_of_its_own),
        TEST(a_followed_zone_begins_anew_under_another_label),
        TEST(of_two_that_list_a_new_zone_the_first_has_it),
        TEST(a_catalog_has_at_most_so_many_members),
        TEST(a_change_of_a_catalog_is_noted_once),
        TEST(a_catalog_is_made_with_the_members_that_the_store_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
