#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "zones/dns_rdata_param.h"

#define OCTETS(text) text, sizeof(text) - 1
#define ALPN         "\0\1\0\3\2h2"
#define PORT         "\0\3\0\2\1\273"

static void parameters_are_valid_by_the_rules_of_their_keys(void **state)
{
    (void)state;
    static const struct {
        const char *label, *data;
        size_t len;
        bool valid;
    } rows[] = {
        {"none", OCTETS(""), true},
        {"two, rising", OCTETS(ALPN PORT), true},
        {"falling", OCTETS(PORT ALPN), false},
        {"twice", OCTETS(PORT PORT), false},
        {"key cut", OCTETS("\0"), false},
        {"length cut", OCTETS("\0\3\0"), false},
        {"value cut", OCTETS("\0\3\0\2\1"), false},
        {"private key", OCTETS("\377\0\0\1x"), true},
        {"unknown key without value", OCTETS("\0\77\0\0"), true},
        {"65535 is never a key", OCTETS("\377\377\0\0"), false},

        {"mandatory", OCTETS("\0\0\0\4\0\1\0\3" ALPN PORT), true},
        {"mandatory, one missing", OCTETS("\0\0\0\4\0\1\0\3" ALPN), false},
        {"mandatory, first missing", OCTETS("\0\0\0\4\0\1\0\3" PORT), false},
        {"mandatory, alone", OCTETS("\0\0\0\2\0\1"), false},
        {"mandatory, unknown key present", OCTETS("\0\0\0\2\377\0\377\0\0\0"), true},
        {"mandatory, empty", OCTETS("\0\0\0\0"), false},
        {"mandatory, odd length", OCTETS("\0\0\0\3\0\1\0" ALPN), false},
        {"mandatory, itself", OCTETS("\0\0\0\2\0\0"), false},
        {"mandatory, falling", OCTETS("\0\0\0\4\0\3\0\1" ALPN PORT), false},
        {"mandatory, twice", OCTETS("\0\0\0\4\0\1\0\1" ALPN), false},

        {"alpn, two ids", OCTETS("\0\1\0\6\2h2\2h3"), true},
        {"alpn, empty", OCTETS("\0\1\0\0"), false},
        {"alpn, empty id", OCTETS("\0\1\0\1\0"), false},
        {"alpn, empty id among others", OCTETS("\0\1\0\4\0\2h2"), false},
        {"alpn, id cut", OCTETS("\0\1\0\3\3h2"), false},
        {"no-default-alpn", OCTETS(ALPN "\0\2\0\0"), true},
        {"no-default-alpn without alpn", OCTETS("\0\2\0\0"), false},
        {"no-default-alpn with a value", OCTETS(ALPN "\0\2\0\1x"), false},
        {"port, one octet", OCTETS("\0\3\0\1\1"), false},
        {"port, three octets", OCTETS("\0\3\0\3\1\2\3"), false},

        {"ipv4hint, two", OCTETS("\0\4\0\10\1\2\3\4\5\6\7\10"), true},
        {"ipv4hint, none", OCTETS("\0\4\0\0"), false},
        {"ipv4hint, a part", OCTETS("\0\4\0\6\1\2\3\4\5\6"), false},
        {"ech", OCTETS("\0\5\0\1x"), true},
        {"ech, empty", OCTETS("\0\5\0\0"), false},
        {"ipv6hint", OCTETS("\0\6\0\20abcdefghijklmnop"), true},
        {"ipv6hint, none", OCTETS("\0\6\0\0"), false},
        {"ipv6hint, a part", OCTETS("\0\6\0\4abcd"), false},

        {"dohpath", OCTETS("\0\7\0\20/dns-query{?dns}"), true},
        {"dohpath, longer template", OCTETS("\0\7\0\16/q{?dns,extra}"), true},
        {"dohpath, UTF-8", OCTETS("\0\7\0\14/\347\256\227{?dns}xy"), true},
        {"dohpath, empty", OCTETS("\0\7\0\0"), false},
        {"dohpath, no path", OCTETS("\0\7\0\6{?dns}"), false},
        {"dohpath, no variable", OCTETS("\0\7\0\4/dns"), false},
        {"dohpath, cut character", OCTETS("\0\7\0\11/{?dns}\347\256"), false},
        {"dohpath, long form of a character", OCTETS("\0\7\0\11/{?dns}\300\257"), false},
        {"dohpath, long form in three octets", OCTETS("\0\7\0\12/{?dns}\340\200\257"), false},
        {"dohpath, surrogate", OCTETS("\0\7\0\12/{?dns}\355\240\200"), false},
        {"dohpath, four octets", OCTETS("\0\7\0\13/{?dns}\360\220\200\200"), true},
        {"dohpath, long form in four octets", OCTETS("\0\7\0\13/{?dns}\360\217\277\277"), false},
        {"dohpath, beyond Unicode", OCTETS("\0\7\0\13/{?dns}\364\220\200\200"), false},
        {"dohpath, stray octet", OCTETS("\0\7\0\10/{?dns}\200"), false},
        {"dohpath, octet 255", OCTETS("\0\7\0\13/{?dns}\377\277\277\277"), false},
        {"ohttp", OCTETS("\0\10\0\0"), true},
        {"ohttp with a value", OCTETS("\0\10\0\1x"), false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        assert_int_equal(dns_rdata_param_check(data, rows[i].len), rows[i].valid);
        guard_free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_valid_by_the_rules_of_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
