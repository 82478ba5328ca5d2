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
#include "tests/lib/guard.h"
#include "tests/lib/zone_model.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/zone_history.h"
#include "zones/zone_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOW_S = 1700000000, NO_LIMIT = 1 << 30 };

static const char base[] = "@ SOA m r 100 1 1 1 1\n"
                           "a A 192.0.2.1\n"
                           "a A 192.0.2.2\n"
                           "a TXT x\n"
                           "mx MX 10 Host.T.\n";

/* One commit, added to a history from a guard page. */
static int add(struct zone_history *history, struct zone *zone, const char *gone, const char *come)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    uint8_t *data = NULL;
    size_t len = 0;
    if (gone) {
        zones_remove(edit, gone);
    }
    if (come) {
        zones_add(edit, come);
    }
    zone_diff_make(edit, NOW_S, &data, &len);
    (void)zone_edit_commit(edit);
    const uint8_t *copy = guard_copy(data, len);
    int err = zone_history_add(history, copy, len);
    guard_free(copy);
    mem_free(data);
    return err;
}

static void print_half(FILE *out, const struct zone_history *history, bool added)
{
    struct zone_history_cursor cursor = zone_history_begin(history, added);
    struct zone_diff_record record;
    while (zone_history_next(&cursor, &record)) {
        char line[1000];
        struct wr wr = wr_make(line, sizeof(line));
        struct zone_text_record shown = {record.owner, record.ttl_s, record.type, record.rdata,
                                         record.len};
        assert_true(record.added == added);
        assert_int_equal(zone_text_print_record(&shown, &wr), 0);
        fprintf(out, "%c%.*s", added ? '+' : '-', (int)wr_len(&wr), line);
    }
    assert_false(zone_history_next(&cursor, &record)); /* the end stays */
}

/* What went, then what came, as lines of text; for free. */
static char *print(const struct zone_history *history)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    print_half(out, history, false);
    print_half(out, history, true);
    fclose(out);
    return text;
}

static void only_the_first_and_the_last_state_count(void **state)
{
    static const struct {
        const char *label;
        const char *steps[4][2]; /* gone, come */
        const char *text;
    } rows[] = {
        {"comes", {{NULL, "b A 192.0.2.9\n"}}, "+b.t. 300 IN A 192.0.2.9\n"},
        {"goes", {{"a TXT x\n", NULL}}, "-a.t. 300 IN TXT \"x\"\n"},
        {"comes and goes", {{NULL, "b TXT y\n"}, {"b TXT y\n", NULL}}, ""},
        {"goes and comes", {{"a TXT x\n", NULL}, {NULL, "a TXT x\n"}}, ""},
        {"goes and comes with another TTL",
         {{"a TXT x\n", NULL}, {NULL, "a 60 TXT x\n"}},
         "-a.t. 300 IN TXT \"x\"\n+a.t. 60 IN TXT \"x\"\n"},
        {"a TTL there",
         {{NULL, "a 60 TXT x\n"}},
         "-a.t. 300 IN TXT \"x\"\n+a.t. 60 IN TXT \"x\"\n"},
        {"a TTL there and back", {{NULL, "a 60 TXT x\n"}, {NULL, "a 300 TXT x\n"}}, ""},
        {"TTLs on the way do not show",
         {{NULL, "a 60 TXT x\n"}, {NULL, "a 7 TXT x\n"}},
         "-a.t. 300 IN TXT \"x\"\n+a.t. 7 IN TXT \"x\"\n"},
        {"comes, and gets another TTL",
         {{NULL, "b TXT y\n"}, {NULL, "b 60 TXT y\n"}},
         "+b.t. 60 IN TXT \"y\"\n"},
        {"gets another TTL, and goes",
         {{NULL, "a 60 TXT x\n"}, {"a TXT x\n", NULL}},
         "-a.t. 300 IN TXT \"x\"\n"},
        {"other letters are another record",
         {{"mx MX 10 host\n", "mx MX 10 host\n"}},
         "-mx.t. 300 IN MX 10 Host.T.\n+mx.t. 300 IN MX 10 host.t.\n"},
        {"and back",
         {{"mx MX 10 host\n", "mx MX 10 host\n"}, {"mx MX 10 host\n", "mx MX 10 Host.T.\n"}},
         ""},
        {"values one after the other",
         {{"a TXT x\n", "a TXT y\n"}, {"a TXT y\n", "a TXT z\n"}, {"a TXT z\n", "a TXT w\n"}},
         "-a.t. 300 IN TXT \"x\"\n+a.t. 300 IN TXT \"w\"\n"},
        {"SOAs between do not show",
         {{NULL, "@ SOA m r 101 1 1 1 1\n"}, {NULL, "@ SOA m r 102 1 1 1 1\n"}},
         "-t. 300 IN SOA m.t. r.t. 100 1 1 1 1\n+t. 300 IN SOA m.t. r.t. 102 1 1 1 1\n"},
        {"in the order of first change",
         {{NULL, "c A 192.0.2.9\nb A 192.0.2.9\n"}, {"a A 192.0.2.2\n", "c A 192.0.2.8\n"}},
         "-a.t. 300 IN A 192.0.2.2\n"
         "+c.t. 300 IN A 192.0.2.9\n+b.t. 300 IN A 192.0.2.9\n+c.t. 300 IN A 192.0.2.8\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base);
        struct zone_history *history = zone_history_create(&zones_key, NO_LIMIT);
        for (size_t j = 0; j < COUNT(rows[i].steps); j++) {
            const char *const *step = rows[i].steps[j];
            if (step[0] || step[1]) {
                assert_int_equal(add(history, zone, step[0], step[1]), 0);
            }
        }
        char *text = print(history);
        if (strcmp(text, rows[i].text) != 0) {
            fail_msg("%s:\n%s", rows[i].label, text);
        }
        assert_true((zone_history_octets(history) == 0) == (*text == '\0'));
        free(text);
        zone_history_destroy(history);
        zone_unref(zone);
    }
}

static void the_old_soa_is_that_of_the_beginning(void **state)
{
    struct zone *zone = zones_make("t.", base);
    struct zone_history *history = zone_history_create(&zones_key, NO_LIMIT);
    struct zone_diff_record soa;
    (void)state;
    assert_int_equal(zone_history_serial(history), 0);
    assert_false(zone_history_soa(history, &soa));
    assert_int_equal(add(history, zone, NULL, "b A 192.0.2.9\n"), 0);
    assert_false(zone_history_soa(history, &soa));
    assert_int_equal(add(history, zone, NULL, "@ 60 SOA m r 4294967295 1 1 1 1\n"), 0);
    assert_int_equal(add(history, zone, NULL, "@ SOA m r 5 1 1 1 1\n"), 0);
    assert_int_equal(zone_history_serial(history), 5);
    assert_true(zone_history_soa(history, &soa));
    assert_int_equal(soa.ttl_s, 300);
    assert_int_equal(soa.rdata[soa.len - 17], 100);
    zone_history_destroy(history);
    zone_unref(zone);
}

static void what_does_not_follow_is_refused(void **state)
{
    static const struct {
        const char *label;
        const char *first[2], *missed[2], *second[2];
    } rows[] = {
        {"another serial",
         {NULL, "@ SOA m r 101 1 1 1 1\n"},
         {NULL, "@ SOA m r 102 1 1 1 1\n"},
         {NULL, "@ SOA m r 103 1 1 1 1\n"}},
        {"comes twice", {NULL, "b TXT y\n"}, {"b TXT y\n", NULL}, {NULL, "b TXT y\n"}},
        {"goes twice", {"a TXT x\n", NULL}, {NULL, "a TXT x\n"}, {"a TXT x\n", NULL}},
        {"goes with a TTL that it did not have",
         {NULL, "b TXT y\n"},
         {NULL, "b 60 TXT y\n"},
         {"b TXT y\n", NULL}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base);
        struct zone_history *history = zone_history_create(&zones_key, NO_LIMIT);
        struct zone_history *other = zone_history_create(&zones_key, NO_LIMIT);
        assert_int_equal(add(history, zone, rows[i].first[0], rows[i].first[1]), 0);
        assert_int_equal(add(other, zone, rows[i].missed[0], rows[i].missed[1]), 0);
        if (add(history, zone, rows[i].second[0], rows[i].second[1]) != ERR_STORE_CORRUPT) {
            fail_msg("%s", rows[i].label);
        }
        zone_history_destroy(history);
        zone_history_destroy(other);
        zone_unref(zone);
    }
}

static void damaged_change_sets_are_refused(void **state)
{
    struct zone *zone = zones_make("t.", base);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    uint8_t *data;
    size_t len;
    (void)state;
    zones_add(edit, "@ SOA m r 101 1 1 1 1\nb A 192.0.2.9\n");
    zone_diff_make(edit, NOW_S, &data, &len);
    zone_edit_abort(edit);
    for (size_t cut = 0; cut < len; cut++) {
        struct zone_history *history = zone_history_create(&zones_key, NO_LIMIT);
        const uint8_t *copy = guard_copy(data, cut);
        int err = zone_history_add(history, copy, cut);
        /* whole names are a change set of their own */
        assert_true(err == ERR_STORE_CORRUPT || (err == 0 && cut >= ZONE_DIFF_HEADER));
        guard_free(copy);
        zone_history_destroy(history);
    }
    mem_free(data);
    zone_unref(zone);
}

static void memory_follows_the_difference_and_not_the_changes(void **state)
{
    enum { CHANGES = 5000, ROOM = 2000 };
    struct zone *zone = zones_make("t.", base);
    struct zone_history *history = zone_history_create(&zones_key, ROOM);
    (void)state;
    for (unsigned i = 0; i < CHANGES; i++) {
        char come[100], gone[100];
        (void)snprintf(gone, sizeof(gone), i ? "n%u TXT v%u\n" : "a TXT x\n", i - 1, i - 1);
        (void)snprintf(come, sizeof(come), "n%u TXT v%u\n@ SOA m r %u 1 1 1 1\n", i, i, 101 + i);
        assert_int_equal(add(history, zone, gone, come), 0);
        assert_true(zone_history_octets(history) < ROOM / 2);
    }
    char *text = print(history);
    assert_string_equal(text, "-a.t. 300 IN TXT \"x\"\n-t. 300 IN SOA m.t. r.t. 100 1 1 1 1\n"
                              "+t. 300 IN SOA m.t. r.t. 5100 1 1 1 1\n"
                              "+n4999.t. 300 IN TXT \"v4999\"\n");
    free(text);
    int err = 0;
    for (unsigned i = 0; !err && i < ROOM; i++) {
        char come[100];
        (void)snprintf(come, sizeof(come), "more%u TXT v\n", i);
        err = add(history, zone, NULL, come);
        assert_true(err || zone_history_octets(history) <= ROOM);
    }
    assert_int_equal(err, ERR_LIMIT);
    zone_history_destroy(history);
    zone_unref(zone);
}

/* Take a history's records to a zone as a secondary does. */
static void follow(struct zone *zone, const struct zone_history *history)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    struct zone_history_cursor cursor = zone_history_begin(history, false);
    struct zone_diff_record record;
    while (zone_history_next(&cursor, &record)) {
        assert_true(zone_edit_remove(edit, record.owner, record.type, record.rdata, record.len));
    }
    cursor = zone_history_begin(history, true);
    while (zone_history_next(&cursor, &record)) {
        assert_int_equal(
            zone_edit_add(edit, record.owner, record.type, record.ttl_s, record.rdata, record.len),
            0);
    }
    (void)zone_edit_commit(edit);
}

/* What is different between two zones, counted by brute force. */
static size_t count_differences(const struct zone_model *a, const struct zone_model *b)
{
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++) {
        struct zone_model one = {.count = 1};
        bool found = false;
        for (size_t j = 0; !found && j < b->count; j++) {
            struct zone_model other = {.count = 1};
            one.records[0] = a->records[i];
            other.records[0] = b->records[j];
            found = zone_model_equal(&one, &other);
        }
        count += found ? 0 : 1;
    }
    return count;
}

static size_t count_half(const struct zone_history *history, bool added)
{
    struct zone_history_cursor cursor = zone_history_begin(history, added);
    struct zone_diff_record record;
    size_t count = 0;
    while (zone_history_next(&cursor, &record)) {
        count++;
    }
    return count;
}

/* The records of a zone, as a model has them. */
static int gather(void *context, const struct zone_node *node)
{
    struct zone_model *model = context;
    const struct zone_rrset *sets = zone_node_rrsets(node);
    unsigned name = 0;
    while (!dns_name_equal(zone_model_name(name), node->owner)) {
        name++;
    }
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const uint8_t *pos = zone_node_ready(node, &sets[i]), *end = pos + sets[i].size;
        struct zone_rr rr;
        while (zone_node_next(&pos, end, &rr)) {
            struct zone_model_record *record = &model->records[model->count++];
            *record =
                (struct zone_model_record){(uint8_t)name, (uint8_t)rr.len, rr.type, rr.ttl_s, {0}};
            memcpy(record->rdata, rr.rdata, rr.len);
        }
    }
    return 0;
}

static void take_model(struct zone_model *model, const struct zone *zone)
{
    model->count = 0;
    (void)zone_walk(zone, zone_version(zone), gather, model);
}

static void change_at_random(struct zone_edit *edit, struct rand *rand)
{
    for (uint64_t n = 1 + rand_u64(rand) % 8; n > 0; n--) {
        struct zone_model_record record = zone_model_draw(rand);
        const uint8_t *owner = zone_model_name(record.name);
        switch (rand_u64(rand) % 6) {
        case 0:
            (void)zone_edit_set(edit, owner, record.type, 0, NULL, 0);
            break;
        case 1:
        case 2:
            (void)zone_edit_remove(edit, owner, record.type, record.rdata, record.len);
            break;
        default:
            (void)zone_edit_add(edit, owner, record.type, record.ttl_s, record.rdata, record.len);
        }
    }
}

static void random_histories_take_the_old_zone_to_the_new_one(void **state)
{
    enum { ROUNDS = 60, COMMITS = 40 };
    static struct zone_model before, after;
    struct zone *zone = zone_create(zones_name("t."), &zones_key);
    struct zone *follower = zone_create(zones_name("t."), &zones_key);
    struct rand_fake rand;
    (void)state;
    rand_fake_init(&rand, 1995);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct zone_history *history = zone_history_create(&zones_key, NO_LIMIT);
        take_model(&before, zone);
        for (uint64_t n = rand_u64(&rand.rand) % COMMITS; n > 0; n--) {
            struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
            uint8_t *data;
            size_t len;
            change_at_random(edit, &rand.rand);
            zone_diff_make(edit, NOW_S, &data, &len);
            (void)zone_edit_commit(edit);
            assert_int_equal(data ? zone_history_add(history, data, len) : 0, 0);
            mem_free(data);
        }
        take_model(&after, zone);
        /* no record too many, none too few */
        assert_int_equal(count_half(history, false), count_differences(&before, &after));
        assert_int_equal(count_half(history, true), count_differences(&after, &before));
        follow(follower, history);
        zone_model_check(&after, follower, zone_version(follower));
        zone_history_destroy(history);
        rcu_quiescent();
    }
    zone_unref(zone);
    zone_unref(follower);
}

static void nothing_is_destroyed(void **state)
{
    (void)state;
    zone_history_destroy(NULL);
    zone_history_destroy(zone_history_create(&zones_key, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_first_and_the_last_state_count),
        TEST(the_old_soa_is_that_of_the_beginning),
        TEST(what_does_not_follow_is_refused),
        TEST(damaged_change_sets_are_refused),
        TEST(memory_follows_the_difference_and_not_the_changes),
        TEST(random_histories_take_the_old_zone_to_the_new_one),
        TEST(nothing_is_destroyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
