#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rand.h"
#include "tests/lib/guard.h"
#include "tests/lib/zone_model.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_diff.h"
#include "zones/zone_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW_S        0x123456789aull

static const char base[] = "@ SOA m r 100 1 1 1 1\n"
                           "@ NS ns1\n"
                           "a A 192.0.2.1\n"
                           "a A 192.0.2.2\n"
                           "a A 192.0.2.3\n"
                           "a TXT x\n"
                           "al CNAME a\n"
                           "mx MX 10 Host.T.\n"
                           "x.ent TXT y\n"
                           "d DNAME other.\n";

/* A change set; data NULL: none. For drop_diff. */
struct diff {
    uint8_t *data;
    size_t len;
};

/* The change set of an edit that removes and adds (NULL: nothing), and publish it. */
static struct diff change(struct zone *zone, const char *gone, const char *come)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    struct diff diff = {NULL, 1};
    if (gone) {
        zones_remove(edit, gone);
    }
    if (come) {
        zones_add(edit, come);
    }
    zone_diff_make(edit, NOW_S, &diff.data, &diff.len);
    (void)zone_edit_commit(edit);
    return diff;
}

/* The records of a change set as lines of text, in its order; for free. */
static char *print(const struct diff *diff)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct zone_diff_reader reader = zone_diff_begin(diff->data, diff->len);
    struct zone_diff_record record;
    while (zone_diff_next(&reader, &record)) {
        char line[1000];
        struct wr wr = wr_make(line, sizeof(line));
        struct zone_text_record shown = {record.owner, record.ttl_s, record.type, record.rdata,
                                         record.len};
        assert_int_equal(zone_text_print_record(&shown, &wr), 0);
        fprintf(out, "%c%.*s", record.added ? '+' : '-', (int)wr_len(&wr), line);
    }
    assert_int_equal(reader.rd.err, 0);
    fclose(out);
    return text;
}

/* Apply to a zone, from a guard page, and publish. */
static int apply(struct zone *zone, const void *data, size_t len,
                 bool (*wanted)(void *context, const uint8_t *owner), void *context)
{
    const uint8_t *copy = guard_copy(data, len);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    int err = zone_diff_apply(edit, copy, len, wanted, context);
    if (err) {
        zone_edit_abort(edit);
    } else {
        (void)zone_edit_commit(edit);
    }
    guard_free(copy);
    return err;
}

static void expect_equal(const struct zone *a, const struct zone *b, const char *label)
{
    char *x = zones_print(a, zone_version(a)), *y = zones_print(b, zone_version(b));
    if (strcmp(x, y) != 0) {
        fail_msg("%s: \n%sis not\n%s", label, x, y);
    }
    zones_check(a);
    mem_free(x);
    mem_free(y);
}

static void what_changes_nothing_has_no_change_set(void **state)
{
    static const struct {
        const char *label, *gone, *come;
    } rows[] = {
        {"nothing", NULL, NULL},
        {"a record that is there", NULL, "a A 192.0.2.1\n"},
        {"the same in other letters", NULL, "mx MX 10 hOST\n"},
        {"gone and come", "a TXT x\n", "a TXT x\n"},
        {"a name gone and come", "x.ent TXT y\n", "x.ent TXT y\n"},
        {"another order", "a A 192.0.2.1\n", "a A 192.0.2.1\n"},
        {"all of a set in another order", "a A 192.0.2.3\na A 192.0.2.2\na A 192.0.2.1\n",
         "a A 192.0.2.3\na A 192.0.2.2\na A 192.0.2.1\n"},
        {"a CNAME gone and come", "al CNAME a\n", "al CNAME a\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base);
        struct diff diff = change(zone, rows[i].gone, rows[i].come);
        if (diff.data || diff.len) {
            fail_msg("%s: %zu octets", rows[i].label, diff.len);
        }
        zone_unref(zone);
    }
}

static int note_change(void *context, const struct zone_edit_change *change)
{
    *(bool *)context |= zone_diff_is_change(change);
    return 0;
}

static void only_records_make_a_change(void **state)
{
    static const struct {
        const char *label, *gone, *come;
        bool is;
    } rows[] = {
        {"another order", "a A 192.0.2.1\n", "a A 192.0.2.1\n", false},
        {"a record more", NULL, "a A 192.0.2.4\n", true},
        {"a record less", "a A 192.0.2.1\n", NULL, true},
        {"another record", "a A 192.0.2.1\n", "a A 192.0.2.9\n", true},
        {"a TTL", NULL, "a 60 A 192.0.2.1\n", true},
        {"a set more", NULL, "a MX 10 a\n", true},
        {"a set less", "a TXT x\n", NULL, true},
        {"another set", "al CNAME a\n", "al A 192.0.2.9\n", true},
        {"a new name", NULL, "b A 192.0.2.9\n", true},
        {"a name less", "x.ent TXT y\n", NULL, true},
        {"other letters", "mx MX 10 host\n", "mx MX 10 host\n", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base);
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        bool is = false;
        if (rows[i].gone) {
            zones_remove(edit, rows[i].gone);
        }
        if (rows[i].come) {
            zones_add(edit, rows[i].come);
        }
        zone_edit_each(edit, note_change, &is);
        if (is != rows[i].is) {
            fail_msg("%s", rows[i].label);
        }
        zone_edit_abort(edit);
        zone_unref(zone);
    }
}

static int check_sets(void *context, const struct zone_edit_change *change)
{
    (void)context;
    assert_true(zone_diff_is_same(change, DNS_TYPE_A)); /* three, or none */
    bool is_a = dns_name_equal(change->new_node->owner, zones_name("a.t."));
    assert_int_equal(zone_diff_is_same(change, DNS_TYPE_TXT), !is_a);
    assert_int_equal(zone_diff_is_same(change, DNS_TYPE_MX), change->old_node != NULL);
    assert_true(zone_diff_is_same(change, DNS_TYPE_LOC)); /* none, before and after */
    return 0;
}

static void a_set_is_the_same_as_long_as_its_octets_are(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", base);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    zones_add(edit, "a 77 TXT x\nnew MX 1 a\n"); /* another TTL, another set */
    assert_int_equal(zone_edit_each(edit, check_sets, NULL), 0);
    zone_edit_abort(edit);
    zone_unref(zone);
}

static void a_change_set_has_serials_and_time(void **state)
{
    struct zone *zone = zone_create(zones_name("t."), &zones_key);
    (void)state;
    struct diff diff = change(zone, NULL, "@ SOA m r 4294967295 1 1 1 1\n@ NS n\n");
    struct zone_diff_reader reader = zone_diff_begin(diff.data, diff.len);
    assert_int_equal(reader.old_serial, 0); /* there was none */
    assert_int_equal(reader.new_serial, 4294967295u);
    assert_true(reader.time_s == NOW_S);
    mem_free(diff.data);
    diff = change(zone, NULL, "@ SOA m r 7 1 1 1 1\n");
    reader = zone_diff_begin(diff.data, diff.len);
    assert_int_equal(reader.old_serial, 4294967295u);
    assert_int_equal(reader.new_serial, 7);
    mem_free(diff.data);
    diff = change(zone, NULL, "a A 192.0.2.1\n");
    reader = zone_diff_begin(diff.data, diff.len);
    assert_int_equal(reader.old_serial, 7);
    assert_int_equal(reader.new_serial, 7);
    mem_free(diff.data);
    zone_unref(zone);
}

static void a_change_set_lists_what_went_and_what_came(void **state)
{
    static const struct {
        const char *label, *gone, *come, *text;
    } rows[] = {
        {"one record comes", NULL, "a A 192.0.2.0\n", "+a.t. 300 IN A 192.0.2.0\n"},
        {"one record goes", "a A 192.0.2.2\n", NULL, "-a.t. 300 IN A 192.0.2.2\n"},
        {"one for another", "a A 192.0.2.2\n", "a A 192.0.2.0\n",
         "-a.t. 300 IN A 192.0.2.2\n+a.t. 300 IN A 192.0.2.0\n"},
        {"a TTL of a set", NULL, "a 60 A 192.0.2.2\n",
         "-a.t. 300 IN A 192.0.2.1\n-a.t. 300 IN A 192.0.2.2\n-a.t. 300 IN A 192.0.2.3\n"
         "+a.t. 60 IN A 192.0.2.1\n+a.t. 60 IN A 192.0.2.2\n+a.t. 60 IN A 192.0.2.3\n"},
        {"a single record is replaced", NULL, "al CNAME b\n",
         "-al.t. 300 IN CNAME a.t.\n+al.t. 300 IN CNAME b.t.\n"},
        {"other letters", "mx MX 10 host\n", "mx MX 10 host\n",
         "-mx.t. 300 IN MX 10 Host.T.\n+mx.t. 300 IN MX 10 host.t.\n"},
        {"types in order", "a TXT x\n", "a MX 10 a\na AAAA ::1\n",
         "+a.t. 300 IN MX 10 a.t.\n-a.t. 300 IN TXT \"x\"\n+a.t. 300 IN AAAA ::1\n"},
        {"names in the order of change", "x.ent TXT y\n", "a.b.c A 192.0.2.9\nb A 192.0.2.9\n",
         "-x.ent.t. 300 IN TXT \"y\"\n+a.b.c.t. 300 IN A 192.0.2.9\n+b.t. 300 IN A 192.0.2.9\n"},
        {"a record without octets", NULL, "e TYPE999 \\# 0\n", "+e.t. 300 IN TYPE999 \\# 0\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base);
        struct diff diff = change(zone, rows[i].gone, rows[i].come);
        char *text = print(&diff);
        if (strcmp(text, rows[i].text) != 0) {
            fail_msg("%s:\n%s", rows[i].label, text);
        }
        free(text);
        mem_free(diff.data);
        zone_unref(zone);
    }
}

static void a_change_set_makes_the_new_zone_of_the_old_one(void **state)
{
    static const struct {
        const char *label, *gone, *come;
    } rows[] = {
        {"a record", "a A 192.0.2.2\n", "a A 192.0.2.0\n"},
        {"a TTL", NULL, "a 60 A 192.0.2.2\n"},
        {"a TTL and a record", "a A 192.0.2.1\n", "a 60 A 192.0.2.2\n"},
        {"a CNAME for a lower type", "a A 192.0.2.1\na A 192.0.2.2\na A 192.0.2.3\na TXT x\n",
         "a CNAME b\n"},
        {"a CNAME for a higher type", "mx MX 10 host\n", "mx CNAME b\n"},
        {"a lower type for a CNAME", "al CNAME a\n", "al A 192.0.2.9\n"},
        {"a higher type for a CNAME", "al CNAME a\n", "al MX 10 a\nal TXT z\n"},
        {"a DNAME for a CNAME", "al CNAME a\n", "al DNAME b\n"},
        {"a CNAME for a DNAME", "d DNAME other.\n", "d CNAME b\n"},
        {"a name goes with those above it", "x.ent TXT y\n", NULL},
        {"a name comes with those above it", NULL, "u.v.w A 192.0.2.9\n"},
        {"a name below goes, one above comes", "x.ent TXT y\n", "ent A 192.0.2.9\n"},
        {"other letters", "mx MX 10 host\n", "mx MX 10 host\n"},
        {"the SOA", NULL, "@ 60 SOA m r 101 2 2 2 2\n"},
        {"everything", base, "@ SOA m r 1 1 1 1 1\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base), *other = zones_make("t.", base);
        struct diff diff = change(zone, rows[i].gone, rows[i].come);
        int err = apply(other, diff.data, diff.len, NULL, NULL);
        if (err) {
            fail_msg("%s: error %d", rows[i].label, err);
        }
        expect_equal(other, zone, rows[i].label);
        /* a second time it says what is there: nothing is different then */
        assert_int_equal(apply(other, diff.data, diff.len, NULL, NULL), 0);
        expect_equal(other, zone, rows[i].label);
        mem_free(diff.data);
        zone_unref(zone);
        zone_unref(other);
    }
}

/* A random commit of the model's names; some of it is taken back again. */
static struct diff random_change(struct zone *zone, struct rand *rand)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    unsigned count = 1 + (unsigned)(rand_u64(rand) % 60);
    size_t mark = zone_edit_mark(edit);
    for (unsigned i = 0; i < count; i++) {
        struct zone_model_record record = zone_model_draw(rand);
        const uint8_t *owner = zone_model_name(record.name);
        switch (rand_u64(rand) % 8) {
        case 0:
            zone_edit_set(edit, owner, record.type, 0, NULL, 0);
            break;
        case 1:
            zone_edit_rewind(edit, mark);
            break;
        case 2:
            mark = zone_edit_mark(edit);
            break;
        case 3:
        case 4:
            zone_edit_remove(edit, owner, record.type, record.rdata, record.len);
            break;
        default:
            zone_edit_add(edit, owner, record.type, record.ttl_s, record.rdata, record.len);
        }
    }
    zone_edit_keep(edit);
    struct diff diff;
    zone_diff_make(edit, NOW_S, &diff.data, &diff.len);
    (void)zone_edit_commit(edit);
    return diff;
}

static void random_zones_follow_by_their_change_sets(void **state)
{
    struct rand_fake rand;
    (void)state;
    rand_fake_init(&rand, 2136);
    for (int round = 0; round < 20; round++) {
        struct zone *zone = zone_create(zones_name("t."), &zones_key);
        struct zone *other = zone_create(zones_name("t."), &zones_key);
        for (int i = 0; i < 40; i++) {
            struct diff diff = random_change(zone, &rand.rand);
            if (diff.data) {
                assert_int_equal(apply(other, diff.data, diff.len, NULL, NULL), 0);
            }
            expect_equal(other, zone, "random");
            mem_free(diff.data);
        }
        zones_settle();
        zone_unref(zone);
        zone_unref(other);
    }
}

static void a_change_set_is_as_large_as_the_change(void **state)
{
    enum { RECORDS = 4000 };
    struct zone *zone = zones_make("t.", base), *other = zones_make("t.", base);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    struct diff diff;
    (void)state;
    for (unsigned i = 0; i < RECORDS; i++) {
        uint8_t rdata[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
        assert_int_equal(zone_edit_add(edit, zones_name("many.t."), DNS_TYPE_A, 60, rdata, 4), 0);
    }
    zone_diff_make(edit, NOW_S, &diff.data, &diff.len);
    assert_true(zone_edit_commit(edit));
    assert_int_equal(diff.len, ZONE_DIFF_HEADER + 1 + 8 + 2 + 6 + RECORDS * 10);
    assert_int_equal(apply(other, diff.data, diff.len, NULL, NULL), 0);
    mem_free(diff.data);

    diff = change(zone, "many A 10.0.7.7\n", "many 60 A 10.1.0.0\n");
    assert_int_equal(diff.len, ZONE_DIFF_HEADER + 1 + 8 + 2 + 6 + 2 * 10);
    assert_int_equal(apply(other, diff.data, diff.len, NULL, NULL), 0);
    mem_free(diff.data);

    diff = change(zone, NULL, "many 61 A 10.1.0.0\n");
    assert_int_equal(diff.len, ZONE_DIFF_HEADER + 1 + 8 + 2 + 6 + 2 * RECORDS * 10);
    assert_int_equal(apply(other, diff.data, diff.len, NULL, NULL), 0);
    mem_free(diff.data);
    expect_equal(other, zone, "many records");
    zone_unref(zone);
    zone_unref(other);
}

static void a_record_of_any_size_is_carried(void **state)
{
    static uint8_t rdata[ZONE_RRSET_MAX - ZONE_RR_FIXED];
    struct zone *zone = zones_make("t.", base), *other = zones_make("t.", base);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    uint8_t longest[DNS_NAME_MAX];
    struct diff diff;
    (void)state;
    memset(rdata, 'r', sizeof(rdata));
    for (size_t i = 0; i < 252; i += 2) { /* 126 labels of one octet, t and the root */
        longest[i] = 1;
        longest[i + 1] = 'n';
    }
    memcpy(longest + 252, "\1t", 3);
    assert_int_equal(zone_edit_add(edit, longest, 4711, 60, rdata, sizeof(rdata)), 0);
    zone_diff_make(edit, NOW_S, &diff.data, &diff.len);
    assert_true(zone_edit_commit(edit));
    assert_int_equal(diff.len, ZONE_DIFF_HEADER + 1 + 255 + 2 + 6 + 6 + sizeof(rdata));
    assert_int_equal(apply(other, diff.data, diff.len, NULL, NULL), 0);
    expect_equal(other, zone, "the longest");
    mem_free(diff.data);
    zone_unref(zone);
    zone_unref(other);
}

static bool is_wanted(void *context, const uint8_t *owner)
{
    return !dns_name_equal(owner, context);
}

static void names_that_are_not_wanted_are_passed_over(void **state)
{
    struct zone *zone = zones_make("t.", base), *other = zones_make("t.", base);
    uint8_t unwanted[] = "\1a\1t";
    (void)state;
    struct diff diff = change(zone, "a A 192.0.2.1\nal CNAME a\n", "a MX 10 a\nal A 192.0.2.9\n");
    assert_int_equal(apply(other, diff.data, diff.len, is_wanted, unwanted), 0);
    zones_change(zone, "a MX 10 a\n", "a A 192.0.2.1\n");
    expect_equal(other, zone, "but for a");
    mem_free(diff.data);
    zone_unref(zone);
    zone_unref(other);
}

static void a_limit_of_the_edit_holds(void **state)
{
    struct zone *zone = zones_make("t.", base), *other = zones_make("t.", base);
    (void)state;
    struct diff diff = change(zone, NULL, "a MX 10 a\n");
    struct zone_edit *edit = zone_edit_begin(other, &(struct zone_edit_limits){UINT16_MAX, 2, 0});
    assert_int_equal(zone_diff_apply(edit, diff.data, diff.len, NULL, NULL), ERR_LIMIT);
    zone_edit_abort(edit);
    mem_free(diff.data);
    zone_unref(zone);
    zone_unref(other);
}

#define HEADER  "\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\3"
#define OWNER   "\5\1a\1t\0"
#define A_ADDED "\0\1\0\0\0\1"
#define ADDRESS "\0\0\1\54\0\4\300\0\2\1"
#define OCTETS(text)                                                                               \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static void damaged_octets_are_refused(void **state)
{
    static const struct {
        const char *label;
        struct {
            const char *data;
            size_t len;
        } octets;
        int err;
    } rows[] = {
        {"as it should be", OCTETS(HEADER OWNER "\0\1" A_ADDED ADDRESS), 0},
        {"no names", OCTETS(HEADER), 0},
        {"nothing", OCTETS(""), ERR_STORE_CORRUPT},
        {"no owner", OCTETS(HEADER "\0\0\1" A_ADDED ADDRESS), ERR_STORE_CORRUPT},
        {"an owner that is no name", OCTETS(HEADER "\5\1a\1t\1\0\1" A_ADDED ADDRESS),
         ERR_STORE_CORRUPT},
        {"an owner that ends early", OCTETS(HEADER "\5\1a\0\1t\0\1" A_ADDED ADDRESS),
         ERR_STORE_CORRUPT},
        {"an owner by pointer", OCTETS(HEADER "\4\1a\300\0\0\1" A_ADDED ADDRESS),
         ERR_STORE_CORRUPT},
        {"an owner in capitals", OCTETS(HEADER "\5\1A\1t\0\0\1" A_ADDED ADDRESS),
         ERR_STORE_CORRUPT},
        {"an owner outside the zone", OCTETS(HEADER "\5\1a\1u\0\0\1" A_ADDED ADDRESS),
         ERR_OUT_OF_ZONE},
        {"no types", OCTETS(HEADER OWNER "\0\0" A_ADDED ADDRESS), ERR_STORE_CORRUPT},
        {"a type too many", OCTETS(HEADER OWNER "\0\2" A_ADDED ADDRESS), ERR_STORE_CORRUPT},
        {"octets behind", OCTETS(HEADER OWNER "\0\1" A_ADDED ADDRESS "\0"), ERR_STORE_CORRUPT},
        {"a type without records", OCTETS(HEADER OWNER "\0\1\0\1\0\0\0\0"), ERR_STORE_CORRUPT},
        {"a record too many", OCTETS(HEADER OWNER "\0\1\0\1\0\0\0\2" ADDRESS), ERR_STORE_CORRUPT},
        {"type 0", OCTETS(HEADER OWNER "\0\1\0\0\0\0\0\1" ADDRESS), ERR_STORE_CORRUPT},
        {"type ANY", OCTETS(HEADER OWNER "\0\1\0\377\0\0\0\1" ADDRESS), ERR_STORE_CORRUPT},
        {"type OPT, removed", OCTETS(HEADER OWNER "\0\1\0\51\0\1\0\0" ADDRESS), ERR_STORE_CORRUPT},
        {"malformed RDATA", OCTETS(HEADER OWNER "\0\1" A_ADDED "\0\0\1\54\0\3\300\0\2"),
         ERR_STORE_CORRUPT},
        {"malformed RDATA, removed", OCTETS(HEADER OWNER "\0\1\0\1\0\1\0\0\0\0\1\54\0\3\300\0\2"),
         ERR_STORE_CORRUPT},
        {"a TTL of 32 bits", OCTETS(HEADER OWNER "\0\1" A_ADDED "\200\0\0\0\0\4\300\0\2\1"),
         ERR_STORE_CORRUPT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\n");
        int err = apply(zone, rows[i].octets.data, rows[i].octets.len, NULL, NULL);
        if (err != rows[i].err) {
            fail_msg("%s: %d", rows[i].label, err);
        }
        zone_unref(zone);
    }
}

static void damage_anywhere_is_survived(void **state)
{
    static const uint8_t values[] = {0, 1, 2, 0x3f, 0x40, 'A', 0x7f, 0x80, 0xc0, 0xff};
    struct zone *zone = zones_make("t.", base);
    struct diff diff =
        change(zone, "a A 192.0.2.1\nal CNAME a\nx.ent TXT y\n",
               "a MX 10 a\nal A 192.0.2.9\np CRES . cpu=100 env=a,b\n@ SOA m r 101 1 1 1 1\n");
    (void)state;
    for (size_t cut = 0; cut < diff.len; cut++) {
        struct zone *other = zones_make("t.", base);
        int err = apply(other, diff.data, cut, NULL, NULL);
        assert_true(err == 0 || err == ERR_STORE_CORRUPT);
        zones_check(other);
        zone_unref(other);
    }
    for (size_t at = 0; at < diff.len; at++) {
        struct zone *other = zones_make("t.", base);
        uint8_t kept = diff.data[at];
        for (size_t i = 0; i < COUNT(values); i++) {
            diff.data[at] = values[i];
            (void)apply(other, diff.data, diff.len, NULL, NULL);
        }
        diff.data[at] = kept;
        zones_check(other);
        zone_unref(other);
    }
    zones_settle();
    mem_free(diff.data);
    zone_unref(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_nothing_has_no_change_set),
        cmocka_unit_test(only_records_make_a_change),
        cmocka_unit_test(a_set_is_the_same_as_long_as_its_octets_are),
        cmocka_unit_test(a_change_set_has_serials_and_time),
        cmocka_unit_test(a_change_set_lists_what_went_and_what_came),
        cmocka_unit_test(a_change_set_makes_the_new_zone_of_the_old_one),
        cmocka_unit_test(random_zones_follow_by_their_change_sets),
        cmocka_unit_test(a_change_set_is_as_large_as_the_change),
        cmocka_unit_test(a_record_of_any_size_is_carried),
        cmocka_unit_test(names_that_are_not_wanted_are_passed_over),
        cmocka_unit_test(a_limit_of_the_edit_holds),
        cmocka_unit_test(damaged_octets_are_refused),
        cmocka_unit_test(damage_anywhere_is_survived),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
