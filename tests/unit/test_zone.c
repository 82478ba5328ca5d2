#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/mem.h"
#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/heap.h"
#include "tests/lib/zone_model.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone.h"
#include "zones/zone_list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_new_zone_has_a_name_and_nothing_in_it(void **state)
{
    (void)state;
    struct zone *zone = zone_create((const uint8_t *)"\3WwW\1T", &zones_key);
    assert_memory_equal(zone_name(zone), "\3www\1t", 7);
    assert_int_equal(zone_labels(zone), 2);
    assert_memory_equal(zone_key(zone), &zones_key, sizeof(zones_key));
    assert_int_equal(zone_version(zone), 0);
    assert_null(zone_apex(zone, 0));
    assert_int_equal(zone_serial(zone, 0), 0);
    assert_int_equal(zone_measure(zone).names, 0);
    assert_int_equal(zone_cut_depths(zone), 0);
    assert_false(zone_has_wildcards(zone));
    zone_unref(zone);
}

static void a_commit_makes_one_version_with_all_its_names(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ SOA m r 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n"
                                         "a.b.c TXT x\n");
    assert_int_equal(zone_version(zone), 1);
    assert_int_equal(zone_serial(zone, 1), 7);
    assert_int_equal(zone_serial(zone, 0), 0);
    assert_ptr_equal(zone_apex(zone, 1), zones_get(zone, 1, "t."));
    assert_non_null(zones_get(zone, 1, "ns.t."));
    assert_non_null(zones_get(zone, 1, "b.c.t.")); /* an empty non-terminal */
    assert_int_equal(zones_get(zone, 1, "b.c.t.")->rrset_count, 0);
    assert_null(zones_get(zone, 1, "x.t."));
    assert_null(zones_get(zone, 0, "ns.t."));
    assert_int_equal(zone_measure(zone).names, 3);
    assert_int_equal(zone_measure(zone).records, 4);
    zones_check(zone);
    zone_unref(zone);
}

static void shapes_that_need_a_look_above_are_noted(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ NS ns\n@ TXT x\n");
    assert_int_equal(zone_cut_depths(zone), 0); /* the apex is no cut */
    assert_false(zone_has_wildcards(zone));
    zones_change(zone, NULL, "a.b NS ns\n");
    assert_int_equal(zone_cut_depths(zone), 1 << 3);
    zones_change(zone, NULL, "c DNAME x.\n@ DNAME y.\n");
    assert_int_equal(zone_cut_depths(zone), 1 << 3 | 1 << 2 | 1 << 1);
    assert_false(zone_has_wildcards(zone));
    zones_change(zone, NULL, "x.*.d TXT x\n"); /* the wildcard itself is empty */
    assert_true(zone_has_wildcards(zone));
    zone_unref(zone);
    char deep[200] = "";
    for (unsigned i = 0; i < 80; i++) {
        memcpy(deep + 2 * i, "l.", 2);
    }
    char text[300];
    (void)snprintf(text, sizeof(text), "%.160st. NS ns\n", deep);
    zone = zones_make("t.", text);
    assert_int_equal(zone_cut_depths(zone), (uint64_t)1 << 63);
    zone_unref(zone);
}

enum { PINS = 8, COMMITS = 4000, CHANGES_MAX = 12 };

/* A pinned version with what the model held then. */
struct past {
    struct zone_pin pin;
    struct zone_model model;
};

/* One commit of random changes to zone and model alike. */
static void commit_random(struct zone *zone, struct zone_model *model, struct rand *rand)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    uint64_t changes = 1 + rand_u64(rand) % CHANGES_MAX;
    bool emptying = rand_u64(rand) % 64 == 0; /* now and then nearly all goes */
    while (emptying && model->count > 3) {
        struct zone_model_record record = model->records[0];
        const uint8_t *owner = zone_model_name(record.name);
        assert_true(zone_edit_remove(edit, owner, record.type, record.rdata, record.len));
        assert_true(zone_model_remove(model, &record));
    }
    for (uint64_t i = 0; i < changes; i++) {
        bool adds = rand_u64(rand) % 40 > model->count / 4; /* some 80 in the long run */
        struct zone_model_record record =
            adds || i == 0 ? zone_model_draw(rand) : zone_model_pick(model, rand);
        const uint8_t *owner = zone_model_name(record.name);
        if (adds) {
            int err =
                zone_edit_add(edit, owner, record.type, record.ttl_s, record.rdata, record.len);
            assert_int_equal(err, zone_model_add(model, &record, &zones_limits));
        } else {
            bool gone = zone_edit_remove(edit, owner, record.type, record.rdata, record.len);
            assert_int_equal(gone, zone_model_remove(model, &record));
        }
    }
    (void)zone_edit_commit(edit);
}

static void every_pinned_version_stays_as_it_was(void **state)
{
    (void)state;
    static struct past pasts[PINS];
    static struct zone_model model;
    struct rand_fake fake;
    struct rand *rand = &fake.rand;
    rand_fake_init(&fake, 42);
    model.count = 0;
    struct zone *zone = zones_make("t.", "");
    for (size_t i = 0; i < PINS; i++) {
        (void)zone_pin(zone, &pasts[i].pin);
        pasts[i].model = model;
    }
    for (unsigned i = 0; i < COMMITS; i++) {
        commit_random(zone, &model, rand);
        rcu_quiescent();
        if (i % 64 == 0) {
            zones_settle(); /* markers come through, so that the next commit frees */
            zone_model_check(&model, zone, zone_version(zone));
            zones_check(zone);
        }
        struct past *past = &pasts[rand_u64(rand) % PINS];
        zone_model_check(&past->model, zone, past->pin.version);
        if (rand_u64(rand) % 4 == 0) {
            zone_unpin(zone, &past->pin);
            assert_int_equal(zone_pin(zone, &past->pin), zone_version(zone));
            past->model = model;
        }
    }
    for (size_t i = 0; i < PINS; i++) {
        zone_unpin(zone, &pasts[i].pin);
    }
    zone_unref(zone);
}

/* A zone of n names whose TXT says a number. */
static void set_all(struct zone *zone, unsigned names, unsigned number)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    uint8_t rdata[256] = {255}, ready[ZONE_RR_FIXED + 256];
    memcpy(rdata + 1, &number, sizeof(number));
    zone_node_write_rr(ready, DNS_TYPE_TXT, 1, rdata, 256);
    for (unsigned i = 0; i < names; i++) {
        uint8_t owner[] = "\4nnnn\1t";
        for (unsigned digit = 0; digit < 4; digit++) {
            owner[1 + digit] = (uint8_t)('a' + (i >> (4 * digit) & 15));
        }
        size_t len = number > 0 ? sizeof(ready) : 0;
        assert_int_equal(zone_edit_set(edit, owner, DNS_TYPE_TXT, len > 0, ready, len), 0);
    }
    (void)zone_edit_commit(edit);
}

static unsigned number_of(const struct zone_node *node)
{
    unsigned number;
    const struct zone_rrset *set = zone_node_find(node, DNS_TYPE_TXT);
    memcpy(&number, zone_node_ready(node, set) + ZONE_RR_FIXED + 1, sizeof(number));
    return number;
}

enum { CHURN_NAMES = 2000, NODE_OCTETS = 300, KIB = 1024 };

static void replaced_nodes_are_freed_while_the_zone_lives_on(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "");
    set_all(zone, CHURN_NAMES, 1);
    zones_settle();
    zone_reclaim(zone);
    zones_settle();
    size_t before = heap_used();
    for (unsigned i = 2; i < 40; i++) {
        set_all(zone, CHURN_NAMES, i);
        zones_settle();
    }
    zone_reclaim(zone);
    zones_settle();
    size_t after = heap_used();
    assert_int_equal(number_of(zones_get(zone, zone_version(zone), "aaaa.t.")), 39);
    assert_true(after < before + CHURN_NAMES * NODE_OCTETS / 2);
    zone_unref(zone);
}

static void a_pin_holds_one_version_and_frees_it_when_it_goes(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "");
    struct zone_pin pin;
    set_all(zone, CHURN_NAMES, 1);
    zones_settle();
    zone_reclaim(zone);
    zones_settle();
    size_t plain = heap_used();
    uint64_t version = zone_pin(zone, &pin);
    for (unsigned i = 2; i < 20; i++) {
        set_all(zone, CHURN_NAMES, i);
        zones_settle();
        zone_reclaim(zone);
        zones_settle();
        assert_int_equal(number_of(zones_get(zone, version, "aaaa.t.")), 1);
    }
    size_t held = heap_used();
    assert_true(held > plain + CHURN_NAMES * NODE_OCTETS / 2); /* the pinned version ... */
    assert_true(held < plain + 2 * CHURN_NAMES * NODE_OCTETS); /* ... and none between */
    zone_unpin(zone, &pin);
    zone_reclaim(zone);
    zones_settle();
    assert_true(heap_used() < plain + CHURN_NAMES * NODE_OCTETS / 2);
    assert_int_equal(number_of(zones_get(zone, zone_version(zone), "aaaa.t.")), 19);
    zone_unref(zone);
}

static void removed_names_give_their_memory_and_their_places_back(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ TXT x\n");
    struct zone_size small = zone_measure(zone);
    for (unsigned i = 1; i < 30; i++) {
        set_all(zone, CHURN_NAMES, i);
        zones_settle();
        set_all(zone, CHURN_NAMES, 0);
        zones_settle();
        zones_change(zone, NULL, i % 2 ? "@ TXT y\n" : "@ TXT z\n");
        zones_change(zone, i % 2 ? "@ TXT y\n" : "@ TXT z\n", NULL);
    }
    struct zone_size size = zone_measure(zone);
    assert_int_equal(size.names, small.names);
    assert_int_equal(size.records, small.records);
    assert_int_equal(zone_measure_nodes(zone).octets,
                     zones_get(zone, zone_version(zone), "t.")->size);
    assert_true(size.octets < small.octets + 256 * (size_t)KIB);
    zone_unref(zone);
}

/* One small commit a name: a table gets as full as it can. */
static void change_one_by_one(struct zone *zone, const char *kind, unsigned count, bool remove)
{
    for (unsigned i = 0; i < count; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%s%u TXT x\n", kind, i);
        zones_change(zone, remove ? text : NULL, remove ? NULL : text);
    }
}

/* Names that are gone stay in the table while a reader may see them; others come meanwhile. */
static void the_table_grows_past_dead_names_that_are_still_held(void **state)
{
    (void)state;
    for (unsigned names = 30; names < 100; names += 5) {
        struct zone *zone = zones_make("t.", "@ TXT x\n");
        struct zone_pin pin;
        change_one_by_one(zone, "first", names, false);
        uint64_t version = zone_pin(zone, &pin);
        change_one_by_one(zone, "first", names, true);
        change_one_by_one(zone, "later", names, false);
        assert_null(zones_get(zone, zone_version(zone), "first7.t."));
        assert_null(zones_get(zone, version, "later7.t."));
        assert_non_null(zones_get(zone, version, "first7.t."));
        assert_non_null(zones_get(zone, zone_version(zone), "later7.t."));
        zones_check(zone);
        zone_unpin(zone, &pin);
        zone_unref(zone);
    }
}

static void a_name_that_comes_back_is_a_new_one(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ TXT x\na TXT one\n");
    zones_change(zone, "a TXT one\n", NULL);
    zones_change(zone, NULL, "a TXT two\n");
    assert_non_null(zones_get(zone, 1, "a.t."));
    assert_null(zones_get(zone, 2, "a.t."));
    assert_non_null(zones_get(zone, 3, "a.t."));
    char *text = zones_print(zone, 1), *now = zones_print(zone, 3);
    assert_string_equal(text, "t. 300 IN TXT \"x\"\na.t. 300 IN TXT \"one\"\n");
    assert_string_equal(now, "t. 300 IN TXT \"x\"\na.t. 300 IN TXT \"two\"\n");
    mem_free(text);
    mem_free(now);
    zones_check(zone);
    zone_unref(zone);
}

static void names_are_listed_in_canonical_order(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "b TXT x\n@ TXT x\na.b TXT x\n\\200.a TXT x\n*.a TXT x\n"
                                         "Z.a TXT x\na TXT x\nyljkjljk.a TXT x\n\\001.z TXT x\n");
    static const char *const order[] = {"t.",         "a.t.", "*.a.t.", "yljkjljk.a.t.", "z.a.t.",
                                        "\\200.a.t.", "b.t.", "a.b.t.", "\\001.z.t."};
    const struct zone_node **nodes;
    assert_int_equal(zone_list(zone, zone_version(zone), &nodes), COUNT(order));
    for (size_t i = 0; i < COUNT(order); i++) { /* RFC 4034 6.1 */
        assert_true(dns_name_equal(nodes[i]->owner, zones_name(order[i])));
    }
    mem_free(nodes);
    assert_int_equal(zone_list(zone, 0, &nodes), 0);
    mem_free(nodes);
    zone_unref(zone);
}

static int stop_at_third(void *context, const struct zone_node *node)
{
    unsigned *count = context;
    (void)node;
    return ++*count == 3 ? -7 : 0;
}

static void a_walk_ends_at_the_visitors_word(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "a TXT x\nb TXT x\nc TXT x\nd TXT x\n");
    unsigned count = 0;
    assert_int_equal(zone_walk(zone, 1, stop_at_third, &count), -7);
    assert_int_equal(count, 3);
    zone_unref(zone);
}

/* What a walk in parts met: each name as the last visit saw it. */
struct met {
    unsigned visits;
    uint64_t version[26]; /* of the names a.t. to z.t. */
};

static void meet(void *context, const struct zone_node *node)
{
    struct met *met = context;
    met->visits++;
    if (node->owner[0] == 1 && node->owner[1] >= 'a') {
        met->version[node->owner[1] - 'a'] = node->version;
    }
}

static void a_walk_in_parts_meets_all_that_changed_since_a_version(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ TXT x\n");
    struct zone_cursor cursor = {0};
    struct met met = {0};
    for (char name = 'a'; name < 'k'; name++) {
        char text[] = "a TXT x\n";
        text[0] = name;
        zones_change(zone, NULL, text);
    }
    uint64_t after = zone_version(zone);
    zones_change(zone, "a TXT x\nb TXT x\n", "b TXT y\nc TXT y\n");
    while (zone_walk_part(zone, &cursor, 7, after, meet, &met)) {
    }
    assert_int_equal(met.visits, 3); /* b, c, and the apex, which lost a name; a is gone */
    assert_int_equal(met.version[0], 0);
    assert_int_equal(met.version[1], after + 1);
    assert_int_equal(met.version[2], after + 1);
    assert_false(zone_walk_part(zone, &cursor, 7, after, meet, &met)); /* it is through */
    zone_unref(zone);
}

/* A new table holds names elsewhere: what was passed over may lie behind the cursor then. */
static void a_walk_in_parts_begins_anew_when_the_table_is_replaced(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "");
    for (unsigned grown = 0; grown < 2; grown++) {
        struct zone_cursor cursor = {0};
        struct met met = {0};
        uint64_t after = zone_version(zone);
        set_all(zone, 300, 1 + grown); /* and the apex */
        assert_true(zone_walk_part(zone, &cursor, 200, after, meet, &met));
        unsigned before = met.visits;
        assert_true(before > 0);
        if (grown) {
            after = zone_version(zone);
            set_all(zone, CHURN_NAMES, 3);
        }
        while (zone_walk_part(zone, &cursor, 200, after, meet, &met)) {
        }
        assert_int_equal(met.visits, grown ? before + CHURN_NAMES + 1 : 301);
    }
    zone_unref(zone);
}

static void a_pin_keeps_a_zone_alive_that_nobody_else_holds(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "a TXT x\n");
    struct zone_pin pin;
    (void)zone_pin(zone, &pin);
    zone_unref(zone);
    zones_settle();
    assert_non_null(zones_get(zone, pin.version, "a.t."));
    zone_unpin(zone, &pin);
    zone_unref(NULL);
}

enum { TWINS = 6, ROUNDS = 600, SPARE = 64 };

/* What the readers of the race share with the writer. */
struct race {
    struct zone *zone;
    bool ended;
    unsigned failed;
};

/* All twins say the number of their version, whatever the writer does meanwhile. */
static void look(struct race *race, uint64_t version)
{
    for (unsigned i = 0; i < TWINS; i++) {
        uint8_t owner[] = "\4naaa\1t";
        struct dns_labels labels;
        owner[1] = (uint8_t)('a' + i);
        dns_name_index(&zones_key, owner, &labels);
        const struct zone_node *node =
            zone_get(race->zone, version, owner, sizeof(owner), labels.hash[0]);
        if (!node || number_of(node) != version) {
            __atomic_add_fetch(&race->failed, 1, __ATOMIC_RELAXED);
        }
    }
}

static void *read_on(void *context)
{
    struct race *race = context;
    rcu_enter();
    while (!__atomic_load_n(&race->ended, __ATOMIC_ACQUIRE)) {
        look(race, zone_version(race->zone));
        rcu_quiescent();
    }
    rcu_leave();
    return NULL;
}

static int count_visit(void *context, const struct zone_node *node)
{
    unsigned *count = context;
    *count += node->rrset_count > 0 ? 1 : 0;
    return 0;
}

/* A reader that waits between two looks at one version. */
static void *read_with_pins(void *context)
{
    struct race *race = context;
    rcu_enter();
    while (!__atomic_load_n(&race->ended, __ATOMIC_ACQUIRE)) {
        struct zone_pin pin;
        unsigned first = 0, second = 0;
        uint64_t version = zone_pin(race->zone, &pin);
        look(race, version);
        (void)zone_walk(race->zone, version, count_visit, &first);
        rcu_offline();
        sched_yield();
        rcu_online();
        look(race, version);
        (void)zone_walk(race->zone, version, count_visit, &second);
        if (first != second) {
            __atomic_add_fetch(&race->failed, 1, __ATOMIC_RELAXED);
        }
        zone_unpin(race->zone, &pin);
        rcu_quiescent();
    }
    rcu_leave();
    return NULL;
}

static void readers_see_whole_versions_while_the_writer_commits(void **state)
{
    (void)state;
    struct race race = {.zone = zones_make("t.", "")};
    pthread_t readers[2];
    set_all(race.zone, TWINS, 1);
    assert_int_equal(pthread_create(&readers[0], NULL, read_on, &race), 0);
    assert_int_equal(pthread_create(&readers[1], NULL, read_with_pins, &race), 0);
    rcu_offline(); /* the writer is no reader */
    for (unsigned i = 2; i < ROUNDS; i++) {
        struct zone_edit *edit = zone_edit_begin(race.zone, &zones_limits);
        uint8_t ready[ZONE_RR_FIXED + 256], rdata[256] = {255};
        memcpy(rdata + 1, &i, sizeof(i));
        zone_node_write_rr(ready, DNS_TYPE_TXT, 1, rdata, 256);
        for (unsigned j = 0; j < TWINS; j++) {
            uint8_t owner[] = "\4naaa\1t";
            owner[1] = (uint8_t)('a' + j);
            (void)zone_edit_set(edit, owner, DNS_TYPE_TXT, 1, ready, sizeof(ready));
        }
        for (unsigned j = 0; j < SPARE; j++) { /* others come and go: the table changes, too */
            uint8_t owner[] = "\4nnnz\1t";
            owner[1] = (uint8_t)('a' + j % 16);
            owner[2] = (uint8_t)('a' + j / 16);
            owner[3] = (uint8_t)('a' + i / 2 % 26);
            (void)zone_edit_set(edit, owner, DNS_TYPE_TXT, i % 2, ready, i % 2 ? sizeof(ready) : 0);
        }
        assert_true(zone_edit_commit(edit));
        if (i % 50 == 0) {
            rcu_wait();
        }
    }
    __atomic_store_n(&race.ended, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < COUNT(readers); i++) {
        (void)pthread_join(readers[i], NULL);
    }
    rcu_online();
    assert_int_equal(race.failed, 0);
    zones_check(race.zone);
    zone_unref(race.zone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_zone_has_a_name_and_nothing_in_it),
        TEST(a_commit_makes_one_version_with_all_its_names),
        TEST(shapes_that_need_a_look_above_are_noted),
        TEST(every_pinned_version_stays_as_it_was),
        TEST(replaced_nodes_are_freed_while_the_zone_lives_on),
        TEST(a_pin_holds_one_version_and_frees_it_when_it_goes),
        TEST(removed_names_give_their_memory_and_their_places_back),
        TEST(the_table_grows_past_dead_names_that_are_still_held),
        TEST(a_name_that_comes_back_is_a_new_one),
        TEST(names_are_listed_in_canonical_order),
        TEST(a_walk_ends_at_the_visitors_word),
        TEST(a_walk_in_parts_meets_all_that_changed_since_a_version),
        TEST(a_walk_in_parts_begins_anew_when_the_table_is_replaced),
        TEST(a_pin_keeps_a_zone_alive_that_nobody_else_holds),
        TEST(readers_see_whole_versions_while_the_writer_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
