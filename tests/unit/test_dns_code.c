#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "zones/dns_code.h"

static void code_points_print_as_their_mnemonic_or_number(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const char *(*print)(unsigned);
        unsigned number;
        const char *text;
    } rows[] = {
        {"first response code", dns_code_rcode, 0, "NOERROR"},
        {"last of the header", dns_code_rcode, 11, "DSOTYPENI"},
        {"16 is the OPT meaning", dns_code_rcode, 16, "BADVERS"},
        {"extended", dns_code_rcode, 23, "BADCOOKIE"},
        {"response code without a row", dns_code_rcode, 4095, "RCODE4095"},
        {"opcode", dns_code_opcode, 5, "UPDATE"},
        {"opcode between rows", dns_code_opcode, 3, "OPCODE3"},
        {"extended error", dns_code_ede, 20, "Not Authoritative"},
        {"extended error without a row", dns_code_ede, 60000, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        assert_string_equal(rows[i].print(rows[i].number), rows[i].text);
    }
}

static void a_code_text_stays_while_another_kind_is_printed(void **state)
{
    (void)state;
    const char *rcode = dns_code_rcode(77);
    dns_code_opcode(9);
    assert_string_equal(rcode, "RCODE77");
}

static void classes_are_read_by_name_and_by_number(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int number; /* -1: refused */
    } rows[] = {
        {"mnemonic", "IN", 1},
        {"case does not count", "cH", 3},
        {"meta class", "any", 255},
        {"generic", "CLASS32", 32},
        {"generic, any case", "class1", 1},
        {"largest", "CLASS65535", 65535},
        {"one too many", "CLASS65536", -1},
        {"six digits", "CLASS000001", -1},
        {"no digits", "CLASS", -1},
        {"sign", "CLASS+1", -1},
        {"letters behind", "CLASS1x", -1},
        {"mnemonic and more", "INN", -1},
        {"part of a mnemonic", "I", -1},
        {"empty", "", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        const size_t len = strlen(rows[i].text);
        const char *text = guard_copy(rows[i].text, len);
        uint16_t number = 4711;
        const bool read = dns_code_parse_class(text, len, &number);
        guard_free(text);
        assert_int_equal(read, rows[i].number >= 0);
        assert_int_equal(number, read ? rows[i].number : 4711);
    }
}

static void every_class_is_read_back_from_its_text(void **state)
{
    (void)state;
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        char text[12];
        dns_code_print_class((uint16_t)number, text);
        uint16_t back = 0;
        assert_true(dns_code_parse_class(text, strlen(text), &back));
        assert_int_equal(back, number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_points_print_as_their_mnemonic_or_number),
        cmocka_unit_test(a_code_text_stays_while_another_kind_is_printed),
        cmocka_unit_test(classes_are_read_by_name_and_by_number),
        cmocka_unit_test(every_class_is_read_back_from_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
