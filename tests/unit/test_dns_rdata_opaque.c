#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "zones/dns_rdata_opaque.h"
#include "zones/dns_type.h"

#define OCTETS(text) text, sizeof(text) - 1

static void types_with_an_inner_choice_keep_their_rules(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *data;
        size_t len;
        bool valid;
    } rows[] = {
        {"APL, empty list", DNS_TYPE_APL, OCTETS(""), true},
        {"APL, whole IPv4 network", DNS_TYPE_APL, OCTETS("\0\1\0\0"), true},
        {"APL, negated", DNS_TYPE_APL, OCTETS("\0\1\10\201\12"), true},
        {"APL, unknown family", DNS_TYPE_APL, OCTETS("\100\5\377\5abcde"), true},
        {"APL, IPv4 prefix", DNS_TYPE_APL, OCTETS("\0\1\41\4\1\2\3\4"), false},
        {"APL, IPv4 address", DNS_TYPE_APL, OCTETS("\0\1\40\5\1\2\3\4\5"), false},
        {"APL, longest IPv6", DNS_TYPE_APL, OCTETS("\0\2\200\20abcdefghijklmnop"), true},
        {"APL, IPv6 prefix", DNS_TYPE_APL, OCTETS("\0\2\201\1\1"), false},
        {"APL, IPv6 address", DNS_TYPE_APL, OCTETS("\0\2\200\21abcdefghijklmnopq"), false},
        {"APL, trailing zero", DNS_TYPE_APL, OCTETS("\0\1\20\2\12\0"), false},
        {"APL, item cut", DNS_TYPE_APL, OCTETS("\0\1\20\2\12"), false},
        {"APL, head cut", DNS_TYPE_APL, OCTETS("\0\1\20"), false},

        {"IPSECKEY, no gateway", DNS_TYPE_IPSECKEY, OCTETS("\12\0\2key"), true},
        {"IPSECKEY, IPv4", DNS_TYPE_IPSECKEY, OCTETS("\12\1\2\1\2\3\4key"), true},
        {"IPSECKEY, IPv6", DNS_TYPE_IPSECKEY, OCTETS("\12\2\2abcdefghijklmnopkey"), true},
        {"IPSECKEY, name", DNS_TYPE_IPSECKEY, OCTETS("\12\3\2\2de\0key"), true},
        {"IPSECKEY, no key", DNS_TYPE_IPSECKEY, OCTETS("\12\3\0\2de\0"), true},
        {"IPSECKEY, key without algorithm", DNS_TYPE_IPSECKEY, OCTETS("\12\0\0key"), false},
        {"IPSECKEY, algorithm without key", DNS_TYPE_IPSECKEY, OCTETS("\12\3\2\2de\0"), false},
        {"IPSECKEY, IPv6 cut", DNS_TYPE_IPSECKEY, OCTETS("\12\2\2abcdefghijklmno"), false},
        {"IPSECKEY, name cut", DNS_TYPE_IPSECKEY, OCTETS("\12\3\2\2de"), false},
        {"IPSECKEY, pointer", DNS_TYPE_IPSECKEY, OCTETS("\12\3\2\300\14key"), false},
        {"IPSECKEY, unknown gateway", DNS_TYPE_IPSECKEY, OCTETS("\12\4\2key"), false},
        {"IPSECKEY, head cut", DNS_TYPE_IPSECKEY, OCTETS("\12\0"), false},

        {"AMTRELAY, none", DNS_TYPE_AMTRELAY, OCTETS("\12\0"), true},
        {"AMTRELAY, discovery and IPv4", DNS_TYPE_AMTRELAY, OCTETS("\12\201\1\2\3\4"), true},
        {"AMTRELAY, name", DNS_TYPE_AMTRELAY, OCTETS("\12\3\0"), true},
        {"AMTRELAY, more behind", DNS_TYPE_AMTRELAY, OCTETS("\12\1\1\2\3\4\5"), false},
        {"AMTRELAY, unknown kind", DNS_TYPE_AMTRELAY, OCTETS("\12\4"), false},
        {"AMTRELAY, empty", DNS_TYPE_AMTRELAY, OCTETS(""), false},

        {"HIP", DNS_TYPE_HIP, OCTETS("\1\2\0\1hk"), true},
        {"HIP, servers", DNS_TYPE_HIP, OCTETS("\1\2\0\1hk\2de\0\0"), true},
        {"HIP, no tag", DNS_TYPE_HIP, OCTETS("\0\2\0\1k"), false},
        {"HIP, no key", DNS_TYPE_HIP, OCTETS("\1\2\0\0h"), false},
        {"HIP, key cut", DNS_TYPE_HIP, OCTETS("\1\2\0\2hk"), false},
        {"HIP, server cut", DNS_TYPE_HIP, OCTETS("\1\2\0\1hk\2de"), false},
        {"HIP, pointer", DNS_TYPE_HIP, OCTETS("\1\2\0\1hk\300\14"), false},

        {"DHCID, no digest", DNS_TYPE_DHCID, OCTETS("\0\1\1"), false},
        {"DHCID", DNS_TYPE_DHCID, OCTETS("\0\1\1d"), true},
        {"URI, no target", DNS_TYPE_URI, OCTETS("\0\1\0\1"), false},
        {"URI", DNS_TYPE_URI, OCTETS("\0\1\0\1x"), true},
        {"ZONEMD, digest of 12", DNS_TYPE_ZONEMD, OCTETS("\0\0\0\1\1\1abcdefghijkl"), true},
        {"ZONEMD, digest of 11", DNS_TYPE_ZONEMD, OCTETS("\0\0\0\1\1\1abcdefghijk"), false},
        {"types without rules here", DNS_TYPE_A, OCTETS(""), true},
        {"unknown types", 65280, OCTETS(""), true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        assert_int_equal(dns_rdata_opaque_check(rows[i].type, data, rows[i].len), rows[i].valid);
        guard_free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_with_an_inner_choice_keep_their_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
