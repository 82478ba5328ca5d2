#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "tests/lib/guard.h"
#include <ldns/ldns.h>
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(text) text, sizeof(text) - 1
#define HEAD         "............" /* the header: 12 octets */
#define NAME_A       "\2Ns\7Example\0"
#define NAME_B       "\4HoSt\2dE\0"
#define ATTRS        "\0\2\0\3abc" /* two keys, the second one empty */ "\0\6\0\0"
#define FOUR         "\0\0\1\2"
#define TWELVE       "abcdefghijkl"

/* One valid RDATA of each type, letters of both cases in the names. */
static const struct {
    uint16_t type;
    const char *data;
    size_t len;
} samples[] = {
    {DNS_TYPE_A, OCTETS("\300\0\2\1")},
    {DNS_TYPE_NS, OCTETS(NAME_A)},
    {DNS_TYPE_MD, OCTETS(NAME_A)},
    {DNS_TYPE_MF, OCTETS(NAME_A)},
    {DNS_TYPE_CNAME, OCTETS(NAME_A)},
    {DNS_TYPE_SOA, OCTETS(NAME_A NAME_B FOUR FOUR FOUR FOUR FOUR)},
    {DNS_TYPE_MB, OCTETS(NAME_A)},
    {DNS_TYPE_MG, OCTETS(NAME_A)},
    {DNS_TYPE_MR, OCTETS(NAME_A)},
    {DNS_TYPE_PTR, OCTETS(NAME_A)},
    {DNS_TYPE_HINFO, OCTETS("\3CPU\2Os")},
    {DNS_TYPE_MINFO, OCTETS(NAME_A NAME_B)},
    {DNS_TYPE_MX, OCTETS("\0\12" NAME_A)},
    {DNS_TYPE_TXT, OCTETS("\5Hello\0\2ab")},
    {DNS_TYPE_RP, OCTETS(NAME_A NAME_B)},
    {DNS_TYPE_AFSDB, OCTETS("\0\1" NAME_A)},
    {DNS_TYPE_RT, OCTETS("\0\1" NAME_A)},
    {DNS_TYPE_KEY, OCTETS("\2\0\3\15Key")},
    {DNS_TYPE_PX, OCTETS("\0\1" NAME_A NAME_B)},
    {DNS_TYPE_AAAA, OCTETS("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1")},
    {DNS_TYPE_LOC, OCTETS("\0\22\26\23\200\0\0\0\177\377\377\377\0\230\226\200")},
    {DNS_TYPE_SRV, OCTETS("\0\1\0\2\0\65" NAME_A)},
    {DNS_TYPE_NAPTR, OCTETS("\0\1\0\2\1U\7E2U+sip\0" NAME_A)},
    {DNS_TYPE_KX, OCTETS("\0\1" NAME_A)},
    {DNS_TYPE_CERT, OCTETS("\0\1\0\2\5Cert")},
    {DNS_TYPE_DNAME, OCTETS(NAME_A)},
    {DNS_TYPE_APL, OCTETS("\0\1\20\2\300\250\0\2\200\201\40\0\1\0\201\1")},
    {DNS_TYPE_DS, OCTETS("\60\71\15\2Digest")},
    {DNS_TYPE_SSHFP, OCTETS("\4\2Print")},
    {DNS_TYPE_IPSECKEY, OCTETS("\12\3\2" NAME_A "Key")},
    {DNS_TYPE_RRSIG, OCTETS("\0\1\15\2" FOUR FOUR FOUR "\60\71" NAME_A "Signature")},
    {DNS_TYPE_NSEC, OCTETS(NAME_A "\0\6\100\0\0\0\0\3\377\1\1")},
    {DNS_TYPE_DNSKEY, OCTETS("\1\1\3\15Key")},
    {DNS_TYPE_DHCID, OCTETS("\0\1\1Digest")},
    {DNS_TYPE_NSEC3, OCTETS("\1\0\0\0\2aB\3Hsh\0\1\100")},
    {DNS_TYPE_NSEC3PARAM, OCTETS("\1\0\0\0\0")},
    {DNS_TYPE_TLSA, OCTETS("\3\1\1Data")},
    {DNS_TYPE_SMIMEA, OCTETS("\3\1\1Data")},
    {DNS_TYPE_HIP, OCTETS("\2\2\0\3HtKey" NAME_A NAME_B)},
    {DNS_TYPE_CDS, OCTETS("\0\0\0\0\0")},
    {DNS_TYPE_CDNSKEY, OCTETS("\0\0\3\0\0")},
    {DNS_TYPE_OPENPGPKEY, OCTETS("Key")},
    {DNS_TYPE_CSYNC, OCTETS(FOUR "\0\3\0\1\100")},
    {DNS_TYPE_ZONEMD, OCTETS(FOUR "\1\1" TWELVE)},
    {DNS_TYPE_SVCB, OCTETS("\0\1" NAME_A "\0\1\0\3\2h2\0\3\0\2\1\273")},
    {DNS_TYPE_HTTPS, OCTETS("\0\0" NAME_A)},
    {DNS_TYPE_DSYNC, OCTETS("\0\73\1\24\353" NAME_A)},
    {DNS_TYPE_HHIT, OCTETS("Cbor")},
    {DNS_TYPE_BRID, OCTETS("Cbor")},
    {DNS_TYPE_NID, OCTETS("\0\1" FOUR FOUR)},
    {DNS_TYPE_L32, OCTETS("\0\1" FOUR)},
    {DNS_TYPE_L64, OCTETS("\0\1" FOUR FOUR)},
    {DNS_TYPE_LP, OCTETS("\0\1" NAME_A)},
    {DNS_TYPE_EUI48, OCTETS("\0\1" FOUR)},
    {DNS_TYPE_EUI64, OCTETS(FOUR FOUR)},
    {DNS_TYPE_URI, OCTETS("\0\1\0\2Http://")},
    {DNS_TYPE_CAA, OCTETS("\200\5IssuE")},
    {DNS_TYPE_AMTRELAY, OCTETS("\12\203" NAME_A)},
    {DNS_TYPE_RESINFO, OCTETS("\6Qnamem")},
    {DNS_TYPE_WALLET, OCTETS("\3BTC\1x")},
    {DNS_TYPE_CENTRE, OCTETS("\0" ATTRS)},
    {DNS_TYPE_CRES, OCTETS("\0" ATTRS)},
    {DNS_TYPE_CLOAD, OCTETS("\0" ATTRS)},
    {DNS_TYPE_CNET, OCTETS(NAME_A ATTRS)},
    {DNS_TYPE_CDATA, OCTETS(NAME_A ATTRS)},
    {DNS_TYPE_CID, OCTETS(NAME_A)},
    {DNS_TYPE_CPOL, OCTETS("\0" ATTRS)},
    {65280, OCTETS("Anything \1\2\3")},
    {65281, OCTETS("")},
};

static void every_data_type_has_a_valid_sample(void **state)
{
    (void)state;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        const struct dns_type_row *row = dns_type_find((uint16_t)type);
        if (!row || row->flags & DNS_TYPE_META) {
            continue;
        }
        size_t i = 0;
        while (i < COUNT(samples) && samples[i].type != type) {
            i++;
        }
        print_message("%s\n", row->name);
        assert_true(i < COUNT(samples));
    }
}

static void samples_pass_the_check_and_are_read_unchanged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        const uint8_t *data = guard_copy(samples[i].data, samples[i].len);
        print_message("type %u\n", samples[i].type);
        assert_int_equal(dns_rdata_check(samples[i].type, data, samples[i].len), 0);

        uint8_t stored[512];
        struct wr out = wr_make(stored, sizeof(stored));
        struct rd rd = rd_make(data, samples[i].len);
        assert_int_equal(dns_rdata_read(&rd, samples[i].type, samples[i].len, &out), 0);
        assert_int_equal(rd_left(&rd), 0);
        assert_int_equal(wr_len(&out), samples[i].len);
        assert_memory_equal(stored, data, samples[i].len);
        guard_free(data);
    }
}

static void reading_and_checking_agree_on_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        for (size_t len = 0; len < samples[i].len; len++) {
            const uint8_t *data = guard_copy(samples[i].data, len);
            const int err = dns_rdata_check(samples[i].type, data, len);
            uint8_t stored[512];
            struct wr out = wr_make(stored, sizeof(stored));
            struct rd rd = rd_make(data, len);
            assert_int_equal(dns_rdata_read(&rd, samples[i].type, len, &out), err);
            assert_int_equal(rd.err, err);
            assert_int_equal(out.err, err);
            assert_true(err == 0 || err == ERR_RDATA);
            guard_free(data);
        }
    }
}

static void no_mutation_of_a_sample_leads_out_of_bounds(void **state)
{
    (void)state;
    struct rand_fake fake;
    rand_fake_init(&fake, 5);
    for (size_t i = 0; i < COUNT(samples); i++) {
        for (int round = 0; round < 300 && samples[i].len > 0; round++) {
            uint8_t changed[128];
            assert_true(samples[i].len <= sizeof(changed));
            memcpy(changed, samples[i].data, samples[i].len);
            const uint64_t bits = rand_u64(&fake.rand);
            changed[bits % samples[i].len] = (uint8_t)(bits >> 32);
            changed[(bits >> 8) % samples[i].len] ^= (uint8_t)(1u << (bits >> 40 & 7));
            const uint8_t *data = guard_copy(changed, samples[i].len);
            if (dns_rdata_check(samples[i].type, data, samples[i].len) == 0) {
                dns_rdata_target(samples[i].type, data, samples[i].len);
                assert_int_equal(
                    dns_rdata_compare(samples[i].type, data, samples[i].len, data, samples[i].len),
                    0);
                dns_rdata_canonical(samples[i].type, changed, samples[i].len);
                assert_int_equal(dns_rdata_check(samples[i].type, changed, samples[i].len), 0);
            }
            guard_free(data);
        }
    }
}

static void malformed_rdata_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *data;
        size_t len;
        int err;
    } rows[] = {
        {"A, an octet too many", DNS_TYPE_A, OCTETS("\300\0\2\1\0"), ERR_RDATA},
        {"NS, nothing", DNS_TYPE_NS, OCTETS(""), ERR_RDATA},
        {"NS, more behind the name", DNS_TYPE_NS, OCTETS(NAME_A "\0"), ERR_RDATA},
        {"NS, other label type", DNS_TYPE_NS, OCTETS("\100\0"), ERR_LABEL},
        {"NS, pointer in stored form", DNS_TYPE_NS, OCTETS("\300\14"), ERR_POINTER},
        {"TXT, no string", DNS_TYPE_TXT, OCTETS(""), ERR_RDATA},
        {"TXT, string past the end", DNS_TYPE_TXT, OCTETS("\1a\2b"), ERR_RDATA},
        {"HINFO, one string", DNS_TYPE_HINFO, OCTETS("\3CPU"), ERR_RDATA},
        {"DS without digest", DNS_TYPE_DS, OCTETS("\60\71\15\2"), ERR_RDATA},
        {"DNSKEY without key", DNS_TYPE_DNSKEY, OCTETS("\1\1\3\15"), ERR_RDATA},
        {"RRSIG without signature", DNS_TYPE_RRSIG,
         OCTETS("\0\1\15\2" FOUR FOUR FOUR "\60\71" NAME_A), ERR_RDATA},
        {"NSEC3 without hash", DNS_TYPE_NSEC3, OCTETS("\1\0\0\0\0\0"), ERR_RDATA},
        {"CAA without tag", DNS_TYPE_CAA, OCTETS("\0\0value"), ERR_RDATA},
        {"URI without target", DNS_TYPE_URI, OCTETS("\0\1\0\2"), ERR_RDATA},
        {"ZONEMD, digest of 11 octets", DNS_TYPE_ZONEMD, OCTETS(FOUR "\1\1abcdefghijk"), ERR_RDATA},
        {"SVCB, keys fall", DNS_TYPE_SVCB, OCTETS("\0\1\0\0\3\0\2\0\1\0\1\0\2\1a"), ERR_RDATA},
        {"CRES, keys fall", DNS_TYPE_CRES, OCTETS("\0\0\2\0\0\0\1\0\0"), ERR_RDATA},
        {"CRES, key twice", DNS_TYPE_CRES, OCTETS("\0\0\2\0\0\0\2\0\0"), ERR_RDATA},
        {"CRES, value past the end", DNS_TYPE_CRES, OCTETS("\0\0\2\0\2a"), ERR_RDATA},
        {"CRES, no target", DNS_TYPE_CRES, OCTETS(""), ERR_RDATA},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        assert_int_equal(dns_rdata_check(rows[i].type, data, rows[i].len), rows[i].err);
        guard_free(data);
    }
}

static void names_in_rdata_are_decompressed_where_the_type_allows(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *message; /* RDATA from `at` to the end, but for `behind` octets */
        size_t len, at, behind;
        int err;
        const char *stored;
        size_t stored_len;
    } rows[] = {
        {"NS", DNS_TYPE_NS, OCTETS(HEAD "\2de\0\1a\300\14"), 16, 0, 0, OCTETS("\1a\2de\0")},
        {"SRV, as older senders do", DNS_TYPE_SRV, OCTETS(HEAD "\2de\0......\300\14"), 16, 0, 0,
         OCTETS("......\2de\0")},
        {"SOA, second name points into the first", DNS_TYPE_SOA,
         OCTETS(HEAD "\2de\0\1a\300\14\1b\300\20" FOUR FOUR FOUR FOUR FOUR), 16, 0, 0,
         OCTETS("\1a\2de\0\1b\1a\2de\0" FOUR FOUR FOUR FOUR FOUR)},
        {"NSEC, pointer not allowed", DNS_TYPE_NSEC, OCTETS(HEAD "\2de\0\300\14\0\1\100"), 16, 0,
         ERR_POINTER, "", 0},
        {"SVCB, pointer not allowed", DNS_TYPE_SVCB, OCTETS(HEAD "\2de\0\0\1\300\14"), 16, 0,
         ERR_POINTER, "", 0},
        {"CRES, pointer not allowed", DNS_TYPE_CRES, OCTETS(HEAD "\2de\0\300\14"), 16, 0,
         ERR_POINTER, "", 0},
        {"name runs past its RDATA", DNS_TYPE_NS, OCTETS(HEAD "\2de\0\2ab\0"), 16, 1, ERR_RDATA, "",
         0},
        {"pointer runs past its RDATA", DNS_TYPE_NS, OCTETS(HEAD "\2de\0\1a\300\14"), 16, 1,
         ERR_RDATA, "", 0},
        {"pointer forward", DNS_TYPE_NS, OCTETS(HEAD "\300\17\2de\0"), 12, 4, ERR_POINTER, "", 0},
        {"opaque stays as it is", 65280, OCTETS(HEAD "\2de\0\300\14"), 16, 0, 0, OCTETS("\300\14")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *message = guard_copy(rows[i].message, rows[i].len);
        struct rd rd = rd_make(message, rows[i].len);
        rd_take(&rd, rows[i].at);
        uint8_t stored[512];
        struct wr out = wr_make(stored, sizeof(stored));
        const size_t rdlen = rows[i].len - rows[i].at - rows[i].behind;
        assert_int_equal(dns_rdata_read(&rd, rows[i].type, rdlen, &out), rows[i].err);
        assert_int_equal(rd.err, rows[i].err);
        if (!rows[i].err) {
            assert_int_equal(rd_left(&rd), rows[i].behind);
            assert_int_equal(wr_len(&out), rows[i].stored_len);
            assert_memory_equal(stored, rows[i].stored, rows[i].stored_len);
        }
        guard_free(message);
    }
}

static void errors_of_both_cursors_are_kept(void **state)
{
    (void)state;
    uint8_t stored[8];
    struct rd rd = rd_make("abcd", 4);
    struct wr out = wr_make(stored, sizeof(stored));
    assert_int_equal(dns_rdata_read(&rd, DNS_TYPE_A, 5, &out), ERR_SHORT);
    assert_int_equal(out.err, ERR_SHORT);

    rd = rd_make("abcd", 4);
    out = wr_make(stored, 3);
    assert_int_equal(dns_rdata_read(&rd, DNS_TYPE_A, 4, &out), ERR_SPACE);
    assert_int_equal(rd.err, ERR_SPACE);
    assert_int_equal(rd_left(&rd), 0);

    rd = rd_make("abcd", 4);
    assert_int_equal(dns_rdata_read(&rd, 65280, 4, &out), ERR_SPACE);
    assert_int_equal(rd.err, ERR_SPACE);
}

static void decompressed_rdata_may_not_outgrow_its_length_field(void **state)
{
    (void)state;
    /* SIG has a name and a rest: 65535 octets with a pointer would be more when the pointer is
     * gone. */
    static uint8_t message[12 + 4 + 65535];
    static uint8_t stored[2 * 65536];
    memcpy(message + 12, "\2de", 4);
    memcpy(message + 16 + 18, "\300\14", 2);
    struct rd rd = rd_make(message, sizeof(message));
    rd_take(&rd, 16);
    struct wr out = wr_make(stored, sizeof(stored));
    assert_int_equal(dns_rdata_read(&rd, DNS_TYPE_SIG, 65535, &out), ERR_RDATA);

    rd = rd_make(message, sizeof(message));
    rd_take(&rd, 16);
    out = wr_make(stored, sizeof(stored));
    assert_int_equal(dns_rdata_read(&rd, DNS_TYPE_SIG, 65533, &out), 0);
    assert_int_equal(wr_len(&out), 65535);
    assert_int_equal(dns_rdata_check(65280, stored, 65536), ERR_RDATA);
}

static void rdata_compares_as_octets_with_names_folded(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *a;
        size_t a_len;
        const char *b;
        size_t b_len;
        int order;
    } rows[] = {
        {"case of names", DNS_TYPE_MX, OCTETS("\0\1\2De\0"), OCTETS("\0\1\2dE\0"), 0},
        {"number first", DNS_TYPE_MX, OCTETS("\0\2\2de\0"), OCTETS("\0\1\2fr\0"), 1},
        {"names by octets, not by labels", DNS_TYPE_NS, OCTETS("\1z\2de\0"), OCTETS("\2aa\0"), -1},
        {"shorter name", DNS_TYPE_NS, OCTETS("\2de\0"), OCTETS("\2de\2fr\0"), -1},
        {"behind the names case counts", DNS_TYPE_RRSIG,
         OCTETS("\0\1\15\2" FOUR FOUR FOUR "\60\71\2de\0A"),
         OCTETS("\0\1\15\2" FOUR FOUR FOUR "\60\71\2DE\0a"), -1},
        {"case counts where names do not fold", DNS_TYPE_SVCB, OCTETS("\0\1\2DE\0"),
         OCTETS("\0\1\2de\0"), -1},
        {"text keeps its case", DNS_TYPE_TXT, OCTETS("\1A"), OCTETS("\1a"), -1},
        {"beginning comes first", 65280, OCTETS("ab"), OCTETS("abc"), -1},
        {"empty comes first", 65280, OCTETS(""), OCTETS("\0"), -1},
        {"both empty", 65280, OCTETS(""), OCTETS(""), 0},
        {"octets are not signed", DNS_TYPE_A, OCTETS("\200\0\0\1"), OCTETS("\177\0\0\1"), 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *a = guard_copy(rows[i].a, rows[i].a_len);
        const uint8_t *b = guard_copy(rows[i].b, rows[i].b_len);
        const int ab = dns_rdata_compare(rows[i].type, a, rows[i].a_len, b, rows[i].b_len);
        const int ba = dns_rdata_compare(rows[i].type, b, rows[i].b_len, a, rows[i].a_len);
        guard_free(a);
        guard_free(b);
        assert_int_equal((ab > 0) - (ab < 0), rows[i].order);
        assert_int_equal((ba > 0) - (ba < 0), -rows[i].order);
    }
}

static void targets_are_the_names_that_answers_follow(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        int offset;
    } rows[] = {
        {DNS_TYPE_NS, 0},     {DNS_TYPE_CNAME, 0},  {DNS_TYPE_DNAME, 0}, {DNS_TYPE_PTR, 0},
        {DNS_TYPE_MX, 2},     {DNS_TYPE_AFSDB, 2},  {DNS_TYPE_RT, 2},    {DNS_TYPE_KX, 2},
        {DNS_TYPE_LP, 2},     {DNS_TYPE_SRV, 6},    {DNS_TYPE_SVCB, 2},  {DNS_TYPE_HTTPS, 2},
        {DNS_TYPE_CENTRE, 0}, {DNS_TYPE_CRES, 0},   {DNS_TYPE_CLOAD, 0}, {DNS_TYPE_CNET, 0},
        {DNS_TYPE_CDATA, 0},  {DNS_TYPE_CID, 0},    {DNS_TYPE_CPOL, 0},  {DNS_TYPE_A, -1},
        {DNS_TYPE_SOA, -1},   {DNS_TYPE_MINFO, -1}, {DNS_TYPE_NSEC, -1}, {65280, -1},
    };
    static const uint8_t data[] = "\0\0\0\0\0\0\0";
    for (size_t i = 0; i < COUNT(rows); i++) {
        const uint8_t *target = dns_rdata_target(rows[i].type, data, sizeof(data));
        assert_ptr_equal(target, rows[i].offset < 0 ? NULL : data + rows[i].offset);
    }
    assert_null(dns_rdata_target(DNS_TYPE_MX, data, 2));
}

static void a_soa_is_taken_apart(void **state)
{
    (void)state;
    static const char data[] = NAME_A NAME_B "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5";
    const size_t len = sizeof(data) - 1;
    const uint8_t *copy = guard_copy(data, len);
    struct dns_soa soa = {0};
    assert_int_equal(dns_rdata_soa(copy, len, &soa), 0);
    assert_ptr_equal(soa.mname, copy);
    assert_ptr_equal(soa.rname, copy + sizeof(NAME_A) - 1);
    assert_int_equal(soa.serial, 1);
    assert_int_equal(soa.refresh_s, 2);
    assert_int_equal(soa.retry_s, 3);
    assert_int_equal(soa.expire_s, 4);
    assert_int_equal(soa.minimum_s, 5);
    assert_int_equal(soa.serial_offset, len - 20);
    assert_int_equal(dns_rdata_soa(copy + 1, len - 1, &soa), ERR_RDATA);
    guard_free(copy);
    for (size_t cut = 0; cut < len; cut++) {
        copy = guard_copy(data, cut);
        assert_int_equal(dns_rdata_soa(copy, cut, &soa), ERR_RDATA);
        guard_free(copy);
    }
    /* twenty octets behind one name are no SOA */
    assert_int_equal(dns_rdata_soa((const uint8_t *)"\0\100901234567890123456", 21, &soa),
                     ERR_RDATA);
}

/* A record with this RDATA as ldns reads it; NULL when it refuses. */
static ldns_rr *read_by_ldns(uint16_t type, const uint8_t *data, size_t len)
{
    uint8_t wire[256];
    struct wr wr = wr_make(wire, sizeof(wire));
    wr_u8(&wr, 0);
    wr_u16(&wr, type);
    wr_u16(&wr, 1);
    wr_u32(&wr, 60);
    wr_u16(&wr, (unsigned)len);
    wr_bytes(&wr, data, len);
    ldns_rr *rr = NULL;
    size_t pos = 0;
    const ldns_status status = ldns_wire2rr(&rr, wire, wr_len(&wr), &pos, LDNS_SECTION_ANSWER);
    return status == LDNS_STATUS_OK ? rr : NULL;
}

static void check_wire_of_ldns(ldns_rr *rr, const uint8_t *data, size_t len)
{
    uint8_t *wire = NULL;
    size_t size = 0;
    assert_int_equal(ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &size), LDNS_STATUS_OK);
    assert_int_equal(size, 11 + len);
    assert_memory_equal(wire + 11, data, len);
    free(wire);
}

static void ldns_reads_the_samples_and_makes_the_same_canonical_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        const uint16_t type = samples[i].type;
        const size_t len = samples[i].len;
        uint8_t data[128];
        memcpy(data, samples[i].data, len);
        print_message("type %u\n", type);
        ldns_rr *rr = read_by_ldns(type, data, len);
        assert_non_null(rr);
        check_wire_of_ldns(rr, data, len);
        ldns_rr2canonical(rr);
        dns_rdata_canonical(type, data, len);
        check_wire_of_ldns(rr, data, len);
        ldns_rr_free(rr);
    }
}

static void ldns_orders_changed_samples_as_we_do(void **state)
{
    (void)state;
    struct rand_fake fake;
    rand_fake_init(&fake, 6);
    unsigned compared = 0;
    for (size_t i = 0; i < COUNT(samples); i++) {
        for (int round = 0; round < 60 && samples[i].len > 0; round++) {
            const uint8_t *data = (const uint8_t *)samples[i].data;
            const size_t len = samples[i].len;
            uint8_t other[128];
            memcpy(other, data, len);
            const uint64_t bits = rand_u64(&fake.rand);
            other[bits % len] ^= bits & 0x10000 ? 0x20 : (uint8_t)(bits >> 32);
            if (dns_rdata_check(samples[i].type, other, len) != 0) {
                continue;
            }
            ldns_rr *a = read_by_ldns(samples[i].type, data, len);
            ldns_rr *b = read_by_ldns(samples[i].type, other, len);
            if (a && b) {
                const int theirs = ldns_rr_compare(a, b);
                const int ours = dns_rdata_compare(samples[i].type, data, len, other, len);
                assert_int_equal((ours > 0) - (ours < 0), (theirs > 0) - (theirs < 0));
                compared++;
            }
            ldns_rr_free(a);
            ldns_rr_free(b);
        }
    }
    assert_true(compared > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_data_type_has_a_valid_sample),
        cmocka_unit_test(samples_pass_the_check_and_are_read_unchanged),
        cmocka_unit_test(reading_and_checking_agree_on_every_cut),
        cmocka_unit_test(no_mutation_of_a_sample_leads_out_of_bounds),
        cmocka_unit_test(malformed_rdata_is_refused),
        cmocka_unit_test(names_in_rdata_are_decompressed_where_the_type_allows),
        cmocka_unit_test(errors_of_both_cursors_are_kept),
        cmocka_unit_test(decompressed_rdata_may_not_outgrow_its_length_field),
        cmocka_unit_test(rdata_compares_as_octets_with_names_folded),
        cmocka_unit_test(targets_are_the_names_that_answers_follow),
        cmocka_unit_test(a_soa_is_taken_apart),
        cmocka_unit_test(ldns_reads_the_samples_and_makes_the_same_canonical_form),
        cmocka_unit_test(ldns_orders_changed_samples_as_we_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
