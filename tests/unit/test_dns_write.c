#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include <ldns/ldns.h>
#include "zones/dns_code.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(text) text, sizeof(text) - 1
#define NAME(text)   ((const uint8_t *)(text)) /* the literal's terminator is the root label */
#define FIVE_U32     "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"

static uint8_t buffer[65536];
static uint8_t scratch[65535];

static void a_message_is_written_octet_by_octet(void **state)
{
    (void)state;
    struct dns_write w;
    dns_write_begin(&w, buffer, sizeof(buffer), 0x1234, DNS_FLAG_QR | DNS_FLAG_AA);
    dns_write_question(&w, NAME("\1a\2de"), DNS_TYPE_NS, DNS_CLASS_IN);
    dns_write_rr(&w, DNS_SECTION_ANSWER, NAME("\1a\2de"), DNS_TYPE_NS, DNS_CLASS_IN, 60,
                 NAME("\1b\2de"), 6);
    dns_write_rr(&w, DNS_SECTION_ADDITIONAL, NAME("\1b\2de"), DNS_TYPE_A, DNS_CLASS_IN, 60,
                 NAME("\300\0\2\1"), 4);
    static const uint8_t options[] = "\0\3\0\0";
    const struct dns_edns edns = {true, 1232, 1, 0, DNS_EDNS_FLAG_DO, options, 4};
    dns_write_opt(&w, &edns);
    dns_write_flags(&w, DNS_FLAG_QR | DNS_FLAG_TC);
    size_t len = 0;
    assert_int_equal(dns_write_end(&w, &len), 0);
    static const char wanted[] = "\22\64\202\0\0\1\0\1\0\0\0\2"
                                 "\1a\2de\0\0\2\0\1"
                                 "\300\14\0\2\0\1\0\0\0\74\0\4\1b\300\16"
                                 "\300\42\0\1\0\1\0\0\0\74\0\4\300\0\2\1"
                                 "\0\0\51\4\320\1\0\200\0\0\4\0\3\0\0";
    assert_int_equal(len, sizeof(wanted) - 1);
    assert_memory_equal(buffer, wanted, len);
}

static void only_types_of_rfc_1035_get_their_names_compressed(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        const char *rdata;
        size_t rdlen, written;
    } rows[] = {
        {DNS_TYPE_NS, OCTETS("\1a\2de\0"), 2},
        {DNS_TYPE_CNAME, OCTETS("\1a\2de\0"), 2},
        {DNS_TYPE_PTR, OCTETS("\1x\1a\2de\0"), 4},
        {DNS_TYPE_MX, OCTETS("\0\1\1a\2de\0"), 4},
        {DNS_TYPE_SOA, OCTETS("\1a\2de\0\1h\1a\2de\0" FIVE_U32), 26},
        {DNS_TYPE_MINFO, OCTETS("\1a\2de\0\2de\0"), 4},
        {DNS_TYPE_NS, OCTETS("\0"), 1},
        {DNS_TYPE_TXT, OCTETS("\1a\2de\0"), 6},
        {DNS_TYPE_RP, OCTETS("\1a\2de\0\0"), 7},
        {DNS_TYPE_AFSDB, OCTETS("\0\1\1a\2de\0"), 8},
        {DNS_TYPE_SRV, OCTETS("......\1a\2de\0"), 12},
        {DNS_TYPE_DNAME, OCTETS("\1a\2de\0"), 6},
        {DNS_TYPE_SVCB, OCTETS("\0\1\1a\2de\0"), 8},
        {DNS_TYPE_NSEC, OCTETS("\1a\2de\0\0\1\100"), 9},
        {DNS_TYPE_CNET, OCTETS("\1a\2de\0"), 6},
        {65280, OCTETS("\1a\2de\0"), 6},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("type %u\n", rows[i].type);
        struct dns_write w;
        dns_write_begin(&w, buffer, sizeof(buffer), 0, 0);
        dns_write_rr(&w, DNS_SECTION_ANSWER, NAME("\1a\2de"), rows[i].type, DNS_CLASS_IN, 0,
                     NAME(rows[i].rdata), rows[i].rdlen);
        size_t len = 0;
        assert_int_equal(dns_write_end(&w, &len), 0);
        assert_int_equal(len, 12 + 6 + 10 + rows[i].written);

        struct dns_message message;
        struct dns_rr rr;
        assert_int_equal(dns_read_message(&message, buffer, len), 0);
        assert_true(dns_read_message_next(&message, &rr));
        assert_int_equal(rr.rdlen, rows[i].written);
        struct wr out = wr_make(scratch, sizeof(scratch));
        assert_int_equal(dns_read_rdata(&message.rd, &rr, &out), 0);
        assert_int_equal(wr_len(&out), rows[i].rdlen);
        assert_memory_equal(scratch, rows[i].rdata, rows[i].rdlen);
    }
}

static void case_of_names_is_kept(void **state)
{
    (void)state;
    struct dns_write w;
    dns_write_begin(&w, buffer, sizeof(buffer), 0, 0);
    dns_write_question(&w, NAME("\1a\2de"), DNS_TYPE_A, DNS_CLASS_IN);
    dns_write_question(&w, NAME("\1A\2de"), DNS_TYPE_A, DNS_CLASS_IN);
    dns_write_question(&w, NAME("\1A\2dE"), DNS_TYPE_A, DNS_CLASS_IN);
    size_t len = 0;
    assert_int_equal(dns_write_end(&w, &len), 0);
    assert_int_equal(len, 12 + (6 + 4) + (4 + 4) + (6 + 4));
    struct dns_message message;
    struct dns_question question;
    assert_int_equal(dns_read_message(&message, buffer, len), 0);
    assert_true(dns_read_message_question(&message, &question));
    assert_true(dns_read_message_question(&message, &question));
    assert_memory_equal(question.name, "\1A\2de", 6);
    assert_true(dns_read_message_question(&message, &question));
    assert_memory_equal(question.name, "\1A\2dE", 6);
}

static void rdata_may_be_empty(void **state)
{
    (void)state;
    struct dns_write w;
    dns_write_begin(&w, buffer, sizeof(buffer), 0, DNS_OPCODE_UPDATE << 11);
    dns_write_rr(&w, DNS_SECTION_ANSWER, NAME("\2de"), DNS_TYPE_SOA, DNS_CLASS_ANY, 0, NULL, 0);
    size_t len = 0;
    assert_int_equal(dns_write_end(&w, &len), 0);
    assert_int_equal(len, 12 + 4 + 10);
    assert_int_equal(dns_read_message_check(buffer, len, scratch, sizeof(scratch)), 0);
}

static void rewinding_forgets_octets_counts_names_and_lack_of_space(void **state)
{
    (void)state;
    struct dns_write w;
    dns_write_begin(&w, buffer, 60, 0, 0);
    dns_write_question(&w, NAME("\1a\2de"), DNS_TYPE_A, DNS_CLASS_IN);
    const struct dns_write_mark mark = dns_write_mark(&w);
    dns_write_rr(&w, DNS_SECTION_ANSWER, NAME("\4long\1a\2de"), DNS_TYPE_A, DNS_CLASS_IN, 0,
                 NAME("\300\0\2\1"), 4);
    assert_int_equal(w.wr.err, 0);
    dns_write_rr(&w, DNS_SECTION_ANSWER, NAME("\4long\1a\2de"), DNS_TYPE_TXT, DNS_CLASS_IN, 0,
                 NAME("\20a text too long"), 16);
    assert_int_equal(w.wr.err, ERR_SPACE);
    size_t len = 4711;
    assert_int_equal(dns_write_end(&w, &len), ERR_SPACE);
    assert_int_equal(len, 4711);

    dns_write_rewind(&w, &mark);
    dns_write_flags(&w, DNS_FLAG_TC);
    /* the same suffix again: it must not be taken for standing where the forgotten record stood */
    dns_write_rr(&w, DNS_SECTION_ANSWER, NAME("\1x\4long\1a\2de"), DNS_TYPE_A, DNS_CLASS_IN, 0,
                 NAME("\300\0\2\1"), 4);
    assert_int_equal(dns_write_end(&w, &len), 0);
    struct dns_message message;
    struct dns_rr rr;
    assert_int_equal(dns_read_message(&message, buffer, len), 0);
    assert_int_equal(message.header.flags, DNS_FLAG_TC);
    assert_int_equal(message.header.count[DNS_SECTION_QUESTION], 1);
    assert_int_equal(message.header.count[DNS_SECTION_ANSWER], 1);
    assert_true(dns_read_message_next(&message, &rr));
    assert_memory_equal(rr.name, "\1x\4long\1a\2de", 13);
    assert_false(dns_read_message_next(&message, &rr));
    assert_int_equal(message.rd.err, 0);
}

static void a_forgotten_name_is_not_pointed_at_though_its_octets_are_still_there(void **state)
{
    (void)state;
    struct dns_write w;
    dns_write_begin(&w, buffer, sizeof(buffer), 0, 0);
    const struct dns_write_mark mark = dns_write_mark(&w);
    dns_write_question(&w, NAME("\1a\2de"), DNS_TYPE_A, DNS_CLASS_IN);
    dns_write_question(&w, NAME("\4tail\2fr"), DNS_TYPE_A, DNS_CLASS_IN);
    dns_write_rewind(&w, &mark);
    dns_write_question(&w, NAME("\1x\4tail\2fr"), DNS_TYPE_A, DNS_CLASS_IN);
    size_t len = 0;
    assert_int_equal(dns_write_end(&w, &len), 0);
    assert_int_equal(len, 12 + 11 + 4);
    assert_int_equal(dns_read_message_check(buffer, len, scratch, sizeof(scratch)), 0);
}

/* Write records without RDATA at these owners; the octets of their owners must be these. */
static void check_owners(struct dns_write *w, const uint8_t *const *owners, size_t count,
                         const char *wanted)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = w->wr.pos;
        dns_write_rr(w, DNS_SECTION_ANSWER, owners[i], DNS_TYPE_TXT, DNS_CLASS_ANY, 0, NULL, 0);
        const size_t len = (size_t)(w->wr.pos - at) - 10;
        assert_memory_equal(at, wanted, len);
        wanted += len;
    }
}

static void records_of_one_owner_point_to_where_it_stands(void **state)
{
    (void)state;
    struct dns_write w;
    const uint8_t *const owners[] = {NAME("\1a\2de"), NAME("\1a\2de"), NAME("\1b\2de"),
                                     NAME("\1b\2de"), NAME("\1a\2de"), NAME("\1A\2de"),
                                     NAME(""),        NAME("")};
    dns_write_begin(&w, buffer, sizeof(buffer), 0, DNS_OPCODE_UPDATE << 11);
    check_owners(&w, owners, COUNT(owners),
                 "\1a\2de\0"  /* at 12, its second label at 14, the next record at 28 */
                 "\300\14"    /* the owner of the one before */
                 "\1b\300\16" /* at 40 */
                 "\300\50"    /* the owner of the one before */
                 "\300\14"    /* not of the one before */
                 "\1A\300\16" /* case is kept */
                 "\0\0");     /* the root is shorter than a pointer */
    size_t len = 0;
    assert_int_equal(dns_write_end(&w, &len), 0);
    assert_int_equal(dns_read_message_check(buffer, len, scratch, sizeof(scratch)), 0);
}

static void an_owner_is_forgotten_by_rewinding_and_by_the_next_message(void **state)
{
    (void)state;
    struct dns_write w;
    const uint8_t *const owners[] = {NAME("\1a\2de"), NAME("\1b\2de")};
    dns_write_begin(&w, buffer, sizeof(buffer), 0, 0);
    const struct dns_write_mark mark = dns_write_mark(&w);
    check_owners(&w, owners, 1, "\1a\2de");
    dns_write_rewind(&w, &mark);
    check_owners(&w, owners, 2, "\1a\2de\0\1b\300\16");
    dns_write_begin(&w, buffer, sizeof(buffer), 0, 0);
    check_owners(&w, owners + 1, 1, "\1b\2de");
}

static void other_errors_survive_rewinding(void **state)
{
    (void)state;
    struct dns_write w;
    dns_write_begin(&w, buffer, sizeof(buffer), 0, 0);
    const struct dns_write_mark mark = dns_write_mark(&w);
    wr_fail(&w.wr, ERR_VALUE);
    dns_write_rewind(&w, &mark);
    assert_int_equal(w.wr.err, ERR_VALUE);
}

static void a_full_buffer_is_noticed_at_every_size(void **state)
{
    (void)state;
    const size_t whole = 12 + 10 + (2 + 10 + 4) + DNS_EDNS_LEN;
    for (size_t size = 0; size <= whole; size++) {
        memset(buffer, 0xaa, whole + 1);
        struct dns_write w;
        dns_write_begin(&w, buffer, size, 0, 0);
        dns_write_question(&w, NAME("\1a\2de"), DNS_TYPE_NS, DNS_CLASS_IN);
        dns_write_rr(&w, DNS_SECTION_ANSWER, NAME("\1a\2de"), DNS_TYPE_NS, DNS_CLASS_IN, 0,
                     NAME("\1b\2de"), 6);
        dns_write_opt(&w, &(struct dns_edns){.udp_size = 1232});
        size_t len = 0;
        assert_int_equal(dns_write_end(&w, &len), size < whole ? ERR_SPACE : 0);
        assert_int_equal(buffer[size], 0xaa);
    }
}

/* A name out of few labels, so that suffixes meet; letters of both cases. */
static void make_name(struct rand *source, uint8_t *out)
{
    const uint64_t labels = rand_u64(source) % 6;
    size_t len = 0;
    for (uint64_t i = 0; i < labels; i++) {
        const uint64_t bits = rand_u64(source);
        const size_t n = 1 + bits % 3;
        out[len++] = (uint8_t)n;
        for (size_t k = 0; k < n; k++) {
            out[len++] = (uint8_t) "aAbB"[bits >> (8 + 2 * k) & 3];
        }
    }
    out[len] = 0;
}

static void what_is_written_is_read_back_by_us_and_by_ldns(void **state)
{
    (void)state;
    struct rand_fake fake;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        rand_fake_init(&fake, seed);
        struct dns_write w;
        dns_write_begin(&w, buffer, seed * 3300, 7, DNS_FLAG_QR);
        unsigned records = 0;
        for (;; records++) {
            uint8_t owner[DNS_NAME_MAX];
            uint8_t target[DNS_NAME_MAX];
            make_name(&fake.rand, owner);
            make_name(&fake.rand, target);
            const struct dns_write_mark mark = dns_write_mark(&w);
            dns_write_rr(&w, DNS_SECTION_ANSWER, owner, DNS_TYPE_PTR, DNS_CLASS_IN, records, target,
                         dns_name_len(target));
            if (w.wr.err) {
                dns_write_rewind(&w, &mark);
                break;
            }
        }
        size_t len = 0;
        assert_int_equal(dns_write_end(&w, &len), 0);
        assert_true(records > 50);

        rand_fake_init(&fake, seed);
        struct dns_message message;
        struct dns_rr rr;
        assert_int_equal(dns_read_message(&message, buffer, len), 0);
        for (unsigned i = 0; i < records; i++) {
            uint8_t owner[DNS_NAME_MAX];
            uint8_t target[DNS_NAME_MAX];
            make_name(&fake.rand, owner);
            make_name(&fake.rand, target);
            assert_true(dns_read_message_next(&message, &rr));
            assert_int_equal(rr.ttl, i);
            assert_int_equal(rr.name_len, dns_name_len(owner));
            assert_memory_equal(rr.name, owner, rr.name_len);
            struct wr out = wr_make(scratch, sizeof(scratch));
            assert_int_equal(dns_read_rdata(&message.rd, &rr, &out), 0);
            assert_int_equal(wr_len(&out), dns_name_len(target));
            assert_memory_equal(scratch, target, wr_len(&out));
        }
        assert_false(dns_read_message_next(&message, &rr));
        assert_int_equal(message.rd.err, 0);

        ldns_pkt *packet = NULL;
        assert_int_equal(ldns_wire2pkt(&packet, buffer, len), LDNS_STATUS_OK);
        assert_int_equal(ldns_pkt_ancount(packet), records);
        ldns_pkt_free(packet);
    }
}

static void make_label(struct rand *source, uint8_t *out)
{
    uint64_t bits = rand_u64(source);
    out[0] = 6;
    for (size_t i = 1; i <= 6; i++, bits >>= 8) {
        out[i] = (uint8_t)('a' + bits % 16);
    }
    out[7] = 0;
}

static void a_name_that_only_hashes_like_another_one_is_not_taken_for_it(void **state)
{
    (void)state;
    /* 26 bits of hash are kept: among this many look-ups some names share them */
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct rand_fake fake;
        rand_fake_init(&fake, seed);
        struct dns_write w;
        uint8_t name[8];
        dns_write_begin(&w, buffer, sizeof(buffer), 0, 0);
        for (struct dns_write_mark mark = dns_write_mark(&w);; mark = dns_write_mark(&w)) {
            make_label(&fake.rand, name);
            dns_write_question(&w, name, DNS_TYPE_A, DNS_CLASS_IN);
            if (w.wr.err) {
                dns_write_rewind(&w, &mark);
                break;
            }
        }
        size_t len = 0;
        assert_int_equal(dns_write_end(&w, &len), 0);
        rand_fake_init(&fake, seed);
        struct dns_message message;
        struct dns_question question;
        assert_int_equal(dns_read_message(&message, buffer, len), 0);
        while (dns_read_message_question(&message, &question)) {
            make_label(&fake.rand, name);
            assert_int_equal(question.name_len, sizeof(name));
            assert_memory_equal(question.name, name, sizeof(name));
        }
        assert_int_equal(message.rd.err, 0);
    }
}

static void compression_is_worth_its_table(void **state)
{
    (void)state;
    struct dns_write w;
    dns_write_begin(&w, buffer, sizeof(buffer), 0, 0);
    unsigned records = 0;
    for (; !w.wr.err; records++) { /* pools of centres, as a transfer sends them */
        uint8_t name[] = "\5p0000\4c000\7compute\3gba";
        name[2] = (uint8_t)('a' + records % 10);
        name[3] = (uint8_t)('a' + records / 10 % 10);
        name[8] = (uint8_t)('a' + records / 100 % 10);
        name[9] = (uint8_t)('a' + records / 1000 % 10);
        dns_write_rr(&w, DNS_SECTION_ANSWER, name, DNS_TYPE_A, DNS_CLASS_IN, 0, NAME("\300\0\2\1"),
                     4);
    }
    /* 38 octets a record without compression, 27 with the zone as a pointer, 22 with the centre,
     * too; nothing beyond 16 KiB can be pointed at */
    assert_true(records > 65535 / 27);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_written_octet_by_octet),
        cmocka_unit_test(only_types_of_rfc_1035_get_their_names_compressed),
        cmocka_unit_test(case_of_names_is_kept),
        cmocka_unit_test(rdata_may_be_empty),
        cmocka_unit_test(rewinding_forgets_octets_counts_names_and_lack_of_space),
        cmocka_unit_test(a_forgotten_name_is_not_pointed_at_though_its_octets_are_still_there),
        cmocka_unit_test(records_of_one_owner_point_to_where_it_stands),
        cmocka_unit_test(an_owner_is_forgotten_by_rewinding_and_by_the_next_message),
        cmocka_unit_test(other_errors_survive_rewinding),
        cmocka_unit_test(a_full_buffer_is_noticed_at_every_size),
        cmocka_unit_test(what_is_written_is_read_back_by_us_and_by_ldns),
        cmocka_unit_test(a_name_that_only_hashes_like_another_one_is_not_taken_for_it),
        cmocka_unit_test(compression_is_worth_its_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
