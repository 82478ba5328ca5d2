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
#include "tests/lib/guard.h"
#include "tests/lib/zone_model.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_edit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int add(struct zone_edit *edit, const char *owner, uint16_t type, uint32_t ttl_s,
               const char *rdata, size_t len)
{
    return zone_edit_add(edit, zones_name(owner), type, ttl_s, (const uint8_t *)rdata, len);
}

static bool drop(struct zone_edit *edit, const char *owner, uint16_t type, const char *rdata,
                 size_t len)
{
    return zone_edit_remove(edit, zones_name(owner), type, (const uint8_t *)rdata, len);
}

static void assert_zone(const struct zone *zone, const char *expected)
{
    char *text = zones_print(zone, zone_version(zone));
    assert_string_equal(text, expected);
    mem_free(text);
    zones_check(zone);
}

static void nothing_is_seen_before_the_commit(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ TXT x\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    assert_ptr_equal(zone_edit_zone(edit), zone);
    zones_add(edit, "a.b TXT y\n");
    zones_remove(edit, "@ TXT x\n");
    assert_non_null(zone_edit_get(edit, zones_name("a.b.t.")));
    assert_non_null(zone_edit_get(edit, zones_name("b.t."))); /* an empty non-terminal */
    assert_int_equal(zone_edit_get(edit, zones_name("t."))->rrset_count, 0);
    assert_zone(zone, "t. 300 IN TXT \"x\"\n");
    assert_int_equal(zone_version(zone), 1);
    assert_true(zone_edit_commit(edit));
    assert_int_equal(zone_version(zone), 2);
    assert_zone(zone, "a.b.t. 300 IN TXT \"y\"\n");
    zone_unref(zone);
}

static void an_abort_leaves_the_zone_as_it_was(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ TXT x\na.b TXT y\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    zones_remove(edit, "@ TXT x\na.b TXT y\n");
    (void)zone_edit_mark(edit);
    zones_add(edit, "c.d TXT z\n@ TXT z\n");
    zone_edit_abort(edit);
    zone_edit_abort(NULL);
    assert_int_equal(zone_version(zone), 1);
    assert_zone(zone, "t. 300 IN TXT \"x\"\na.b.t. 300 IN TXT \"y\"\n");
    zone_unref(zone);
}

/* What zone_edit_each showed, as text. */
struct shown {
    char text[400];
    struct zone_edit *edit;
};

static int show(void *context, const struct zone_edit_change *change)
{
    struct shown *shown = context;
    const struct zone_node *node = change->new_node ? change->new_node : change->old_node;
    char name[DNS_NAME_TEXT_MAX];
    size_t len = strlen(shown->text);
    (void)dns_name_print(node->owner, name);
    (void)snprintf(shown->text + len, sizeof(shown->text) - len, "%s%s%.60s ",
                   change->old_node ? "-" : "", change->new_node ? "+" : "", name);
    if (shown->edit && node->owner[1] == 'n') {
        zones_add(shown->edit, "later TXT x\nq TXT new\n");
        shown->edit = NULL;
    }
    return node->owner[1] == 'z' ? -9 : 0;
}

static void an_edit_that_changes_nothing_publishes_nothing(void **state)
{
    (void)state;
    static const char mx[] = "\0\12\1M\1t", mx_other_case[] = "\0\12\1m\1T";
    struct zone *zone = zones_make("t.", "@ TXT x\na.b 60 TXT y\nm 60 MX 10 M\nc CNAME a.b\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    assert_int_equal(add(edit, "t.", DNS_TYPE_TXT, 300, "\1x", 2), 0);         /* is there */
    assert_int_equal(add(edit, "m.t.", DNS_TYPE_MX, 60, mx_other_case, 7), 0); /* the same name */
    assert_int_equal(add(edit, "c.t.", DNS_TYPE_CNAME, 300, "\1a\1b\1t", 7), 0);
    assert_false(drop(edit, "t.", DNS_TYPE_TXT, "\1z", 2));
    assert_false(drop(edit, "nx.deep.t.", DNS_TYPE_TXT, "\1z", 2));
    assert_null(zone_edit_get(edit, zones_name("nx.t.")));
    zones_add(edit, "new.ent TXT n\n"); /* comes and goes, with the names above it */
    zones_remove(edit, "new.ent TXT n\n");
    zones_remove(edit, "a.b 60 TXT y\n"); /* goes and comes */
    assert_int_equal(zone_edit_set(edit, zones_name("x.t."), DNS_TYPE_A, 0, NULL, 0), 0);
    zones_add(edit, "a.b 60 TXT y\n");
    uint8_t ready[ZONE_RR_FIXED + 7];
    zone_node_write_rr(ready, DNS_TYPE_MX, 60, (const uint8_t *)mx, 7);
    assert_int_equal(zone_edit_set(edit, zones_name("m.t."), DNS_TYPE_MX, 1, ready, sizeof(ready)),
                     0);
    struct shown shown = {.text = ""};
    assert_int_equal(zone_edit_each(edit, show, &shown), 0);
    assert_string_equal(shown.text, "");
    assert_false(zone_edit_commit(edit));
    assert_int_equal(zone_version(zone), 1);
    zones_check(zone);
    zone_unref(zone);
}

static void an_equal_record_gives_its_ttl_to_the_whole_set(void **state)
{
    (void)state; /* RFC 2181 5.2 */
    struct zone *zone = zones_make("t.", "@ 60 A 192.0.2.1\n@ 60 A 192.0.2.2\n@ 60 TXT x\n");
    zones_change(zone, NULL, "@ 90 A 192.0.2.1\n");
    assert_zone(zone, "t. 90 IN A 192.0.2.1\nt. 90 IN A 192.0.2.2\nt. 60 IN TXT \"x\"\n");
    zones_change(zone, NULL, "@ 30 A 192.0.2.3\n");
    assert_zone(zone, "t. 30 IN A 192.0.2.1\nt. 30 IN A 192.0.2.2\nt. 30 IN A 192.0.2.3\n"
                      "t. 60 IN TXT \"x\"\n");
    zones_change(zone, "@ A 192.0.2.2\n", NULL);
    assert_zone(zone, "t. 30 IN A 192.0.2.1\nt. 30 IN A 192.0.2.3\nt. 60 IN TXT \"x\"\n");
    zone_unref(zone);
}

static void types_with_one_record_replace_it(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\na CNAME b\nd DNAME e\n");
    zones_change(zone, NULL, "@ SOA m r 2 1 1 1 1\na CNAME c\nd DNAME f\n");
    assert_zone(zone, "t. 300 IN SOA m.t. r.t. 2 1 1 1 1\na.t. 300 IN CNAME c.t.\n"
                      "d.t. 300 IN DNAME f.t.\n");
    zone_unref(zone);
}

static void names_outside_the_zone_are_refused(void **state)
{
    (void)state;
    static const char *const outside[] = {"t.", ".", "b.t.", "aa.t.", "x.ta.", "a.t.x."};
    struct zone *zone = zones_make("a.t.", "@ TXT x\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    for (size_t i = 0; i < COUNT(outside); i++) {
        const uint8_t *owner = zones_name(outside[i]);
        assert_int_equal(add(edit, outside[i], DNS_TYPE_TXT, 1, "\1x", 2), ERR_OUT_OF_ZONE);
        assert_int_equal(zone_edit_set(edit, owner, DNS_TYPE_TXT, 0, NULL, 0), ERR_OUT_OF_ZONE);
        assert_false(drop(edit, outside[i], DNS_TYPE_TXT, "\1x", 2));
        assert_null(zone_edit_get(edit, owner));
    }
    assert_false(zone_edit_commit(edit));
    zone_unref(zone);
}

static void an_alias_stands_alone_but_for_signatures(void **state)
{
    (void)state;
    static const char target[] = "\1b\1t", address[] = "\1\2\3\4";
    static const struct {
        const char *label;
        uint16_t first, second;
        int err;
    } rows[] = {
        {"data then alias", DNS_TYPE_A, DNS_TYPE_CNAME, ERR_ZONE_CNAME},
        {"alias then data", DNS_TYPE_CNAME, DNS_TYPE_A, ERR_ZONE_CNAME},
        {"alias then unknown type", DNS_TYPE_CNAME, 65280, ERR_ZONE_CNAME},
        {"DNAME then alias", DNS_TYPE_DNAME, DNS_TYPE_CNAME, ERR_ZONE_CNAME},
        {"alias then DNAME", DNS_TYPE_CNAME, DNS_TYPE_DNAME, ERR_ZONE_CNAME},
        {"alias then alias", DNS_TYPE_CNAME, DNS_TYPE_CNAME, 0},
        {"alias then RRSIG", DNS_TYPE_CNAME, DNS_TYPE_RRSIG, 0}, /* RFC 2181 10.1, RFC 4034 3 */
        {"RRSIG then alias", DNS_TYPE_RRSIG, DNS_TYPE_CNAME, 0},
        {"NSEC then alias", DNS_TYPE_NSEC, DNS_TYPE_CNAME, 0},
        {"alias then DS", DNS_TYPE_CNAME, DNS_TYPE_DS, ERR_ZONE_CNAME},
        {"data then data", DNS_TYPE_A, DNS_TYPE_AAAA, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", "");
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        bool first_name = rows[i].first == DNS_TYPE_CNAME || rows[i].first == DNS_TYPE_DNAME;
        assert_int_equal(
            add(edit, "a.t.", rows[i].first, 1, first_name ? target : address, first_name ? 5 : 4),
            0);
        int err = add(edit, "a.t.", rows[i].second, 1, target, 5);
        if (err != rows[i].err) {
            print_message("case: %s\n", rows[i].label);
        }
        assert_int_equal(err, rows[i].err);
        const struct zone_node *node = zone_edit_get(edit, zones_name("a.t."));
        assert_int_equal(zone_node_find(node, rows[i].second) != NULL, err == 0);
        zone_edit_abort(edit);
        zone_unref(zone);
    }
}

static void limits_hold_for_records_and_types(void **state)
{
    (void)state;
    static const struct zone_edit_limits limits = {3, 2, 0};
    struct zone *zone = zones_make("t.", "");
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    zones_add(edit, "a A 192.0.2.1\na A 192.0.2.2\na A 192.0.2.3\na TXT x\n");
    assert_int_equal(add(edit, "a.t.", DNS_TYPE_A, 300, "\300\0\2\4", 4), ERR_LIMIT);
    assert_int_equal(add(edit, "a.t.", DNS_TYPE_A, 60, "\300\0\2\3", 4), 0); /* is there */
    assert_int_equal(add(edit, "a.t.", DNS_TYPE_AAAA, 300, "0123456789abcdef", 16), ERR_LIMIT);
    uint8_t ready[ZONE_RR_FIXED + 2];
    zone_node_write_rr(ready, 65280, 1, (const uint8_t *)"\1x", 2);
    assert_int_equal(zone_edit_set(edit, zones_name("a.t."), 65280, 1, ready, sizeof(ready)),
                     ERR_LIMIT);
    zones_remove(edit, "a TXT x\n");
    assert_int_equal(add(edit, "a.t.", DNS_TYPE_AAAA, 300, "0123456789abcdef", 16), 0);
    assert_true(zone_edit_commit(edit));
    assert_int_equal(zone_measure(zone).records, 4);
    zones_check(zone);
    zone_unref(zone);
}

static void all_types_that_a_name_may_have_fit(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    for (unsigned i = 0; i < 300; i++) {
        int err = add(edit, "a.t.", (uint16_t)(65000 + i * 7 % 300), 1, "", 0);
        assert_int_equal(err, i < UINT8_MAX ? 0 : ERR_LIMIT);
    }
    assert_true(zone_edit_commit(edit));
    assert_int_equal(zone_measure(zone).records, UINT8_MAX);
    zones_check(zone);
    zone_unref(zone);
}

static void a_set_has_at_most_the_octets_of_a_message(void **state)
{
    (void)state;
    enum { OPAQUE = 65280, LEN = 1000, FITS = ZONE_RRSET_MAX / (ZONE_RR_FIXED + LEN) };
    struct zone *zone = zones_make("t.", "");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    char rdata[LEN + 1] = {0};
    for (unsigned i = 0; i < FITS; i++) {
        rdata[0] = (char)i;
        assert_int_equal(add(edit, "a.t.", OPAQUE, 1, rdata, LEN), 0);
    }
    const unsigned left = ZONE_RRSET_MAX - FITS * (ZONE_RR_FIXED + LEN) - ZONE_RR_FIXED;
    rdata[0] = (char)FITS;
    assert_int_equal(add(edit, "a.t.", OPAQUE, 1, rdata, left + 1), ERR_LIMIT);
    assert_int_equal(add(edit, "a.t.", OPAQUE, 1, rdata, left), 0);
    assert_int_equal(zone_node_find(zone_edit_get(edit, zones_name("a.t.")), OPAQUE)->size,
                     ZONE_RRSET_MAX);
    assert_int_equal(add(edit, "a.t.", OPAQUE, 1, "", 0), ERR_LIMIT);
    assert_true(drop(edit, "a.t.", OPAQUE, rdata, left));
    uint8_t *ready = mem_alloc(ZONE_RRSET_MAX + 1);
    assert_int_equal(zone_edit_set(edit, zones_name("b.t."), OPAQUE, 1, ready, ZONE_RRSET_MAX + 1),
                     ERR_LIMIT);
    mem_free(ready);
    zone_edit_abort(edit);
    zone_unref(zone);
}

static void each_changed_name_is_visited_with_both_its_nodes(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ TXT x\nold TXT x\nq TXT x\nsame TXT x\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    struct shown shown = {.text = "", .edit = edit};
    zones_remove(edit, "old TXT x\n");
    zones_add(edit, "n TXT x\nq TXT y\n");
    zones_remove(edit, "same TXT x\n");
    zones_add(edit, "same TXT x\n");
    assert_int_equal(zone_edit_each(edit, show, &shown), 0);
    /* t. has another count of children: one went, two came */
    assert_string_equal(shown.text, "-old.t. +n.t. -+q.t. +later.t. ");
    shown.text[0] = 0;
    zones_add(edit, "z TXT x\ny TXT x\n");
    assert_int_equal(zone_edit_each(edit, show, &shown), -9);
    zone_edit_abort(edit);
    zone_unref(zone);
}

static void a_rewind_takes_back_what_came_after_its_mark(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ TXT x\na.b TXT y\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    zones_add(edit, "one TXT 1\n");
    size_t outer = zone_edit_mark(edit);
    zones_add(edit, "two.ent TXT 2\n");
    zones_remove(edit, "a.b TXT y\n");
    size_t inner = zone_edit_mark(edit);
    zones_add(edit, "three TXT 3\none TXT 4\n");
    zone_edit_rewind(edit, inner);
    assert_null(zone_edit_get(edit, zones_name("three.t.")));
    assert_non_null(zone_edit_get(edit, zones_name("ent.t.")));
    assert_null(zone_edit_get(edit, zones_name("b.t.")));
    zones_add(edit, "four.ent TXT 4\n");
    zone_edit_rewind(edit, outer);
    assert_null(zone_edit_get(edit, zones_name("ent.t.")));
    zone_edit_rewind(edit, outer); /* the mark stays set */
    zones_add(edit, "five TXT 5\n");
    zone_edit_keep(edit);
    zones_add(edit, "six TXT 6\n");
    assert_true(zone_edit_commit(edit));
    assert_zone(zone, "t. 300 IN TXT \"x\"\na.b.t. 300 IN TXT \"y\"\nfive.t. 300 IN TXT \"5\"\n"
                      "one.t. 300 IN TXT \"1\"\nsix.t. 300 IN TXT \"6\"\n");
    zone_unref(zone);
}

static void an_edit_that_is_rewound_whole_publishes_nothing(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ TXT x\na.b TXT y\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    size_t mark = zone_edit_mark(edit);
    zones_remove(edit, "@ TXT x\na.b TXT y\n");
    zones_add(edit, "c.d.e TXT z\n");
    zone_edit_rewind(edit, mark);
    assert_false(zone_edit_commit(edit));
    assert_int_equal(zone_version(zone), 1);
    zone_unref(zone);
}

enum { EDITS = 400, STEPS_MAX = 60, DEPTH = 4 };

static const struct zone_edit_limits tight = {3, 4, 0};

/* One random change of edit and model alike. */
static void step(struct zone_edit *edit, struct zone_model *model, struct rand *rand)
{
    struct zone_model_record record = zone_model_draw(rand);
    const uint8_t *owner = zone_model_name(record.name);
    uint8_t ready[ZONE_RR_FIXED + ZONE_MODEL_RDATA];
    size_t len = (size_t)ZONE_RR_FIXED + record.len;
    switch (rand_u64(rand) % 8) {
    case 0: /* remove the whole set */
        assert_int_equal(zone_edit_set(edit, owner, record.type, 0, NULL, 0), 0);
        zone_model_clear(model, record.name, record.type);
        break;
    case 1: /* one record for the whole set, where that is no conflict */
        if (zone_model_add(model, &record, &tight) == 0) {
            zone_model_clear(model, record.name, record.type);
            assert_int_equal(zone_model_add(model, &record, &tight), 0);
            zone_node_write_rr(ready, record.type, record.ttl_s, record.rdata, record.len);
            assert_int_equal(zone_edit_set(edit, owner, record.type, 1, ready, len), 0);
        }
        break;
    case 2:
    case 3:
    case 4:
        if (rand_u64(rand) % 3) { /* mostly one that is there */
            record = zone_model_pick(model, rand);
            owner = zone_model_name(record.name);
        }
        assert_int_equal(zone_edit_remove(edit, owner, record.type, record.rdata, record.len),
                         zone_model_remove(model, &record));
        break;
    default:
        assert_int_equal(
            zone_edit_add(edit, owner, record.type, record.ttl_s, record.rdata, record.len),
            zone_model_add(model, &record, &tight));
        break;
    }
}

/* Random steps with savepoints, each kept or taken back. */
static void edit_random(struct zone_edit *edit, struct zone_model *model, struct rand *rand,
                        unsigned depth)
{
    struct zone_model before = *model;
    size_t mark = zone_edit_mark(edit);
    for (uint64_t i = rand_u64(rand) % STEPS_MAX; i > 0; i--) {
        if (depth > 0 && rand_u64(rand) % 16 == 0) {
            edit_random(edit, model, rand, depth - 1);
        } else {
            step(edit, model, rand);
        }
    }
    if (rand_u64(rand) % 2) {
        zone_edit_rewind(edit, mark);
        *model = before;
        if (rand_u64(rand) % 4 == 0) {
            zone_model_check_edit(model, edit);
        }
    }
}

static void random_edits_with_savepoints_are_as_the_plain_model(void **state)
{
    (void)state;
    static struct zone_model model, published;
    struct rand_fake rand;
    rand_fake_init(&rand, 3);
    struct zone *zone = zones_make("t.", "");
    model.count = 0;
    for (unsigned i = 0; i < EDITS; i++) {
        struct zone_edit *edit = zone_edit_begin(zone, &tight);
        uint64_t version = zone_version(zone), mode = rand_u64(&rand.rand) % 8;
        published = model;
        for (unsigned j = 0; j < 3; j++) {
            edit_random(edit, &model, &rand.rand, DEPTH);
            if (mode == 1) { /* without savepoints from here on */
                zone_edit_keep(edit);
                step(edit, &model, &rand.rand);
            }
        }
        zone_model_check_edit(&model, edit);
        zone_model_check(&published, zone, zone_version(zone));
        if (mode == 0) {
            zone_edit_abort(edit);
            model = published;
        } else {
            bool changed = zone_edit_commit(edit);
            assert_true(changed || zone_model_equal(&model, &published));
            assert_int_equal(zone_version(zone), version + (changed ? 1 : 0));
        }
        zone_model_check(&model, zone, zone_version(zone));
        zones_check(zone);
        rcu_quiescent();
    }
    zone_unref(zone);
}

/* Images of all nodes of a zone that own records, handed to another zone's edit. */
struct copying {
    struct zone_edit *edit;
    int err;
};

static int copy_node(void *context, const struct zone_node *node)
{
    struct copying *copying = context;
    if (node->rrset_count == 0) {
        return 0;
    }
    size_t len = zone_node_image_len(node);
    uint8_t *image = mem_alloc(len);
    zone_node_image(node, image);
    copying->err = zone_edit_restore(copying->edit, image, len);
    mem_free(image);
    return copying->err;
}

static void a_zone_restored_name_by_name_is_the_same_zone(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ SOA m r 9 1 1 1 1\n@ NS ns\nx.a.b TXT x\nb TXT y\n"
                                         "*.w A 192.0.2.1\nw.x.y.z TXT z\ncut NS ns\nd DNAME e\n"
                                         "b TXT z\n");
    struct zone *copy = zones_make("t.", "");
    struct copying copying = {zone_edit_begin(copy, &zones_limits), 0};
    assert_int_equal(zone_walk(zone, 1, copy_node, &copying), 0);
    assert_true(zone_edit_commit(copying.edit));
    char *one = zones_print(zone, 1), *other = zones_print(copy, 1);
    assert_string_equal(one, other);
    assert_int_equal(zone_measure(copy).octets, zone_measure(zone).octets);
    assert_int_equal(zone_cut_depths(copy), zone_cut_depths(zone));
    assert_int_equal(zone_has_wildcards(copy), zone_has_wildcards(zone));
    zones_check(copy);
    mem_free(one);
    mem_free(other);
    copying.edit = zone_edit_begin(copy, &zones_limits); /* all names are there already */
    assert_int_equal(zone_walk(zone, 1, copy_node, &copying), ERR_STORE_CORRUPT);
    zone_edit_abort(copying.edit);
    zone_unref(copy);
    copy = zones_make("z.", ""); /* none belongs there */
    copying.edit = zone_edit_begin(copy, &zones_limits);
    assert_int_equal(zone_walk(zone, 1, copy_node, &copying), ERR_STORE_CORRUPT);
    assert_false(zone_edit_commit(copying.edit));
    zone_unref(copy);
    zone_unref(zone);
}

#define IMAGE(text) text, sizeof(text) - 1

static void damaged_images_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const char *image;
        size_t len;
    } rows[] = {
        {"nothing", IMAGE("")},
        {"a length alone", IMAGE("\5")},
        {"no owner", IMAGE("\0\0")},
        {"no end", IMAGE("\5\1a\1t\0")},
        {"upper case", IMAGE("\5\1A\1t\0\1\0\1\0\1\0\20\300\14\0\1\0\1\0\0\0\1\0\4\1\2\3\4")},
        {"out of the zone", IMAGE("\5\1a\1u\0\0")},
        {"cut RRset", IMAGE("\5\1a\1t\0\1\0\1\0\1\0\20\300\14\0\1\0\1\0\0\0\1\0\4\1\2\3")},
    };
    struct zone *zone = zones_make("t.", "@ TXT x\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const void *copy = guard_copy(rows[i].image, rows[i].len);
        int err = zone_edit_restore(edit, copy, rows[i].len);
        if (err != ERR_STORE_CORRUPT) {
            print_message("case: %s\n", rows[i].label);
        }
        assert_int_equal(err, ERR_STORE_CORRUPT);
        guard_free(copy);
    }
    assert_false(zone_edit_commit(edit));
    assert_zone(zone, "t. 300 IN TXT \"x\"\n");
    zone_unref(zone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_seen_before_the_commit),
        TEST(an_abort_leaves_the_zone_as_it_was),
        TEST(an_edit_that_changes_nothing_publishes_nothing),
        TEST(an_equal_record_gives_its_ttl_to_the_whole_set),
        TEST(types_with_one_record_replace_it),
        TEST(names_outside_the_zone_are_refused),
        TEST(an_alias_stands_alone_but_for_signatures),
        TEST(limits_hold_for_records_and_types),
        TEST(all_types_that_a_name_may_have_fit),
        TEST(a_set_has_at_most_the_octets_of_a_message),
        TEST(each_changed_name_is_visited_with_both_its_nodes),
        TEST(a_rewind_takes_back_what_came_after_its_mark),
        TEST(an_edit_that_is_rewound_whole_publishes_nothing),
        TEST(random_edits_with_savepoints_are_as_the_plain_model),
        TEST(a_zone_restored_name_by_name_is_the_same_zone),
        TEST(damaged_images_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
