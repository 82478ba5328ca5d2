#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "tests/lib/guard.h"
#include "zones/dns_rdata_field.h"

#define OCTETS(text) text, sizeof(text) - 1
#define WINDOW32     "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
#define LOC_SIZES    "\0\22\26\23"
#define EQUATOR      "\200\0\0\0"
#define GROUND       "\0\230\226\200"

static void fields_are_checked_and_measured(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum dns_field field;
        const char *data;
        size_t len;
        int err;
        size_t taken;
    } rows[] = {
        {"u8", DNS_FIELD_U8, OCTETS("\1\2"), 0, 1},
        {"u16 cut", DNS_FIELD_U16, OCTETS("\1"), ERR_RDATA, 0},
        {"u32", DNS_FIELD_U32, OCTETS("\1\2\3\4\5"), 0, 4},
        {"IPv6 address cut", DNS_FIELD_AAAA, OCTETS("\1\2\3\4"), ERR_RDATA, 0},
        {"EUI-48", DNS_FIELD_EUI48, OCTETS("\1\2\3\4\5\6"), 0, 6},

        {"name", DNS_FIELD_NAME, OCTETS("\2de\0x"), 0, 4},
        {"name with a pointer", DNS_FIELD_NAME, OCTETS("\2de\300\0"), ERR_POINTER, 0},
        {"pointer cut", DNS_FIELD_NAME, OCTETS("\2de\300"), ERR_RDATA, 0},
        {"name cut", DNS_FIELD_NAME, OCTETS("\2de"), ERR_RDATA, 0},
        {"label type", DNS_FIELD_NAME, OCTETS("\200"), ERR_LABEL, 0},

        {"string", DNS_FIELD_STRING, OCTETS("\2abc"), 0, 3},
        {"empty string", DNS_FIELD_STRING, OCTETS("\0"), 0, 1},
        {"string cut", DNS_FIELD_STRING, OCTETS("\2a"), ERR_RDATA, 0},
        {"no string", DNS_FIELD_STRING, OCTETS(""), ERR_RDATA, 0},
        {"strings", DNS_FIELD_STRINGS, OCTETS("\1a\0\2bc"), 0, 6},
        {"last string cut", DNS_FIELD_STRINGS, OCTETS("\1a\2b"), ERR_RDATA, 0},
        {"no strings", DNS_FIELD_STRINGS, OCTETS(""), ERR_RDATA, 0},

        {"tag", DNS_FIELD_TAG, OCTETS("\5issueX"), 0, 6},
        {"tag of digits", DNS_FIELD_TAG, OCTETS("\3A9z"), 0, 4},
        {"empty tag", DNS_FIELD_TAG, OCTETS("\0"), ERR_RDATA, 0},
        {"tag with a hyphen", DNS_FIELD_TAG, OCTETS("\3a-b"), ERR_RDATA, 0},
        {"tag with an octet over 127", DNS_FIELD_TAG, OCTETS("\1\341"), ERR_RDATA, 0},
        {"text may be empty", DNS_FIELD_TEXT, OCTETS(""), 0, 0},

        {"salt", DNS_FIELD_HEX_LEN, OCTETS("\2ab"), 0, 3},
        {"empty salt", DNS_FIELD_HEX_LEN, OCTETS("\0"), 0, 1},
        {"salt cut", DNS_FIELD_HEX_LEN, OCTETS("\2a"), ERR_RDATA, 0},
        {"hash", DNS_FIELD_BASE32_LEN, OCTETS("\1a"), 0, 2},
        {"empty hash", DNS_FIELD_BASE32_LEN, OCTETS("\0"), ERR_RDATA, 0},
        {"digest", DNS_FIELD_HEX, OCTETS("a"), 0, 1},
        {"empty digest", DNS_FIELD_HEX, OCTETS(""), ERR_RDATA, 0},
        {"empty key", DNS_FIELD_BASE64, OCTETS(""), ERR_RDATA, 0},

        {"no types", DNS_FIELD_BITMAP, OCTETS(""), 0, 0},
        {"one window", DNS_FIELD_BITMAP, OCTETS("\0\2\0\1"), 0, 4},
        {"longest window", DNS_FIELD_BITMAP, OCTETS("\0\40" WINDOW32), 0, 34},
        {"window too long", DNS_FIELD_BITMAP, OCTETS("\0\41" WINDOW32 "\1"), ERR_RDATA, 0},
        {"empty window", DNS_FIELD_BITMAP, OCTETS("\0\0"), ERR_RDATA, 0},
        {"window ends with a zero", DNS_FIELD_BITMAP, OCTETS("\0\2\1\0"), ERR_RDATA, 0},
        {"windows rise", DNS_FIELD_BITMAP, OCTETS("\1\1\1\377\1\1"), 0, 6},
        {"window twice", DNS_FIELD_BITMAP, OCTETS("\1\1\1\1\1\1"), ERR_RDATA, 0},
        {"windows fall", DNS_FIELD_BITMAP, OCTETS("\1\1\1\0\1\1"), ERR_RDATA, 0},
        {"window cut", DNS_FIELD_BITMAP, OCTETS("\0\2\1"), ERR_RDATA, 0},
        {"window without a length", DNS_FIELD_BITMAP, OCTETS("\0"), ERR_RDATA, 0},

        {"place", DNS_FIELD_LOC, OCTETS(LOC_SIZES EQUATOR EQUATOR GROUND), 0, 16},
        {"poles and date line", DNS_FIELD_LOC,
         OCTETS(LOC_SIZES "\223\117\331\0\131\140\116\0" GROUND), 0, 16},
        {"beyond the north pole", DNS_FIELD_LOC, OCTETS(LOC_SIZES "\223\117\331\1" EQUATOR GROUND),
         ERR_RDATA, 0},
        {"beyond the date line", DNS_FIELD_LOC, OCTETS(LOC_SIZES EQUATOR "\131\140\115\377" GROUND),
         ERR_RDATA, 0},
        {"version 1", DNS_FIELD_LOC, OCTETS("\1\22\26\23" EQUATOR EQUATOR GROUND), ERR_RDATA, 0},
        {"mantissa over 9", DNS_FIELD_LOC, OCTETS("\0\240\26\23" EQUATOR EQUATOR GROUND), ERR_RDATA,
         0},
        {"exponent over 9", DNS_FIELD_LOC, OCTETS("\0\22\26\32" EQUATOR EQUATOR GROUND), ERR_RDATA,
         0},
        {"place cut", DNS_FIELD_LOC, OCTETS(LOC_SIZES EQUATOR EQUATOR "\0\230\226"), ERR_RDATA, 0},

        {"no attributes", DNS_FIELD_ATTRS, OCTETS(""), 0, 0},
        {"first key may be 0", DNS_FIELD_ATTRS, OCTETS("\0\0\0\0\377\377\0\1a"), 0, 9},
        {"attribute twice", DNS_FIELD_ATTRS, OCTETS("\0\1\0\0\0\1\0\0"), ERR_RDATA, 0},
        {"attributes fall", DNS_FIELD_ATTRS, OCTETS("\0\2\0\0\0\1\0\0"), ERR_RDATA, 0},
        {"attribute key cut", DNS_FIELD_ATTRS, OCTETS("\0"), ERR_RDATA, 0},
        {"attribute length cut", DNS_FIELD_ATTRS, OCTETS("\0\1\0"), ERR_RDATA, 0},
        {"attribute value cut", DNS_FIELD_ATTRS, OCTETS("\0\1\0\2a"), ERR_RDATA, 0},
        {"anything", DNS_FIELD_OPAQUE, OCTETS("abc"), 0, 3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        size_t taken = 4711;
        const int err = dns_rdata_field_check(rows[i].field, data, rows[i].len, &taken);
        assert_int_equal(err, rows[i].err);
        if (!err) {
            assert_int_equal(taken, rows[i].taken);
            assert_int_equal(dns_rdata_field_len(rows[i].field, data, rows[i].len), taken);
        }
        guard_free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_checked_and_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
