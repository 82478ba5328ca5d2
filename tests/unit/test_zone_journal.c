#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "zones/zone_journal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    OTHER = 0, /* the tables, by position */
    JOURNAL = 1,
    CHUNK = 8000, /* octets that a value carries */
    ID = 7,
    LARGE = 1 << 20,
};

static const char *const tables[] = {"other", "journal", NULL};
static char top[64];  /* scratch folder of one test */
static char path[80]; /* the store in it */
static struct kv *store;

static int make_store(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(top, sizeof(top), "%.40s/journal-test-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(top)) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/store", top);
    return kv_open(path, 64u << 20, tables, &store);
}

static int remove_store(void **state)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "writer.lock"};
    char file[120];
    (void)state;
    kv_close(store);
    for (size_t i = 0; i < COUNT(names); i++) {
        (void)snprintf(file, sizeof(file), "%s/%s", path, names[i]);
        (void)unlink(file);
    }
    (void)rmdir(path);
    return rmdir(top); /* fails when something of another name is left */
}

static struct kv_txn *begin(bool write)
{
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(store, write, &txn), 0);
    return txn;
}

/* Octets that tell one entry from another, and one place in it from another. */
static uint8_t octet(uint64_t seq, size_t at)
{
    return (uint8_t)(seq * 37 + at + at / 251);
}

static void put(struct kv_txn *txn, uint32_t id, uint64_t seq, size_t len)
{
    static uint8_t data[LARGE];
    for (size_t i = 0; i < len; i++) {
        data[i] = octet(seq, i);
    }
    zone_journal_put(txn, JOURNAL, id, seq, data, len);
}

/* A walk that notes what it meets: "seq:len ". */
struct walk {
    char met[400];
    unsigned count, stop; /* stop: answer 1 at this entry, 0 never */
};

static int note(void *context, const struct zone_journal_entry *entry)
{
    struct walk *walk = context;
    size_t len = strlen(walk->met);
    (void)snprintf(walk->met + len, sizeof(walk->met) - len, "%llu:%zu ",
                   (unsigned long long)entry->seq, entry->len);
    for (size_t i = 0; i < entry->len; i++) {
        if (entry->data[i] != octet(entry->seq, i)) {
            fail_msg("entry %llu differs at %zu", (unsigned long long)entry->seq, i);
        }
    }
    return ++walk->count == walk->stop ? 1 : 0;
}

static void expect(struct kv_txn *txn, uint32_t id, uint64_t from, const char *met)
{
    struct walk walk = {.count = 0};
    assert_int_equal(zone_journal_walk(txn, JOURNAL, id, from, note, &walk), 0);
    assert_string_equal(walk.met, met);
}

static void entries_of_any_length_come_back_whole(void **state)
{
    static const size_t lens[] = {
        1, 16,    CHUNK - 1,     CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1,
        3, LARGE, 5 * CHUNK + 7, 2};
    struct kv_txn *txn = begin(true);
    (void)state;
    for (size_t i = 0; i < COUNT(lens); i++) {
        put(txn, ID, 100 + i, lens[i]);
    }
    assert_int_equal(kv_commit(txn), 0);
    kv_close(store);
    assert_int_equal(kv_open(path, 64u << 20, tables, &store), 0);
    txn = begin(false);
    expect(txn, ID, 0,
           "100:1 101:16 102:7999 103:8000 104:8001 105:15999 106:16000 107:16001 108:3 "
           "109:1048576 110:40007 111:2 ");
    kv_abort(txn);
}

static void a_walk_begins_where_it_is_told(void **state)
{
    struct kv_txn *txn = begin(true);
    (void)state;
    put(txn, ID, 3, 10);
    put(txn, ID, 4, CHUNK + 10);
    put(txn, ID, 256, 11); /* not in the order of octets from the right */
    put(txn, ID, UINT64_MAX, 12);
    expect(txn, ID, 0, "3:10 4:8010 256:11 18446744073709551615:12 ");
    expect(txn, ID, 3, "3:10 4:8010 256:11 18446744073709551615:12 ");
    expect(txn, ID, 4, "4:8010 256:11 18446744073709551615:12 ");
    expect(txn, ID, 5, "256:11 18446744073709551615:12 ");
    expect(txn, ID, 257, "18446744073709551615:12 ");
    expect(txn, ID, UINT64_MAX, "18446744073709551615:12 ");
    kv_abort(txn);
}

static void zones_and_tables_do_not_mix(void **state)
{
    struct kv_txn *txn = begin(true);
    uint8_t key[16] = {0, 0, 0, ID};
    (void)state;
    put(txn, ID - 1, 9, 5);
    put(txn, ID, 1, 6);
    put(txn, ID + 1, 1, 7);
    put(txn, 0, 1, 8);
    put(txn, UINT32_MAX, 1, 9);
    kv_put(txn, OTHER, key, sizeof(key), "damaged", 7);
    expect(txn, ID, 0, "1:6 ");
    expect(txn, ID - 1, 0, "9:5 ");
    expect(txn, UINT32_MAX, 0, "1:9 ");
    expect(txn, 0, 0, "1:8 ");
    expect(txn, 1, 0, "");
    kv_abort(txn);
}

static void a_visit_ends_the_walk_with_its_answer(void **state)
{
    struct kv_txn *txn = begin(true);
    struct walk walk = {.stop = 2};
    (void)state;
    put(txn, ID, 1, 5);
    put(txn, ID, 2, CHUNK + 5);
    put(txn, ID, 3, 5);
    assert_int_equal(zone_journal_walk(txn, JOURNAL, ID, 0, note, &walk), 1);
    assert_string_equal(walk.met, "1:5 2:8005 ");
    kv_abort(txn);
}

static void a_removed_entry_is_gone_with_all_its_chunks(void **state)
{
    struct kv_txn *txn = begin(true);
    (void)state;
    put(txn, ID, 1, 5);
    put(txn, ID, 2, 3 * CHUNK + 5);
    put(txn, ID, 3, CHUNK);
    put(txn, ID + 1, 2, 5);
    zone_journal_remove(txn, JOURNAL, ID, 2);
    expect(txn, ID, 0, "1:5 3:8000 ");
    zone_journal_remove(txn, JOURNAL, ID, 2); /* absence is no error */
    zone_journal_remove(txn, JOURNAL, ID, 77);
    zone_journal_remove(txn, JOURNAL, ID, 1);
    zone_journal_remove(txn, JOURNAL, ID, 3);
    expect(txn, ID, 0, "");
    expect(txn, ID + 1, 0, "2:5 ");
    put(txn, ID, 2, 2 * CHUNK); /* shorter than what was there */
    expect(txn, ID, 0, "2:16000 ");
    assert_int_equal(kv_commit(txn), 0);
}

static void make_key(uint8_t *key, uint64_t seq, uint32_t chunk)
{
    struct wr wr = wr_make(key, 16);
    wr_u32(&wr, ID);
    wr_uint(&wr, seq, 8);
    wr_u32(&wr, chunk);
}

static void a_missing_chunk_is_noticed(void **state)
{
    static const struct {
        const char *label;
        uint64_t seq;
        uint32_t chunk;
        const char *met; /* whole entries before it */
    } rows[] = {
        {"the first of the first", 1, 0, ""},
        {"the middle of the first", 1, 1, ""},
        {"the last of the first", 1, 2, ""},
        {"the first of the second", 2, 0, "1:16001 "},
        {"the last of the last", 3, 1, "1:16001 2:16001 "},
        {"the first of the last", 3, 0, "1:16001 2:16001 "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kv_txn *txn = begin(true);
        struct walk walk = {.count = 0};
        uint8_t key[16];
        put(txn, ID, 1, 2 * CHUNK + 1);
        put(txn, ID, 2, 2 * CHUNK + 1);
        put(txn, ID, 3, CHUNK + 1);
        make_key(key, rows[i].seq, rows[i].chunk);
        kv_remove(txn, JOURNAL, key, sizeof(key));
        int err = zone_journal_walk(txn, JOURNAL, ID, 0, note, &walk);
        if (err != ERR_STORE_CORRUPT || strcmp(walk.met, rows[i].met) != 0) {
            fail_msg("%s: %d, met \"%s\"", rows[i].label, err, walk.met);
        }
        kv_abort(txn);
    }
}

static void chunks_of_two_entries_do_not_make_one(void **state)
{
    uint8_t key[16];
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct kv_txn *txn = begin(true);
        struct walk walk = {.count = 0};
        put(txn, ID, 2, 2 * CHUNK);
        put(txn, ID, 3, 2 * CHUNK);
        make_key(key, 2, 1);
        kv_remove(txn, JOURNAL, key, sizeof(key));
        make_key(key, 3, 0);
        kv_remove(txn, JOURNAL, key, sizeof(key));
        if (i == 1) { /* the same octets under the right number, but not the next one */
            struct kv_slice value;
            uint8_t copy[4 + CHUNK];
            make_key(key, 3, 1);
            assert_true(kv_get(txn, JOURNAL, key, sizeof(key), &value));
            memcpy(copy, value.data, value.len);
            kv_remove(txn, JOURNAL, key, sizeof(key));
            make_key(key, 2, 2);
            kv_put(txn, JOURNAL, key, sizeof(key), copy, sizeof(copy));
        }
        assert_int_equal(zone_journal_walk(txn, JOURNAL, ID, 0, note, &walk), ERR_STORE_CORRUPT);
        assert_int_equal(walk.count, 0);
        kv_abort(txn);
    }
}

static void a_damaged_chunk_is_noticed(void **state)
{
    static const struct {
        const char *label;
        uint64_t seq;
        uint32_t chunk;
        uint32_t left; /* as the value says */
        size_t len;    /* octets that follow it; SIZE_MAX: not even that number */
    } rows[] = {
        {"no octets", 2, 0, CHUNK + 10, SIZE_MAX},
        {"only the number", 2, 0, CHUNK + 10, 0},
        {"more octets than are left", 2, 0, CHUNK - 1, CHUNK},
        {"a first chunk that ends the entry", 2, 0, CHUNK, CHUNK},
        {"a first chunk of a longer entry", 2, 0, CHUNK + 11, CHUNK},
        {"a first chunk of a huge entry", 2, 0, UINT32_MAX, CHUNK},
        {"a last chunk that is longer", 2, 1, 11, 11},
        {"a last chunk that is shorter", 2, 1, 10, 9},
        {"a last chunk that is longer than it says", 2, 1, 10, 11},
        {"a last chunk with another number", 2, 1, 9, 10},
        {"a last chunk that says more is left", 2, 1, 12, 10},
        {"a last chunk that says nothing is left", 2, 1, 0, 10},
        {"a chunk more", 2, 2, 10, 10},
        {"a chunk more that says nothing is left", 2, 2, 0, 0},
        {"a chunk number without an entry", 3, 1, 10, 10},
    };
    static uint8_t value[4 + CHUNK];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kv_txn *txn = begin(true);
        struct walk walk = {.count = 0};
        uint8_t key[16];
        put(txn, ID, 1, 5);
        put(txn, ID, 2, CHUNK + 10);
        struct wr wr = wr_make(value, sizeof(value));
        wr_u32(&wr, rows[i].left);
        for (size_t at = 0; rows[i].len != SIZE_MAX && at < rows[i].len; at++) {
            wr_u8(&wr, octet(rows[i].seq, rows[i].chunk * (size_t)CHUNK + at));
        }
        make_key(key, rows[i].seq, rows[i].chunk);
        kv_put(txn, JOURNAL, key, sizeof(key), value, rows[i].len == SIZE_MAX ? 3 : wr_len(&wr));
        int err = zone_journal_walk(txn, JOURNAL, ID, 0, note, &walk);
        if (err != ERR_STORE_CORRUPT) {
            fail_msg("%s: %d, met \"%s\"", rows[i].label, err, walk.met);
        }
        kv_abort(txn);
    }
}

static void a_key_of_another_length_is_noticed(void **state)
{
    static const size_t lens[] = {5, 12, 15, 17, 20};
    (void)state;
    for (size_t i = 0; i < COUNT(lens); i++) {
        struct kv_txn *txn = begin(true);
        struct walk walk = {.count = 0};
        uint8_t key[20] = {0};
        put(txn, ID, 1, 5);
        make_key(key, (uint64_t)2 << 56, 0);
        kv_put(txn, JOURNAL, key, lens[i], "\0\0\0\1\1", 5);
        if (zone_journal_walk(txn, JOURNAL, ID, 0, note, &walk) != ERR_STORE_CORRUPT) {
            fail_msg("%zu octets: met \"%s\"", lens[i], walk.met);
        }
        kv_abort(txn);
    }
}

static void errors_stay_in_the_transaction(void **state)
{
    struct walk walk = {.count = 0};
    (void)state;
    struct kv_txn *txn = begin(false);
    put(txn, ID, 1, 2 * CHUNK); /* nothing is written in a reader */
    assert_int_not_equal(kv_error(txn), 0);
    assert_int_equal(zone_journal_walk(txn, JOURNAL, ID, 0, note, &walk), 0);
    zone_journal_remove(txn, JOURNAL, ID, 1);
    assert_int_equal(walk.count, 0);
    kv_abort(txn);
    txn = begin(true);
    expect(txn, ID, 0, "");
    kv_abort(txn);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)
    const struct CMUnitTest tests[] = {
        STORE_TEST(entries_of_any_length_come_back_whole),
        STORE_TEST(a_walk_begins_where_it_is_told),
        STORE_TEST(zones_and_tables_do_not_mix),
        STORE_TEST(a_visit_ends_the_walk_with_its_answer),
        STORE_TEST(a_removed_entry_is_gone_with_all_its_chunks),
        STORE_TEST(a_missing_chunk_is_noticed),
        STORE_TEST(chunks_of_two_entries_do_not_make_one),
        STORE_TEST(a_damaged_chunk_is_noticed),
        STORE_TEST(a_key_of_another_length_is_noticed),
        STORE_TEST(errors_stay_in_the_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
