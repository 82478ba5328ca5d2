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
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/zone_store_member.h"
#include "zones/zone_store_row.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define LABEL(octets) ((const uint8_t *)(octets))

enum { MAP = 1 << 20, MANY = 20000 };

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

/* All marks, a line each: name catalog label. */
static char marks[4000];
static size_t mark_count;

static int note(void *context, const struct zone_store_member *member)
{
    struct wr *wr = context;
    char name[DNS_NAME_TEXT_MAX], catalog[DNS_NAME_TEXT_MAX];
    dns_name_print(member->name, name);
    dns_name_print(member->catalog, catalog);
    wr_print(wr, "%s %s %.*s\n", name, catalog, member->label[0], (const char *)member->label + 1);
    mark_count++;
    return 0;
}

static void assert_marks(const char *expected)
{
    struct wr wr = wr_make(marks, sizeof(marks) - 1);
    assert_int_equal(zone_store_member_each(store, note, &wr), 0);
    marks[wr_len(&wr)] = 0;
    assert_string_equal(marks, expected);
}

static void save(const char *name)
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
    assert_true(err == 0 || err == ERR_MISSING);
    return !err;
}

static void change(enum zone_store_member_kind kind, const char *name, const char *catalog,
                   const char *label)
{
    struct zone_store_member_change one = {
        kind, {zones_name(name), catalog ? zones_name(catalog) : NULL, LABEL(label)}};
    assert_int_equal(zone_store_member_write(store, &one, 1), 0);
}

static void marks_are_set_and_go_with_or_without_their_zones(void **state)
{
    (void)state;
    static const char *const names[] = {"a.", "b.", "c.", "d."};
    assert_marks("");
    for (size_t i = 0; i < COUNT(names); i++) {
        save(names[i]);
        change(ZONE_STORE_MEMBER_SET, names[i], "cat.", "\1x");
    }
    change(ZONE_STORE_MEMBER_SET, "D.", "other.cat.", "\3two");
    assert_marks("a. cat. x\nb. cat. x\nc. cat. x\nd. other.cat. two\n");
    zone_store_close(store);
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
    change(ZONE_STORE_MEMBER_UNSET, "a.", NULL, NULL);
    change(ZONE_STORE_MEMBER_FORGET, "b.", NULL, NULL);
    change(ZONE_STORE_MEMBER_RENEW, "c.", "cat.", "\1y");
    change(ZONE_STORE_MEMBER_FORGET, "nowhere.", NULL, NULL);
    assert_marks("c. cat. y\nd. other.cat. two\n");
    assert_true(is_stored("a.") && !is_stored("b.") && !is_stored("c.") && is_stored("d."));
}

static void marks_are_no_zones(void **state)
{
    (void)state;
    change(ZONE_STORE_MEMBER_SET, "a.", "cat.", "\1x");
    assert_false(is_stored("a."));
}

static void a_full_store_grows(void **state)
{
    (void)state;
    struct zone_store_member_change *changes = mem_alloc(MANY * sizeof(*changes));
    uint8_t *names = mem_alloc((size_t)MANY * 8);
    for (size_t i = 0; i < MANY; i++) {
        uint8_t *name = names + 8 * i;
        name[0] = 5;
        (void)snprintf((char *)name + 1, 7, "%05zu", i);
        changes[i] = (struct zone_store_member_change){
            ZONE_STORE_MEMBER_SET, {name, zones_name("a.rather.long.catalog."), LABEL("\1x")}};
    }
    assert_int_equal(zone_store_member_write(store, changes, MANY), 0);
    mark_count = 0;
    struct wr none = wr_make(marks, 0);
    assert_int_equal(zone_store_member_each(store, note, &none), 0);
    assert_int_equal(mark_count, MANY);
    mem_free(names);
    mem_free(changes);
}

static void damaged_marks_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *label, *key, *value;
        size_t key_len, value_len;
    } cases[] = {
        {"no name", "member/\1", "\1c\0\1x", 8, 5},
        {"nothing", "member/\1a\0", "", 10, 0},
        {"no label", "member/\1a\0", "\1c\0", 10, 3},
        {"an empty label", "member/\1a\0", "\1c\0\0", 10, 4},
        {"half a label", "member/\1a\0", "\1c\0\2x", 10, 5},
        {"more than a label", "member/\1a\0", "\1c\0\1xy", 10, 6},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kv_txn *txn = NULL;
        assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
        kv_put(txn, ZONE_STORE_ROW_META, cases[i].key, cases[i].key_len, cases[i].value,
               cases[i].value_len);
        assert_int_equal(kv_commit(txn), 0);
        struct wr wr = wr_make(marks, sizeof(marks));
        if (zone_store_member_each(store, note, &wr) != ERR_STORE_CORRUPT) {
            fail_msg("%s", cases[i].label);
        }
        assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
        kv_remove_prefix(txn, ZONE_STORE_ROW_META, "member/", 7);
        assert_int_equal(kv_commit(txn), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(marks_are_set_and_go_with_or_without_their_zones, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(marks_are_no_zones, enter, leave),
        cmocka_unit_test_setup_teardown(a_full_store_grows, enter, leave),
        cmocka_unit_test_setup_teardown(damaged_marks_are_told, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
