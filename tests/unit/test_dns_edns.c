#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "zones/dns_code.h"
#include "zones/dns_edns.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OCTETS(text) text, sizeof(text) - 1
#define COOKIE       "\0\12\0\10client--"
#define COOKIE_LONG  "\0\12\0\50client--0123456789abcdef0123456789abcdef"
#define FOUR_UNKNOWN "\376\0\0\0\376\1\0\1x\376\2\0\0\376\3\0\0"
#define UNKNOWN16    FOUR_UNKNOWN FOUR_UNKNOWN FOUR_UNKNOWN FOUR_UNKNOWN

static void an_opt_record_is_read_at_the_cursor(void **state)
{
    (void)state;
    static const struct {
        const char *label, *data;
        size_t len;
        int err;
        struct dns_edns edns; /* but for options */
    } rows[] = {
        {"bare", OCTETS("\0\0\51\4\320\0\0\0\0\0\0"), 0, {.udp_size = 1232}},
        {"flags and codes",
         OCTETS("\0\0\51\20\0\1\2\300\1\0\0"),
         0,
         {.udp_size = 4096, .ext_rcode = 1, .version = 2, .flags = 0xc001}},
        {"small size means 512", OCTETS("\0\0\51\1\0\0\0\0\0\0\0"), 0, {.udp_size = 512}},
        {"options",
         OCTETS("\0\0\51\4\320\0\0\0\0\0\3abc"),
         0,
         {.udp_size = 1232, .options_len = 3}},
        {"owner is not the root", OCTETS("\1a\0\0\51\4\320\0\0\0\0\0\0"), ERR_EDNS, {0}},
        {"owner is a pointer", OCTETS("\300\14\0\51\4\320\0\0\0\0\0\0"), ERR_EDNS, {0}},
        {"other type", OCTETS("\0\0\50\4\320\0\0\0\0\0\0"), ERR_EDNS, {0}},
        {"options past the end", OCTETS("\0\0\51\4\320\0\0\0\0\0\4abc"), ERR_SHORT, {0}},
        {"head cut", OCTETS("\0\0\51\4\320\0\0\0\0\0"), ERR_SHORT, {0}},
        {"type cut", OCTETS("\0\0"), ERR_SHORT, {0}},
        {"empty", OCTETS(""), ERR_SHORT, {0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        struct rd rd = rd_make(data, rows[i].len);
        struct dns_edns edns = {0};
        assert_int_equal(dns_edns_read(&rd, &edns), rows[i].err);
        assert_int_equal(rd.err, rows[i].err);
        assert_int_equal(edns.present, rows[i].err == 0);
        if (!rows[i].err) {
            assert_int_equal(rd_left(&rd), 0);
            assert_int_equal(edns.udp_size, rows[i].edns.udp_size);
            assert_int_equal(edns.ext_rcode, rows[i].edns.ext_rcode);
            assert_int_equal(edns.version, rows[i].edns.version);
            assert_int_equal(edns.flags, rows[i].edns.flags);
            assert_int_equal(edns.options_len, rows[i].edns.options_len);
            assert_ptr_equal(edns.options, data + DNS_EDNS_LEN);
        }
        guard_free(data);
    }
}

static void options_come_one_by_one(void **state)
{
    (void)state;
    static const char data[] = "\0\3\0\0\0\12\0\2ab\0\17\0\5xx";
    const size_t len = sizeof(data) - 1;
    const uint8_t *copy = guard_copy(data, len);
    struct rd rd = rd_make(copy, len);
    struct dns_edns_option option;
    assert_true(dns_edns_next(&rd, &option));
    assert_int_equal(option.code, DNS_EDNS_NSID);
    assert_int_equal(option.len, 0);
    assert_true(dns_edns_next(&rd, &option));
    assert_int_equal(option.code, DNS_EDNS_COOKIE);
    assert_int_equal(option.len, 2);
    assert_ptr_equal(option.data, copy + 8);
    assert_false(dns_edns_next(&rd, &option));
    assert_int_equal(rd.err, ERR_EDNS);
    assert_int_equal(option.code, DNS_EDNS_COOKIE);
    assert_false(dns_edns_next(&rd, &option));
    guard_free(copy);
}

static void the_seconds_of_expire_are_read(void **state)
{
    static const struct {
        const char *octets;
        size_t len;
        bool is_there;
    } rows[] = {
        {"\0\11\0\4\0\0\1\2", 8, true}, {"\0\3\0\1x\0\11\0\4\0\0\1\2", 13, true},
        {"\0\11\0\0", 4, false}, /* as in a question */
        {"\0\11\0\4\0\0\1", 7, false},  {"", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t expire_s = 0;
        const uint8_t *copy = guard_copy(rows[i].octets, rows[i].len);
        const struct dns_edns edns = {.present = true, .options = copy, .options_len = rows[i].len};
        assert_int_equal(dns_edns_read_expire(&edns, &expire_s), rows[i].is_there);
        assert_int_equal(expire_s, rows[i].is_there ? 258 : 0);
        guard_free(copy);
    }
}

/* What a row of the next test looks at; fields not named are 0. */
struct wanted {
    unsigned count;
    const char *flags; /* of n(sid) e(xpire) p(adding) z(one version) k(eepalive) o(k) s(ubnet) */
    size_t cookie_len;
    unsigned lease_len;
    uint32_t lease_s, key_lease_s;
};

static void check_asked(const struct dns_edns_asked *asked, const struct wanted *wanted)
{
    const char *flags = wanted->flags ? wanted->flags : "";
    assert_int_equal(asked->count, wanted->count);
    assert_int_equal(asked->nsid, strchr(flags, 'n') != NULL);
    assert_int_equal(asked->expire, strchr(flags, 'e') != NULL);
    assert_int_equal(asked->padding, strchr(flags, 'p') != NULL);
    assert_int_equal(asked->zone_version, strchr(flags, 'z') != NULL);
    assert_int_equal(asked->keepalive, strchr(flags, 'k') != NULL);
    assert_int_equal(asked->keepalive_ok, strchr(flags, 'o') != NULL);
    assert_int_equal(asked->subnet, strchr(flags, 's') != NULL);
    assert_int_equal(asked->cookie != NULL, wanted->cookie_len > 0);
    assert_int_equal(asked->cookie_len, wanted->cookie_len);
    assert_int_equal(asked->lease_len, wanted->lease_len);
    assert_int_equal(asked->lease_s, wanted->lease_s);
    assert_int_equal(asked->key_lease_s, wanted->key_lease_s);
}

static void options_are_scanned_by_their_rules(void **state)
{
    (void)state;
    static const struct {
        const char *label, *data;
        size_t len;
        int err;
        struct wanted wanted;
    } rows[] = {
        {"none", OCTETS(""), 0, {0}},
        {"all flags",
         OCTETS("\0\3\0\0\0\11\0\0\0\13\0\0\0\14\0\2\0\0\0\23\0\0"),
         0,
         {.count = 5, .flags = "nekopz"}},
        {"unknown options are ignored",
         OCTETS("\376\0\0\3abc\0\3\0\0"),
         0,
         {.count = 2, .flags = "n"}},
        {"content of NSID is ignored", OCTETS("\0\3\0\2ab"), 0, {.count = 1, .flags = "n"}},
        {"flags twice", OCTETS("\0\3\0\0\0\3\0\0"), 0, {.count = 2, .flags = "n"}},
        {"sixteen options", OCTETS(UNKNOWN16), 0, {.count = 16}},
        {"seventeen options", OCTETS(UNKNOWN16 "\0\3\0\0"), ERR_EDNS, {0}},

        {"client cookie", OCTETS(COOKIE), 0, {.count = 1, .cookie_len = 8}},
        {"shortest server cookie",
         OCTETS("\0\12\0\20client--server--"),
         0,
         {.count = 1, .cookie_len = 16}},
        {"longest server cookie", OCTETS(COOKIE_LONG), 0, {.count = 1, .cookie_len = 40}},
        {"cookie of 7", OCTETS("\0\12\0\7client-"), ERR_EDNS, {0}},
        {"cookie of 9", OCTETS("\0\12\0\11client--x"), ERR_EDNS, {0}},
        {"cookie of 15", OCTETS("\0\12\0\17client--server-"), ERR_EDNS, {0}},
        {"cookie of 41",
         OCTETS("\0\12\0\51client--0123456789abcdef0123456789abcdefx"),
         ERR_EDNS,
         {0}},
        {"empty cookie", OCTETS("\0\12\0\0"), ERR_EDNS, {0}},
        {"cookie twice", OCTETS(COOKIE COOKIE), ERR_EDNS, {0}},

        {"keepalive with a time", OCTETS("\0\13\0\2\0\1"), 0, {.count = 1, .flags = "k"}},
        {"first keepalive counts", OCTETS("\0\13\0\2\0\1\0\13\0\0"), 0, {.count = 2, .flags = "k"}},
        {"zone version with content", OCTETS("\0\23\0\1\0"), ERR_EDNS, {0}},
        {"first zone version counts",
         OCTETS("\0\23\0\0\0\23\0\1\0"),
         0,
         {.count = 2, .flags = "z"}},
        {"expire with content", OCTETS("\0\11\0\4\0\0\0\1"), 0, {.count = 1, .flags = "e"}},

        {"lease",
         OCTETS("\0\2\0\4\0\0\0\74"),
         0,
         {.count = 1, .lease_len = 4, .lease_s = 60, .key_lease_s = 60}},
        {"lease and key lease",
         OCTETS("\0\2\0\10\0\0\0\74\0\0\1\0"),
         0,
         {.count = 1, .lease_len = 8, .lease_s = 60, .key_lease_s = 256}},
        {"first lease counts",
         OCTETS("\0\2\0\4\0\0\0\74\0\2\0\4\0\0\0\1"),
         0,
         {.count = 2, .lease_len = 4, .lease_s = 60, .key_lease_s = 60}},
        {"lease of 5", OCTETS("\0\2\0\5\0\0\0\74\0"), ERR_EDNS, {0}},
        {"empty lease", OCTETS("\0\2\0\0"), ERR_EDNS, {0}},

        {"subnet", OCTETS("\0\10\0\7\0\1\30\0\300\0\2"), 0, {.count = 1, .flags = "s"}},
        {"malformed subnet", OCTETS("\0\10\0\7\0\1\30\1\300\0\2"), ERR_EDNS, {0}},
        {"first subnet counts",
         OCTETS("\0\10\0\7\0\1\30\0\300\0\2\0\10\0\1x"),
         0,
         {.count = 2, .flags = "s"}},

        {"code cut", OCTETS("\0\3\0\0\0"), ERR_EDNS, {0}},
        {"length cut", OCTETS("\0\3\0"), ERR_EDNS, {0}},
        {"option past the end", OCTETS("\0\3\0\1"), ERR_EDNS, {0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        const struct dns_edns edns = {.present = true, .options = data, .options_len = rows[i].len};
        struct dns_edns_asked asked;
        memset(&asked, 0xff, sizeof(asked));
        assert_int_equal(dns_edns_scan(&edns, &asked), rows[i].err);
        if (!rows[i].err) {
            check_asked(&asked, &rows[i].wanted);
        }
        guard_free(data);
    }
}

static void a_message_without_opt_asks_nothing(void **state)
{
    (void)state;
    const struct dns_edns edns = {0};
    struct dns_edns_asked asked;
    memset(&asked, 0xff, sizeof(asked));
    assert_int_equal(dns_edns_scan(&edns, &asked), 0);
    check_asked(&asked, &(struct wanted){0});
}

static void a_client_subnet_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *label, *data;
        size_t len;
        int err;
        unsigned family, source;
        const char *address;
        size_t address_len;
    } rows[] = {
        {"IPv4 /24", OCTETS("\0\1\30\0\300\0\2"), 0, 1, 24, OCTETS("\300\0\2\0")},
        {"IPv4 /32", OCTETS("\0\1\40\0\300\0\2\1"), 0, 1, 32, OCTETS("\300\0\2\1")},
        {"IPv4 /17", OCTETS("\0\1\21\0\300\0\200"), 0, 1, 17, OCTETS("\300\0\200\0")},
        {"IPv6 /56", OCTETS("\0\2\70\0\40\1\15\270\0\1\2"), 0, 2, 56,
         OCTETS("\40\1\15\270\0\1\2\0")},
        {"IPv6 /128", OCTETS("\0\2\200\0abcdefghijklmnop"), 0, 2, 128, OCTETS("abcdefghijklmnop")},
        {"source 0", OCTETS("\0\1\0\0"), 0, 1, 0, OCTETS("\0\0\0\0")},
        {"no family, source 0, as dig sends it", OCTETS("\0\0\0\0"), 0, 0, 0, OCTETS("\0")},
        {"no family, but an address", OCTETS("\0\0\10\0\1"), ERR_EDNS, 0, 0, "", 0},
        {"unknown family", OCTETS("\0\3\0\0"), ERR_EDNS, 0, 0, "", 0},
        {"scope in a query", OCTETS("\0\1\30\30\300\0\2"), ERR_EDNS, 0, 0, "", 0},
        {"IPv4 /33", OCTETS("\0\1\41\0\300\0\2\1\0"), ERR_EDNS, 0, 0, "", 0},
        {"IPv6 /129", OCTETS("\0\2\201\0abcdefghijklmnop\0"), ERR_EDNS, 0, 0, "", 0},
        {"address too short", OCTETS("\0\1\30\0\300\0"), ERR_EDNS, 0, 0, "", 0},
        {"address too long", OCTETS("\0\1\30\0\300\0\2\0"), ERR_EDNS, 0, 0, "", 0},
        {"spare bit set", OCTETS("\0\1\27\0\300\0\3"), ERR_EDNS, 0, 0, "", 0},
        {"head cut", OCTETS("\0\1\0"), ERR_EDNS, 0, 0, "", 0},
        {"empty", OCTETS(""), ERR_EDNS, 0, 0, "", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        struct dns_edns_subnet subnet;
        assert_int_equal(dns_edns_read_subnet(data, rows[i].len, &subnet), rows[i].err);
        if (!rows[i].err) {
            assert_int_equal(subnet.family, rows[i].family);
            assert_int_equal(subnet.source, rows[i].source);
            assert_memory_equal(subnet.address, rows[i].address, rows[i].address_len);

            uint8_t out[32];
            struct wr wr = wr_make(out, sizeof(out));
            dns_edns_write_subnet(&wr, &subnet, 0);
            assert_int_equal(wr_len(&wr), 4 + rows[i].len);
            assert_memory_equal(out + 4, data, rows[i].len);
        }
        guard_free(data);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    uint8_t out[128];
    struct wr wr = wr_make(out, sizeof(out));
    const struct dns_edns_subnet subnet = {1, 24, {192, 0, 2}};
    const size_t mark = dns_edns_write_begin(&wr, 1232, DNS_RCODE_BADCOOKIE, DNS_EDNS_FLAG_DO);
    dns_edns_write_option(&wr, DNS_EDNS_NSID, "id", 2);
    dns_edns_write_option(&wr, DNS_EDNS_PADDING, NULL, 0);
    dns_edns_write_ede(&wr, DNS_EDE_NOT_AUTHORITATIVE, "elsewhere");
    dns_edns_write_ede(&wr, DNS_EDE_OTHER, NULL);
    dns_edns_write_subnet(&wr, &subnet, 16);
    dns_edns_write_end(&wr, mark);
    assert_int_equal(wr.err, 0);

    static const char options[] = "\0\3\0\2id"
                                  "\0\14\0\0"
                                  "\0\17\0\13\0\24elsewhere"
                                  "\0\17\0\2\0\0"
                                  "\0\10\0\7\0\1\30\20\300\0\2";
    struct rd rd = rd_make(out, wr_len(&wr));
    struct dns_edns edns = {0};
    assert_int_equal(dns_edns_read(&rd, &edns), 0);
    assert_int_equal(rd_left(&rd), 0);
    assert_int_equal(edns.udp_size, 1232);
    assert_int_equal(edns.ext_rcode, DNS_RCODE_BADCOOKIE >> 4);
    assert_int_equal(edns.version, 0);
    assert_int_equal(edns.flags, DNS_EDNS_FLAG_DO);
    assert_int_equal(edns.options_len, sizeof(options) - 1);
    assert_memory_equal(edns.options, options, sizeof(options) - 1);
}

static void a_full_buffer_is_noticed_at_every_size(void **state)
{
    (void)state;
    const size_t whole = DNS_EDNS_LEN + 4 + 2 + 4 + 2;
    for (size_t size = 0; size <= whole; size++) {
        uint8_t out[64];
        memset(out, 0xaa, sizeof(out));
        struct wr wr = wr_make(out, size);
        const size_t mark = dns_edns_write_begin(&wr, 1232, 0, 0);
        dns_edns_write_option(&wr, DNS_EDNS_NSID, "id", 2);
        dns_edns_write_ede(&wr, DNS_EDE_OTHER, "");
        dns_edns_write_end(&wr, mark);
        assert_int_equal(wr.err, size < whole ? ERR_SPACE : 0);
        assert_int_equal(out[size], 0xaa);
    }
    static uint8_t big[2 * UINT16_MAX];
    static const uint8_t zeros[UINT16_MAX + 1];
    struct wr wr = wr_make(big, sizeof(big));
    dns_edns_write_option(&wr, DNS_EDNS_PADDING, zeros, UINT16_MAX + 1);
    assert_int_equal(wr.err, ERR_SPACE);
    wr = wr_make(big, sizeof(big));
    const size_t mark = dns_edns_write_begin(&wr, 1232, 0, 0);
    dns_edns_write_option(&wr, DNS_EDNS_PADDING, zeros, UINT16_MAX - 3);
    dns_edns_write_end(&wr, mark);
    assert_int_equal(wr.err, ERR_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opt_record_is_read_at_the_cursor),
        cmocka_unit_test(options_come_one_by_one),
        cmocka_unit_test(the_seconds_of_expire_are_read),
        cmocka_unit_test(options_are_scanned_by_their_rules),
        cmocka_unit_test(a_message_without_opt_asks_nothing),
        cmocka_unit_test(a_client_subnet_is_checked),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_full_buffer_is_noticed_at_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
