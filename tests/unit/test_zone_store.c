#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zone_model.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/zone_diff.h"
#include "zones/zone_store.h"
#include "zones/zone_store_past.h"
#include "zones/zone_store_row.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAP = 16 << 20, NOW_S = 1700000000 };

static char *folder, *path;
static struct zone_store *store;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    path = scratch_path(folder, "store");
    return zone_store_open(path, MAP, &store);
}

static int leave(void **state)
{
    (void)state;
    zone_store_close(store);
    store = NULL;
    mem_free(path);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
    return 0;
}

static void reopen(void)
{
    zone_store_close(store);
    store = NULL;
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
}

static struct zone *load(const char *name, struct zone_store_state *state)
{
    struct zone *zone = NULL;
    assert_int_equal(zone_store_load(store, zones_name(name), &zones_key, &zone, state), 0);
    zones_check(zone);
    return zone;
}

static void assert_equal(const struct zone *a, const struct zone *b)
{
    char *one = zones_print(a, zone_version(a)), *other = zones_print(b, zone_version(b));
    assert_string_equal(one, other);
    assert_int_equal(zone_measure(a).records, zone_measure(b).records);
    assert_int_equal(zone_measure_nodes(a).octets, zone_measure_nodes(b).octets);
    mem_free(one);
    mem_free(other);
}

#define TEXT                                                                                       \
    "@ SOA m r 9 1 1 1 1\n@ NS ns\nns A 192.0.2.1\nx.a.b TXT x\nb TXT y\n*.w A 192.0.2.1\n"        \
    "cut NS ns\nd DNAME e\np CRES . cpu=4\nfoo\\.bar TXT z\n\\000\\255 TXT z\n"

static void a_saved_zone_loads_as_it_was(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", TEXT);
    struct zone_store_state saved = {.index_max = 77}, loaded;
    assert_int_equal(zone_store_save(store, zone, &saved, NOW_S), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct zone *again = load(i ? "T." : "t.", &loaded);
        assert_equal(again, zone);
        assert_int_equal(loaded.id, saved.id);
        assert_int_equal(loaded.seq, saved.seq);
        assert_int_equal(loaded.saved_seq, saved.saved_seq);
        assert_int_equal(loaded.span.first_seq, saved.seq + 1); /* no past */
        assert_int_equal(loaded.span.first_serial, 9);
        assert_int_equal(loaded.span.octets, 0);
        assert_int_equal(loaded.index_max, 77);
        assert_int_equal(zone_version(again), 1);
        assert_int_equal(zone_serial(again, 1), 9);
        zone_unref(again);
        reopen(); /* durable */
    }
    zone_unref(zone);
}

static void a_second_save_takes_the_place_of_the_first(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", TEXT);
    struct zone_store_state saved = {0}, loaded;
    assert_int_equal(zone_store_save(store, zone, &saved, NOW_S), 0);
    uint64_t seq = saved.seq;
    zones_change(zone, "x.a.b TXT x\nns A 192.0.2.1\n", "new TXT z\nns A 192.0.2.2\n");
    assert_int_equal(zone_store_save(store, zone, &saved, NOW_S), 0);
    assert_true(saved.seq > seq); /* it never falls */
    struct zone *again = load("t.", &loaded);
    assert_equal(again, zone);
    zone_unref(again);
    zone_unref(zone);
}

static void zones_do_not_mix(void **state)
{
    (void)state;
    static const char *const names[] = {"t.", ".", "a.t.", "x.y.z."};
    struct zone_store_state states[COUNT(names)], loaded;
    struct zone *zones[COUNT(names)];
    for (size_t i = 0; i < COUNT(names); i++) {
        char text[100];
        (void)snprintf(text, sizeof(text), "@ TXT zone%zu\nb.c TXT zone%zu\n", i, i);
        states[i] = (struct zone_store_state){0};
        zones[i] = zones_make(names[i], text);
        assert_int_equal(zone_store_save(store, zones[i], &states[i], NOW_S), 0);
    }
    assert_int_equal(zone_store_remove(store, zones_name("a.t.")), 0);
    assert_int_equal(zone_store_remove(store, zones_name("a.t.")), ERR_MISSING);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct zone *again = NULL;
        int err = zone_store_load(store, zones_name(names[i]), &zones_key, &again, &loaded);
        assert_int_equal(err, i == 2 ? ERR_MISSING : 0);
        if (again) {
            assert_equal(again, zones[i]);
        }
        zone_unref(again);
        zone_unref(zones[i]);
    }
}

/* What zone_store_each told, as text. */
static int list(void *context, const struct zone_store_entry *entry)
{
    char *text = context, name[DNS_NAME_TEXT_MAX];
    size_t len = strlen(text);
    (void)dns_name_print(entry->name, name);
    (void)snprintf(text + len, 400 - len, "%s %u %llu %llu %lld\n", name, entry->serial,
                   (unsigned long long)entry->names, (unsigned long long)entry->records,
                   (long long)entry->saved_s);
    return entry->serial == 8 ? -5 : 0;
}

static void the_store_tells_what_it_has(void **state)
{
    (void)state;
    struct zone *one = zones_make("t.", "@ SOA m r 7 1 1 1 1\na TXT x\na TXT y\nb.c TXT z\n");
    struct zone *other = zones_make("u.", "@ SOA m r 8 1 1 1 1\n");
    struct zone_store_state state_one = {0}, state_other = {0};
    char text[400] = "";
    assert_int_equal(zone_store_each(store, list, text), 0);
    assert_string_equal(text, "");
    assert_int_equal(zone_store_save(store, one, &state_one, NOW_S), 0);
    assert_int_equal(zone_store_each(store, list, text), 0);
    assert_int_equal(zone_store_save(store, other, &state_other, NOW_S + 1), 0);
    assert_int_equal(zone_store_each(store, list, text), -5); /* the visitor's word */
    assert_string_equal(text, "t. 7 3 4 1700000000\nt. 7 3 4 1700000000\nu. 8 1 1 1700000001\n");
    zone_unref(one);
    zone_unref(other);
}

static void an_unknown_zone_and_an_unknown_format_are_told(void **state)
{
    (void)state;
    struct zone *zone = NULL;
    struct zone_store_state loaded;
    assert_int_equal(zone_store_load(store, zones_name("t."), &zones_key, &zone, &loaded),
                     ERR_MISSING);
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
    kv_put(txn, ZONE_STORE_ROW_META, "format", 6, "\0\0\0\143", 4);
    assert_int_equal(kv_commit(txn), 0);
    zone_store_close(store);
    store = NULL;
    assert_int_equal(zone_store_open(path, MAP, &store), ERR_STORE_FORMAT);
    assert_null(store);
    zone_store_close(NULL);
}

static void a_full_store_grows(void **state)
{
    (void)state;
    zone_store_close(store);
    store = NULL;
    assert_int_equal(zone_store_open(path, 128 << 10, &store), 0);
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    for (unsigned i = 0; i < 6000; i++) {
        char text[100];
        (void)snprintf(text, sizeof(text), "n%u TXT 0123456789012345678901234567890123456789\n", i);
        zones_add(edit, text);
    }
    assert_true(zone_edit_commit(edit));
    struct zone_store_state saved = {0}, loaded;
    assert_int_equal(zone_store_save(store, zone, &saved, NOW_S), 0);
    uint64_t used, size;
    kv_usage(zone_store_kv(store), &used, &size);
    assert_true(size > 400000);
    reopen();
    struct zone *again = NULL;
    assert_int_equal(zone_store_load(store, zones_name("t."), &zones_key, &again, &loaded), 0);
    assert_int_equal(zone_measure(again).records, 6001);
    zone_unref(again);
    zone_unref(zone);
}

/* One key and value of the store. */
struct pair {
    unsigned table;
    uint8_t key[KV_KEY_MAX];
    size_t key_len;
    uint8_t *value;
    size_t len;
};

struct pairs {
    unsigned table;
    size_t count;
    struct pair items[40];
};

static int take_pair(void *context, struct kv_slice key, struct kv_slice value)
{
    struct pairs *pairs = context;
    struct pair *pair = &pairs->items[pairs->count++];
    assert_true(pairs->count <= COUNT(pairs->items));
    pair->table = pairs->table;
    memcpy(pair->key, key.data, key.len);
    pair->key_len = key.len;
    pair->value = mem_copy(value.data, value.len);
    pair->len = value.len;
    return 0;
}

static struct pairs take_pairs(void)
{
    struct pairs pairs = {0};
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(zone_store_kv(store), false, &txn), 0);
    for (pairs.table = 0; pairs.table < 3; pairs.table++) {
        assert_int_equal(kv_walk(txn, pairs.table, "", 0, 0, take_pair, &pairs), 0);
    }
    kv_abort(txn);
    return pairs;
}

static void drop_pairs(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        mem_free(pairs->items[i].value);
    }
}

/* Write a value, or (len SIZE_MAX) take the key out. */
static void put(const struct pair *pair, const uint8_t *value, size_t len)
{
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
    if (len == SIZE_MAX) {
        kv_remove(txn, pair->table, pair->key, pair->key_len);
    } else {
        kv_put(txn, pair->table, pair->key, pair->key_len, value, len);
    }
    assert_int_equal(kv_commit(txn), 0);
}

/* Load what is left of a zone; what loads in spite of damage is whole and can be changed. */
static bool is_refused(void)
{
    struct zone *zone = NULL;
    struct zone_store_state loaded;
    int err = zone_store_load(store, zones_name("t."), &zones_key, &zone, &loaded);
    if (err) {
        assert_true(err == ERR_STORE_CORRUPT || err == ERR_MISSING);
        assert_null(zone);
        return true;
    }
    zones_check(zone);
    zone_unref(zone);
    rcu_quiescent();
    return false;
}

static int drop_name(void *context, const struct zone_edit_change *change)
{
    const struct zone_store_state *at = context;
    bool owns = change->new_node && change->new_node->rrset_count > 0;
    if (!owns && change->old_node && change->old_node->rrset_count > 0) {
        zone_store_drop_name(store, at, change->old_node->owner);
    }
    return 0;
}

/* Commit an edit to store and zone, as the server's writer does. */
static bool commit(struct zone *zone, struct zone_store_state *at, struct zone_edit *edit)
{
    uint8_t *data = NULL;
    size_t len = 0;
    zone_edit_keep(edit);
    zone_diff_make(edit, NOW_S, &data, &len);
    if (!data) {
        zone_edit_abort(edit);
        return false;
    }
    assert_int_equal(zone_store_begin(store), 0);
    zone_store_append(store, zone, at, data, len);
    (void)zone_edit_each(edit, drop_name, at);
    assert_int_equal(zone_store_commit(store), 0);
    mem_free(data);
    return zone_edit_commit(edit);
}

/* A zone with two change sets behind its names. */
static void save_with_journal(void)
{
    struct zone *zone = zones_make("t.", TEXT);
    struct zone_store_state at = {.index_max = 1};
    assert_int_equal(zone_store_save(store, zone, &at, NOW_S), 0);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    zones_remove(edit, "x.a.b TXT x\n");
    zones_add(edit, "new.x TXT z\n@ SOA m r 10 1 1 1 1\n");
    assert_true(commit(zone, &at, edit));
    edit = zone_edit_begin(zone, &zones_limits);
    zones_add(edit, "newer TXT z\n"); /* under the same serial */
    assert_true(commit(zone, &at, edit));
    zone_unref(zone);
}

static void damaged_values_are_refused_or_harmless(void **state)
{
    (void)state;
    save_with_journal();
    assert_false(is_refused());
    struct pairs pairs = take_pairs();
    struct rand_fake rand;
    rand_fake_init(&rand, 17);
    unsigned refused = 0, tried = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        const struct pair *pair = &pairs.items[i];
        for (size_t at = 0; at < pair->len; at++) {
            uint8_t *changed = mem_copy(pair->value, pair->len);
            changed[at] ^= (uint8_t)(1u << rand_u64(&rand.rand) % 8);
            put(pair, changed, pair->len);
            refused += is_refused() ? 1 : 0;
            tried++;
            mem_free(changed);
        }
        put(pair, pair->value, pair->len);
        assert_false(is_refused());
    }
    assert_true(refused > tried / 3);
    drop_pairs(&pairs);
}

static void check_cut(const struct pair *pair)
{
    uint8_t *longer = mem_alloc(pair->len + 1);
    memcpy(longer, pair->value, pair->len);
    for (size_t cut = 0; cut < pair->len; cut++) {
        put(pair, pair->value, cut);
        assert_true(is_refused());
    }
    put(pair, longer, pair->len + 1);
    assert_true(is_refused());
    mem_free(longer);
    put(pair, pair->value, pair->len);
    assert_false(is_refused());
}

static void values_that_are_cut_or_gone_are_refused(void **state)
{
    (void)state;
    for (unsigned has_journal = 0; has_journal < 2; has_journal++) {
        save_with_journal();
        if (!has_journal) {
            struct zone_store_state at;
            struct zone *zone = load("t.", &at);
            assert_int_equal(zone_store_save(store, zone, &at, NOW_S), 0);
            zone_unref(zone);
        }
        struct pairs pairs = take_pairs();
        for (size_t i = 0; i < pairs.count; i++) {
            const struct pair *pair = &pairs.items[i];
            if (pair->table == ZONE_STORE_ROW_META && pair->key[0] != 'z') {
                continue; /* a number of the store, no zone's */
            }
            check_cut(pair);
            put(pair, NULL, SIZE_MAX);
            bool is_counted = pair->table != ZONE_STORE_ROW_NAMES || !has_journal;
            assert_true(is_refused() || !is_counted);
            put(pair, pair->value, pair->len);
        }
        drop_pairs(&pairs);
    }
}

static void names_that_are_too_many_or_doubled_are_refused(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\na TXT x\n");
    struct zone_store_state saved = {0};
    assert_int_equal(zone_store_save(store, zone, &saved, NOW_S), 0);
    struct pairs pairs = take_pairs();
    for (size_t i = 0; i < pairs.count; i++) {
        struct pair pair = pairs.items[i];
        if (pair.table == ZONE_STORE_ROW_NAMES) { /* the same name under another key */
            pair.key[pair.key_len++] = 7;
            put(&pair, pair.value, pair.len);
            assert_true(is_refused());
            put(&pair, NULL, SIZE_MAX);
        }
    }
    struct pair extra = {.table = ZONE_STORE_ROW_NAMES};
    static const uint8_t image[] = "\0\0\0\0\0\0\0\1\5\1b\1t\0\1\0\20\0\1\0\16"
                                   "\300\14\0\20\0\1\0\0\0\1\0\2\1x";
    extra.key_len = zone_store_row_key(saved.id, zones_name("b.t."), extra.key);
    put(&extra, image, sizeof(image) - 1); /* good, but not counted */
    assert_true(is_refused());
    drop_pairs(&pairs);
    zone_unref(zone);
}

static void change_sets_are_loaded_with_the_names(void **state)
{
    (void)state;
    save_with_journal();
    reopen();
    struct zone_store_state loaded;
    struct zone *zone = load("t.", &loaded);
    assert_int_equal(zone_serial(zone, zone_version(zone)), 10);
    assert_non_null(zones_get(zone, zone_version(zone), "new.x.t."));
    assert_null(zones_get(zone, zone_version(zone), "a.b.t."));
    assert_non_null(zones_get(zone, zone_version(zone), "newer.t."));
    assert_int_equal(loaded.seq, loaded.saved_seq + 2);
    zone_unref(zone);
}

static void a_group_that_is_not_committed_leaves_nothing(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", TEXT);
    struct zone_store_state at = {0}, loaded;
    assert_int_equal(zone_store_save(store, zone, &at, NOW_S), 0);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    zones_add(edit, "new TXT z\n");
    uint8_t *data = NULL;
    size_t len = 0;
    zone_diff_make(edit, NOW_S, &data, &len);
    assert_int_equal(zone_store_begin(store), 0);
    zone_store_append(store, zone, &at, data, len);
    mem_free(data);
    zone_edit_abort(edit);
    reopen(); /* as after a crash */
    struct zone *again = load("t.", &loaded);
    assert_equal(again, zone);
    zone_unref(again);
    zone_unref(zone);
}

/* A checkpoint in two parts: names that changed since the last one, then the journal is cut. */
struct writing {
    const struct zone_store_state *at;
    unsigned skip;
};

static int write_name(void *context, const struct zone_node *node)
{
    const struct writing *writing = context;
    if (node->rrset_count > 0 && node->owner[1] % 2 == (int)writing->skip) {
        zone_store_put_name(store, writing->at, node);
    }
    return 0;
}

struct counting {
    uint64_t sets, octets;
};

static int count_pair(void *context, struct kv_slice key, struct kv_slice value)
{
    struct counting *counting = context;
    (void)key;
    counting->sets++;
    counting->octets += value.len - 4;
    return 0;
}

/* Small change sets have one key each. */
static struct counting count_journal(void)
{
    struct counting counting = {0};
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(zone_store_kv(store), false, &txn), 0);
    assert_int_equal(kv_walk(txn, ZONE_STORE_ROW_JOURNAL, "", 0, 0, count_pair, &counting), 0);
    kv_abort(txn);
    return counting;
}

static void random_commits_and_checkpoints_load_as_the_zone_is(void **state)
{
    (void)state;
    static struct zone_model model;
    struct rand_fake rand;
    rand_fake_init(&rand, 23);
    model.count = 0;
    struct zone *zone = zones_make("t.", "");
    struct zone_store_state at = {0}, loaded;
    assert_int_equal(zone_store_save(store, zone, &at, NOW_S), 0);
    const struct zone_journal_keep keep = {0, 0};
    uint64_t pass = 0; /* sequence number at which half of a checkpoint was written */
    for (unsigned i = 0; i < 250; i++) {
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        for (uint64_t steps = rand_u64(&rand.rand) % 12; steps > 0; steps--) {
            bool adds = rand_u64(&rand.rand) % 40 > model.count / 4; /* some 80 in the long run */
            struct zone_model_record record =
                adds ? zone_model_draw(&rand.rand) : zone_model_pick(&model, &rand.rand);
            const uint8_t *owner = zone_model_name(record.name);
            if (adds) {
                (void)zone_edit_add(edit, owner, record.type, record.ttl_s, record.rdata,
                                    record.len);
                (void)zone_model_add(&model, &record, &zones_limits);
            } else {
                (void)zone_edit_remove(edit, owner, record.type, record.rdata, record.len);
                (void)zone_model_remove(&model, &record);
            }
        }
        (void)commit(zone, &at, edit);
        struct writing writing = {&at, pass > 0};
        switch (rand_u64(&rand.rand) % 8) {
        case 0: /* one half of the names, then the other, with commits between */
            assert_int_equal(zone_store_begin(store), 0);
            (void)zone_walk(zone, zone_version(zone), write_name, &writing);
            if (pass > 0) {
                zone_store_set_saved(store, zone, &at, pass);
                assert_int_equal(at.saved_seq, pass);
            }
            assert_int_equal(zone_store_commit(store), 0);
            pass = pass > 0 ? 0 : at.seq;
            for (bool more = true; pass == 0 && more;) {
                assert_int_equal(zone_store_past_trim(store, zone, &at, &keep, NOW_S, &more), 0);
            }
            break;
        case 1:
            reopen();
            break;
        case 2:
            if (rand_u64(&rand.rand) % 8 == 0) {
                assert_int_equal(zone_store_save(store, zone, &at, NOW_S), 0);
                pass = 0;
            }
            break;
        default:
            break;
        }
        struct zone *again = load("t.", &loaded);
        zone_model_check(&model, again, zone_version(again));
        assert_int_equal(loaded.seq, at.seq);
        assert_int_equal(loaded.saved_seq, at.saved_seq);
        assert_int_equal(count_journal().sets, at.seq - at.saved_seq);
        assert_int_equal(count_journal().octets, at.span.octets);
        assert_int_equal(loaded.span.octets, at.span.octets);
        assert_int_equal(loaded.span.first_seq, at.span.first_seq);
        zone_unref(again);
        rcu_quiescent();
    }
    zone_unref(zone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_saved_zone_loads_as_it_was),
        TEST(a_second_save_takes_the_place_of_the_first),
        TEST(zones_do_not_mix),
        TEST(the_store_tells_what_it_has),
        TEST(an_unknown_zone_and_an_unknown_format_are_told),
        TEST(a_full_store_grows),
        TEST(damaged_values_are_refused_or_harmless),
        TEST(values_that_are_cut_or_gone_are_refused),
        TEST(names_that_are_too_many_or_doubled_are_refused),
        TEST(change_sets_are_loaded_with_the_names),
        TEST(a_group_that_is_not_committed_leaves_nothing),
        TEST(random_commits_and_checkpoints_load_as_the_zone_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
