#include "zones/zone_srp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/lib/guard.h"
#include "tests/lib/updates.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/zone_update.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define KEY_1  "KEY 512 3 15 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_2  "KEY 512 3 15 //8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define CLEAR  " 0 ANY ANY\n"
#define LEASE  "+ . 0 CLASS1232 OPT =0002000800000e1000015180\n" /* 1 h, 1 d */
#define REMOVE "+ . 0 CLASS1232 OPT =000200080000000000015180\n" /* now; keys stay 1 d */
#define FORGET "+ . 0 CLASS1232 OPT =0002000400000000\n"         /* keys, too */

#define HOST_1                                                                                     \
    "! lumi" CLEAR "! lumi 120 IN A 192.0.2.7\n"                                                   \
    "! lumi 120 IN " KEY_1 "\n"
#define HOST_2                                                                                     \
    "! lumi" CLEAR "! lumi 120 IN A 192.0.2.8\n"                                                   \
    "! lumi 120 IN " KEY_2 "\n"
#define JOBS                                                                                       \
    "! _hpc._tcp 120 IN PTR main._hpc._tcp\n"                                                      \
    "! main._hpc._tcp" CLEAR "! main._hpc._tcp 120 IN SRV 0 0 8853 lumi\n"                         \
    "! main._hpc._tcp 120 IN TXT a=b\n"

static const char base[] = "@ 3600 SOA m r 100 1 1 1 1\n"
                           "@ NS ns1\n"
                           "ns1 A 192.0.2.2\n"
                           "pool.old A 192.0.2.3\n"
                           "kept A 192.0.2.4\n"
                           "kept " KEY_1 "\n";

static const char *read_text(const char *text, struct zone_srp *out)
{
    static uint8_t octets[UPDATES_MAX];
    size_t len = updates_write("t.", text, octets);
    const uint8_t *copy = guard_copy(octets, len);
    const char *why = zone_srp_read(copy, len, zones_name("t."), out);
    guard_free(copy);
    return why;
}

static void a_registration_is_told_from_other_updates(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        const char *why; /* NULL: it is one */
    } rows[] = {
        {"host alone", HOST_1 LEASE, NULL},
        {"host and service", HOST_1 JOBS LEASE, NULL},
        {"the service first", JOBS HOST_1 LEASE, NULL},
        {"any case", "! LUMI" CLEAR "! lumi 120 IN " KEY_1 "\n! Lumi 120 IN A 192.0.2.7\n" LEASE,
         NULL},
        {"host without address", "! lumi" CLEAR "! lumi 120 IN " KEY_1 "\n" LEASE, NULL},
        {"subtypes", HOST_1 JOBS "! _gpu._sub._hpc._tcp 120 IN PTR main._hpc._tcp\n" LEASE, NULL},
        {"instance with the host's key", HOST_1 JOBS "! main._hpc._tcp 120 IN " KEY_1 "\n" LEASE,
         NULL},
        {"an instance goes",
         HOST_1 "! main._hpc._tcp" CLEAR "! _hpc._tcp 0 NONE PTR main._hpc._tcp\n" LEASE, NULL},
        {"an instance goes, its PTR stays", HOST_1 "! main._hpc._tcp" CLEAR LEASE, NULL},
        {"udp",
         HOST_1 "! x._hpc._udp" CLEAR "! x._hpc._udp 1 IN SRV 0 0 1 lumi\n"
                "! x._hpc._udp 1 IN TXT a\n! x._hpc._udp 1 IN TXT b\n" LEASE,
         NULL},
        {"everything goes", HOST_1 REMOVE, NULL},

        {"prerequisites", "? lumi 0 NONE ANY\n" HOST_1 LEASE, "it has prerequisites"},
        {"no lease", HOST_1, "no Update Lease option"},
        {"EDNS without a lease", HOST_1 "+ . 0 CLASS1232 OPT\n", "no Update Lease option"},
        {"lease of 5 octets", HOST_1 "+ . 0 CLASS1232 OPT =0002000500000e1000\n",
         "no Update Lease option"},
        {"no update", LEASE, "it does not describe a host with one KEY"},
        {"no host", "! main._hpc._tcp" CLEAR LEASE, "it does not describe a host with one KEY"},
        {"no key", "! lumi" CLEAR "! lumi 120 IN A 192.0.2.7\n" LEASE,
         "it does not describe a host with one KEY"},
        {"key twice", HOST_1 "! lumi 120 IN " KEY_1 "\n" LEASE,
         "it does not describe a host with one KEY"},
        {"key before the name is cleared", "! lumi 120 IN " KEY_1 "\n! lumi" CLEAR LEASE,
         "a KEY stands neither at the host nor at an instance"},
        {"two hosts", HOST_1 "! dardel" CLEAR LEASE, "more than one host is described"},
        {"host cleared twice", HOST_1 "! lumi" CLEAR LEASE, "more than one host is described"},
        {"instance twice", HOST_1 JOBS "! main._hpc._tcp" CLEAR LEASE,
         "a service instance is described twice"},
        {"another key at the instance", HOST_1 JOBS "! main._hpc._tcp 120 IN " KEY_2 "\n" LEASE,
         "two different KEYs"},
        {"RSA", "! lumi" CLEAR "! lumi 120 IN KEY 512 3 8 AwEAAQ==\n" LEASE,
         "a KEY can not verify signatures"},
        {"SRV elsewhere",
         HOST_1 "! x._hpc._tcp" CLEAR "! x._hpc._tcp 1 IN SRV 0 0 1 ns1\n"
                "! x._hpc._tcp 1 IN TXT a\n" LEASE,
         "a SRV does not point to the host"},
        {"SRV without TXT",
         HOST_1 "! x._hpc._tcp" CLEAR "! x._hpc._tcp 1 IN SRV 0 0 1 lumi\n" LEASE,
         "an instance has SRV or TXT, but not both"},
        {"TXT without SRV", HOST_1 "! x._hpc._tcp" CLEAR "! x._hpc._tcp 1 IN TXT a\n" LEASE,
         "an instance has SRV or TXT, but not both"},
        {"two SRV", HOST_1 JOBS "! main._hpc._tcp 120 IN SRV 0 0 1 lumi\n" LEASE,
         "a SRV is not the only one of an instance that was cleared before"},
        {"SRV without clearing", HOST_1 "! x._hpc._tcp 1 IN SRV 0 0 1 lumi\n" LEASE,
         "a SRV is not the only one of an instance that was cleared before"},
        {"PTR to an instance of others", HOST_1 "! _hpc._tcp 1 IN PTR x._hpc._tcp\n" LEASE,
         "a PTR does not point to an instance that the message describes"},
        {"PTR of another service", HOST_1 JOBS "! _ai._tcp 1 IN PTR main._hpc._tcp\n" LEASE,
         "a PTR does not point to an instance that the message describes"},
        {"PTR comes, instance goes",
         HOST_1 "! x._hpc._tcp" CLEAR "! _hpc._tcp 1 IN PTR x._hpc._tcp\n" LEASE,
         "a PTR comes while its instance goes, or goes while its instance comes"},
        {"PTR goes, instance comes", HOST_1 JOBS "! _hpc._tcp 0 NONE PTR main._hpc._tcp\n" LEASE,
         "a PTR comes while its instance goes, or goes while its instance comes"},
        {"PTR at a host", HOST_1 JOBS "! lumi 1 IN PTR main._hpc._tcp\n" LEASE,
         "a PTR is not at a service"},
        {"address elsewhere", HOST_1 "! ns1 1 IN A 192.0.2.66\n" LEASE,
         "an address is not the host's"},
        {"address at an instance", HOST_1 JOBS "! main._hpc._tcp 1 IN A 192.0.2.66\n" LEASE,
         "an address is not the host's"},
        {"another type", HOST_1 "! lumi 1 IN MX 1 lumi\n" LEASE,
         "a type that does not belong to a registration"},
        {"an RRset deleted", HOST_1 "! lumi 0 ANY MX\n" LEASE, "an RRset is deleted alone"},
        {"a record deleted", HOST_1 "! lumi 0 NONE A 192.0.2.1\n" LEASE,
         "a record other than a PTR of a service is deleted alone"},
        {"host too deep", "! a.lumi" CLEAR "! a.lumi 1 IN " KEY_1 "\n" LEASE,
         "a name that is neither a host's nor a service instance's is deleted"},
        {"the apex", "! @" CLEAR "! @ 1 IN " KEY_1 "\n" LEASE,
         "a name that is neither a host's nor a service instance's is deleted"},
        {"a wildcard", "! *" CLEAR "! * 1 IN " KEY_1 "\n" LEASE,
         "a name that is neither a host's nor a service instance's is deleted"},
        {"a name with a meaning", "! find" CLEAR "! find 1 IN " KEY_1 "\n" LEASE,
         "a name that is neither a host's nor a service instance's is deleted"},
        {"a service for a host", "! _hpc" CLEAR "! _hpc 1 IN " KEY_1 "\n" LEASE,
         "a name that is neither a host's nor a service instance's is deleted"},
        {"a pool list", HOST_1 "! _pool.lumi" CLEAR LEASE,
         "a name that is neither a host's nor a service instance's is deleted"},
        {"wildcard instance", HOST_1 "! *._hpc._tcp" CLEAR LEASE,
         "a name that is neither a host's nor a service instance's is deleted"},
        {"wildcard subtype", HOST_1 JOBS "! *._sub._hpc._tcp 1 IN PTR main._hpc._tcp\n" LEASE,
         "a PTR is not at a service"},
        {"outside", HOST_1 "! lumi.other." CLEAR LEASE, "a name is not in the zone"},
        {"class CH", HOST_1 "! lumi 1 CH A 192.0.2.1\n" LEASE, "a class that updates do not have"},
        {"malformed KEY", HOST_1 "! lumi 1 IN KEY =0200\n" LEASE, "malformed RDATA"},
        {"malformed SRV", HOST_1 JOBS "! main._hpc._tcp 1 IN SRV =0000\n" LEASE, "malformed RDATA"},
    };
    static struct zone_srp srp;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why = read_text(rows[i].text, &srp);
        if (rows[i].why ? !why || strcmp(why, rows[i].why) != 0 : why != NULL) {
            fail_msg("%s: %s", rows[i].label, why ? why : "is a registration");
        }
    }
}

static void registrations_are_bounded(void **state)
{
    (void)state;
    static struct zone_srp srp;
    static char text[1 << 16];
    for (unsigned count = ZONE_SRP_INSTANCES; count <= ZONE_SRP_INSTANCES + 1; count++) {
        int at = snprintf(text, sizeof(text), HOST_1);
        for (unsigned i = 0; i < count; i++) {
            at += snprintf(text + at, sizeof(text) - (size_t)at, "! i%u._x._tcp" CLEAR, i);
        }
        snprintf(text + at, sizeof(text) - (size_t)at, LEASE);
        const char *why = read_text(text, &srp);
        assert_true(count > ZONE_SRP_INSTANCES ? strcmp(why, "too many service instances") == 0
                                               : why == NULL);
    }
    int at = snprintf(text, sizeof(text), HOST_1);
    for (unsigned i = 3; i <= ZONE_SRP_RECORDS; i++) {
        at += snprintf(text + at, sizeof(text) - (size_t)at, "! lumi 1 IN A 10.0.0.%u\n", i);
    }
    snprintf(text + at, sizeof(text) - (size_t)at, LEASE);
    assert_string_equal(read_text(text, &srp), "too many records");
}

static void a_registration_is_read_whole(void **state)
{
    (void)state;
    static struct zone_srp srp;
    assert_null(read_text(HOST_1 JOBS LEASE, &srp));
    assert_memory_equal(srp.host, "\4lumi\1t", 8);
    assert_int_equal(srp.key.len, 36);
    assert_int_equal(srp.lease_s, 3600);
    assert_int_equal(srp.key_lease_s, 86400);
    assert_int_equal(srp.instance_count, 1);
    assert_true(srp.instances[0].has_srv && srp.instances[0].has_txt);
    assert_null(read_text(HOST_1 FORGET, &srp));
    assert_int_equal(srp.lease_s, 0);
    assert_int_equal(srp.key_lease_s, 0);
    assert_int_equal(srp.instance_count, 0);
}

/* --- with a zone ------------------------------------------------------------------------------- */

static bool permit(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                   char *text)
{
    (void)context;
    (void)record;
    (void)out_ede;
    (void)text;
    return true;
}

/* What becomes of a registration: the taken name as text, "" when it was applied. */
static const char *enrol(struct zone *zone, const char *text)
{
    static uint8_t octets[UPDATES_MAX], scratch[ZONE_UPDATE_SCRATCH];
    static struct zone_srp srp;
    static char taken[DNS_NAME_TEXT_MAX];
    size_t len = updates_write("t.", text, octets);
    assert_null(zone_srp_read(octets, len, zones_name("t."), &srp));
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    const uint8_t *name = zone_srp_find_taken(&srp, edit);
    taken[0] = '\0';
    if (name) {
        dns_name_print(name, taken);
        zone_edit_abort(edit);
        return taken;
    }
    struct zone_update_options options = {
        .permit = permit, .scratch = scratch, .ttl_max_s = srp.lease_s};
    struct zone_update_result result;
    zone_update_apply(edit, octets, len, &options, &result);
    assert_int_equal(result.rcode, DNS_RCODE_NOERROR);
    zone_srp_settle(&srp, edit, octets, len);
    zone_edit_keep(edit);
    zone_edit_commit(edit);
    zones_check(zone);
    return taken;
}

static void expect(const struct zone *zone, const char *more)
{
    char text[4096];
    snprintf(text, sizeof(text), "%s%s", base, more);
    struct zone *wanted = zones_make("t.", text);
    char *a = zones_print(zone, zone_version(zone)), *b = zones_print(wanted, zone_version(wanted));
    assert_string_equal(a, b);
    mem_free(a);
    mem_free(b);
    zone_unref(wanted);
}

#define LUMI "lumi 120 A 192.0.2.7\nlumi 120 " KEY_1 "\n"
#define MAIN                                                                                       \
    "_hpc._tcp 120 PTR main._hpc._tcp\n"                                                           \
    "main._hpc._tcp 120 SRV 0 0 8853 lumi\n"                                                       \
    "main._hpc._tcp 120 TXT a=b\n"

static void the_first_who_comes_has_the_name(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", base);
    assert_string_equal(enrol(zone, HOST_1 JOBS LEASE), "");
    expect(zone, LUMI MAIN);
    assert_string_equal(enrol(zone, HOST_2 LEASE), "lumi.t.");
    assert_string_equal(enrol(zone, HOST_1 JOBS LEASE), ""); /* again */
    expect(zone, LUMI MAIN);
    assert_string_equal(enrol(zone, "! eve" CLEAR "! eve 120 IN " KEY_2 "\n"
                                    "! main._hpc._tcp" CLEAR LEASE),
                        "main._hpc._tcp.t.");
    assert_string_equal(enrol(zone, "! lumi" CLEAR "! lumi 60 IN A 192.0.2.9\n"
                                    "! lumi 60 IN " KEY_1 "\n" LEASE),
                        "");
    expect(zone, "lumi 60 A 192.0.2.9\nlumi 60 " KEY_1 "\n" MAIN);
    zone_unref(zone);
}

static void names_that_exist_otherwise_are_nobodys_to_take(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *taken;
    } rows[] = {
        {"a name without a key", "! ns1" CLEAR "! ns1 1 IN " KEY_1 "\n" LEASE, "ns1.t."},
        {"something is below it", "! old" CLEAR "! old 1 IN " KEY_1 "\n" LEASE, "old.t."},
        {"another key", "! kept" CLEAR "! kept 1 IN " KEY_2 "\n" LEASE, "kept.t."},
        {"the same key", "! kept" CLEAR "! kept 1 IN " KEY_1 "\n" LEASE, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("t.", base);
        const char *taken = enrol(zone, rows[i].text);
        if (strcmp(taken, rows[i].taken) != 0) {
            fail_msg("%s: '%s'", rows[i].label, taken);
        }
        zone_unref(zone);
    }
}

static void an_instance_without_a_key_is_its_hosts(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", base);
    zones_change(zone, NULL,
                 "x._a._tcp SRV 0 0 1 kept\n"
                 "y._a._tcp SRV 0 0 1 ns1\n"
                 "z._a._tcp SRV 0 0 1 kept\nz._a._tcp " KEY_2 "\n"
                 "w._a._tcp SRV 0 0 1 kept\nw._a._tcp SRV 0 0 1 ns1\n"
                 "v._a._tcp SRV 0 0 1 kept.elsewhere.\n"
                 "u._a._tcp TXT a\n");
    static const struct {
        const char *text, *taken;
    } rows[] = {
        {"! y._a._tcp" CLEAR, "y._a._tcp.t."}, {"! z._a._tcp" CLEAR, "z._a._tcp.t."},
        {"! w._a._tcp" CLEAR, "w._a._tcp.t."}, {"! v._a._tcp" CLEAR, "v._a._tcp.t."},
        {"! u._a._tcp" CLEAR, "u._a._tcp.t."}, {"! x._a._tcp" CLEAR, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "! kept" CLEAR "! kept 1 IN " KEY_1 "\n%s" LEASE,
                 rows[i].text);
        assert_string_equal(enrol(zone, text), rows[i].taken);
    }
    zone_unref(zone);
}

static void a_lease_of_zero_takes_back_and_may_keep_the_key(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", base);
    enrol(zone, HOST_1 JOBS "! main._hpc._tcp 120 IN " KEY_1 "\n" LEASE);
    expect(zone, LUMI MAIN "main._hpc._tcp 120 " KEY_1 "\n");
    assert_string_equal(enrol(zone, HOST_1 JOBS REMOVE), "");
    expect(zone, "lumi 120 " KEY_1 "\n");
    assert_string_equal(enrol(zone, HOST_2 LEASE), "lumi.t."); /* still reserved */
    assert_string_equal(enrol(zone, HOST_1 FORGET), "");
    expect(zone, "");
    assert_string_equal(enrol(zone, HOST_2 LEASE), "");
    zone_unref(zone);
}

static void addresses_that_reach_nobody_are_not_kept(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", base);
    assert_string_equal(enrol(zone, "! lumi" CLEAR "! lumi 9 IN " KEY_1 "\n"
                                    "! lumi 9 IN A 127.0.0.1\n"
                                    "! lumi 9 IN A 169.254.1.1\n"
                                    "! lumi 9 IN A 224.0.0.1\n"
                                    "! lumi 9 IN A 0.0.0.0\n"
                                    "! lumi 9 IN A 10.1.2.3\n"
                                    "! lumi 9 IN AAAA ::1\n"
                                    "! lumi 9 IN AAAA fe80::1\n"
                                    "! lumi 9 IN AAAA ff02::1\n"
                                    "! lumi 9 IN AAAA ::ffff:192.0.2.1\n"
                                    "! lumi 9 IN AAAA 2001:db8::1\n" LEASE),
                        "");
    expect(zone, "lumi 9 A 10.1.2.3\nlumi 9 AAAA 2001:db8::1\nlumi 9 " KEY_1 "\n");
    zone_unref(zone);
}

static void no_record_is_kept_in_caches_beyond_its_lease(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", base);
    assert_string_equal(enrol(zone, "! lumi" CLEAR "! lumi 7200 IN " KEY_1 "\n"
                                    "! lumi 7200 IN A 10.1.2.3\n" LEASE),
                        "");
    expect(zone, "lumi 3600 A 10.1.2.3\nlumi 3600 " KEY_1 "\n");
    zone_unref(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_is_told_from_other_updates),
        cmocka_unit_test(registrations_are_bounded),
        cmocka_unit_test(a_registration_is_read_whole),
        cmocka_unit_test_setup_teardown(the_first_who_comes_has_the_name, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(names_that_exist_otherwise_are_nobodys_to_take, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(an_instance_without_a_key_is_its_hosts, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(a_lease_of_zero_takes_back_and_may_keep_the_key,
                                        zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(addresses_that_reach_nobody_are_not_kept, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(no_record_is_kept_in_caches_beyond_its_lease, zones_enter,
                                        zones_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
