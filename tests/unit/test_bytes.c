#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bytes.h"
#include "tests/lib/guard.h"

static const uint8_t sixteen[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                  0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};

static void fields_are_read_most_significant_octet_first(void **state)
{
    (void)state;
    struct rd rd = rd_make(sixteen, sizeof sixteen);
    assert_int_equal(rd_u8(&rd), 0x01);
    assert_int_equal(rd_u16(&rd), 0x2345);
    assert_int_equal(rd_u32(&rd), 0x6789abcd);
    assert_true(rd_uint(&rd, 8) == 0xeffedcba98765432u);
    assert_int_equal(rd_left(&rd), 1);
    assert_int_equal(rd.err, 0);
}

static void reading_never_passes_the_end_and_keeps_the_first_error(void **state)
{
    (void)state;
    for (size_t len = 0; len < 8; len++) {
        const uint8_t *copy = guard_copy(sixteen, len);
        struct rd rd = rd_make(copy, len);
        assert_true(rd_uint(&rd, 8) == 0);
        assert_int_equal(rd.err, ERR_SHORT);
        assert_int_equal(rd_left(&rd), 0);
        assert_int_equal(rd_u8(&rd), 0); /* nothing works after an error */
        rd_fail(&rd, ERR_VALUE);
        assert_int_equal(rd.err, ERR_SHORT);
        guard_free(copy);
    }
}

static void a_failed_copy_leaves_the_target_alone(void **state)
{
    (void)state;
    char out[4] = "abc";
    struct rd rd = rd_make("xy", 2);
    rd_bytes(&rd, out, 3);
    assert_string_equal(out, "abc");
    rd = rd_make("xyz", 3);
    rd_bytes(&rd, out, 3);
    assert_string_equal(out, "xyz");
}

static void a_huge_length_does_not_wrap(void **state)
{
    (void)state;
    struct rd rd = rd_make(sixteen, sizeof sixteen);
    assert_null(rd_take(&rd, SIZE_MAX));
    assert_int_equal(rd.err, ERR_SHORT);
    uint8_t out[4];
    struct wr wr = wr_make(out, sizeof out);
    assert_null(wr_take(&wr, SIZE_MAX));
    assert_int_equal(wr.err, ERR_SPACE);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    uint8_t out[32];
    struct wr wr = wr_make(out, sizeof out);
    wr_u8(&wr, 0x1fe);
    wr_u16(&wr, 0x12345);
    wr_u32(&wr, 0xdeadbeef);
    wr_uint(&wr, 0x0102030405060708u, 5);
    wr_bytes(&wr, "hi", 2);
    wr_bytes(&wr, NULL, 0);
    assert_int_equal(wr.err, 0);
    static const uint8_t expected[] = {0xfe, 0x23, 0x45, 0xde, 0xad, 0xbe, 0xef,
                                       4,    5,    6,    7,    8,    'h',  'i'};
    assert_int_equal(wr_len(&wr), sizeof expected);
    assert_memory_equal(out, expected, sizeof expected);
}

static void writing_stops_at_the_end_and_stays_stopped(void **state)
{
    (void)state;
    uint8_t out[4] = {0, 0, 0, 0x77};
    struct wr wr = wr_make(out, 3);
    wr_u16(&wr, 0x0102);
    wr_u16(&wr, 0x0304);
    assert_int_equal(wr.err, ERR_SPACE);
    wr_u8(&wr, 9); /* would fit, but an octet is missing before it */
    assert_int_equal(wr_len(&wr), 2);
    assert_int_equal(out[2], 0);
    assert_int_equal(out[3], 0x77);
    wr_fail(&wr, ERR_VALUE);
    assert_int_equal(wr.err, ERR_SPACE);
}

static void a_patch_changes_only_what_was_written(void **state)
{
    (void)state;
    uint8_t out[6] = {0};
    struct wr wr = wr_make(out, sizeof out);
    wr_u32(&wr, 0);
    wr_patch_u16(&wr, 1, 0xabcd);
    wr_patch_u16(&wr, 3, 0xffff); /* its second octet is not written yet */
    assert_memory_equal(out, "\x00\xab\xcd\x00\x00\x00", 6);
}

static void text_is_printed_up_to_the_last_octet_without_terminator(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        size_t room;
        int err;
        size_t len;
    } rows[] = {
        {"more room", 12, 0, 8},       {"one more", 9, 0, 8},        {"exact", 8, 0, 8},
        {"one less", 7, ERR_SPACE, 0}, {"no room", 0, ERR_SPACE, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[16];
        memset(out, '#', sizeof out);
        struct wr wr = wr_make(out, rows[i].room);
        wr_print(&wr, "%s=%04d", "abc", 42);
        if (wr.err != rows[i].err || wr_len(&wr) != rows[i].len) {
            fail_msg("%s: err %d len %zu", rows[i].label, wr.err, wr_len(&wr));
        }
        assert_memory_equal(out, "abc=0042", rows[i].len);
        assert_int_equal(out[rows[i].room], '#');
    }
}

static void printing_goes_on_where_the_last_write_ended(void **state)
{
    (void)state;
    char out[8];
    struct wr wr = wr_make(out, sizeof out);
    wr_print(&wr, "%s", "");
    wr_print(&wr, "a%d", 1);
    wr_print(&wr, "b%d", 2);
    assert_int_equal(wr_len(&wr), 4);
    wr_print(&wr, "%s", "too long");
    wr_print(&wr, "c"); /* nothing after an error */
    assert_int_equal(wr.err, ERR_SPACE);
    assert_int_equal(wr_len(&wr), 4);
    assert_memory_equal(out, "a1b2", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read_most_significant_octet_first),
        cmocka_unit_test(reading_never_passes_the_end_and_keeps_the_first_error),
        cmocka_unit_test(a_failed_copy_leaves_the_target_alone),
        cmocka_unit_test(a_huge_length_does_not_wrap),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(writing_stops_at_the_end_and_stays_stopped),
        cmocka_unit_test(a_patch_changes_only_what_was_written),
        cmocka_unit_test(text_is_printed_up_to_the_last_octet_without_terminator),
        cmocka_unit_test(printing_goes_on_where_the_last_write_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
