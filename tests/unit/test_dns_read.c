#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "zones/dns_code.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"

#define COUNT(array)          (sizeof(array) / sizeof((array)[0]))
#define OCTETS(text)          text, sizeof(text) - 1
#define QUERY(q, an, ns, ar)  "\22\64\1\0\0" q "\0" an "\0" ns "\0" ar
#define UPDATE(q, an, ns, ar) "\22\64\50\0\0" q "\0" an "\0" ns "\0" ar
#define QUESTION              "\1a\2De\0\0\1\0\1"                      /* 12: a.De A IN; De at 14 */
#define RECORD                "\300\14\0\1\0\1\0\0\0\74\0\4\300\0\2\1" /* a.De A 192.0.2.1 */
#define PTR_TO                "\300\14\0\14\0\1\0\0\0\74\0\4\1b\300\16" /* a.De PTR b.De */
#define OPT                   "\0\0\51\4\320\0\0\200\0\0\0"
#define OPT_COOKIE            "\0\0\51\4\320\0\0\0\0\0\14\0\12\0\10client--"
#define TSIG                  "\1k\0\0\372\0\377\0\0\0\0\0\1x"

static uint8_t scratch[65535];

static void a_header_is_read(void **state)
{
    (void)state;
    struct rd rd = rd_make("\22\64\51\140\0\1\0\2\0\3\1\4", 12);
    struct dns_header header;
    assert_int_equal(dns_read_header(&rd, &header), 0);
    assert_int_equal(header.id, 0x1234);
    assert_int_equal(header.flags, 0x2960);
    assert_int_equal(dns_read_opcode(header.flags), DNS_OPCODE_UPDATE);
    static const uint16_t count[DNS_SECTIONS] = {1, 2, 3, 0x104};
    assert_memory_equal(header.count, count, sizeof(count));
    for (size_t cut = 0; cut < 12; cut++) {
        const uint8_t *data = guard_copy("\22\64\51\140\0\1\0\2\0\3\1\4", cut);
        rd = rd_make(data, cut);
        assert_int_equal(dns_read_header(&rd, &header), ERR_SHORT);
        guard_free(data);
    }
}

static void ttls_with_the_top_bit_count_as_0(void **state)
{
    (void)state;
    assert_int_equal(dns_read_ttl(0x7fffffff), 0x7fffffff);
    assert_int_equal(dns_read_ttl(0x80000000), 0);
    assert_int_equal(dns_read_ttl(0xffffffff), 0);
}

static void a_question_is_read(void **state)
{
    (void)state;
    static const char data[] = QUESTION;
    for (size_t len = 0; len < sizeof(data); len++) {
        const uint8_t *copy = guard_copy(data, len);
        struct rd rd = rd_make(copy, len);
        struct dns_question question;
        const bool whole = len == sizeof(data) - 1;
        assert_int_equal(dns_read_question(&rd, &question), whole ? 0 : ERR_SHORT);
        guard_free(copy);
    }
}

static void questions_and_records_are_read_in_order(void **state)
{
    (void)state;
    static const char data[] = QUERY("\1", "\2", "\0", "\1") QUESTION RECORD PTR_TO OPT;
    const size_t len = sizeof(data) - 1;
    const uint8_t *copy = guard_copy(data, len);
    struct dns_message message;
    assert_int_equal(dns_read_message(&message, copy, len), 0);
    struct dns_question question;
    assert_true(dns_read_message_question(&message, &question));
    assert_int_equal(question.name_len, 6);
    assert_memory_equal(question.name, "\1a\2De\0", 6);
    assert_int_equal(question.type, DNS_TYPE_A);
    assert_int_equal(question.dns_class, DNS_CLASS_IN);
    assert_false(dns_read_message_question(&message, &question));

    struct dns_rr rr;
    assert_true(dns_read_message_next(&message, &rr));
    assert_int_equal(message.section, DNS_SECTION_ANSWER);
    assert_memory_equal(rr.name, "\1a\2De\0", 6);
    assert_int_equal(rr.ttl, 60);
    assert_int_equal(rr.rdlen, 4);
    assert_memory_equal(rr.rdata, "\300\0\2\1", 4);

    assert_true(dns_read_message_next(&message, &rr));
    struct wr out = wr_make(scratch, sizeof(scratch));
    assert_int_equal(dns_read_rdata(&message.rd, &rr, &out), 0);
    assert_int_equal(wr_len(&out), 6);
    assert_memory_equal(scratch, "\1b\2De\0", 6);

    assert_false(message.has_opt);
    assert_true(dns_read_message_next(&message, &rr));
    assert_int_equal(message.section, DNS_SECTION_ADDITIONAL);
    assert_true(message.has_opt);
    assert_int_equal(message.edns.flags, DNS_EDNS_FLAG_DO);
    assert_false(dns_read_message_next(&message, &rr));
    assert_false(dns_read_message_next(&message, &rr));
    assert_int_equal(message.rd.err, 0);
    guard_free(copy);
}

static void records_are_stepped_over_without_their_owner(void **state)
{
    (void)state;
    static const char data[] = "\1a\377\377\0\1\0\1\0\0\0\74\0\1x!";
    struct rd rd = rd_make(data, sizeof(data) - 1);
    struct dns_rr rr;
    assert_int_equal(dns_read_skip_rr(&rd, &rr), 0);
    assert_int_equal(rr.name_len, 0);
    assert_int_equal(rr.type, DNS_TYPE_A);
    assert_int_equal(rr.rdlen, 1);
    assert_int_equal(rd_left(&rd), 1);
    rd = rd_make(data, sizeof(data) - 1);
    assert_int_equal(dns_read_rr(&rd, &rr), ERR_POINTER);
    rd = rd_make(data, 14);
    assert_int_equal(dns_read_skip_rr(&rd, &rr), ERR_SHORT);
}

static void whole_messages_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *label, *data;
        size_t len;
        int err;
    } rows[] = {
        {"header only", OCTETS(QUERY("\0", "\0", "\0", "\0")), 0},
        {"question", OCTETS(QUERY("\1", "\0", "\0", "\0") QUESTION), 0},
        {"records in all sections",
         OCTETS(QUERY("\1", "\1", "\1", "\1") QUESTION RECORD RECORD RECORD), 0},
        {"OPT", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION OPT_COOKIE), 0},
        {"OPT between others", OCTETS(QUERY("\1", "\0", "\0", "\3") QUESTION RECORD OPT RECORD), 0},
        {"TSIG last", OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION OPT TSIG), 0},
        {"UPDATE, empty RDATA",
         OCTETS(UPDATE("\1", "\1", "\1", "\0") QUESTION "\300\14\0\1\0\377\0\0\0\0\0\0"
                                                        "\300\14\0\1\0\376\0\0\0\0\0\4abcd"),
         0},
        {"OPT of another version is not judged",
         OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION "\0\0\51\4\320\0\1\0\0\0\1x"), 0},

        {"nothing", OCTETS(""), ERR_SHORT},
        {"question missing", OCTETS(QUERY("\1", "\0", "\0", "\0")), ERR_SHORT},
        {"record missing", OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION), ERR_SHORT},
        {"octets behind", OCTETS(QUERY("\1", "\0", "\0", "\0") QUESTION "\0"), ERR_TRAILING},
        {"record not counted", OCTETS(QUERY("\1", "\0", "\0", "\0") QUESTION RECORD), ERR_TRAILING},
        {"two OPT", OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION OPT OPT), ERR_EDNS},
        {"OPT in the answer", OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION OPT), ERR_EDNS},
        {"OPT in the authority", OCTETS(QUERY("\1", "\0", "\1", "\0") QUESTION OPT), ERR_EDNS},
        {"OPT not at the root", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION "\1x" OPT), ERR_EDNS},
        {"bad option", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION "\0\0\51\4\320\0\0\0\0\0\1x"),
         ERR_EDNS},
        {"TSIG before OPT", OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION TSIG OPT), ERR_TYPE},
        {"TSIG twice", OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION TSIG TSIG), ERR_TYPE},
        {"TSIG in the answer", OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION TSIG), ERR_TYPE},
        {"bad RDATA",
         OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION "\300\14\0\1\0\1\0\0\0\74\0\3\300\0\2"),
         ERR_RDATA},
        {"empty RDATA outside UPDATE",
         OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION "\300\14\0\1\0\377\0\0\0\0\0\0"), ERR_RDATA},
        {"empty RDATA of class IN in UPDATE",
         OCTETS(UPDATE("\1", "\1", "\0", "\0") QUESTION "\300\14\0\1\0\1\0\0\0\0\0\0"), ERR_RDATA},
        {"RDATA past the end",
         OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION "\300\14\0\1\0\1\0\0\0\74\0\5\300\0\2\1"),
         ERR_SHORT},
        {"bad owner", OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION "\100" RECORD), ERR_LABEL},
        {"bad question", OCTETS(QUERY("\1", "\0", "\0", "\0") "\300\14\0\1\0\1"), ERR_POINTER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        assert_int_equal(dns_read_message_check(data, rows[i].len, scratch, sizeof(scratch)),
                         rows[i].err);
        guard_free(data);
    }
}

static void no_cut_of_a_message_passes(void **state)
{
    (void)state;
    static const char data[] = QUERY("\1", "\2", "\0", "\2") QUESTION RECORD PTR_TO OPT_COOKIE TSIG;
    const size_t len = sizeof(data) - 1;
    for (size_t cut = 0; cut < len; cut++) {
        const uint8_t *copy = guard_copy(data, cut);
        const int err = dns_read_message_check(copy, cut, scratch, sizeof(scratch));
        assert_int_equal(err, ERR_SHORT);
        guard_free(copy);
    }
    assert_int_equal(dns_read_message_check((const uint8_t *)data, len, scratch, sizeof(scratch)),
                     0);
}

/* Fill a message of 64 KiB with records of one kind whose names all point at the longest name there
 * is; returns its length. rdata_names pointers follow in each RDATA. */
static size_t write_bomb(uint8_t *message, size_t size, uint16_t type, unsigned rdata_names)
{
    struct wr wr = wr_make(message, size);
    wr_bytes(&wr, QUERY("\1", "\0", "\0", "\0"), 12);
    for (unsigned i = 0; i < 127; i++) { /* one label of one octet each */
        wr_u16(&wr, 0x0161);
    }
    wr_u8(&wr, 0);
    wr_u32(&wr, DNS_TYPE_A << 16 | DNS_CLASS_IN);
    unsigned records = 0;
    const size_t each = 12 + 2 * rdata_names;
    for (; wr_len(&wr) + each <= size; records++) {
        wr_u16(&wr, 0xc00c);
        wr_u16(&wr, type);
        wr_u16(&wr, DNS_CLASS_IN);
        wr_u32(&wr, 0);
        wr_u16(&wr, 2 * rdata_names);
        for (unsigned i = 0; i < rdata_names; i++) {
            wr_u16(&wr, 0xc00c);
        }
    }
    wr_patch_u16(&wr, 6, records);
    return wr_len(&wr);
}

static void the_work_on_names_is_bounded_by_the_length_of_the_message(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        unsigned rdata_names;
    } rows[] = {
        {"one long name in each record", DNS_TYPE_NS, 1},
        {"two long names in each record", DNS_TYPE_MINFO, 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        static uint8_t bomb[65535];
        const size_t len = write_bomb(bomb, sizeof(bomb), rows[i].type, rows[i].rdata_names);
        const uint8_t *data = guard_copy(bomb, len);
        assert_int_equal(dns_read_message_check(data, len, scratch, sizeof(scratch)), ERR_LIMIT);
        struct dns_message message;
        assert_int_equal(dns_read_message(&message, data, len), 0);
        assert_int_equal(message.work_max, DNS_READ_WORK * len);
        struct dns_rr rr;
        while (dns_read_message_next(&message, &rr)) {
        }
        assert_true(message.work <= message.work_max + DNS_NAME_MAX);
        guard_free(data);
    }
}

static void a_full_transfer_message_of_short_records_is_within_the_work(void **state)
{
    (void)state;
    /* the densest an honest sender can be: an RRset of addresses under one long name, 64 KiB of
     * it */
    static uint8_t full[65535];
    struct wr wr = wr_make(full, sizeof(full));
    wr_bytes(&wr, QUERY("\1", "\0", "\0", "\0"), 12);
    for (unsigned i = 0; i < 127; i++) {
        wr_u16(&wr, 0x0161);
    }
    wr_bytes(&wr, "\0\0\1\0\1", 5);
    unsigned records = 0;
    for (; wr_len(&wr) + 16 <= sizeof(full); records++) {
        wr_bytes(&wr, RECORD, 16);
    }
    wr_patch_u16(&wr, 6, records);
    const size_t len = wr_len(&wr);
    assert_int_equal(dns_read_message_check(full, len, scratch, sizeof(scratch)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_read),
        cmocka_unit_test(ttls_with_the_top_bit_count_as_0),
        cmocka_unit_test(a_question_is_read),
        cmocka_unit_test(questions_and_records_are_read_in_order),
        cmocka_unit_test(records_are_stepped_over_without_their_owner),
        cmocka_unit_test(whole_messages_are_checked),
        cmocka_unit_test(no_cut_of_a_message_passes),
        cmocka_unit_test(the_work_on_names_is_bounded_by_the_length_of_the_message),
        cmocka_unit_test(a_full_transfer_message_of_short_records_is_within_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
