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
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_dump.h"
#include "zones/zone_index.h"
#include "zones/zone_load.h"

static char *folder, *path;

static int enter(void **state)
{
    (void)state;
    folder = scratch_make();
    path = scratch_path(folder, "zone.txt");
    rcu_enter();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    zones_settle();
    rcu_leave();
    mem_free(path);
    scratch_remove(folder);
    return 0;
}

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    print_error("%u:%u %s\n", at->line, at->column, at->text);
}

static struct zone *load(struct zone_index *index)
{
    struct zone *zone = NULL;
    struct zone_load_options options = {.key = &zones_key,
                                        .limits = zones_limits,
                                        .size_max = SIZE_MAX,
                                        .index = index,
                                        .on_error = on_error};
    assert_int_equal(zone_load(path, zones_name("t."), &options, &zone), 0);
    return zone;
}

static void dump(const struct zone *zone)
{
    uint64_t records = 0;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(zone_dump(zone, file, &records), 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(records, zone_measure(zone).records);
}

static void assert_equal(const struct zone *a, const struct zone *b)
{
    char *one = zones_print(a, zone_version(a)), *other = zones_print(b, zone_version(b));
    assert_string_equal(one, other);
    mem_free(one);
    mem_free(other);
}

#define APEX "@ SOA m r 5 1 1 1 1\n@ NS ns\n"

static void the_text_is_plain_and_begins_with_the_soa(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "b A 192.0.2.2\n@ A 192.0.2.9\n@ NS ns\na 60 TXT x\n"
                                         "@ SOA m r 7 1 1 1 1\n");
    dump(zone);
    char *text = scratch_read(path);
    assert_string_equal(text, "; zone t. serial 7\n"
                              "t. 300 IN SOA m.t. r.t. 7 1 1 1 1\n"
                              "t. 300 IN A 192.0.2.9\n"
                              "t. 300 IN NS ns.t.\n"
                              "a.t. 60 IN TXT \"x\"\n"
                              "b.t. 300 IN A 192.0.2.2\n");
    mem_free(text);
    zone_unref(zone);
}

static void every_kind_of_record_comes_back(void **state)
{
    (void)state;
    struct zone *zone = zones_make(
        "t.",
        APEX "a AAAA 2001:db8::1\na MX 10 m.\na SRV 1 2 3 s\na TXT \"a \\\"b\\\" \\200;\" c \"\"\n"
             "a CAA 0 issue \"ca.example; x=1\"\na NAPTR 1 2 \"u\" \"E2U\" \"!^.*$!x!\" .\n"
             "a SVCB 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 key65333=\"x y\"\n"
             "a HTTPS 0 other.\na LOC 22 32 0 N 113 56 0 E 10m\na SSHFP 1 1 abcdef\n"
             "a APL 1:192.0.2.0/24 !2:2001:db8::/32\na URI 1 2 \"https://x.example/;\"\n"
             "a DS 1 13 2 0011\na TYPE65280 \\# 3 0102ff\na TYPE65281 \\# 0\n"
             "a CENTRE . kind=hpc region=440300 op=\"a;b \\\"c\\\"\" hub key64000=\"\\001\\255\"\n"
             "a CRES . cpu=4 mem=8g acc=x accn=1.5 price=6.32 cur=CNY per=card-h env=a,b\n"
             "a CLOAD . obs=1700000000 cpuf=1 accf=500m\na CNET b rtt=5ms loss=0.0001\n"
             "a CDATA b size=5t pin\na CPOL . by=load:60,price:40 need=\"accn-8 acc-x\"\n"
             "\\000\\001.\\.\\@\\;\\(\\200 TXT x\n*.w TXT x\n\"quo\\\"ted\" TXT x\n"
             "sp\\032ace CNAME \\@.\\000.x\n\\$x TXT y\n");
    dump(zone);
    struct zone *again = load(NULL);
    assert_equal(again, zone);
    zones_check(again);
    zone_unref(again);
    zone_unref(zone);
}

/* Random octets as labels and as opaque data, texts of the largest size, the largest RRset. */
static void odd_and_large_data_come_back(void **state)
{
    (void)state;
    static uint8_t rdata[ZONE_RRSET_MAX];
    struct rand_fake rand;
    rand_fake_init(&rand, 5);
    struct zone *zone = zones_make("t.", APEX);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    for (unsigned i = 0; i < 400; i++) {
        uint8_t owner[DNS_NAME_MAX];
        size_t len = 1 + rand_u64(&rand.rand) % DNS_LABEL_MAX, size = rand_u64(&rand.rand) % 300;
        owner[0] = (uint8_t)len;
        rand.rand.fill(&rand.rand, owner + 1, len);
        rand.rand.fill(&rand.rand, rdata, size);
        dns_name_lower(owner, len + 1, owner);
        memcpy(owner + 1 + len, "\1t", 3);
        uint16_t type = (uint16_t)(i % 2 ? 65000 + i : DNS_TYPE_TXT);
        if (dns_rdata_check(type, rdata, size) == 0) {
            assert_int_equal(zone_edit_add(edit, owner, type, i, rdata, size), 0);
        }
        rdata[0] = (uint8_t)(size % 256); /* one character-string of random octets */
        assert_int_equal(zone_edit_add(edit, owner, DNS_TYPE_TXT, i, rdata, rdata[0] + 1u), 0);
    }
    for (size_t at = 0; at + 256 <= ZONE_RRSET_MAX - ZONE_RR_FIXED; at += 256) {
        memset(rdata + at, 0377, 256); /* a text that is escaped all through */
    }
    const size_t most = (ZONE_RRSET_MAX - ZONE_RR_FIXED) / 256 * 256;
    assert_int_equal(zone_edit_add(edit, zones_name("big.t."), DNS_TYPE_TXT, 1, rdata, most), 0);
    assert_true(zone_edit_commit(edit));
    dump(zone);
    struct zone *again = load(NULL);
    assert_equal(again, zone);
    zone_unref(again);
    zone_unref(zone);
}

static void a_zone_with_an_index_comes_back_with_it(void **state)
{
    (void)state;
    scratch_write(path, "$TTL 300\n" APEX "c CENTRE . kind=ai region=x\np.c CRES . acc=y\n"
                        "p.c CLOAD . obs=1\nq.c CRES . cpu=4\n");
    struct zone_index *first = zone_index_create(zones_name("t."), 1);
    struct zone_index *second = zone_index_create(zones_name("t."), 1);
    struct zone *zone = load(first);
    dump(zone);
    struct zone *again = load(second);
    assert_equal(again, zone);
    zone_unref(again);
    zone_unref(zone);
    zone_index_destroy(first);
    zone_index_destroy(second);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", APEX);
    uint64_t records;
    FILE *file = fopen("/dev/full", "w");
    if (!file) {
        skip();
    }
    assert_int_equal(zone_dump(zone, file, &records), ERR_IO);
    (void)fclose(file);
    zone_unref(zone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_text_is_plain_and_begins_with_the_soa),
        TEST(every_kind_of_record_comes_back),
        TEST(odd_and_large_data_come_back),
        TEST(a_zone_with_an_index_comes_back_with_it),
        TEST(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
