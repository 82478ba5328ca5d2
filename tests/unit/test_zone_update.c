#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <time.h>

#include "base/mem.h"
#include "tests/lib/guard.h"
#include "tests/lib/heap.h"
#include "tests/lib/updates.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"
#include "zones/zone_update.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW_S        1000000

/* RDATA of what signing makes: type A, signer t.; next name t.; hash of one octet */
#define RRSIG_A "=00010d02000000000000000000000000303901740061"
#define NSEC_A  "=0174000001ff"
#define NSEC3_A "=01000000000148"

static const char base[] = "@ 3600 SOA m r 100 1 1 1 1\n"
                           "@ NS ns1\n"
                           "@ NS ns2\n"
                           "@ A 192.0.2.1\n"
                           "ns1 A 192.0.2.2\n"
                           "ns2 A 192.0.2.3\n"
                           "a A 192.0.2.10\n"
                           "a A 192.0.2.11\n"
                           "a TXT x\n"
                           "mx MX 10 Host.T.\n"
                           "mx MX 20 a\n"
                           "al CNAME a\n"
                           "d DNAME other.\n"
                           "below.ent A 192.0.2.20\n"
                           "*.w A 192.0.2.30\n"
                           "cut NS ns.cut\n"
                           "u TYPE4711 \\# 2 0a0b\n"
                           "e TYPE4711 \\# 0\n"
                           "s A 192.0.2.40\n"
                           "s RRSIG A 13 2 0 20380101000000 20200101000000 12345 t. YWFh\n"
                           "s NSEC t. A RRSIG\n"
                           "h NSEC3 1 0 0 - 9G A\n"
                           "salias CNAME a\n"
                           "salias NSEC t. CNAME\n";

/* What the policy was asked; it says no to one record by its number. */
struct policy {
    unsigned asked, refused; /* refused: number from 1, 0 none */
    const char *why;
    char log[1000];
};

static bool permit(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                   char *text)
{
    assert_int_equal(*out_ede, DNS_EDE_PROHIBITED);
    struct policy *policy = context;
    char owner[DNS_NAME_TEXT_MAX], type[16];
    size_t len = strlen(policy->log);
    dns_name_print(record->owner, owner);
    dns_type_print(record->type, type);
    snprintf(policy->log + len, sizeof(policy->log) - len, "%s%s %s\n",
             record->is_delete ? "-" : "+", owner, type);
    if (++policy->asked == policy->refused) {
        snprintf(text, ZONE_UPDATE_TEXT, "%s", policy->why);
        return false;
    }
    return true;
}

/* One update of one zone; finished by close_scene. */
struct scene {
    struct zone *zone;
    struct zone_edit *edit;
    struct policy policy;
    struct zone_update_options options;
    struct zone_update_result result;
};

static uint8_t scratch[ZONE_UPDATE_SCRATCH];

static void open_scene(struct scene *scene, const char *name, const char *text,
                       const struct zone_edit_limits *limits)
{
    *scene = (struct scene){.zone = zones_make(name, text)};
    scene->edit = zone_edit_begin(scene->zone, limits);
    scene->options = (struct zone_update_options){.permit = permit,
                                                  .context = &scene->policy,
                                                  .now_s = NOW_S,
                                                  .has_index = true,
                                                  .has_find = true,
                                                  .scratch = scratch};
    memset(scratch, 0xff, sizeof(scratch)); /* what the last message left there */
}

static int count_change(void *context, const struct zone_edit_change *change)
{
    (void)change;
    ++*(unsigned *)context;
    return 0;
}

static unsigned count_changes(struct zone_edit *edit)
{
    unsigned count = 0;
    zone_edit_each(edit, count_change, &count);
    return count;
}

static uint16_t apply_octets(struct scene *scene, const void *message, size_t len)
{
    const uint8_t *copy = guard_copy(message, len);
    size_t mark = zone_edit_mark(scene->edit);
    memset(&scene->result, 0xff, sizeof(scene->result));
    zone_update_apply(scene->edit, copy, len, &scene->options, &scene->result);
    if (scene->result.rcode) {
        zone_edit_rewind(scene->edit, mark);
    }
    guard_free(copy);
    return scene->result.rcode;
}

static uint16_t apply(struct scene *scene, const char *text)
{
    static uint8_t message[UPDATES_MAX];
    char name[DNS_NAME_TEXT_MAX];
    dns_name_print(zone_name(scene->zone), name);
    return apply_octets(scene, message, updates_write(name, text, message));
}

/* Publish, and compare with the zone as it was made but for some records. */
static void expect_zone(struct scene *scene, const char *text, const char *gone, const char *come)
{
    char name[DNS_NAME_TEXT_MAX];
    dns_name_print(zone_name(scene->zone), name);
    struct zone *expected = zones_make(name, text);
    if (gone || come) {
        zones_change(expected, gone, come);
    }
    (void)zone_edit_commit(scene->edit);
    scene->edit = zone_edit_begin(scene->zone, &zones_limits);
    char *is = zones_print(scene->zone, zone_version(scene->zone));
    char *should = zones_print(expected, zone_version(expected));
    assert_string_equal(is, should);
    zones_check(scene->zone);
    mem_free(is);
    mem_free(should);
    zone_unref(expected);
}

static void close_scene(struct scene *scene)
{
    zone_edit_abort(scene->edit);
    zone_unref(scene->zone);
}

/* A message and the rcode it gets; what is refused changes nothing. */
struct row {
    const char *label, *text;
    uint16_t rcode;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        open_scene(&scene, "t.", base, &zones_limits);
        uint16_t rcode = apply(&scene, rows[i].text);
        if (rcode != rows[i].rcode) {
            fail_msg("%s: rcode %u, expected %u (%s)", rows[i].label, rcode, rows[i].rcode,
                     scene.result.text);
        }
        if (rcode && count_changes(scene.edit)) {
            fail_msg("%s: refused, but the zone has changed", rows[i].label);
        }
        close_scene(&scene);
    }
}

static void a_zone_section_is_one_soa_of_class_in(void **state)
{
    static const struct {
        const char *label;
        unsigned count;
        uint16_t type, dns_class, rcode;
    } rows[] = {
        {"as it should be", 1, DNS_TYPE_SOA, DNS_CLASS_IN, DNS_RCODE_NOERROR},
        {"none", 0, 0, 0, DNS_RCODE_FORMERR},
        {"two", 2, DNS_TYPE_SOA, DNS_CLASS_IN, DNS_RCODE_FORMERR},
        {"another type", 1, DNS_TYPE_A, DNS_CLASS_IN, DNS_RCODE_FORMERR},
        {"type ANY", 1, DNS_TYPE_ANY, DNS_CLASS_IN, DNS_RCODE_FORMERR},
        {"class CH", 1, DNS_TYPE_SOA, DNS_CLASS_CH, DNS_RCODE_NOTAUTH},
        {"class ANY", 1, DNS_TYPE_SOA, DNS_CLASS_ANY, DNS_RCODE_NOTAUTH},
        {"class NONE", 1, DNS_TYPE_SOA, DNS_CLASS_NONE, DNS_RCODE_NOTAUTH},
        {"class 0", 1, DNS_TYPE_SOA, 0, DNS_RCODE_NOTAUTH},
    };
    static struct dns_write w;
    uint8_t message[512], name[DNS_NAME_MAX];
    size_t len;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        dns_write_begin(&w, message, sizeof(message), 1, DNS_OPCODE_UPDATE << 11);
        for (unsigned n = 0; n < rows[i].count; n++) {
            dns_write_question(&w, (const uint8_t *)"\3WwW\1T", rows[i].type, rows[i].dns_class);
        }
        assert_int_equal(dns_write_end(&w, &len), 0);
        const uint8_t *copy = guard_copy(message, len);
        if (zone_update_zone(copy, len, name) != rows[i].rcode) {
            fail_msg("%s", rows[i].label);
        }
        guard_free(copy);
    }
    for (size_t cut = 0; cut < len; cut++) {
        const uint8_t *copy = guard_copy(message, cut);
        assert_int_equal(zone_update_zone(copy, cut, name), DNS_RCODE_FORMERR);
        guard_free(copy);
    }
    assert_int_equal(zone_update_zone(message, len, name), DNS_RCODE_NOTAUTH);
    assert_memory_equal(name, "\3www\1t", 7);
}

static void every_prerequisite_holds_or_fails_with_its_code(void **state)
{
    static const struct row rows[] = {
        /* RFC 2136 2.4.1: RRset exists */
        {"a set that exists", "? a 0 ANY A", DNS_RCODE_NOERROR},
        {"in another case of letters", "? A.T. 0 ANY A", DNS_RCODE_NOERROR},
        {"a set that does not exist", "? a 0 ANY MX", DNS_RCODE_NXRRSET},
        {"a set at no name", "? no 0 ANY A", DNS_RCODE_NXRRSET},
        {"a set at an empty non-terminal", "? ent 0 ANY A", DNS_RCODE_NXRRSET},
        {"a set behind a CNAME", "? al 0 ANY A", DNS_RCODE_NXRRSET},
        {"a set below a DNAME", "? x.d 0 ANY A", DNS_RCODE_NXRRSET},
        {"a set by wildcard", "? x.w 0 ANY A", DNS_RCODE_NXRRSET},
        {"the wildcard itself", "? *.w 0 ANY A", DNS_RCODE_NOERROR},
        {"the SOA", "? @ 0 ANY SOA", DNS_RCODE_NOERROR},
        {"a set of an unknown type", "? u 0 ANY TYPE4711", DNS_RCODE_NOERROR},
        {"a set whose record is empty", "? e 0 ANY TYPE4711", DNS_RCODE_NOERROR},
        {"with RDATA", "? a 0 ANY A 192.0.2.10", DNS_RCODE_FORMERR},
        {"with a TTL", "? a 1 ANY A", DNS_RCODE_FORMERR},
        {"with the largest TTL", "? a 4294967295 ANY A", DNS_RCODE_FORMERR},
        /* 2.4.3: RRset does not exist */
        {"no set", "? a 0 NONE MX", DNS_RCODE_NOERROR},
        {"no set at no name", "? no 0 NONE A", DNS_RCODE_NOERROR},
        {"no set, but there is one", "? a 0 NONE A", DNS_RCODE_YXRRSET},
        {"no set by wildcard", "? x.w 0 NONE A", DNS_RCODE_NOERROR},
        {"no set, with RDATA", "? a 0 NONE MX 10 a", DNS_RCODE_FORMERR},
        {"no set, with a TTL", "? a 1 NONE MX", DNS_RCODE_FORMERR},
        /* 2.4.4 and 2.4.5: name in use, or not */
        {"a name in use", "? a 0 ANY ANY", DNS_RCODE_NOERROR},
        {"a name not in use", "? no 0 ANY ANY", DNS_RCODE_NXDOMAIN},
        {"an empty non-terminal is not in use", "? ent 0 ANY ANY", DNS_RCODE_NXDOMAIN},
        {"a wildcard's names are not in use", "? x.w 0 ANY ANY", DNS_RCODE_NXDOMAIN},
        {"in use, with RDATA", "? a 0 ANY ANY =00", DNS_RCODE_FORMERR},
        {"in use, with a TTL", "? a 7 ANY ANY", DNS_RCODE_FORMERR},
        {"not in use", "? no 0 NONE ANY", DNS_RCODE_NOERROR},
        {"not in use: empty non-terminal", "? ent 0 NONE ANY", DNS_RCODE_NOERROR},
        {"not in use, but it is", "? a 0 NONE ANY", DNS_RCODE_YXDOMAIN},
        {"not in use, with RDATA", "? no 0 NONE ANY =00", DNS_RCODE_FORMERR},
        {"not in use, with a TTL", "? no 7 NONE ANY", DNS_RCODE_FORMERR},
        /* where and when */
        {"outside the zone", "? a.u. 0 ANY A", DNS_RCODE_NOTZONE},
        {"above the zone", "? . 0 ANY ANY", DNS_RCODE_NOTZONE},
        {"a name that only ends like the zone", "? at. 0 ANY A", DNS_RCODE_NOTZONE},
        {"the TTL comes before the zone", "? a.u. 1 ANY A", DNS_RCODE_FORMERR},
        {"the zone comes before the class", "? a.u. 0 CH A 192.0.2.1", DNS_RCODE_NOTZONE},
        {"another class", "? a 0 CH A", DNS_RCODE_FORMERR},
        {"class 0", "? a 0 CLASS0 A", DNS_RCODE_FORMERR},
        {"the first that fails decides", "? a 0 NONE A\n? no 0 ANY ANY", DNS_RCODE_YXRRSET},
        {"all must hold", "? a 0 ANY A\n? no 0 ANY ANY", DNS_RCODE_NXDOMAIN},
        {"many hold", "? a 0 ANY A\n? no 0 NONE ANY\n? a 0 ANY TXT", DNS_RCODE_NOERROR},
        /* what signing makes is not there */
        {"signatures", "? s 0 ANY RRSIG", DNS_RCODE_NXRRSET},
        {"no signatures", "? s 0 NONE RRSIG", DNS_RCODE_NOERROR},
        {"just these signatures", "? s 0 IN RRSIG " RRSIG_A, DNS_RCODE_NXRRSET},
        {"a name of denial in use", "? h 0 ANY ANY", DNS_RCODE_NXDOMAIN},
        {"a name of denial not in use", "? h 0 NONE ANY", DNS_RCODE_NOERROR},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void a_prerequisite_with_values_compares_whole_sets(void **state)
{
    static const struct row rows[] = {
        {"the set", "? a 0 IN A 192.0.2.10\n? a 0 IN A 192.0.2.11", DNS_RCODE_NOERROR},
        {"in any order", "? a 0 IN A 192.0.2.11\n? a 0 IN A 192.0.2.10", DNS_RCODE_NOERROR},
        {"a record twice", "? a 0 IN TXT x\n? a 0 IN TXT x", DNS_RCODE_NOERROR},
        {"too few", "? a 0 IN A 192.0.2.11", DNS_RCODE_NXRRSET},
        {"too few, one twice", "? a 0 IN A 192.0.2.11\n? a 0 IN A 192.0.2.11", DNS_RCODE_NXRRSET},
        {"too many", "? a 0 IN TXT x\n? a 0 IN TXT y", DNS_RCODE_NXRRSET},
        {"another one", "? a 0 IN A 192.0.2.10\n? a 0 IN A 192.0.2.12", DNS_RCODE_NXRRSET},
        {"a type that is not there", "? a 0 IN MX 10 a", DNS_RCODE_NXRRSET},
        {"a name that is not there", "? no 0 IN A 192.0.2.10", DNS_RCODE_NXRRSET},
        {"an empty non-terminal", "? ent 0 IN A 192.0.2.20", DNS_RCODE_NXRRSET},
        {"names fold case", "? mx 0 IN MX 10 hOST.t.\n? mx 0 IN MX 20 A", DNS_RCODE_NOERROR},
        {"texts do not", "? a 0 IN TXT X", DNS_RCODE_NXRRSET},
        {"unknown types are octets", "? u 0 IN TYPE4711 \\# 2 0a0b", DNS_RCODE_NOERROR},
        {"and fold nothing", "? u 0 IN TYPE4711 \\# 2 0a0c", DNS_RCODE_NXRRSET},
        {"an empty record", "? e 0 IN TYPE4711", DNS_RCODE_NOERROR},
        {"an empty record that is not", "? u 0 IN TYPE4711", DNS_RCODE_NXRRSET},
        {"two sets, interleaved",
         "? a 0 IN A 192.0.2.10\n? mx 0 IN MX 20 a\n? a 0 IN A 192.0.2.11\n? mx 0 IN MX 10 host",
         DNS_RCODE_NOERROR},
        {"two sets, one wrong",
         "? a 0 IN A 192.0.2.10\n? mx 0 IN MX 20 a\n? a 0 IN A 192.0.2.11\n? mx 0 IN MX 11 host",
         DNS_RCODE_NXRRSET},
        {"two types of one name", "? a 0 IN TXT x\n? a 0 IN A 192.0.2.10\n? a 0 IN A 192.0.2.11",
         DNS_RCODE_NOERROR},
        {"the serial as it is", "? @ 0 IN SOA m r 100 1 1 1 1", DNS_RCODE_NOERROR},
        {"another serial", "? @ 0 IN SOA m r 101 1 1 1 1", DNS_RCODE_NXRRSET},
        {"they are compared last", "? a 0 IN TXT y\n? no 0 ANY ANY", DNS_RCODE_NXDOMAIN},
        {"with a TTL", "? a 300 IN TXT x", DNS_RCODE_FORMERR},
        {"type ANY", "? a 0 IN ANY", DNS_RCODE_FORMERR},
        {"no RDATA where the type has some", "? mx 0 IN MX", DNS_RCODE_FORMERR},
        {"no RDATA where the type is a name", "? al 0 IN CNAME", DNS_RCODE_FORMERR},
        {"malformed RDATA", "? a 0 IN A =c00002", DNS_RCODE_FORMERR},
        {"outside the zone", "? a.u. 0 IN A 192.0.2.10", DNS_RCODE_NOTZONE},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void prerequisites_see_what_came_before_in_the_batch(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, "t.", base, &zones_limits);
    assert_int_equal(apply(&scene, "? no 0 NONE ANY\n! no 300 IN A 192.0.2.9"), DNS_RCODE_NOERROR);
    assert_int_equal(apply(&scene, "? no 0 NONE ANY\n! no 300 IN A 192.0.2.8"), DNS_RCODE_YXDOMAIN);
    assert_int_equal(apply(&scene, "? no 0 IN A 192.0.2.9\n! no 0 ANY ANY"), DNS_RCODE_NOERROR);
    assert_int_equal(apply(&scene, "? no 0 ANY ANY"), DNS_RCODE_NXDOMAIN);
    expect_zone(&scene, base, NULL, NULL);
    close_scene(&scene);
}

/* What a type is to an update. */
enum kind { DATA, OWNED, META, EVERY, OPT_RR, TSIG_RR };

static const struct {
    uint16_t type;
    enum kind kind;
    const char *rdata; /* valid for the type */
} type_rows[] = {
    {0, META, "=00"},
    {DNS_TYPE_A, DATA, "192.0.2.99"},
    {DNS_TYPE_NS, DATA, "x"},
    {DNS_TYPE_MD, DATA, "x"},
    {10, DATA, "=00ff"}, /* NULL */
    {DNS_TYPE_MX, DATA, "10 x"},
    {DNS_TYPE_TXT, DATA, "x"},
    {DNS_TYPE_SIG, OWNED, RRSIG_A},
    {DNS_TYPE_KEY, DATA, "=00000d0d61"},
    {DNS_TYPE_AAAA, DATA, "2001:db8::1"},
    {DNS_TYPE_NXT, OWNED, "=01740040"},
    {DNS_TYPE_SRV, DATA, "0 0 1 x"},
    {DNS_TYPE_OPT, OPT_RR, "="},
    {DNS_TYPE_APL, DATA, "=00010000"},
    {DNS_TYPE_DS, DATA, "=30390d0261"},
    {DNS_TYPE_RRSIG, OWNED, RRSIG_A},
    {DNS_TYPE_NSEC, OWNED, NSEC_A},
    {DNS_TYPE_DNSKEY, DATA, "=0100030d61"},
    {DNS_TYPE_NSEC3, OWNED, NSEC3_A},
    {DNS_TYPE_NSEC3PARAM, OWNED, "=0100000000"},
    {DNS_TYPE_TLSA, DATA, "=03010161"},
    {DNS_TYPE_CDS, DATA, "=30390d0261"},
    {DNS_TYPE_SVCB, DATA, "1 . port=53"},
    {99, DATA, "=0161"}, /* SPF */
    {127, DATA, "=00"},
    {128, META, "=00"},
    {129, META, "=00"},
    {200, META, "=00"},
    {DNS_TYPE_TKEY, META, "=00"},
    {DNS_TYPE_TSIG, TSIG_RR, "=00"},
    {DNS_TYPE_IXFR, META, "=00"},
    {DNS_TYPE_AXFR, META, "=00"},
    {DNS_TYPE_MAILB, META, "=00"},
    {DNS_TYPE_MAILA, META, "=00"},
    {DNS_TYPE_ANY, EVERY, "=00"},
    {DNS_TYPE_URI, DATA, "=0000000061"},
    {4711, DATA, "=00"},
    {65280, DATA, "=00"},
    {65359, DATA, "=00"},
    {65367, DATA, "=00"},
    {65534, DATA, "=00"},
    {65535, META, "=00"},
};

static const uint16_t class_rows[] = {
    0, DNS_CLASS_IN, 2, DNS_CLASS_CH, DNS_CLASS_HS, 253, DNS_CLASS_NONE, DNS_CLASS_ANY, 256, 65535};

/* RFC 2136 3.2 as a table of kinds, at a name that owns records, but none of the type. */
static unsigned expect_needed(enum kind kind, uint16_t dns_class, bool has_rdata)
{
    bool is_known = dns_class == DNS_CLASS_ANY || dns_class == DNS_CLASS_NONE;
    if (kind == META || kind == OPT_RR || kind == TSIG_RR || (has_rdata && is_known)) {
        return DNS_RCODE_FORMERR;
    }
    switch (dns_class) {
    case DNS_CLASS_IN:
        return kind == EVERY ? DNS_RCODE_FORMERR : DNS_RCODE_NXRRSET;
    case DNS_CLASS_ANY:
        return kind == EVERY ? DNS_RCODE_NOERROR : DNS_RCODE_NXRRSET;
    case DNS_CLASS_NONE:
        return kind == EVERY ? DNS_RCODE_YXDOMAIN : DNS_RCODE_NOERROR;
    default:
        return DNS_RCODE_FORMERR;
    }
}

/* RFC 2136 3.4.1, and what only the server writes. */
static unsigned expect_update(enum kind kind, uint16_t dns_class, bool has_rdata)
{
    if (kind == META || kind == OPT_RR || kind == TSIG_RR) {
        return DNS_RCODE_FORMERR;
    }
    if (dns_class != DNS_CLASS_IN && dns_class != DNS_CLASS_ANY && dns_class != DNS_CLASS_NONE) {
        return DNS_RCODE_FORMERR;
    }
    if (kind == EVERY) {
        return dns_class == DNS_CLASS_ANY && !has_rdata ? DNS_RCODE_NOERROR : DNS_RCODE_FORMERR;
    }
    if (dns_class == DNS_CLASS_ANY && has_rdata) {
        return DNS_RCODE_FORMERR;
    }
    return kind == OWNED ? DNS_RCODE_REFUSED : DNS_RCODE_NOERROR;
}

/* Nothing there is looked at, but a TSIG is the last record and OPT is at the root. */
static unsigned expect_additional(enum kind kind)
{
    return kind == OPT_RR ? DNS_RCODE_FORMERR : DNS_RCODE_NOERROR;
}

static void check_form(char section, size_t type, uint16_t dns_class, bool has_rdata)
{
    struct scene scene;
    char text[200];
    enum kind kind = type_rows[type].kind;
    unsigned expected = section == '?'   ? expect_needed(kind, dns_class, has_rdata)
                        : section == '!' ? expect_update(kind, dns_class, has_rdata)
                                         : expect_additional(kind);
    open_scene(&scene, "t.", base, &zones_limits);
    snprintf(text, sizeof(text), "%c ns1 0 CLASS%u TYPE%u %s", section, dns_class,
             type_rows[type].type, has_rdata ? type_rows[type].rdata : "");
    /* A is at ns1 already */
    if (type_rows[type].type == DNS_TYPE_A && section == '?' && expected == DNS_RCODE_NXRRSET) {
        expected = dns_class == DNS_CLASS_ANY ? DNS_RCODE_NOERROR : expected;
    }
    if (type_rows[type].type == DNS_TYPE_A && section == '?' && dns_class == DNS_CLASS_NONE &&
        !has_rdata) {
        expected = DNS_RCODE_YXRRSET;
    }
    unsigned rcode = apply(&scene, text);
    if (rcode != expected) {
        fail_msg("%s: rcode %u, expected %u (%s)", text, rcode, expected, scene.result.text);
    }
    if ((rcode || section != '!') && count_changes(scene.edit)) {
        fail_msg("%s: the zone has changed", text);
    }
    close_scene(&scene);
}

static void each_type_in_each_class_and_section_has_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(type_rows); i++) {
        for (size_t j = 0; j < COUNT(class_rows); j++) {
            uint16_t dns_class = class_rows[j];
            for (const char *section = "?!+"; *section; section++) {
                check_form(*section, i, dns_class, true);
            }
            if (dns_class == DNS_CLASS_ANY) {
                check_form('?', i, dns_class, false);
                check_form('!', i, dns_class, false);
            } else if (dns_class == DNS_CLASS_NONE) {
                check_form('?', i, dns_class, false);
            }
        }
    }
}

static void a_prescan_refuses_before_anything_is_changed(void **state)
{
    static const struct row rows[] = {
        {"a delete of a set with a TTL", "! a 1 ANY A", DNS_RCODE_FORMERR},
        {"a delete of a set with RDATA", "! a 0 ANY A 192.0.2.10", DNS_RCODE_FORMERR},
        {"a delete of a name with a TTL", "! a 1 ANY ANY", DNS_RCODE_FORMERR},
        {"a delete of a name with RDATA", "! a 0 ANY ANY =00", DNS_RCODE_FORMERR},
        {"a delete of a record with a TTL", "! a 1 NONE A 192.0.2.10", DNS_RCODE_FORMERR},
        {"a delete of a record of type ANY", "! a 0 NONE ANY", DNS_RCODE_FORMERR},
        {"an add of type ANY", "! a 300 IN ANY", DNS_RCODE_FORMERR},
        {"class HS", "! a 300 HS A 192.0.2.99", DNS_RCODE_FORMERR},
        {"an add without RDATA", "! a 300 IN A", DNS_RCODE_FORMERR},
        {"an add of a name without RDATA", "! a 300 IN NS", DNS_RCODE_FORMERR},
        {"a delete of a record without RDATA", "! a 0 NONE A", DNS_RCODE_FORMERR},
        /* the octets before it are what a name would be read from */
        {"a delete of a name's record without RDATA",
         "! u 0 NONE TYPE4711 =3f6161616161616161616161\n! cut 0 NONE NS", DNS_RCODE_FORMERR},
        {"malformed RDATA to add", "! a 300 IN A =c0000201ff", DNS_RCODE_FORMERR},
        {"malformed RDATA to delete", "! a 0 NONE A =c00002", DNS_RCODE_FORMERR},
        {"a name that ends behind its record", "! a 300 IN NS =0361", DNS_RCODE_FORMERR},
        {"a pointer where none may be", "! a 300 IN SVCB =0001c00c", DNS_RCODE_FORMERR},
        {"a pointer to itself", "! a 300 IN NS =c022", DNS_RCODE_FORMERR},
        {"octets behind a name", "! a 300 IN NS =016100ff", DNS_RCODE_FORMERR},
        {"outside the zone", "! a.u. 300 IN A 192.0.2.99", DNS_RCODE_NOTZONE},
        {"above the zone", "! . 0 ANY ANY", DNS_RCODE_NOTZONE},
        {"the zone comes before the class", "! a.u. 0 CH ANY", DNS_RCODE_NOTZONE},
        {"the form comes before the owner", "! s 1 ANY RRSIG", DNS_RCODE_FORMERR},
        {"the form comes before server-written names", "! _compute._tcp 1 ANY PTR",
         DNS_RCODE_FORMERR},
        {"another class comes before the owner", "! s 0 CH RRSIG " RRSIG_A, DNS_RCODE_FORMERR},
        {"the last of the section", "! a 0 ANY A\n! b 300 IN A 192.0.2.99\n! a 0 ANY A =00",
         DNS_RCODE_FORMERR},
        {"the first that fails decides",
         "! a 0 ANY A\n! b.u. 300 IN A 192.0.2.99\n! a 0 CH A 192.0.2.99", DNS_RCODE_NOTZONE},
        {"what can not be read comes before all", "? no 0 ANY ANY\n! a 300 IN A =00",
         DNS_RCODE_FORMERR},
        {"prerequisites come before the section", "? no 0 ANY ANY\n! b.u. 300 IN A 192.0.2.99",
         DNS_RCODE_NXDOMAIN},
        {"an OPT in the section", "! . 0 CLASS1232 OPT =\n", DNS_RCODE_FORMERR},
        {"a TSIG in the section", "! . 0 ANY TSIG =00\n", DNS_RCODE_FORMERR},
        {"two OPT", "+ . 0 CLASS1232 OPT =\n+ . 0 CLASS1232 OPT =\n", DNS_RCODE_FORMERR},
        {"a TSIG that is not the last", "+ k. 0 ANY TSIG =00\n+ x 0 IN A 192.0.2.1",
         DNS_RCODE_FORMERR},
        {"an OPT and a TSIG in their places",
         "! a 0 ANY A\n+ . 0 CLASS1232 OPT =\n+ k. 0 ANY TSIG =00", DNS_RCODE_NOERROR},
        {"glue in the additional section", "+ x.u. 1 CH A =c0000201", DNS_RCODE_NOERROR},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void each_known_type_passes_the_one_validator(void **state)
{
    static const struct {
        const char *hex;
        const uint8_t *data;
        size_t len;
    } payloads[] = {
        {"", (const uint8_t *)"", 0},
        {"00", (const uint8_t *)"\0", 1},
        {"c00c", (const uint8_t *)"\300\014", 2},
        {"000161", (const uint8_t *)"\0\1a", 3},
        {"0361626303616263ff", (const uint8_t *)"\3abc\3abc\377", 9},
        {"ffffffffffffffff", (const uint8_t *)"\377\377\377\377\377\377\377\377", 8},
    };
    unsigned malformed = 0;
    (void)state;
    for (unsigned type = 1; type < 65535; type++) {
        const struct dns_type_row *row = dns_type_find((uint16_t)type);
        bool is_ours = type >= DNS_TYPE_CENTRE && type <= DNS_TYPE_CPOL;
        if (!row || is_ours || (row->flags & (DNS_TYPE_META | DNS_TYPE_SIGNED))) {
            continue;
        }
        for (size_t i = 0; i < 2 * COUNT(payloads); i++) {
            struct scene scene;
            char text[80];
            size_t n = i / 2;
            bool is_pointer = n == 2 && (row->flags & DNS_TYPE_COMPRESS);
            bool right = dns_rdata_check(row->number, payloads[n].data, payloads[n].len) == 0;
            open_scene(&scene, "t.", base, &zones_limits);
            snprintf(text, sizeof(text), "! n 0 %s TYPE%u =%s", i % 2 ? "IN" : "NONE", type,
                     payloads[n].hex);
            uint16_t rcode = apply(&scene, text);
            if (!is_pointer && rcode != (right ? DNS_RCODE_NOERROR : DNS_RCODE_FORMERR)) {
                fail_msg("%s: rcode %u", text, rcode);
            }
            malformed += rcode == DNS_RCODE_FORMERR ? 1 : 0;
            close_scene(&scene);
        }
    }
    assert_true(malformed > 300);
}

/* What an accepted message changes. */
struct change {
    const char *label, *text;
    const char *gone, *come; /* records of the zone; NULL: none */
};

static void check_changes(const struct change *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        open_scene(&scene, "t.", base, &zones_limits);
        if (apply(&scene, rows[i].text)) {
            fail_msg("%s: rcode %u (%s)", rows[i].label, scene.result.rcode, scene.result.text);
        }
        if ((rows[i].gone || rows[i].come) && count_changes(scene.edit) == 0) {
            fail_msg("%s: nothing has changed", rows[i].label);
        }
        assert_int_equal(scene.result.ede, DNS_EDE_NONE);
        assert_string_equal(scene.result.text, "");
        expect_zone(&scene, base, rows[i].gone, rows[i].come);
        close_scene(&scene);
    }
}

static void what_is_added_is_there(void **state)
{
    static const struct change rows[] = {
        {"nothing", "", NULL, NULL},
        {"only a prerequisite", "? a 0 ANY A", NULL, NULL},
        {"a new name", "! n 60 IN A 192.0.2.99", NULL, "n 60 A 192.0.2.99\n"},
        {"a name in capitals", "! N.T. 60 IN A 192.0.2.99", NULL, "n 60 A 192.0.2.99\n"},
        {"a new type", "! a 60 IN MX 10 mx", NULL, "a 60 MX 10 mx\n"},
        {"a record to a set", "! a 300 IN A 192.0.2.12", NULL, "a A 192.0.2.12\n"},
        {"a record that is there", "! a 300 IN A 192.0.2.11", NULL, NULL},
        {"the same in other letters", "! mx 300 IN MX 10 hOST", NULL, NULL},
        {"an unknown type", "! n 60 IN TYPE999 \\# 3 010203", NULL, "n 60 TYPE999 \\# 3 010203\n"},
        {"a record without octets", "! n 60 IN TYPE999", NULL, "n 60 TYPE999 \\# 0\n"},
        {"an address prefix list of nothing", "! n 60 IN APL", NULL, "n 60 APL\n"},
        {"a name by pointer", "! n 60 IN MX =000ac00c", NULL, "n 60 MX 10 t.\n"},
        {"a wildcard", "! *.n 60 IN A 192.0.2.99", NULL, "*.n 60 A 192.0.2.99\n"},
        {"below a DNAME", "! x.d 60 IN A 192.0.2.99", NULL, "x.d 60 A 192.0.2.99\n"},
        {"below a cut", "! x.cut 60 IN A 192.0.2.99", NULL, "x.cut 60 A 192.0.2.99\n"},
        {"at an empty non-terminal", "! ent 60 IN A 192.0.2.99", NULL, "ent 60 A 192.0.2.99\n"},
        /* RFC 2181 5.2: one TTL a set, the last one given */
        {"the TTL of a set", "! a 60 IN A 192.0.2.12", "a A 192.0.2.10\na A 192.0.2.11\n",
         "a 60 A 192.0.2.10\na 60 A 192.0.2.11\na 60 A 192.0.2.12\n"},
        {"the TTL by a record that is there", "! a 60 IN A 192.0.2.11",
         "a A 192.0.2.10\na A 192.0.2.11\n", "a 60 A 192.0.2.10\na 60 A 192.0.2.11\n"},
        {"the TTL of others stays", "! a 60 IN TXT y", "a TXT x\n", "a 60 TXT x\na 60 TXT y\n"},
        {"TTL 0", "! n 0 IN A 192.0.2.99", NULL, "n 0 A 192.0.2.99\n"},
        {"the largest TTL", "! n 2147483647 IN A 192.0.2.99", NULL, "n 2147483647 A 192.0.2.99\n"},
        {"a TTL with the top bit", "! n 2147483648 IN A 192.0.2.99", NULL, "n 0 A 192.0.2.99\n"},
        {"later ones see earlier ones",
         "! n 60 IN A 192.0.2.98\n! n 70 IN A 192.0.2.99\n! n 0 NONE A 192.0.2.98", NULL,
         "n 70 A 192.0.2.99\n"},
    };
    (void)state;
    check_changes(rows, COUNT(rows));
}

static void a_cname_stands_alone_and_single_records_are_replaced(void **state)
{
    static const struct change rows[] = {
        {"a CNAME beside data", "! a 300 IN CNAME b", NULL, NULL},
        {"a CNAME at the apex", "! @ 300 IN CNAME b", NULL, NULL},
        {"a CNAME at a cut", "! cut 300 IN CNAME b", NULL, NULL},
        {"data beside a CNAME", "! al 300 IN A 192.0.2.99", NULL, NULL},
        {"a DNAME beside a CNAME", "! al 300 IN DNAME b", NULL, NULL},
        {"a CNAME beside a DNAME", "! d 300 IN CNAME b", NULL, NULL},
        {"the rest of the message goes on", "! a 300 IN CNAME b\n! n 60 IN A 192.0.2.99", NULL,
         "n 60 A 192.0.2.99\n"},
        {"a new CNAME", "! n 60 IN CNAME a", NULL, "n 60 CNAME a\n"},
        {"a CNAME at an empty non-terminal", "! ent 60 IN CNAME a", NULL, "ent 60 CNAME a\n"},
        {"another CNAME", "! al 60 IN CNAME b", "al CNAME a\n", "al 60 CNAME b\n"},
        {"the TTL of a CNAME", "! al 60 IN CNAME a", "al CNAME a\n", "al 60 CNAME a\n"},
        {"two CNAMEs: the last", "! n 60 IN CNAME a\n! n 60 IN CNAME b", NULL, "n 60 CNAME b\n"},
        {"beside what signing makes", "! n 60 IN A 192.0.2.99", NULL, "n 60 A 192.0.2.99\n"},
        {"a CNAME that has a denial", "! salias 60 IN CNAME b", "salias CNAME a\n",
         "salias 60 CNAME b\n"},
        {"a CNAME where only a denial is", "! h 60 IN CNAME b", NULL, "h 60 CNAME b\n"},
        {"a CNAME in place of data", "! a 0 ANY ANY\n! a 60 IN CNAME b",
         "a A 192.0.2.10\na A 192.0.2.11\na TXT x\n", "a 60 CNAME b\n"},
        {"data in place of a CNAME", "! al 0 ANY CNAME\n! al 60 IN A 192.0.2.99", "al CNAME a\n",
         "al 60 A 192.0.2.99\n"},
        {"another DNAME", "! d 60 IN DNAME b", "d DNAME other.\n", "d 60 DNAME b\n"},
        {"a DNAME beside data", "! a 60 IN DNAME b", NULL, "a 60 DNAME b\n"},
        {"a DNAME at the apex", "! @ 60 IN DNAME b.", NULL, "@ 60 DNAME b.\n"},
    };
    (void)state;
    check_changes(rows, COUNT(rows));
}

static void what_is_deleted_is_gone(void **state)
{
    static const struct change rows[] = {
        {"a set", "! a 0 ANY A", "a A 192.0.2.10\na A 192.0.2.11\n", NULL},
        {"a set of one", "! a 0 ANY TXT", "a TXT x\n", NULL},
        {"a set that is not there", "! a 0 ANY MX", NULL, NULL},
        {"a set at no name", "! no 0 ANY A", NULL, NULL},
        {"the last set of a name", "! u 0 ANY TYPE4711", "u TYPE4711 \\# 2 0a0b\n", NULL},
        {"the last name below an ENT", "! below.ent 0 ANY A", "below.ent A 192.0.2.20\n", NULL},
        {"a CNAME", "! al 0 ANY CNAME", "al CNAME a\n", NULL},
        {"a wildcard, not what it stands for", "! x.w 0 ANY A", NULL, NULL},
        {"a wildcard", "! *.w 0 ANY A", "*.w A 192.0.2.30\n", NULL},
        {"a name", "! a 0 ANY ANY", "a A 192.0.2.10\na A 192.0.2.11\na TXT x\n", NULL},
        {"a name that is not there", "! no 0 ANY ANY", NULL, NULL},
        {"an empty non-terminal", "! ent 0 ANY ANY", NULL, NULL},
        {"a name, but not what is below", "! cut 0 ANY ANY", "cut NS ns.cut\n", NULL},
        {"a record", "! a 0 NONE A 192.0.2.10", "a A 192.0.2.10\n", NULL},
        {"the last record", "! a 0 NONE TXT x", "a TXT x\n", NULL},
        {"a record in other letters", "! mx 0 NONE MX 10 hOST", "mx MX 10 Host.T.\n", NULL},
        {"a text in other letters", "! a 0 NONE TXT X", NULL, NULL},
        {"a record that is not there", "! a 0 NONE A 192.0.2.99", NULL, NULL},
        {"a record of a type that is not there", "! a 0 NONE MX 10 a", NULL, NULL},
        {"a record at no name", "! no 0 NONE A 192.0.2.99", NULL, NULL},
        {"a record without octets", "! e 0 NONE TYPE4711", "e TYPE4711 \\# 0\n", NULL},
        {"a record that only begins alike", "! u 0 NONE TYPE4711 \\# 1 0a", NULL, NULL},
        {"and comes again", "! a 0 ANY TXT\n! a 300 IN TXT x", NULL, NULL},
        {"signing's records stay when the name goes", "! s 0 ANY ANY", "s A 192.0.2.40\n", NULL},
    };
    (void)state;
    check_changes(rows, COUNT(rows));
}

static void the_apex_keeps_its_soa_and_a_last_ns(void **state)
{
    static const struct change rows[] = {
        {"the SOA as a set", "! @ 0 ANY SOA", NULL, NULL},
        {"the SOA as a record", "! @ 0 NONE SOA m r 100 1 1 1 1", NULL, NULL},
        {"another SOA as a record", "! @ 0 NONE SOA m r 99 1 1 1 1", NULL, NULL},
        {"NS as a set", "! @ 0 ANY NS", NULL, NULL},
        {"everything", "! @ 0 ANY ANY", "@ A 192.0.2.1\n", NULL},
        {"one NS", "! @ 0 NONE NS ns1", "@ NS ns1\n", NULL},
        {"both NS: the last stays", "! @ 0 NONE NS ns1\n! @ 0 NONE NS ns2", "@ NS ns1\n", NULL},
        {"both NS, the other way", "! @ 0 NONE NS ns2\n! @ 0 NONE NS ns1", "@ NS ns2\n", NULL},
        {"the last NS in other letters", "! @ 0 NONE NS NS2\n! @ 0 NONE NS NS1", "@ NS ns2\n",
         NULL},
        {"another set there", "! @ 0 ANY A", "@ A 192.0.2.1\n", NULL},
        {"NS elsewhere", "! cut 0 ANY NS", "cut NS ns.cut\n", NULL},
        {"the last NS elsewhere", "! cut 0 NONE NS ns.cut", "cut NS ns.cut\n", NULL},
        {"NS replaced: add, then delete", "! @ 300 IN NS ns3\n! @ 0 NONE NS ns1\n! @ 0 NONE NS ns2",
         "@ NS ns1\n@ NS ns2\n", "@ NS ns3\n"},
        {"NS replaced: delete, then add", "! @ 0 ANY NS\n! @ 300 IN NS ns3", NULL, "@ NS ns3\n"},
        {"a SOA elsewhere", "! a 300 IN SOA m r 200 1 1 1 1", NULL, NULL},
        {"a SOA at a new name", "! n 300 IN SOA m r 200 1 1 1 1", NULL, NULL},
        {"a SOA with another TTL and serial", "! @ 60 IN SOA mm r 101 2 2 2 2",
         "@ 3600 SOA m r 100 1 1 1 1\n", "@ 60 SOA mm r 101 2 2 2 2\n"},
        {"the same serial, other fields", "! @ 60 IN SOA mm r 100 2 2 2 2", NULL, NULL},
        {"two SOA: each must rise",
         "! @ 300 IN SOA m r 102 1 1 1 1\n! @ 300 IN SOA m r 101 1 1 1 1",
         "@ 3600 SOA m r 100 1 1 1 1\n", "@ 300 SOA m r 102 1 1 1 1\n"},
    };
    (void)state;
    check_changes(rows, COUNT(rows));
}

/* RFC 1982 3.2 */
static void a_serial_rises_by_serial_arithmetic(void **state)
{
    static const struct {
        const char *label;
        uint32_t old, new;
        bool taken;
    } rows[] = {
        {"one more", 1, 2, true},
        {"equal", 1, 1, false},
        {"one less", 2, 1, false},
        {"over the end", 4294967295u, 0, true},
        {"over the end, far", 4294967290u, 5, true},
        {"back over the end", 0, 4294967295u, false},
        {"as far as it goes", 7, 7 + 2147483647u, true},
        {"exactly opposite", 7, 7u + 2147483648u, false},
        {"exactly opposite, above", 2147483648u + 7, 7, false},
        {"farther than half", 7, 7u + 2147483649u, false},
        {"0 by request", 4294967290u, 0, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene scene;
        char zone[100], text[100];
        snprintf(zone, sizeof(zone), "@ SOA m r %u 1 1 1 1\n@ NS n\n", rows[i].old);
        snprintf(text, sizeof(text), "! @ 300 IN SOA m r %u 1 1 1 1", rows[i].new);
        open_scene(&scene, "t.", zone, &zones_limits);
        assert_int_equal(apply(&scene, text), DNS_RCODE_NOERROR);
        if (scene.result.has_soa != rows[i].taken) {
            fail_msg("%s", rows[i].label);
        }
        assert_int_equal(count_changes(scene.edit), rows[i].taken ? 1 : 0);
        (void)zone_edit_commit(scene.edit);
        scene.edit = NULL;
        assert_int_equal(zone_serial(scene.zone, zone_version(scene.zone)),
                         rows[i].taken ? rows[i].new : rows[i].old);
        close_scene(&scene);
    }
}

static void the_policy_is_asked_once_a_record_in_order(void **state)
{
    static const char text[] = "? a 0 ANY A\n"
                               "! N.t. 300 IN A 192.0.2.99\n"
                               "! a 0 ANY TXT\n"
                               "! a 0 ANY ANY\n"
                               "! a 0 NONE A 192.0.2.10\n"
                               "! @ 300 IN SOA m r 1 1 1 1 1\n"
                               "! n 300 IN A 192.0.2.99\n"
                               "+ x 300 IN A 192.0.2.1\n";
    static const char log[] = "+n.t. A\n-a.t. TXT\n-a.t. ANY\n-a.t. A\n+t. SOA\n+n.t. A\n";
    (void)state;
    for (unsigned refused = 0; refused <= 6; refused++) {
        struct scene scene;
        open_scene(&scene, "t.", base, &zones_limits);
        scene.policy.refused = refused;
        scene.policy.why = "no rule permits it";
        assert_int_equal(apply(&scene, text), refused ? DNS_RCODE_REFUSED : DNS_RCODE_NOERROR);
        assert_int_equal(scene.policy.asked, refused ? refused : 6);
        assert_memory_equal(scene.policy.log, log, strlen(scene.policy.log));
        if (refused) {
            assert_int_equal(scene.result.ede, DNS_EDE_PROHIBITED);
            assert_int_equal(count_changes(scene.edit), 0);
        } else {
            assert_string_equal(scene.policy.log, log);
        }
        close_scene(&scene);
    }
}

static void the_policy_is_not_asked_before_the_form_is_right(void **state)
{
    static const char *const rows[] = {
        "? no 0 ANY ANY\n! a 300 IN A 192.0.2.9",
        "! a.u. 300 IN A 192.0.2.9",
        "! a 1 ANY A",
        "! a 300 IN A =00",
        "! s 0 ANY RRSIG",
        "! _compute._tcp 300 IN PTR a",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene scene;
        open_scene(&scene, "t.", base, &zones_limits);
        assert_int_not_equal(apply(&scene, rows[i]), DNS_RCODE_NOERROR);
        assert_int_equal(scene.policy.asked, 0);
        close_scene(&scene);
    }
}

static void a_refusal_names_the_record_and_the_reason(void **state)
{
    static const char longest[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
                                  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    char text[300], why[200];
    struct scene scene;
    (void)state;
    open_scene(&scene, "t.", base, &zones_limits);
    scene.policy.refused = 2;
    scene.policy.why = "key k may not";
    assert_int_equal(apply(&scene, "! a 0 ANY TXT\n! N 300 IN MX 10 a"), DNS_RCODE_REFUSED);
    assert_string_equal(scene.result.text, "n.t. MX: key k may not");

    memset(why, 'w', sizeof(why));
    why[ZONE_UPDATE_TEXT - 1] = '\0';
    scene.policy = (struct policy){.refused = 1, .why = why};
    snprintf(text, sizeof(text), "! %s 300 IN TYPE65280 =00", longest);
    assert_int_equal(apply(&scene, text), DNS_RCODE_REFUSED);
    assert_true(strlen(scene.result.text) < ZONE_UPDATE_TEXT);
    assert_memory_equal(scene.result.text, longest, 60);
    assert_non_null(strstr(scene.result.text, " TYPE65280: ww"));
    close_scene(&scene);
}

static const char pools[] = "@ 3600 SOA m r 100 1 1 1 1\n"
                            "@ NS ns1\n"
                            "c CENTRE . kind=ai\n"
                            "c TXT kind=ai\n"
                            "c CNET peer. obs=999990 medium=otn rtt=600us\n"
                            "c CNET peer. obs=999980 medium=inet rtt=900us\n"
                            "p.c CRES . cpu=100 mem=1000\n"
                            "p.c CRES . cpu=200\n"
                            "p.c CLOAD . obs=999990 cpuf=50\n"
                            "p.c A 192.0.2.1\n"
                            "q.c CRES . cpu=100\n"
                            "g.c CRES . acc=nvidia-a100-80g accn=8\n"
                            "plain A 192.0.2.2\n"
                            "plain TXT note\n";

static void check_pools(const struct row *rows, size_t count, const char *const *texts)
{
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        open_scene(&scene, "t.", pools, &zones_limits);
        uint16_t rcode = apply(&scene, rows[i].text);
        if (rcode != rows[i].rcode || (texts && strcmp(scene.result.text, texts[i]) != 0)) {
            fail_msg("%s: rcode %u, expected %u: \"%s\"", rows[i].label, rcode, rows[i].rcode,
                     scene.result.text);
        }
        if (rcode && count_changes(scene.edit)) {
            fail_msg("%s: refused, but the zone has changed", rows[i].label);
        }
        close_scene(&scene);
    }
}

static void an_observation_moves_forward_and_not_ahead(void **state)
{
    static const struct row rows[] = {
        {"newer", "! p.c 60 IN CLOAD . obs=999991 cpuf=51", DNS_RCODE_NOERROR},
        {"equal", "! p.c 60 IN CLOAD . obs=999990 cpuf=51", DNS_RCODE_NOERROR},
        {"older", "! p.c 60 IN CLOAD . obs=999989 cpuf=51", DNS_RCODE_REFUSED},
        {"0", "! p.c 60 IN CLOAD . obs=0 cpuf=51", DNS_RCODE_REFUSED},
        {"60 s ahead", "! p.c 60 IN CLOAD . obs=1000060 cpuf=51", DNS_RCODE_NOERROR},
        {"61 s ahead", "! p.c 60 IN CLOAD . obs=1000061 cpuf=51", DNS_RCODE_REFUSED},
        {"the largest number", "! p.c 60 IN CLOAD . obs=18446744073709551615 cpuf=51",
         DNS_RCODE_REFUSED},
        {"the first of a pool, old", "! q.c 60 IN CLOAD . obs=5 cpuf=51", DNS_RCODE_NOERROR},
        {"the first of a pool, ahead", "! q.c 60 IN CLOAD . obs=1000061", DNS_RCODE_REFUSED},
        {"older, after a delete in the same message",
         "! p.c 0 ANY CLOAD\n! p.c 60 IN CLOAD . obs=999989 cpuf=51", DNS_RCODE_REFUSED},
        {"a path, newer", "! c 60 IN CNET peer. obs=999999 medium=otn rtt=1ms", DNS_RCODE_NOERROR},
        {"a path, equal", "! c 60 IN CNET peer. obs=999990 medium=otn rtt=1ms", DNS_RCODE_NOERROR},
        {"a path, older", "! c 60 IN CNET peer. obs=999989 medium=otn rtt=1ms", DNS_RCODE_REFUSED},
        {"a path, older than another path", "! c 60 IN CNET peer. obs=999985 medium=inet rtt=1ms",
         DNS_RCODE_NOERROR},
        {"a path, its medium left out", "! c 60 IN CNET peer. obs=5 rtt=1ms", DNS_RCODE_NOERROR},
        {"a path to elsewhere", "! c 60 IN CNET other. obs=5 medium=otn", DNS_RCODE_NOERROR},
        {"a path of a slice", "! c 60 IN CNET peer. obs=5 medium=otn slice=a", DNS_RCODE_NOERROR},
        {"a path, ahead", "! c 60 IN CNET other. obs=1000061 rtt=1ms", DNS_RCODE_REFUSED},
        {"a path without a time", "! c 60 IN CNET peer. medium=otn rtt=1ms", DNS_RCODE_NOERROR},
    };
    (void)state;
    check_pools(rows, COUNT(rows), NULL);
}

static void a_repeated_observation_changes_nothing(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, "t.", pools, &zones_limits);
    assert_int_equal(apply(&scene, "! p.c 300 IN CLOAD . obs=999990 cpuf=50"), DNS_RCODE_NOERROR);
    assert_int_equal(count_changes(scene.edit), 0);
    close_scene(&scene);
}

static void the_text_names_the_attribute(void **state)
{
    static const struct row rows[] = {
        {"older", "! p.c 60 IN CLOAD . obs=5", DNS_RCODE_REFUSED},
        {"ahead", "! p.c 60 IN CLOAD . obs=1000061", DNS_RCODE_REFUSED},
        {"free > total", "! p.c 60 IN CLOAD . obs=999991 memf=1001", DNS_RCODE_REFUSED},
        {"no CRES", "! new.c 60 IN CLOAD . obs=1", DNS_RCODE_REFUSED},
        {"the CRES goes", "! p.c 0 ANY CRES", DNS_RCODE_REFUSED},
        {"price", "! p.c 60 IN CRES . price=1", DNS_RCODE_REFUSED},
        {"wrong value", "! p.c 60 IN CRES =000022000300000a", DNS_RCODE_FORMERR},
        {"server's type", "! p.c 60 IN NSEC " NSEC_A, DNS_RCODE_REFUSED},
    };
    static const char *const texts[] = {
        "p.c.t. CLOAD: obs: 5 is older than the stored 999990",
        "p.c.t. CLOAD: obs: 1000061 is 61 s in the future",
        "p.c.t. CLOAD: memf: 1001 is more than mem 1000",
        "new.c.t. CLOAD: CLOAD: needs a CRES at its name",
        "p.c.t. CRES: CLOAD: needs a CRES at its name",
        "p.c.t. CRES: price: needs cur",
        "p.c.t. CRES: cpu: malformed value",
        "p.c.t. NSEC: the server alone writes this type",
    };
    (void)state;
    check_pools(rows, COUNT(rows), texts);
}

static void records_of_ours_agree_with_themselves_and_each_other(void **state)
{
    static const struct row rows[] = {
        {"free = total", "! p.c 60 IN CLOAD . obs=999991 cpuf=200", DNS_RCODE_NOERROR},
        {"free > largest total", "! p.c 60 IN CLOAD . obs=999991 cpuf=201", DNS_RCODE_REFUSED},
        {"free of what has no total", "! p.c 60 IN CLOAD . obs=999991 stof=9", DNS_RCODE_NOERROR},
        {"a total falls below free", "! p.c 0 ANY CRES\n! p.c 60 IN CRES . cpu=49",
         DNS_RCODE_REFUSED},
        {"the largest total goes, free fits", "! p.c 0 NONE CRES . cpu=200", DNS_RCODE_NOERROR},
        {"both change, either order",
         "! p.c 60 IN CLOAD . obs=999991 cpuf=400\n! p.c 60 IN CRES . cpu=400", DNS_RCODE_NOERROR},
        {"free cards of no kind", "! p.c 60 IN CLOAD . obs=999991 accf=1", DNS_RCODE_REFUSED},
        {"free cards", "! g.c 60 IN CLOAD . obs=999991 accf=8", DNS_RCODE_NOERROR},
        {"more free cards than cards", "! g.c 60 IN CLOAD . obs=999991 accf=9", DNS_RCODE_REFUSED},
        {"CLOAD without CRES", "! plain 60 IN CLOAD . obs=999991", DNS_RCODE_REFUSED},
        {"CLOAD before its CRES", "! n.c 60 IN CLOAD . obs=999991\n! n.c 60 IN CRES . cpu=1",
         DNS_RCODE_NOERROR},
        {"CRES deleted under a CLOAD, one by one",
         "! p.c 0 NONE CRES . cpu=100 mem=1000\n! p.c 0 NONE CRES . cpu=200", DNS_RCODE_REFUSED},
        {"the CRES of the second pool of a message", "! q.c 60 IN CRES . cpu=1\n! p.c 0 ANY CRES",
         DNS_RCODE_REFUSED},
        {"CRES and CLOAD deleted", "! p.c 0 ANY CRES\n! p.c 0 ANY CLOAD", DNS_RCODE_NOERROR},
        {"the name deleted", "! p.c 0 ANY ANY", DNS_RCODE_NOERROR},
        {"CRES replaced", "! p.c 0 ANY CRES\n! p.c 60 IN CRES . cpu=50", DNS_RCODE_NOERROR},
        {"CLOAD without obs", "! p.c 60 IN CLOAD . cpuf=1", DNS_RCODE_REFUSED},
        {"price without per", "! q.c 60 IN CRES . price=1 cur=CNY", DNS_RCODE_REFUSED},
        {"figures without basis", "! q.c 60 IN CRES . fp64=1t", DNS_RCODE_REFUSED},
        {"cards without kind", "! q.c 60 IN CRES . accn=1", DNS_RCODE_REFUSED},
        {"an attribute of another type", "! q.c 60 IN CRES =000060000101", DNS_RCODE_REFUSED},
        {"an unknown attribute", "! q.c 60 IN CRES =00fff0000101", DNS_RCODE_NOERROR},
        {"keys that fall", "! q.c 60 IN CRES =00002300010100220001ff", DNS_RCODE_FORMERR},
        {"a key twice", "! q.c 60 IN CRES =0000220001010022000101", DNS_RCODE_FORMERR},
        {"a length that is no number's", "! q.c 60 IN CRES =0000220003010101", DNS_RCODE_FORMERR},
        {"an attribute over the end", "! q.c 60 IN CRES =00002200080101", DNS_RCODE_FORMERR},
        {"a delete of what is malformed", "! q.c 0 NONE CRES =00002200080101", DNS_RCODE_FORMERR},
        {"a delete of what is impossible", "! q.c 0 NONE CRES . accn=1", DNS_RCODE_NOERROR},
        {"a target where none belongs", "! q.c 60 IN CRES x. cpu=1", DNS_RCODE_REFUSED},
    };
    (void)state;
    check_pools(rows, COUNT(rows), NULL);
}

static void other_records_at_a_pool_do_not_answer_for_its_state(void **state)
{
    static const char odd[] = "@ SOA m r 100 1 1 1 1\n@ NS n\nc CENTRE . kind=ai\n"
                              "p.c CLOAD . obs=1 cpuf=9\n"; /* as a zone file may have it */
    struct scene scene;
    (void)state;
    open_scene(&scene, "t.", odd, &zones_limits);
    assert_int_equal(apply(&scene, "! p.c 60 IN A 192.0.2.9"), DNS_RCODE_NOERROR);
    assert_int_equal(apply(&scene, "! p.c 60 IN CLOAD . obs=2"), DNS_RCODE_REFUSED);
    close_scene(&scene);
}

static void a_pool_of_many_statements_is_checked_whole(void **state)
{
    enum { STATEMENTS = 300 };
    struct scene scene;
    char text[40];
    (void)state;
    open_scene(&scene, "t.", pools, &zones_limits);
    for (unsigned i = 1; i <= STATEMENTS; i++) { /* the largest comes last */
        snprintf(text, sizeof(text), "! q.c 60 IN CRES . cpu=%u", 1000 + i);
        assert_int_equal(apply(&scene, text), DNS_RCODE_NOERROR);
    }
    assert_int_equal(apply(&scene, "! q.c 60 IN CLOAD . obs=5 cpuf=1300"), DNS_RCODE_NOERROR);
    assert_int_equal(apply(&scene, "! q.c 60 IN CLOAD . obs=6 cpuf=1301"), DNS_RCODE_REFUSED);
    close_scene(&scene);
}

static void records_of_ours_are_stored_in_canonical_form(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, "t.", pools, &zones_limits);
    /* cpu=100 in eight octets is the record that is there: */
    assert_int_equal(apply(&scene, "! q.c 300 IN CRES =00002200080000000000000064"),
                     DNS_RCODE_NOERROR);
    assert_int_equal(count_changes(scene.edit), 0);
    assert_int_equal(apply(&scene, "? q.c 0 IN CRES =0000220004000000640000"), DNS_RCODE_FORMERR);
    assert_int_equal(apply(&scene, "? q.c 0 IN CRES =000022000400000064"), DNS_RCODE_NOERROR);
    assert_int_equal(apply(&scene, "! q.c 0 NONE CRES =00002200020064"), DNS_RCODE_NOERROR);
    expect_zone(&scene, pools, "q.c CRES . cpu=100\n", NULL);
    close_scene(&scene);
}

static void server_written_names_are_refused(void **state)
{
    static const struct row rows[] = {
        {"the list of all pools", "! _compute._tcp 60 IN PTR p.c", DNS_RCODE_REFUSED},
        {"a subtype", "! _ai._sub._compute._tcp 0 ANY PTR", DNS_RCODE_REFUSED},
        {"a centre's list", "! _pool.c 60 IN PTR p.c", DNS_RCODE_REFUSED},
        {"any type there", "! _pool.c 60 IN A 192.0.2.1", DNS_RCODE_REFUSED},
        {"a whole name", "! _POOL.c 0 ANY ANY", DNS_RCODE_REFUSED},
        {"one record", "! _pool.c 0 NONE PTR p.c", DNS_RCODE_REFUSED},
        {"TXT at a centre", "! c 60 IN TXT x", DNS_RCODE_REFUSED},
        {"TXT at a pool", "! p.c 60 IN TXT x", DNS_RCODE_REFUSED},
        {"TXT deleted at a centre", "! c 0 ANY TXT", DNS_RCODE_REFUSED},
        {"TXT record deleted at a centre", "! c 0 NONE TXT kind=ai", DNS_RCODE_REFUSED},
        {"TXT beside a CENTRE that comes with it", "! n 60 IN TXT x\n! n 60 IN CENTRE . kind=ai",
         DNS_RCODE_REFUSED},
        {"in the other order", "! n 60 IN CENTRE . kind=ai\n! n 60 IN TXT x", DNS_RCODE_REFUSED},
        {"TXT that goes before a CENTRE comes", "! plain 0 ANY TXT\n! plain 60 IN CENTRE . kind=ai",
         DNS_RCODE_NOERROR},
        {"TXT elsewhere", "! plain 60 IN TXT x", DNS_RCODE_NOERROR},
        {"a centre with its mirror deleted", "! c 0 ANY ANY", DNS_RCODE_NOERROR},
        {"other types at a centre", "! c 60 IN A 192.0.2.9", DNS_RCODE_NOERROR},
        {"names beside the lists", "! x._tcp 60 IN A 192.0.2.9", DNS_RCODE_NOERROR},
    };
    (void)state;
    check_pools(rows, COUNT(rows), NULL);
    for (size_t i = 0; i < COUNT(rows); i++) { /* without an index they are names like any other */
        struct scene scene;
        open_scene(&scene, "t.", pools, &zones_limits);
        scene.options.has_index = false;
        assert_int_equal(apply(&scene, rows[i].text), DNS_RCODE_NOERROR);
        close_scene(&scene);
    }
}

static void nothing_is_added_where_answers_are_computed(void **state)
{
    static const struct row rows[] = {
        {"find itself", "! find 60 IN A 192.0.2.1", DNS_RCODE_REFUSED},
        {"below it", "! cpu-8.find 60 IN A 192.0.2.1", DNS_RCODE_REFUSED},
        {"what is there already", "! x.find 60 IN A 192.0.2.1", DNS_RCODE_REFUSED},
        {"a record goes", "! x.find 0 NONE A 192.0.2.1", DNS_RCODE_NOERROR},
        {"a set goes", "! x.find 0 ANY A", DNS_RCODE_NOERROR},
        {"a name goes", "! x.find 0 ANY ANY", DNS_RCODE_NOERROR},
        {"below another name", "! find.c 60 IN A 192.0.2.1", DNS_RCODE_NOERROR},
    };
    (void)state;
    for (unsigned has_index = 0; has_index < 2; has_index++) {
        for (size_t i = 0; i < COUNT(rows); i++) {
            for (unsigned has_find = 0; has_find < 2; has_find++) {
                struct scene scene;
                open_scene(&scene, "t.", "@ SOA m r 1 1 1 1 1\n@ NS ns\nx.find 60 A 192.0.2.1\n",
                           &zones_limits);
                scene.options.has_index = has_index;
                scene.options.has_find = has_find;
                int rcode = apply(&scene, rows[i].text), expected = has_find ? rows[i].rcode : 0;
                if (rcode != expected) {
                    fail_msg("%s: %d", rows[i].label, rcode);
                }
                close_scene(&scene);
            }
        }
    }
}

static void limits_hold_at_every_name(void **state)
{
    static const struct zone_edit_limits limits = {2, 3, 0};
    static const struct row rows[] = {
        {"a record too many", "! a 300 IN A 192.0.2.12", DNS_RCODE_REFUSED},
        {"one goes, one comes", "! a 0 NONE A 192.0.2.10\n! a 300 IN A 192.0.2.12",
         DNS_RCODE_NOERROR},
        {"one comes, one goes", "! a 300 IN A 192.0.2.12\n! a 0 NONE A 192.0.2.10",
         DNS_RCODE_NOERROR},
        {"many come and go",
         "! a 300 IN A 192.0.2.1\n! a 300 IN A 192.0.2.2\n"
         "! a 300 IN A 192.0.2.3\n! a 0 ANY A",
         DNS_RCODE_NOERROR},
        {"one too many comes, another goes",
         "! a 300 IN A 192.0.2.12\n! a 300 IN A 192.0.2.13\n! a 0 NONE A 192.0.2.10",
         DNS_RCODE_REFUSED},
        {"types come, and others go", "! a 300 IN MX 10 a\n! a 300 IN AAAA ::1\n! a 0 ANY TXT",
         DNS_RCODE_NOERROR},
        {"too many at the first of two names", "! a 300 IN A 192.0.2.12\n! u 300 IN A 192.0.2.1",
         DNS_RCODE_REFUSED},
        {"a record that is there", "! a 60 IN A 192.0.2.10", DNS_RCODE_NOERROR},
        {"up to the limit", "! u 300 IN TYPE4711 \\# 1 00", DNS_RCODE_NOERROR},
        {"up to the limit of types", "! a 300 IN MX 10 a", DNS_RCODE_NOERROR},
        {"a type too many", "! a 300 IN MX 10 a\n! a 300 IN AAAA ::1", DNS_RCODE_REFUSED},
        {"types that go make room", "! a 0 ANY TXT\n! a 300 IN MX 10 a\n! a 300 IN AAAA ::1",
         DNS_RCODE_NOERROR},
        {"a replaced record is no record more", "! al 300 IN CNAME b\n! al 300 IN CNAME c",
         DNS_RCODE_NOERROR},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene scene;
        open_scene(&scene, "t.", base, &limits);
        if (apply(&scene, rows[i].text) != rows[i].rcode) {
            fail_msg("%s: rcode %u", rows[i].label, scene.result.rcode);
        }
        if (rows[i].rcode) {
            assert_int_equal(scene.result.ede, DNS_EDE_OVER_QUOTA);
            assert_non_null(strstr(scene.result.text, "limit"));
            assert_int_equal(count_changes(scene.edit), 0);
        }
        close_scene(&scene);
    }
}

static void a_set_fits_a_message(void **state)
{
    static char text[2 * 65535 + 100];
    struct scene scene;
    (void)state;
    open_scene(&scene, "t.", base, &zones_limits);
    struct wr wr = wr_make(text, sizeof(text) - 1);
    const unsigned most = ZONE_RRSET_MAX - ZONE_RR_FIXED;
    wr_print(&wr, "! n 60 IN TYPE999 \\# %u ", most);
    memset(wr_take(&wr, 2 * most), 'a', 2 * most);
    *wr.pos = '\0';
    assert_int_equal(apply(&scene, text), DNS_RCODE_NOERROR);
    assert_int_equal(apply(&scene, "! n 60 IN TYPE999 \\# 1 00"), DNS_RCODE_REFUSED);
    close_scene(&scene);
}

static void a_name_of_all_types_is_deleted_whole(void **state)
{
    struct scene scene;
    char text[40];
    (void)state;
    open_scene(&scene, "t.", base, &zones_limits);
    for (unsigned i = 0; i < UINT8_MAX; i++) {
        snprintf(text, sizeof(text), "! n 60 IN TYPE%u \\# 1 00", 1000 + i);
        assert_int_equal(apply(&scene, text), DNS_RCODE_NOERROR);
    }
    assert_int_equal(apply(&scene, "! n 60 IN TYPE2000 \\# 1 00"), DNS_RCODE_REFUSED);
    assert_int_equal(apply(&scene, "! n 0 ANY ANY"), DNS_RCODE_NOERROR);
    expect_zone(&scene, base, NULL, NULL);
    close_scene(&scene);
}

static void the_root_is_a_zone_like_any_other(void **state)
{
    static const char root[] = "@ SOA m r 1 1 1 1 1\n@ NS n.\n";
    struct scene scene;
    (void)state;
    open_scene(&scene, ".", root, &zones_limits);
    assert_int_equal(apply(&scene, "? . 0 ANY NS\n! a.b. 300 IN A 192.0.2.1\n! . 0 ANY ANY"),
                     DNS_RCODE_NOERROR);
    expect_zone(&scene, root, NULL, "a.b. A 192.0.2.1\n");
    close_scene(&scene);
}

static void one_bad_update_changes_nothing_for_the_others(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, "t.", pools, &zones_limits);
    assert_int_equal(apply(&scene, "! n 60 IN A 192.0.2.9"), DNS_RCODE_NOERROR);
    assert_int_equal(apply(&scene, "! n 0 ANY ANY\n! x 60 IN A 192.0.2.9\n! p.c 0 ANY CRES"),
                     DNS_RCODE_REFUSED);
    assert_int_equal(apply(&scene, "? n 0 IN A 192.0.2.9\n? x 0 NONE ANY\n! m 60 IN A 192.0.2.8"),
                     DNS_RCODE_NOERROR);
    expect_zone(&scene, pools, NULL, "n 60 A 192.0.2.9\nm 60 A 192.0.2.8\n");
    close_scene(&scene);
}

static void a_message_cut_anywhere_is_malformed(void **state)
{
    static const char text[] = "? a 0 ANY A\n? a 0 IN TXT x\n"
                               "! n 300 IN MX 10 a\n! a 0 ANY TXT\n! a 0 NONE A 192.0.2.10\n"
                               "! p 300 IN CRES . cpu=100 env=a,b\n"
                               "+ . 0 CLASS1232 OPT =\n+ k. 0 ANY TSIG =00\n";
    static uint8_t message[UPDATES_MAX + 1];
    struct scene scene;
    (void)state;
    size_t len = updates_write("t.", text, message);
    open_scene(&scene, "t.", base, &zones_limits);
    for (size_t cut = 0; cut < len; cut++) {
        if (apply_octets(&scene, message, cut) != DNS_RCODE_FORMERR) {
            fail_msg("cut at %zu of %zu: rcode %u", cut, len, scene.result.rcode);
        }
        assert_int_equal(count_changes(scene.edit), 0);
    }
    message[len] = 0;
    assert_int_equal(apply_octets(&scene, message, len + 1), DNS_RCODE_FORMERR);
    assert_int_equal(apply_octets(&scene, message, len), DNS_RCODE_NOERROR);
    close_scene(&scene);
}

static void a_message_of_any_octets_is_survived(void **state)
{
    static const char text[] = "? a 0 ANY A\n? a 0 IN TXT x\n! n 300 IN MX 10 a\n! al 0 ANY ANY\n"
                               "! mx 0 NONE MX 10 host\n! p 300 IN CRES . cpu=100 env=a,b\n";
    static uint8_t message[UPDATES_MAX];
    struct scene scene;
    (void)state;
    size_t len = updates_write("t.", text, message);
    for (size_t at = 0; at < len; at++) {
        static const uint8_t values[] = {0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff};
        uint8_t kept = message[at];
        open_scene(&scene, "t.", base, &zones_limits);
        for (size_t i = 0; i < COUNT(values); i++) {
            message[at] = values[i];
            (void)apply_octets(&scene, message, len);
        }
        message[at] = kept;
        (void)zone_edit_commit(scene.edit);
        scene.edit = NULL;
        zones_check(scene.zone);
        close_scene(&scene);
    }
}

static double seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* As many records as a message of 64 KiB takes; the number stands in their RDATA. */
static size_t write_many(uint8_t *message, enum dns_section section, const char *owner,
                         uint16_t dns_class, bool different, unsigned *out_count)
{
    static struct dns_write w;
    size_t len;
    unsigned count = 0;
    dns_write_begin(&w, message, UPDATES_MAX, 1, DNS_OPCODE_UPDATE << 11);
    dns_write_question(&w, zones_name("t."), DNS_TYPE_SOA, DNS_CLASS_IN);
    for (;;) {
        struct dns_write_mark mark = dns_write_mark(&w);
        unsigned number = different ? count : 0;
        uint8_t rdata[4] = {10, 0, (uint8_t)(number >> 8), (uint8_t)number};
        uint32_t ttl_s = section == DNS_SECTION_ANSWER || dns_class != DNS_CLASS_IN ? 0
                         : different                                                ? 60
                                                                                    : count;
        dns_write_rr(&w, section, zones_name(owner), DNS_TYPE_A, dns_class, ttl_s, rdata, 4);
        if (w.wr.err) {
            dns_write_rewind(&w, &mark);
            break;
        }
        count++;
    }
    assert_int_equal(dns_write_end(&w, &len), 0);
    *out_count = count;
    return len;
}

/* Work and memory of one message; numbers are far above what is needed, and far below what a loop
 * over a loop over a copy would take. */
static void check_bounded(struct scene *scene, const uint8_t *message, size_t len, uint16_t rcode)
{
    size_t before = heap_used();
    double start = seconds();
    assert_int_equal(apply_octets(scene, message, len), rcode);
    double took = seconds() - start;
    size_t after = heap_used();
    if (took > 2.0) {
        fail_msg("a message took %.1f s", took);
    }
    if (after > before + (16u << 20)) {
        fail_msg("a message keeps %zu MiB", (after - before) >> 20);
    }
}

static void a_message_of_64_kib_is_bounded_work(void **state)
{
    static uint8_t message[UPDATES_MAX];
    struct scene scene;
    unsigned count;
    (void)state;
    open_scene(&scene, "t.", base, &zones_limits);
    size_t len = write_many(message, DNS_SECTION_AUTHORITY, "many.t.", DNS_CLASS_IN, true, &count);
    assert_true(count > 4000);
    check_bounded(&scene, message, len, DNS_RCODE_REFUSED); /* of ZONE_RRSET_MAX octets */
    struct zone_edit_limits limits = {1000, 100, 0};
    zone_edit_abort(scene.edit);
    scene.edit = zone_edit_begin(scene.zone, &limits);
    check_bounded(&scene, message, len, DNS_RCODE_REFUSED);
    zone_edit_abort(scene.edit);
    scene.edit = zone_edit_begin(scene.zone, &zones_limits);
    message[8] = 4000 >> 8; /* UPCOUNT: what fits */
    message[9] = 4000 & 0xff;
    len = 12 + 7 + 16 + 5 + 3999 * 16;
    check_bounded(&scene, message, len, DNS_RCODE_NOERROR);

    len = write_many(message, DNS_SECTION_ANSWER, "many.t.", DNS_CLASS_IN, true, &count);
    check_bounded(&scene, message, len, DNS_RCODE_NXRRSET);
    len = write_many(message, DNS_SECTION_AUTHORITY, "many.t.", DNS_CLASS_IN, false, &count);
    check_bounded(&scene, message, len, DNS_RCODE_NOERROR); /* the TTL of 4000, 4000 times */
    len = write_many(message, DNS_SECTION_AUTHORITY, "many.t.", DNS_CLASS_NONE, true, &count);
    check_bounded(&scene, message, len, DNS_RCODE_NOERROR);
    (void)zone_edit_commit(scene.edit);
    scene.edit = NULL;
    zones_check(scene.zone);
    close_scene(&scene);
}

/* The longest names, all by pointer. */
static void many_long_names_are_bounded_work(void **state)
{
    static struct dns_write w;
    static uint8_t message[UPDATES_MAX];
    static const uint8_t label[] =
        "\77aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    uint8_t name[DNS_NAME_MAX];
    struct scene scene;
    size_t len;
    (void)state;
    struct wr wr = wr_make(name, sizeof(name));
    for (int i = 0; i < 3; i++) {
        wr_bytes(&wr, label, 64);
    }
    wr_bytes(&wr, "\1t", 3);
    open_scene(&scene, "t.", base, &zones_limits);
    for (int dns_class = DNS_CLASS_IN; dns_class <= DNS_CLASS_ANY; dns_class += 254) {
        dns_write_begin(&w, message, sizeof(message), 1, DNS_OPCODE_UPDATE << 11);
        dns_write_question(&w, zones_name("t."), DNS_TYPE_SOA, DNS_CLASS_IN);
        for (;;) {
            struct dns_write_mark mark = dns_write_mark(&w);
            dns_write_rr(&w, DNS_SECTION_ANSWER, name, DNS_TYPE_NS, (uint16_t)dns_class, 0, name,
                         dns_class == DNS_CLASS_IN ? wr_len(&wr) : 0);
            if (w.wr.err) {
                dns_write_rewind(&w, &mark);
                break;
            }
        }
        assert_int_equal(dns_write_end(&w, &len), 0);
        /* names alone are twenty times the message, with those in RDATA more than we keep */
        check_bounded(&scene, message, len,
                      dns_class == DNS_CLASS_IN ? DNS_RCODE_REFUSED : DNS_RCODE_NXRRSET);
    }
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_section_is_one_soa_of_class_in),
        cmocka_unit_test(every_prerequisite_holds_or_fails_with_its_code),
        cmocka_unit_test(a_prerequisite_with_values_compares_whole_sets),
        cmocka_unit_test(prerequisites_see_what_came_before_in_the_batch),
        cmocka_unit_test(each_type_in_each_class_and_section_has_its_code),
        cmocka_unit_test(a_prescan_refuses_before_anything_is_changed),
        cmocka_unit_test(each_known_type_passes_the_one_validator),
        cmocka_unit_test(what_is_added_is_there),
        cmocka_unit_test(a_cname_stands_alone_and_single_records_are_replaced),
        cmocka_unit_test(what_is_deleted_is_gone),
        cmocka_unit_test(the_apex_keeps_its_soa_and_a_last_ns),
        cmocka_unit_test(a_serial_rises_by_serial_arithmetic),
        cmocka_unit_test(the_policy_is_asked_once_a_record_in_order),
        cmocka_unit_test(the_policy_is_not_asked_before_the_form_is_right),
        cmocka_unit_test(a_refusal_names_the_record_and_the_reason),
        cmocka_unit_test(an_observation_moves_forward_and_not_ahead),
        cmocka_unit_test(a_repeated_observation_changes_nothing),
        cmocka_unit_test(the_text_names_the_attribute),
        cmocka_unit_test(records_of_ours_agree_with_themselves_and_each_other),
        cmocka_unit_test(other_records_at_a_pool_do_not_answer_for_its_state),
        cmocka_unit_test(a_pool_of_many_statements_is_checked_whole),
        cmocka_unit_test(records_of_ours_are_stored_in_canonical_form),
        cmocka_unit_test(server_written_names_are_refused),
        cmocka_unit_test(nothing_is_added_where_answers_are_computed),
        cmocka_unit_test(limits_hold_at_every_name),
        cmocka_unit_test(a_set_fits_a_message),
        cmocka_unit_test(a_name_of_all_types_is_deleted_whole),
        cmocka_unit_test(the_root_is_a_zone_like_any_other),
        cmocka_unit_test(one_bad_update_changes_nothing_for_the_others),
        cmocka_unit_test(a_message_cut_anywhere_is_malformed),
        cmocka_unit_test(a_message_of_any_octets_is_survived),
        cmocka_unit_test(a_message_of_64_kib_is_bounded_work),
        cmocka_unit_test(many_long_names_are_bounded_work),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
