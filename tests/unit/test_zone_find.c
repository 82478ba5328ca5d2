#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_find.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct zone_found find(const struct zone *zone, const uint8_t *name, uint16_t type)
{
    struct dns_labels labels;
    dns_name_index(zone_key(zone), name, &labels);
    return zone_find(zone, zone_version(zone), name, &labels, type);
}

static const char *const verdicts[] = {"ANSWER",     "ALIAS",  "DNAME",
                                       "DELEGATION", "NODATA", "NXDOMAIN"};

/* What was found as text: VERDICT, * for a wildcard, owner of the node, type of the set. */
static void describe(const struct zone_found *found, char *out, size_t size)
{
    char owner[DNS_NAME_TEXT_MAX] = "-", type[16] = "-";
    if (found->node) {
        (void)dns_name_print(found->node->owner, owner);
    }
    if (found->set) {
        dns_type_print(found->set->type, type);
    }
    (void)snprintf(out, size, "%s%s %.100s %s", verdicts[found->verdict],
                   found->wildcard ? "*" : "", owner, type);
}

struct row {
    const char *label;
    const char *name;
    uint16_t type;
    const char *expected;
};

static void check_rows(const struct zone *zone, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[200];
        struct zone_found found = find(zone, zones_name(rows[i].name), rows[i].type);
        describe(&found, text, sizeof(text));
        if (strcmp(text, rows[i].expected) != 0) {
            print_message("case: %s\n", rows[i].label);
        }
        assert_string_equal(text, rows[i].expected);
    }
}

static void every_verdict_of_a_plain_zone_is_found(void **state)
{
    (void)state;
    static const char text[] = "@ SOA m r 1 1 1 1 1\n"
                               "@ NS ns\n"
                               "ns A 192.0.2.1\n"
                               "www CNAME ns\n"
                               "far CNAME other.\n"
                               "a.b.c TXT x\n"
                               "under.www TXT x\n"
                               "cut NS ns.cut\n"
                               "cut DS 1 8 2 00\n"
                               "cut TXT occluded\n"
                               "ns.cut A 192.0.2.2\n"
                               "deep.cut NS below\n"
                               "d DNAME e\n"
                               "d TXT own\n"
                               "x.d TXT occluded\n"
                               "cut.e NS ns\n"
                               "cut.e DNAME e\n";
    static const struct row rows[] = {
        {"data", "ns.t.", DNS_TYPE_A, "ANSWER ns.t. A"},
        {"no such type", "ns.t.", DNS_TYPE_AAAA, "NODATA ns.t. -"},
        {"all types", "ns.t.", DNS_TYPE_ANY, "ANSWER ns.t. -"},
        {"apex", "t.", DNS_TYPE_SOA, "ANSWER t. SOA"},
        {"NS of the apex is an answer", "t.", DNS_TYPE_NS, "ANSWER t. NS"},
        {"DS of the apex is the parent's", "t.", DNS_TYPE_DS, "NODATA t. -"},
        {"alias", "www.t.", DNS_TYPE_A, "ALIAS www.t. CNAME"},
        {"the alias itself", "www.t.", DNS_TYPE_CNAME, "ANSWER www.t. CNAME"},
        {"all types of an alias", "www.t.", DNS_TYPE_ANY, "ANSWER www.t. -"},
        {"alias to elsewhere", "far.t.", DNS_TYPE_A, "ALIAS far.t. CNAME"},
        {"an alias hides nothing below it", "under.www.t.", DNS_TYPE_TXT,
         "ANSWER under.www.t. TXT"},
        {"empty non-terminal", "b.c.t.", DNS_TYPE_TXT, "NODATA b.c.t. -"}, /* RFC 8020 */
        {"all types of an empty one", "c.t.", DNS_TYPE_ANY, "NODATA c.t. -"},
        {"below an empty one", "x.b.c.t.", DNS_TYPE_TXT, "NXDOMAIN - -"},
        {"no such name", "nx.t.", DNS_TYPE_A, "NXDOMAIN - -"},
        {"no such name below data", "x.y.ns.t.", DNS_TYPE_A, "NXDOMAIN - -"},
        {"cut", "cut.t.", DNS_TYPE_A, "DELEGATION cut.t. NS"},
        {"NS at the cut", "cut.t.", DNS_TYPE_NS, "DELEGATION cut.t. NS"},
        {"other data at the cut", "cut.t.", DNS_TYPE_TXT, "DELEGATION cut.t. NS"},
        {"all types at the cut", "cut.t.", DNS_TYPE_ANY, "DELEGATION cut.t. NS"},
        {"DS at the cut", "cut.t.", DNS_TYPE_DS, "ANSWER cut.t. DS"}, /* RFC 4035 3.1.4.1 */
        {"glue", "ns.cut.t.", DNS_TYPE_A, "DELEGATION cut.t. NS"},
        {"DS below the cut", "ns.cut.t.", DNS_TYPE_DS, "DELEGATION cut.t. NS"},
        {"a cut below the cut", "x.deep.cut.t.", DNS_TYPE_A, "DELEGATION cut.t. NS"},
        {"no such name below the cut", "a.b.cut.t.", DNS_TYPE_A, "DELEGATION cut.t. NS"},
        {"owner of a DNAME", "d.t.", DNS_TYPE_TXT, "ANSWER d.t. TXT"}, /* RFC 6672 2.3 */
        {"the DNAME itself", "d.t.", DNS_TYPE_DNAME, "ANSWER d.t. DNAME"},
        {"no such type at its owner", "d.t.", DNS_TYPE_A, "NODATA d.t. -"},
        {"below a DNAME", "q.d.t.", DNS_TYPE_A, "DNAME d.t. DNAME"},
        {"deep below a DNAME", "p.q.d.t.", DNS_TYPE_ANY, "DNAME d.t. DNAME"},
        {"occluded by a DNAME", "x.d.t.", DNS_TYPE_TXT, "DNAME d.t. DNAME"},
        {"a cut is before a DNAME", "x.cut.e.t.", DNS_TYPE_A, "DELEGATION cut.e.t. NS"},
        {"DS of a cut with a DNAME", "cut.e.t.", DNS_TYPE_DS, "NODATA cut.e.t. -"},
    };
    struct zone *zone = zones_make("t.", text);
    check_rows(zone, rows, COUNT(rows));
    zone_unref(zone);
}

/* The example zone of RFC 4592 section 2.2.1, and what it says of it. */
static void wildcards_work_as_their_specification_shows(void **state)
{
    (void)state;
    static const char text[] = "@ SOA m r 1 1 1 1 1\n"
                               "@ NS ns.example.com.\n"
                               "* TXT \"this is a wildcard\"\n"
                               "* MX 10 host1\n"
                               "sub.* TXT \"this is not a wildcard\"\n"
                               "host1 A 192.0.2.1\n"
                               "_ssh._tcp.host1 SRV 0 0 22 host1\n"
                               "_ssh._tcp.host2 SRV 0 0 22 host1\n"
                               "subdel NS ns.example.com.\n";
    static const struct row rows[] = {
        {"2.2.1, synthesis", "host3.example.", DNS_TYPE_MX, "ANSWER* *.example. MX"},
        {"2.2.1, no such type", "host3.example.", DNS_TYPE_A, "NODATA* *.example. -"},
        {"2.2.1, several labels", "foo.bar.example.", DNS_TYPE_TXT, "ANSWER* *.example. TXT"},
        {"2.2.1, the name exists", "host1.example.", DNS_TYPE_MX, "NODATA host1.example. -"},
        {"2.2.1, the star asked for", "sub.*.example.", DNS_TYPE_MX, "NODATA sub.*.example. -"},
        {"2.2.1, an empty name exists", "_telnet._tcp.host1.example.", DNS_TYPE_SRV,
         "NXDOMAIN - -"},
        {"2.2.1, delegated", "host.subdel.example.", DNS_TYPE_A, "DELEGATION subdel.example. NS"},
        {"2.2.1, the star is the encloser", "ghost.*.example.", DNS_TYPE_MX, "NXDOMAIN - -"},
        {"an empty name is no place for it", "host2.example.", DNS_TYPE_TXT,
         "NODATA host2.example. -"},
        {"below an empty name", "x.host2.example.", DNS_TYPE_TXT, "NXDOMAIN - -"},
        {"the star as it is", "*.example.", DNS_TYPE_MX, "ANSWER *.example. MX"},
        {"no such type at the star", "*.example.", DNS_TYPE_A, "NODATA *.example. -"},
        {"all types", "new.example.", DNS_TYPE_ANY, "ANSWER* *.example. -"},
        {"two stars", "*.*.example.", DNS_TYPE_TXT, "NXDOMAIN - -"},
        {"a label that begins with a star", "*x.example.", DNS_TYPE_TXT, "ANSWER* *.example. TXT"},
    };
    struct zone *zone = zones_make("example.", text);
    check_rows(zone, rows, COUNT(rows));
    zone_unref(zone);
}

static void wildcards_stand_for_aliases_and_empty_names(void **state)
{
    (void)state;
    static const char text[] = "@ SOA m r 1 1 1 1 1\n"
                               "*.a CNAME www\n"
                               "b.*.empty TXT x\n"
                               "*.*.s TXT x\n"
                               "*.cut NS ns\n"
                               "cut2 NS ns\n"
                               "*.cut2 TXT x\n"
                               "d DNAME a\n"
                               "*.d TXT x\n"
                               "*.x TXT x\n"
                               "y.x A 192.0.2.1\n";
    static const struct row rows[] = {
        {"alias", "q.a.t.", DNS_TYPE_A, "ALIAS* *.a.t. CNAME"},
        {"the alias itself", "q.a.t.", DNS_TYPE_CNAME, "ANSWER* *.a.t. CNAME"},
        {"an empty star", "q.empty.t.", DNS_TYPE_TXT, "NODATA* *.empty.t. -"},
        {"below the star of an empty one", "c.*.empty.t.", DNS_TYPE_TXT, "NXDOMAIN - -"},
        {"a star below a star is for the star", "q.*.s.t.", DNS_TYPE_TXT, "ANSWER* *.*.s.t. TXT"},
        {"and for nobody else", "q.r.s.t.", DNS_TYPE_TXT, "NODATA* *.s.t. -"},
        {"never across a cut", "q.cut2.t.", DNS_TYPE_TXT, "DELEGATION cut2.t. NS"},
        {"its own name across a cut", "*.cut2.t.", DNS_TYPE_TXT, "DELEGATION cut2.t. NS"},
        {"never below a DNAME", "q.d.t.", DNS_TYPE_TXT, "DNAME d.t. DNAME"},
        {"a sibling blocks only itself", "z.x.t.", DNS_TYPE_TXT, "ANSWER* *.x.t. TXT"},
        {"a sibling has no wildcard", "q.y.x.t.", DNS_TYPE_TXT, "NXDOMAIN - -"},
        {"a cut at a star, asked for", "*.cut.t.", DNS_TYPE_A, "DELEGATION *.cut.t. NS"},
    };
    struct zone *zone = zones_make("t.", text);
    check_rows(zone, rows, COUNT(rows));
    zone_unref(zone);
}

static void a_dname_at_the_apex_takes_all_names_below(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"the apex", "t.", DNS_TYPE_SOA, "ANSWER t. SOA"},
        {"its DNAME", "t.", DNS_TYPE_DNAME, "ANSWER t. DNAME"},
        {"no such type", "t.", DNS_TYPE_A, "NODATA t. -"},
        {"below", "a.t.", DNS_TYPE_A, "DNAME t. DNAME"},
        {"occluded", "ns.t.", DNS_TYPE_A, "DNAME t. DNAME"},
        {"occluded cut", "x.cut.t.", DNS_TYPE_A, "DNAME t. DNAME"},
        {"DS of an occluded cut", "cut.t.", DNS_TYPE_DS, "DNAME t. DNAME"},
    };
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\n@ NS ns\n@ DNAME other.\n"
                                         "ns A 192.0.2.1\ncut NS ns\n");
    check_rows(zone, rows, COUNT(rows));
    zone_unref(zone);
}

static void the_root_is_a_zone_like_others(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"apex", ".", DNS_TYPE_SOA, "ANSWER . SOA"},
        {"no such type", ".", DNS_TYPE_A, "NODATA . -"},
        {"no such name", "nx.", DNS_TYPE_A, "ANSWER* *. A"},
        {"cut", "a.com.", DNS_TYPE_A, "DELEGATION com. NS"},
        {"DS", "com.", DNS_TYPE_DS, "NODATA com. -"},
    };
    struct zone *zone = zones_make(".", "@ SOA m r 1 1 1 1 1\n@ NS ns\n* A 192.0.2.1\n"
                                        "com NS ns.com\n");
    check_rows(zone, rows, COUNT(rows));
    zone_unref(zone);
}

/* A name of n labels "l" below "t.". */
static const uint8_t *deep_name(unsigned n)
{
    static uint8_t name[DNS_NAME_MAX];
    for (unsigned i = 0; i < n; i++) {
        memcpy(name + 2 * (size_t)i, "\1l", 2);
    }
    memcpy(name + 2 * (size_t)n, "\1t", 3);
    return name;
}

static void the_deepest_names_are_found_cut_and_matched(void **state)
{
    (void)state;
    static const uint8_t rdata[] = "\2ns";
    for (unsigned at = 60; at < 126; at++) {
        struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\n");
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        assert_int_equal(zone_edit_add(edit, deep_name(at), DNS_TYPE_NS, 1, rdata, 4), 0);
        assert_true(zone_edit_commit(edit));
        assert_int_equal(find(zone, deep_name(at - 1), DNS_TYPE_A).verdict, ZONE_FIND_NODATA);
        assert_int_equal(find(zone, deep_name(at), DNS_TYPE_A).verdict, ZONE_FIND_DELEGATION);
        struct zone_found found = find(zone, deep_name(126), DNS_TYPE_A);
        assert_int_equal(found.verdict, ZONE_FIND_DELEGATION);
        assert_int_equal(found.node->labels, at + 1);
        zone_unref(zone);
    }
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\n* TXT x\n");
    assert_true(find(zone, deep_name(126), DNS_TYPE_TXT).wildcard);
    /* The longest wildcard: 255 octets, with the query name's own first label as long as it. */
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    uint8_t star[DNS_NAME_MAX];
    memcpy(star, deep_name(126), DNS_NAME_MAX);
    star[1] = '*';
    assert_int_equal(zone_edit_add(edit, star, DNS_TYPE_A, 1, (const uint8_t *)"\1\2\3\4", 4), 0);
    assert_true(zone_edit_commit(edit));
    assert_true(find(zone, deep_name(126), DNS_TYPE_A).wildcard);
    assert_int_equal(find(zone, deep_name(125), DNS_TYPE_A).verdict, ZONE_FIND_NODATA);
    zone_unref(zone);
}

static void an_old_version_is_answered_from_as_it_was(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\na A 192.0.2.1\n");
    zones_change(zone, "a A 192.0.2.1\n", "* TXT x\nb NS ns\n");
    static const struct {
        const char *name;
        enum zone_find_verdict at[2]; /* versions 1 and 2 */
    } rows[] = {
        {"a.t.", {ZONE_FIND_NODATA, ZONE_FIND_ANSWER}}, /* by the wildcard */
        {"c.t.", {ZONE_FIND_NXDOMAIN, ZONE_FIND_ANSWER}},
        {"b.t.", {ZONE_FIND_NXDOMAIN, ZONE_FIND_DELEGATION}},
        {"x.b.t.", {ZONE_FIND_NXDOMAIN, ZONE_FIND_DELEGATION}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dns_labels labels;
        const uint8_t *name = zones_name(rows[i].name);
        dns_name_index(&zones_key, name, &labels);
        for (uint64_t version = 1; version <= 2; version++) {
            struct zone_found found = zone_find(zone, version, name, &labels, DNS_TYPE_TXT);
            assert_int_equal(found.verdict, rows[i].at[version - 1]);
        }
    }
    zone_unref(zone);
}

/* The algorithm of RFC 1034 section 4.3.2 in its own words, over a list of records: names are paths
 * of labels from the apex down, every question is answered by looking at every record. */
enum { DEPTH_MAX = 4, LABELS = 4, RECORDS_MAX = 40, ZONES = 250 };

struct path {
    unsigned depth;
    uint8_t label[DEPTH_MAX + 1]; /* 0 is the star */
};

struct record {
    struct path owner;
    uint16_t type;
};

struct plain {
    size_t count;
    struct record records[RECORDS_MAX];
};

static bool is_prefix(const struct path *upper, unsigned depth, const struct path *path)
{
    return depth <= path->depth && memcmp(upper->label, path->label, depth) == 0;
}

/* The first `depth` labels of a path own a record of a type, or (type 0) own or lead to any. */
static bool has(const struct plain *plain, const struct path *path, unsigned depth, uint16_t type)
{
    for (size_t i = 0; i < plain->count; i++) {
        const struct record *record = &plain->records[i];
        bool is_owner = record->owner.depth == depth;
        if (is_prefix(path, depth, &record->owner) &&
            (type == 0 || (is_owner && record->type == type))) {
            return true;
        }
    }
    return false;
}

static bool owns_any(const struct plain *plain, const struct path *path)
{
    for (size_t i = 0; i < plain->count; i++) {
        const struct record *record = &plain->records[i];
        if (record->owner.depth == path->depth && is_prefix(path, path->depth, &record->owner)) {
            return true;
        }
    }
    return false;
}

static size_t path_name(const struct path *path, uint8_t *out)
{
    size_t len = 0;
    for (unsigned i = path->depth; i-- > 0;) {
        out[len++] = 1;
        out[len++] = path->label[i] == 0 ? '*' : (uint8_t)('a' + path->label[i] - 1);
    }
    memcpy(out + len, "\1t", 3);
    return len + 3;
}

/* What should be found. */
struct expected {
    enum zone_find_verdict verdict;
    bool wildcard, has_node;
    struct path node;
    uint16_t set; /* 0: none */
};

static struct expected at_node(const struct plain *plain, const struct path *node, uint16_t type,
                               bool wildcard)
{
    struct expected expected = {ZONE_FIND_NODATA, wildcard, true, *node, 0};
    if (type == DNS_TYPE_ANY) {
        expected.verdict = owns_any(plain, node) ? ZONE_FIND_ANSWER : ZONE_FIND_NODATA;
    } else if (has(plain, node, node->depth, type)) {
        expected.verdict = ZONE_FIND_ANSWER;
        expected.set = type;
    } else if (has(plain, node, node->depth, DNS_TYPE_CNAME)) {
        expected.verdict = ZONE_FIND_ALIAS;
        expected.set = DNS_TYPE_CNAME;
    }
    return expected;
}

static struct expected answer(const struct plain *plain, const struct path *name, uint16_t type)
{
    for (unsigned depth = 0;; depth++) {
        struct path here = *name;
        here.depth = depth;
        bool is_end = depth == name->depth;
        if (depth > 0 && has(plain, &here, depth, DNS_TYPE_NS) &&
            !(is_end && type == DNS_TYPE_DS)) { /* step 3b */
            return (struct expected){ZONE_FIND_DELEGATION, false, true, here, DNS_TYPE_NS};
        }
        if (is_end) { /* step 3a */
            return at_node(plain, &here, type, false);
        }
        if (has(plain, &here, depth, DNS_TYPE_DNAME)) { /* RFC 6672 3.2, step 3c */
            return (struct expected){ZONE_FIND_DNAME, false, true, here, DNS_TYPE_DNAME};
        }
        if (!has(plain, name, depth + 1, 0)) { /* step 3c: the name ends here */
            here.label[here.depth++] = 0;
            if (has(plain, &here, here.depth, 0)) {
                return at_node(plain, &here, type, true);
            }
            return (struct expected){.verdict = ZONE_FIND_NXDOMAIN};
        }
    }
}

static const uint16_t all_types[] = {DNS_TYPE_A,     DNS_TYPE_NS, DNS_TYPE_CNAME, DNS_TYPE_TXT,
                                     DNS_TYPE_DNAME, DNS_TYPE_DS, DNS_TYPE_ANY};

/* Names of stars with NS or DNAME have no meaning of their own (RFC 4592 4.2, 4.4): not drawn. */
static struct record draw(struct rand *rand)
{
    uint64_t bits = rand_u64(rand);
    struct record record = {.type = all_types[bits % (COUNT(all_types) - 1)]};
    record.owner.depth = (unsigned)(bits >> 8) % (DEPTH_MAX + 1);
    for (unsigned i = 0; i < record.owner.depth; i++) {
        record.owner.label[i] = (bits >> (16 + 4 * i)) % LABELS & 0xff;
    }
    bool is_star = record.owner.depth > 0 && record.owner.label[record.owner.depth - 1] == 0;
    if (is_star && (record.type == DNS_TYPE_NS || record.type == DNS_TYPE_DNAME)) {
        record.type = DNS_TYPE_TXT;
    }
    return record;
}

/* Put a random record into both zones; one that can not stand where it should is left out. */
static void add_random(struct zone_edit *edit, struct plain *plain, struct rand *rand)
{
    static const uint8_t rdata[] = {1, 'x', 1, 't', 0};
    static const uint8_t address[] = {192, 0, 2, 1};
    struct record record = draw(rand);
    uint8_t name[DNS_NAME_MAX];
    (void)path_name(&record.owner, name);
    bool is_known = has(plain, &record.owner, record.owner.depth, record.type);
    bool is_name = record.type != DNS_TYPE_A && record.type != DNS_TYPE_TXT;
    int err = zone_edit_add(edit, name, record.type, 1, is_name ? rdata : address,
                            is_name ? sizeof(rdata) : sizeof(address));
    if (!err && !is_known) {
        plain->records[plain->count++] = record;
    }
}

static void check_name(const struct zone *zone, const struct plain *plain, const struct path *path)
{
    uint8_t name[DNS_NAME_MAX], owner[DNS_NAME_MAX];
    (void)path_name(path, name);
    for (size_t i = 0; i < COUNT(all_types); i++) {
        struct zone_found found = find(zone, name, all_types[i]);
        struct expected expected = answer(plain, path, all_types[i]);
        if (found.verdict != expected.verdict) {
            char text[DNS_NAME_TEXT_MAX];
            (void)dns_name_print(name, text);
            print_message("case: %s type %u\n", text, all_types[i]);
        }
        assert_string_equal(verdicts[found.verdict], verdicts[expected.verdict]);
        assert_int_equal(found.wildcard, expected.wildcard);
        assert_int_equal(found.node != NULL, expected.has_node);
        assert_int_equal(found.set ? found.set->type : 0, expected.set);
        if (expected.has_node) {
            (void)path_name(&expected.node, owner);
            assert_true(dns_name_equal(found.node->owner, owner));
        }
    }
}

static void random_zones_answer_all_names_and_types_as_the_plain_algorithm(void **state)
{
    (void)state;
    struct rand_fake rand;
    rand_fake_init(&rand, 7);
    for (unsigned i = 0; i < ZONES; i++) {
        struct plain plain = {0};
        struct zone *zone = zones_make("t.", "");
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        uint64_t records = 1 + rand_u64(&rand.rand) % (RECORDS_MAX - 1);
        while (records-- > 0) {
            add_random(edit, &plain, &rand.rand);
        }
        assert_true(zone_edit_commit(edit));
        for (unsigned depth = 0; depth <= DEPTH_MAX; depth++) {
            unsigned names = 1;
            for (unsigned j = 0; j < depth; j++) {
                names *= LABELS;
            }
            for (unsigned j = 0; j < names; j++) {
                struct path path = {.depth = depth};
                for (unsigned k = 0, rest = j; k < depth; k++, rest /= LABELS) {
                    path.label[k] = (uint8_t)(rest % LABELS);
                }
                check_name(zone, &plain, &path);
            }
        }
        zone_unref(zone);
        rcu_quiescent();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_verdict_of_a_plain_zone_is_found),
        TEST(wildcards_work_as_their_specification_shows),
        TEST(wildcards_stand_for_aliases_and_empty_names),
        TEST(a_dname_at_the_apex_takes_all_names_below),
        TEST(the_root_is_a_zone_like_others),
        TEST(the_deepest_names_are_found_cut_and_matched),
        TEST(an_old_version_is_answered_from_as_it_was),
        TEST(random_zones_answer_all_names_and_types_as_the_plain_algorithm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
