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
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/zone_catalog.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define APEX         "@ SOA invalid. invalid. 1 3600 600 2147483646 0\n@ NS invalid.\n"
#define VERSION      "version TXT 2\n"

enum { MANY = 1000, TEXT_MAX = 20000 };

/* What a catalog's content says, a line a member: name label [coo]; or "broken: why". */
static void print(const struct zone *zone, size_t max, char *out)
{
    struct zone_catalog *catalog = NULL;
    char why[ZONE_CATALOG_WHY] = "";
    struct wr wr = wr_make(out, TEXT_MAX - 1);
    int err = zone_catalog_read(zone, zone_version(zone), max, &catalog, why);
    if (err) {
        assert_true(why[0] != 0 && (err == ERR_VALUE || err == ERR_LIMIT));
        wr_print(&wr, "broken: %s", why);
    }
    size_t count = 0;
    const struct zone_catalog_member *members = err ? NULL : zone_catalog_members(catalog, &count);
    for (size_t i = 0; i < count; i++) {
        char name[DNS_NAME_TEXT_MAX], coo[DNS_NAME_TEXT_MAX] = "";
        dns_name_print(members[i].name, name);
        if (members[i].coo) {
            dns_name_print(members[i].coo, coo);
        }
        wr_print(&wr, "%s %.*s%s%s\n", name, members[i].label[0],
                 (const char *)members[i].label + 1, members[i].coo ? " " : "", coo);
        assert_ptr_equal(zone_catalog_find(catalog, members[i].name), &members[i]);
    }
    assert_int_equal(wr.err, 0);
    out[wr_len(&wr)] = 0;
    if (!err) {
        assert_null(zone_catalog_find(catalog, zones_name("no.member.")));
    }
    zone_catalog_destroy(catalog);
}

static void what_catalogs_say(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *says;
    } cases[] = {
        {"no member", APEX VERSION, ""},
        {"members in order of their names",
         APEX VERSION "b.zones PTR a.example.\na.zones PTR B.example.\n",
         "a.example. b\nb.example. a\n"},
        {"no version", APEX "a.zones PTR a.\n", "broken: cat.: no schema version"},
        {"another version", APEX "version TXT 1\n",
         "broken: version.cat.: schema version is not 2"},
        {"two versions", APEX "version TXT 1\nversion TXT 2\n",
         "broken: version.cat.: schema version is not 2"},
        {"a version in two strings", APEX "version TXT 2 2\n",
         "broken: version.cat.: schema version is not 2"},
        {"a version of another type", APEX "version PTR 2.\n", "broken: cat.: no schema version"},
        {"two PTR records", APEX VERSION "a.zones PTR a.\na.zones PTR b.\n",
         "broken: a.zones.cat.: more than one PTR record"},
        {"a zone listed twice", APEX VERSION "a.zones PTR x.\nb.zones PTR X.\n",
         "broken: x.: listed twice"},
        {"a zone that moves", APEX VERSION "a.zones PTR x.\ncoo.a.zones PTR other.\n",
         "x. a other.\n"},
        {"a move to two catalogs",
         APEX VERSION "a.zones PTR x.\ncoo.a.zones PTR b.\ncoo.a.zones PTR c.\n",
         "broken: coo.a.zones.cat.: more than one PTR record"},
        {"a move without a member", APEX VERSION "coo.a.zones PTR b.\nb.zones PTR y.\n", "y. b\n"},
        {"what is not known is passed over",
         APEX VERSION "a.zones PTR x.\ngroup.a.zones TXT g h\nfoo.a.zones PTR p.\n"
                      "foo.a.zones PTR q.\nx.ext.a.zones PTR p.\next TXT e\nb.zones TXT t\n"
                      "a.sones PTR z.\ncoo PTR c.\nzones PTR z.\nzones PTR w.\n",
         "x. a\n"},
        {"the root as member", APEX VERSION "a.zones PTR .\n", ". a\n"},
    };
    char says[TEXT_MAX];
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone *zone = zones_make("cat.", cases[i].text);
        print(zone, MANY, says);
        if (strcmp(says, cases[i].says) != 0) {
            fail_msg("%s: %s", cases[i].label, says);
        }
        zone_unref(zone);
    }
}

static void a_catalog_has_at_most_so_many_members(void **state)
{
    (void)state;
    char says[TEXT_MAX];
    struct zone *zone = zones_make("cat.", APEX VERSION "a.zones PTR a.\nb.zones PTR b.\n");
    print(zone, 2, says);
    assert_string_equal(says, "a. a\nb. b\n");
    print(zone, 1, says);
    assert_string_equal(says, "broken: more than 1 members");
    zone_unref(zone);
}

static void a_catalog_is_made_and_changed(void **state)
{
    (void)state;
    uint8_t one[ZONE_CATALOG_LABEL_MAX], two[ZONE_CATALOG_LABEL_MAX];
    struct zone *zone = zones_make("CAT.", "");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    zone_catalog_label(0x0123456789abcdefu, one);
    zone_catalog_label(0, two);
    assert_int_equal(zone_catalog_make(edit), 0);
    assert_int_equal(zone_catalog_add(edit, one, zones_name("a.example.")), 0);
    assert_int_equal(zone_catalog_add(edit, one, zones_name("b.example.")), ERR_EXISTS);
    assert_int_equal(zone_catalog_add(edit, two, (const uint8_t *)"\1B\7EXAMPLE"), 0);
    zones_add(edit, "group.0000000000000000.zones TXT g\ncoo.0000000000000000.zones PTR c.\n");
    assert_true(zone_edit_commit(edit));
    char *text = zones_print(zone, zone_version(zone));
    assert_string_equal(text, "cat. 0 IN NS invalid.\n"
                              "cat. 0 IN SOA invalid. invalid. 1 3600 600 2147483646 0\n"
                              "version.cat. 0 IN TXT \"2\"\n"
                              "0000000000000000.zones.cat. 0 IN PTR b.example.\n"
                              "coo.0000000000000000.zones.cat. 300 IN PTR c.\n"
                              "group.0000000000000000.zones.cat. 300 IN TXT \"g\"\n"
                              "0123456789abcdef.zones.cat. 0 IN PTR a.example.\n");
    mem_free(text);

    edit = zone_edit_begin(zone, &zones_limits);
    assert_true(zone_catalog_remove(edit, two));
    assert_false(zone_catalog_remove(edit, two));
    assert_true(zone_edit_commit(edit));
    char says[TEXT_MAX];
    print(zone, MANY, says);
    assert_string_equal(says, "a.example. 0123456789abcdef\n");
    assert_null(zones_get(zone, zone_version(zone), "group.0000000000000000.zones.cat."));
    assert_null(zones_get(zone, zone_version(zone), "coo.0000000000000000.zones.cat."));
    zones_check(zone);
    zone_unref(zone);
}

/* A zone name so long that no member fits below it. */
static void a_name_without_room_takes_no_members(void **state)
{
    (void)state;
    char name[256] = "";
    for (unsigned i = 0; i < 118; i++) {
        memcpy(name + 2 * (size_t)i, "a.", 3);
    }
    uint8_t label[ZONE_CATALOG_LABEL_MAX];
    struct zone *zone = zones_make(name, "");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    zone_catalog_label(1, label);
    assert_int_equal(zone_catalog_make(edit), 0);
    assert_int_equal(zone_catalog_add(edit, label, zones_name("x.")), ERR_NAME_LONG);
    assert_false(zone_catalog_remove(edit, label));
    zone_edit_abort(edit);
    zone_unref(zone);
}

/* --- random content against a model that works on the list of records alone ---------------------- */

enum { LABELS = 6, NAMES = 5, RECORDS = 24, ROUNDS = 3000 };

/* One record: PTR at <label>.zones or coo.<label>.zones, or TXT at version. */
struct record {
    enum { MEMBER, MOVE, SCHEMA } kind;
    unsigned label, name;
};

static bool same(const struct record *a, const struct record *b)
{
    return a->kind == b->kind && a->label == b->label && a->name == b->name;
}

/* How many different records of a kind stand at a label; the last one's name. */
static unsigned at_label(const struct record *records, size_t count, unsigned kind, unsigned label,
                         unsigned *out_name)
{
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_first = true;
        for (size_t j = 0; j < i; j++) {
            is_first &= !same(&records[i], &records[j]);
        }
        if (is_first && records[i].kind == kind && records[i].label == label) {
            found++;
            *out_name = records[i].name;
        }
    }
    return found;
}

/* What the records say, as print() does; without a reason when they are broken. */
static void model(const struct record *records, size_t count, char *out)
{
    struct wr wr = wr_make(out, TEXT_MAX - 1);
    unsigned listed[NAMES] = {0}, name = 0, schema = 0;
    bool good = at_label(records, count, SCHEMA, 0, &schema) == 1 && schema == 2;
    for (unsigned label = 0; label < LABELS; label++) {
        unsigned members = at_label(records, count, MEMBER, label, &name);
        good &= members <= 1 && at_label(records, count, MOVE, label, &schema) <= 1;
        good &= members == 0 || ++listed[name] == 1;
    }
    for (unsigned wanted = 0; good && wanted < NAMES; wanted++) {
        for (unsigned label = 0; label < LABELS; label++) {
            unsigned moves = 0;
            if (at_label(records, count, MEMBER, label, &name) == 1 && name == wanted) {
                bool is_moving = at_label(records, count, MOVE, label, &moves) == 1;
                wr_print(&wr, "n%u. l%u", wanted, label);
                if (is_moving) {
                    wr_print(&wr, " n%u.", moves);
                }
                wr_print(&wr, "\n");
            }
        }
    }
    if (!good) {
        wr_print(&wr, "broken: ");
    }
    out[wr_len(&wr)] = 0;
}

static void random_catalogs_say_what_a_model_says(void **state)
{
    (void)state;
    struct rand_fake fake;
    unsigned broken = 0;
    rand_fake_init(&fake, 9432);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct record records[RECORDS];
        size_t count = rand_u64(&fake.rand) % 7;
        char text[TEXT_MAX], says[TEXT_MAX], wanted[TEXT_MAX];
        struct wr wr = wr_make(text, sizeof(text));
        wr_print(&wr, APEX);
        records[0] = (struct record){SCHEMA, 0, rand_u64(&fake.rand) % 20 ? 2 : 1};
        for (size_t i = 1; i <= count; i++) {
            unsigned kind = (unsigned)(rand_u64(&fake.rand) % 16);
            records[i] = (struct record){kind > 13  ? SCHEMA
                                         : kind > 9 ? MOVE
                                                    : MEMBER,
                                         (unsigned)(rand_u64(&fake.rand) % LABELS),
                                         (unsigned)(rand_u64(&fake.rand) % NAMES)};
            if (records[i].kind == SCHEMA) {
                records[i] = (struct record){SCHEMA, 0, kind == 15 ? 2 : 3};
            }
        }
        count += 1;
        for (size_t i = 0; i < count; i++) {
            const struct record *record = &records[i];
            if (record->kind == SCHEMA) {
                wr_print(&wr, "version TXT %u\n", record->name);
            } else {
                wr_print(&wr, "%sl%u.zones PTR n%u.\n", record->kind == MOVE ? "coo." : "",
                         record->label, record->name);
            }
        }
        assert_int_equal(wr.err, 0);
        text[wr_len(&wr)] = 0;
        struct zone *zone = zones_make("cat.", text);
        print(zone, MANY, says);
        model(records, count, wanted);
        broken += wanted[0] == 'b';
        if (wanted[0] == 'b' ? strncmp(says, wanted, strlen(wanted)) : strcmp(says, wanted)) {
            fail_msg("%s---- says\n%s---- wanted\n%s", text, says, wanted);
        }
        zone_unref(zone);
    }
    assert_in_range(broken, ROUNDS / 8, ROUNDS * 7 / 8); /* both sorts came often */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_catalogs_say),
        cmocka_unit_test(a_catalog_has_at_most_so_many_members),
        cmocka_unit_test(a_catalog_is_made_and_changed),
        cmocka_unit_test(a_name_without_room_takes_no_members),
        cmocka_unit_test(random_catalogs_say_what_a_model_says),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
