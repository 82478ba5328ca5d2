#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "tests/lib/guard.h"
#include "zones/code.h"
#include "zones/dns_name.h"

static struct code_rule rule;
static uint8_t base[DNS_NAME_MAX];

static int read_default_rule(void **state)
{
    size_t len;
    const char *text = code_rule_default(&len);
    size_t base_len;
    (void)state;
    assert_int_equal(dns_name_parse("id.compute.gba.", 15, NULL, base, &base_len), 0);
    return code_rule_parse(text, len, &rule, NULL);
}

typedef int reading(const struct code_rule *rule, const char *text, size_t len,
                    struct code *out_code, struct err_at *at);

static int read(reading *how, const char *text, struct code *code, struct err_at *at)
{
    size_t len = strlen(text);
    const char *copy = guard_copy(text, len);
    int err = how(&rule, copy, len, code, at);
    guard_free(copy);
    return err;
}

static const char *name_text(const uint8_t *name)
{
    static char text[DNS_NAME_TEXT_MAX];
    (void)dns_name_print(name, text);
    return text;
}

static void the_check_character_is_that_of_iso_7064_mod_37_36(void **state)
{
    static const struct {
        const char *text;
        char check;
    } rows[] = {
        {"A12425GABC1234002", 'm'}, /* as used for the Global Release Identifier */
        {"B159D8FA01240000", 'k'},
        {"188166C734200000", '3'},
        {"a12425gabc1234002", 'm'},
        {"a1-2425.gabc/1234002", 'm'},
        {"", '1'},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(code_check_character(rows[i].text, strlen(rows[i].text)), rows[i].check);
    }
}

static void every_single_error_changes_the_check_character(void **state)
{
    static const char characters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char text[] = "cn44030020087402z01000017";
    const char good = code_check_character(text, strlen(text));
    (void)state;
    for (size_t i = 0; text[i]; i++) {
        char kept = text[i];
        for (const char *c = characters; *c; c++) {
            text[i] = *c;
            assert_int_equal(code_check_character(text, strlen(text)) == good, *c == kept);
        }
        text[i] = kept;
    }
}

static void a_code_is_read_and_becomes_canonical(void **state)
{
    static const struct {
        const char *text, *canonical, *name;
    } rows[] = {
        {"cn.440300.20087/402.z01.000017-0", "cn.440300.20087/402.z01.000017-0",
         "000017-0.z01.402.20087.440300.cn.id.compute.gba."},
        {"CN.440300.90001/402.Z01.000001-Y", "cn.440300.90001/402.z01.000001-y",
         "000001-y.z01.402.90001.440300.cn.id.compute.gba."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct code code;
        struct code again;
        struct err_at at = {0};
        uint8_t name[DNS_NAME_MAX];
        size_t len;
        assert_int_equal(read(code_parse, rows[i].text, &code, &at), 0);
        assert_string_equal(code.text, rows[i].canonical);
        assert_int_equal(code.len, strlen(rows[i].canonical));
        assert_int_equal(code.part_count, 7);
        assert_int_equal(code_to_name(&rule, &code, base, name, &len), 0);
        assert_string_equal(name_text(name), rows[i].name);
        assert_int_equal(code_from_name(&rule, name, base, &again, &at), 0);
        assert_memory_equal(&again, &code, sizeof code);
    }
}

static void a_code_may_carry_a_social_credit_code(void **state)
{
    struct code code;
    struct code again;
    struct err_at at = {0};
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    (void)state;
    assert_int_equal(read(code_complete, "chn.440300.91440300MA5DC8XY12/404.a.1", &code, &at), 0);
    assert_int_equal(code.part[2].len, 18);
    assert_memory_equal(code.text + code.part[2].at, "91440300ma5dc8xy12", 18);
    assert_int_equal(code_to_name(&rule, &code, base, name, &len), 0);
    assert_int_equal(code_from_name(&rule, name, base, &again, &at), 0);
    assert_string_equal(again.text, code.text);
    assert_int_equal(read(code_complete, "chn.440300.91440300MA5DC8XYI2/404.a.1", &code, &at),
                     ERR_CODE_FIELD); /* I is no character of it */
}

static void completing_adds_the_check_character(void **state)
{
    struct code code;
    struct code again;
    struct err_at at = {0};
    (void)state;
    assert_int_equal(read(code_complete, "CN.440300.20087/402.Z01.000017", &code, &at), 0);
    assert_string_equal(code.text, "cn.440300.20087/402.z01.000017-0");
    assert_int_equal(read(code_parse, code.text, &again, &at), 0);
    assert_memory_equal(&again, &code, sizeof code);
    assert_int_equal(read(code_complete, "cn.440300.20087/402.z01.000017-0", &code, &at),
                     ERR_CODE_FIELD);
    assert_string_equal(at.text, "check: not expected here");
    assert_int_equal(read(code_complete, "cn.440300.20087/402.z01", &code, &at), ERR_CODE_FIELD);
    assert_string_equal(at.text, "serial: missing");
}

static void errors_name_the_field_and_the_column(void **state)
{
    static const struct {
        const char *text;
        int err;
        unsigned column;
        const char *message;
    } rows[] = {
        {"", ERR_CODE_FIELD, 1, "root: expected 2-3 of a-z, found ''"},
        {"c.440300", ERR_CODE_FIELD, 1, "root: expected 2-3 of a-z, found 'c.440300'"},
        {"c1.440300", ERR_CODE_FIELD, 1, "root: expected 2-3 of a-z, found 'c1.440300'"},
        {"cn", ERR_CODE_FIELD, 3, "region: missing"},
        {"cn/440300", ERR_CODE_FIELD, 3, "region: expected '.', found '/440300'"},
        {"cn.", ERR_CODE_FIELD, 4, "region: expected 6 of 0-9, found ''"},
        {"cn.44030", ERR_CODE_FIELD, 4, "region: expected 6 of 0-9, found '44030'"},
        {"cn.4403000", ERR_CODE_FIELD, 4, "region: expected 6 of 0-9, found '4403000'"},
        {"cn.44030a", ERR_CODE_FIELD, 4, "region: expected 6 of 0-9, found '44030a'"},
        {"cn.440300.2008", ERR_CODE_FIELD, 11,
         "enterprise: expected 5 of 0-9 or 18 of 0-9a-hj-np-rt-uw-y, found '2008'"},
        {"cn.440300.20087/405.z01.000017-0", ERR_CODE_FIELD, 17,
         "class: expected 401 or 402 or 403 or 404, found '405.z01.000017-0'"},
        {"cn.440300.20087/402.z0123456789.000017-0", ERR_CODE_FIELD, 21,
         "zone: expected 1-8 of 0-9a-z, found 'z0123456789.000017-0'"},
        {"cn.440300.20087/402.z01.0000171234567-0", ERR_CODE_FIELD, 25,
         "serial: expected 1-12 of 0-9a-z, found '0000171234567-0'"},
        {"cn.440300.20087/402.z01.000017", ERR_CODE_FIELD, 31, "check: missing"},
        {"cn.440300.20087/402.z01.000017-", ERR_CODE_FIELD, 32,
         "check: expected 1 of 0-9a-z, found ''"},
        {"cn.440300.20087/402.z01.000017-00", ERR_CODE_FIELD, 32,
         "check: expected 1 of 0-9a-z, found '00'"},
        {"cn.440300.20087/402.z01.000017-0.", ERR_CODE_FIELD, 33,
         "check: expected the end of the code, found '.'"},
        {"cn.440300.20087/402.z01.000017-k", ERR_CODE_CHECK, 32,
         "check: 'k' does not fit, a character is wrong"},
        {"cn.440300.20078/402.z01.000017-0", ERR_CODE_CHECK, 32,
         "check: '0' does not fit, a character is wrong"},
        {"cn.440300.\x01\xff", ERR_CODE_FIELD, 11,
         "enterprise: expected 5 of 0-9 or 18 of 0-9a-hj-np-rt-uw-y, found '\?\?'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct code code;
        struct err_at at = {0};
        int err = read(code_parse, rows[i].text, &code, &at);
        if (err != rows[i].err || at.column != rows[i].column ||
            strcmp(at.text, rows[i].message) != 0) {
            fail_msg("%s: %d at %u, %s", rows[i].text, err, at.column, at.text);
        }
        assert_int_equal(read(code_parse, rows[i].text, &code, NULL), rows[i].err);
    }
}

static void leading_fields_name_what_is_registered_under_them(void **state)
{
    static const struct {
        const char *text;
        int err, name_err;
        const char *name;
    } rows[] = {
        {"cn", 0, 0, "cn.id.compute.gba."},
        {"CN.440300", 0, 0, "440300.cn.id.compute.gba."},
        {"cn.440300.20087", 0, 0, "20087.440300.cn.id.compute.gba."},
        {"cn.440300.20087/402", 0, 0, "402.20087.440300.cn.id.compute.gba."},
        {"cn.440300.20087/402.z01", 0, 0, "z01.402.20087.440300.cn.id.compute.gba."},
        {"cn.440300.20087/402.z01.000017", 0, ERR_CODE_FIELD, NULL}, /* half a label */
        {"cn.440300.20087/402.z01.000017-0", 0, 0,
         "000017-0.z01.402.20087.440300.cn.id.compute.gba."},
        {"cn.440300.20087/402.z01.000017-k", ERR_CODE_CHECK, 0, NULL},
        {"cn.440300.", ERR_CODE_FIELD, 0, NULL},
        {"", ERR_CODE_FIELD, 0, NULL},
    };
    struct code whole;
    uint8_t whole_name[DNS_NAME_MAX];
    size_t len;
    (void)state;
    assert_int_equal(read(code_parse, "cn.440300.20087/402.z01.000017-0", &whole, NULL), 0);
    assert_int_equal(code_to_name(&rule, &whole, base, whole_name, &len), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct code code;
        struct err_at at = {0};
        uint8_t name[DNS_NAME_MAX];
        int err = read(code_parse_prefix, rows[i].text, &code, &at);
        if (err != rows[i].err) {
            fail_msg("%s: %d %s", rows[i].text, err, at.text);
        }
        if (err) {
            continue;
        }
        assert_int_equal(code_to_name(&rule, &code, base, name, &len), rows[i].name_err);
        if (rows[i].name) {
            assert_string_equal(name_text(name), rows[i].name);
            assert_int_equal(dns_name_len(name), len);
            assert_true(dns_name_is_in(whole_name, name));
        }
    }
}

static void a_name_that_is_no_code_is_refused(void **state)
{
    static const struct {
        const char *name;
        int err;
    } rows[] = {
        {"000017-0.z01.402.20087.440300.cn.id.compute.gba.", 0},
        {"000017-0.Z01.402.20087.440300.CN.ID.compute.GBA.", 0},
        {"000017-0.z01.402.20087.440300.cn.id.compute.", ERR_OUT_OF_ZONE},
        {"z01.402.20087.440300.cn.id.compute.gba.", ERR_CODE_FIELD},
        {"x.000017-0.z01.402.20087.440300.cn.id.compute.gba.", ERR_CODE_FIELD},
        {"id.compute.gba.", ERR_CODE_FIELD},
        {"000017.z01.402.20087.440300.cn.id.compute.gba.", ERR_CODE_FIELD},
        {"000017-k.z01.402.20087.440300.cn.id.compute.gba.", ERR_CODE_CHECK},
        {"000017-0-0.z01.402.20087.440300.cn.id.compute.gba.", ERR_CODE_FIELD},
        {"000017-0.z01-1.402.20087.440300.cn.id.compute.gba.", ERR_CODE_FIELD},
        {"000017-0.z01.402.20087.440300.c\\.n.id.compute.gba.", ERR_CODE_FIELD},
        {"000017-0.z01.402.20087/402.440300.cn.id.compute.gba.", ERR_CODE_FIELD},
        {"*.z01.402.20087.440300.cn.id.compute.gba.", ERR_CODE_FIELD},
        {"\\000.z01.402.20087.440300.cn.id.compute.gba.", ERR_CODE_FIELD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t octets[DNS_NAME_MAX];
        size_t len;
        struct code code;
        struct err_at at = {0};
        assert_int_equal(dns_name_parse(rows[i].name, strlen(rows[i].name), NULL, octets, &len), 0);
        const uint8_t *name = guard_copy(octets, len);
        int err = code_from_name(&rule, name, base, &code, &at);
        if (err != rows[i].err || (err && !at.text[0])) {
            fail_msg("%s: %d %s", rows[i].name, err, at.text);
        }
        guard_free(name);
    }
}

static void a_name_with_labels_too_many_or_few_is_told_so(void **state)
{
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    struct code code;
    struct err_at at = {0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *text = i == 0 ? "a.b.c.d.e.f.g.id.compute.gba." : "a.id.compute.gba.";
        assert_int_equal(dns_name_parse(text, strlen(text), NULL, name, &len), 0);
        assert_int_equal(code_from_name(&rule, name, base, &code, &at), ERR_CODE_FIELD);
        assert_string_equal(at.text,
                            i == 0 ? "expected 6 labels, found 7" : "expected 6 labels, found 1");
    }
}

static void a_base_that_leaves_no_room_is_an_error(void **state)
{
    char text[DNS_NAME_MAX] = "";
    uint8_t long_base[DNS_NAME_MAX];
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    struct code code;
    (void)state;
    for (int i = 0; i < 120; i++) {
        strcat(text, "a.");
    }
    assert_int_equal(dns_name_parse(text, strlen(text), NULL, long_base, &len), 0);
    assert_int_equal(read(code_parse, "cn.440300.20087/402.z01.000017-0", &code, NULL), 0);
    assert_int_equal(code_to_name(&rule, &code, long_base, name, &len), ERR_NAME_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_character_is_that_of_iso_7064_mod_37_36),
        cmocka_unit_test(every_single_error_changes_the_check_character),
        cmocka_unit_test(a_code_is_read_and_becomes_canonical),
        cmocka_unit_test(a_code_may_carry_a_social_credit_code),
        cmocka_unit_test(completing_adds_the_check_character),
        cmocka_unit_test(errors_name_the_field_and_the_column),
        cmocka_unit_test(leading_fields_name_what_is_registered_under_them),
        cmocka_unit_test(a_name_that_is_no_code_is_refused),
        cmocka_unit_test(a_name_with_labels_too_many_or_few_is_told_so),
        cmocka_unit_test(a_base_that_leaves_no_room_is_an_error),
    };
    return cmocka_run_group_tests(tests, read_default_rule, NULL);
}
