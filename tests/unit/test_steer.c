#include "server/steer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/book_file.h"
#include "sched/choose/pools_hash.h"
#include "sched/choose/pools_keeper.h"
#include "tests/lib/zones.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct steer *steer;
static struct zone *zone;
static struct pools_keeper *keeper;
static struct book *book;
static struct steer_scene scene;
static struct err_at at;

#define ZONE                                                                                       \
    "@ SOA m r 7 1 2 3 60\n@ NS ns\nc CENTRE . kind=ai op=alpha region=440305\n"                   \
    "d CENTRE . kind=hpc op=\"Beta Corp.\" region=ai-land\n"                                       \
    "a.c CRES . cpu=100\nb.d CRES . cpu=100\n"
#define BOOK                                                                                       \
    "policies:\n  - name: green\n    need: cpu-ge-7\n    by: {carbon: 70, price: 30}\n"            \
    "    order: own,rest\n    spread: centre\n    most: 1\n    top: 3\n    maxage: 61\n"           \
    "    low: 71\n    high: 91\ngroups:\n  - name: own\n    need: op-alpha\n"                      \
    "  - name: rest\n    need: cpu-ge-1\n"

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    steer = mem_alloc(sizeof(*steer));
    return 0;
}

static int leave(void **state)
{
    (void)state;
    mem_free(steer);
    zones_settle();
    rcu_leave();
    return 0;
}

static void begin(const char *more)
{
    char *text = mem_print("%s%s", ZONE, more);
    zone = zones_make("t.", text);
    mem_free(text);
    keeper = pools_keeper_attach(zone);
    pools_keeper_build(keeper, zone);
    int err = book_parse("book", BOOK, strlen(BOOK), &zones_key, &book, &at);
    if (err) {
        print_message("%u:%u: %s\n", at.line, at.column, at.text);
    }
    assert_int_equal(err, 0);
    scene = (struct steer_scene){.zone = zone,
                                 .version = zone_version(zone),
                                 .pools = pools_keeper_read(keeper),
                                 .book = book,
                                 .now_s = 1700000000};
}

static void end(void)
{
    book_unref(book);
    zone_unref(zone);
}

static int service(const char *name)
{
    memset(&at, 0, sizeof(at));
    return steer_service(steer, &scene, zones_get(zone, scene.version, name), &at);
}

static void words_and_names_say_the_same(void **state)
{
    (void)state;
    begin("");
    assert_int_equal(steer_words(steer, &scene, "cpu-8 by-load top-2", 19, &at), 0);
    char *text = mem_text(steer->need.text);
    assert_int_equal(steer_name(steer, &scene, zones_name("top-2.cpu-8.by-load.find.t."), 3, &at),
                     0);
    assert_string_equal(steer->need.text, text);
    mem_free(text);
    assert_ptr_equal(steer->ask.need, &steer->need);
    assert_ptr_equal(steer->ask.pools, scene.pools);
    assert_int_equal(steer->ask.now_s, 1700000000);
    assert_int_equal(steer->ttl_s, STEER_TTL_S);
    assert_int_equal(steer->sticky_s, 0);
    assert_null(steer->ask.members);
    assert_true(steer_words(steer, &scene, "cpu-8 frob-1", 12, &at) != 0);
    assert_non_null(strstr(at.text, "frob-1"));
    end();
}

static void near_must_name_something_here(void **state)
{
    (void)state;
    begin("");
    assert_int_equal(steer_words(steer, &scene, "cpu-8 near-440305", 17, &at), 0);
    assert_true(steer->ask.from->regions[0] != 0 || steer->ask.from->centre != 0);
    assert_true(steer->ask.is_placed);
    assert_int_equal(steer_words(steer, &scene, "cpu-8 near-440000", 17, &at), 0); /* c is in it */
    assert_int_equal(steer_words(steer, &scene, "cpu-8 near-nowhere", 18, &at), ERR_MISSING);
    assert_non_null(strstr(at.text, "near-nowhere"));
    end();
}

static void a_policy_of_the_book_says_the_rest(void **state)
{
    (void)state;
    begin("");
    const struct choose_ask *ask = &steer->ask;
    assert_int_equal(steer_words(steer, &scene, "mem-1 by-green", 14, &at), 0);
    assert_int_equal(steer->need.test_count, 2);
    assert_int_equal(ask->weights[CHOOSE_carbon], 70);
    assert_int_equal(ask->weights[CHOOSE_price], 30);
    assert_int_equal(ask->group_count, 2);
    assert_string_equal(ask->groups[0].name, "own");
    assert_int_equal(ask->most, 1);
    assert_int_equal(ask->spread, ATTR_KEY_kind);
    assert_int_equal(ask->top, 3);
    assert_int_equal(ask->maxage_s, 61);
    assert_int_equal(ask->low, 71);
    assert_int_equal(ask->high, 91);
    assert_int_equal(steer_words(steer, &scene, "mem-1 by-green top-2", 20, &at), 0);
    assert_int_equal(ask->top, 2);
    end();
}

static void cpol_is_read_whole(void **state)
{
    (void)state;
    begin("s CPOL . by=load:60,price:40 need=\"cpu-8 mem-1\" top=2 sticky=30 maxage=50 low=70 "
          "high=90 "
          "order=own,hpc\n");
    const struct choose_ask *ask = &steer->ask;
    assert_int_equal(service("s.t."), 0);
    assert_int_equal(steer->need.test_count, 2);
    assert_int_equal(ask->weights[CHOOSE_load], 60);
    assert_int_equal(ask->weights[CHOOSE_price], 40);
    assert_int_equal(ask->weights[CHOOSE_network], 0);
    assert_int_equal(ask->top, 2);
    assert_int_equal(steer->sticky_s, 30);
    assert_int_equal(steer->ttl_s, 30);
    assert_int_equal(ask->maxage_s, 50);
    assert_int_equal(ask->low, 70);
    assert_int_equal(ask->high, 90);
    assert_int_equal(ask->group_count, 2);
    end();
}

static void what_cpol_says_comes_before_the_book(void **state)
{
    (void)state;
    begin("s CPOL . by=load:1 need=by-green top=2 maxage=50 order=alpha\nr CPOL . need=by-green\n"
          "h CPOL . need=by-green high=60\nw CPOL . need=\"by-green top-5\"\n");
    const struct choose_ask *ask = &steer->ask;
    assert_int_equal(service("s.t."), 0);
    assert_int_equal(ask->weights[CHOOSE_load], 1);
    assert_int_equal(ask->weights[CHOOSE_carbon], 0);
    assert_int_equal(ask->group_count, 1);
    assert_int_equal(ask->top, 2);
    assert_int_equal(ask->maxage_s, 50);
    assert_int_equal(ask->high, 91);
    assert_int_equal(service("h.t."), 0);
    assert_int_equal(ask->high, 60);
    assert_int_equal(ask->low, 0); /* that of the book is about its own bound */
    assert_int_equal(service("w.t."), 0);
    assert_int_equal(ask->top, 5);
    assert_int_equal(service("r.t."), 0);
    assert_int_equal(ask->top, 3);
    assert_int_equal(ask->weights[CHOOSE_carbon], 70);
    assert_int_equal(ask->group_count, 2);
    end();
}

static void groups_are_of_the_book_or_of_what_centres_say(void **state)
{
    (void)state;
    static const struct {
        const char *label, *name;
        uint16_t key;
    } rows[] = {
        {"a kind", "k.t.", ATTR_KEY_kind},
        {"an operator", "o.t.", ATTR_KEY_op},
        {"with other octets", "x.t.", ATTR_KEY_op},
        {"a region", "r.t.", ATTR_KEY_region},
        {"nobody's: a region where nobody is", "n.t.", ATTR_KEY_region},
        {"of the book", "b.t.", ATTR_KEY_op},
    };
    begin("k CPOL . order=ai\no CPOL . order=alpha\nx CPOL . order=\"Beta Corp.\"\nr CPOL . "
          "order=440305\n"
          "n CPOL . order=nobody\nb CPOL . order=own\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("case: %s\n", rows[i].label);
        assert_int_equal(service(rows[i].name), 0);
        assert_int_equal(steer->ask.group_count, 1);
        const struct need *need = steer->ask.groups[0].need;
        assert_int_equal(need->test_count, 1);
        assert_int_equal(need->tests[0].key, rows[i].key);
    }
    end();
}

static void a_group_is_what_it_is_called_whatever_that_reads_like(void **state)
{
    static const struct {
        const char *service, *text;
        uint16_t key;
    } rows[] = {
        {"a.t.", "ne-east", ATTR_KEY_region}, {"b.t.", "R&D", ATTR_KEY_op},
        {"c.t.", "x(y)", ATTR_KEY_region},    {"d.t.", "any-a-or-b", ATTR_KEY_region},
        {"e.t.", "ge-1", ATTR_KEY_op},        {"f.t.", "\xe5\xb9\xbf", ATTR_KEY_region},
    };
    (void)state;
    begin("r CENTRE . op=\"R&D\"\np.r CRES . cpu=1\nq CENTRE . op=ge-1\np.q CRES . cpu=1\n"
          "a CPOL . order=ne-east\nb CPOL . order=\"R&D\"\nc CPOL . order=\"x(y)\"\n"
          "d CPOL . order=any-a-or-b\ne CPOL . order=ge-1\n"
          "f CPOL . order=\"\\229\\185\\191\"\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        int err = service(rows[i].service);
        if (err) {
            fail_msg("%s: %s", rows[i].service, at.text);
        }
        const struct need_test *test = &steer->ask.groups[0].need->tests[0];
        assert_int_equal(test->key, rows[i].key);
        assert_int_equal(test->op, NEED_EQ);
        assert_int_equal(test->count, 1);
        assert_true(test->values[0] ==
                    pools_text_hash(&scene.pools->key, rows[i].text, strlen(rows[i].text)));
    }
    end();
}

static void members_are_pools_of_the_zone(void **state)
{
    (void)state;
    begin("s CPOL . top=1\ns PTR B.d\ns PTR x.d\ns PTR elsewhere.example.\nn CPOL . top=1\nn PTR "
          "x.d\n");
    assert_int_equal(service("s.t."), 0);
    assert_int_equal(steer->ask.member_count, 1);
    assert_int_equal(steer->ask.members[0], pools_find(scene.pools, zones_name("b.d.t.")));
    assert_int_equal(service("n.t."), 0);
    assert_int_equal(steer->ask.member_count, 0);
    assert_non_null(steer->ask.members); /* nobody may win */
    end();
}

static void bad_policies_are_told_apart(void **state)
{
    (void)state;
    begin("s CPOL . need=\"cpu-8 frob-1\"\nnone A 192.0.2.1\n"
          "g CPOL . order=1,2,3,4,5,6,7,8,9\n");
    assert_true(service("s.t.") != 0);
    assert_non_null(strstr(at.text, "frob-1"));
    assert_int_equal(service("none.t."), ERR_MISSING);
    assert_int_equal(service("g.t."), ERR_LIMIT);
    end();
}

static void services_are_known_by_their_last_type(void **state)
{
    (void)state;
    begin("s CPOL . top=1\nz CPOL . top=1\nz TYPE65400 \\# 1 00\ny TYPE65400 \\# 1 00\nx A "
          "192.0.2.1\n"
          "b.ent A 192.0.2.1\n");
    static const struct {
        const char *name;
        bool is_service;
    } rows[] = {{"s.t.", true},  {"z.t.", true},    {"y.t.", false},
                {"x.t.", false}, {"ent.t.", false}, {"t.", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(steer_is_service(zones_get(zone, scene.version, rows[i].name)),
                         rows[i].is_service);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_names_say_the_same),
        cmocka_unit_test(near_must_name_something_here),
        cmocka_unit_test(a_policy_of_the_book_says_the_rest),
        cmocka_unit_test(cpol_is_read_whole),
        cmocka_unit_test(what_cpol_says_comes_before_the_book),
        cmocka_unit_test(groups_are_of_the_book_or_of_what_centres_say),
        cmocka_unit_test(a_group_is_what_it_is_called_whatever_that_reads_like),
        cmocka_unit_test(members_are_pools_of_the_zone),
        cmocka_unit_test(bad_policies_are_told_apart),
        cmocka_unit_test(services_are_known_by_their_last_type),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
