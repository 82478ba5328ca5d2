/* base/conf_type: one scalar into one field, for each general type. */
#include "base/conf_type.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

struct field {
    uint64_t number;
    struct conf_octets octets;
};

/* Parse into a field that is 0xee all over, so that a refused value is seen to leave it alone. */
static int parse(const struct conf_row *row, const char *text, struct arena *arena, void *out,
                 struct conf_value *out_value)
{
    *out_value = (struct conf_value){text, row, "dir/", arena, ""};
    return row->type->parse(out_value, out);
}

static const struct number {
    const char *label;
    const struct conf_type *type;
    uint64_t min, max;
    const char *text;
    int err;
    uint64_t value;
} numbers[] = {
    {"yes", &conf_type_bool, 0, 0, "yes", 0, 1},
    {"no", &conf_type_bool, 0, 0, "no", 0, 0},
    {"on", &conf_type_bool, 0, 0, "on", 0, 1},
    {"off", &conf_type_bool, 0, 0, "off", 0, 0},
    {"true", &conf_type_bool, 0, 0, "true", 0, 1},
    {"false", &conf_type_bool, 0, 0, "false", 0, 0},
    {"upper case is no bool", &conf_type_bool, 0, 0, "Yes", ERR_VALUE, 0},
    {"a letter is no bool", &conf_type_bool, 0, 0, "y", ERR_VALUE, 0},
    {"1 is no bool", &conf_type_bool, 0, 0, "1", ERR_VALUE, 0},
    {"zero", &conf_type_uint, 0, 0, "0", 0, 0},
    {"largest without limits", &conf_type_uint, 0, 0, "4294967295", 0, 4294967295u},
    {"one more", &conf_type_uint, 0, 0, "4294967296", ERR_VALUE, 0},
    {"least", &conf_type_uint, 5, 9, "5", 0, 5},
    {"most", &conf_type_uint, 5, 9, "9", 0, 9},
    {"below", &conf_type_uint, 5, 9, "4", ERR_VALUE, 0},
    {"above", &conf_type_uint, 5, 9, "10", ERR_VALUE, 0},
    {"octal or decimal", &conf_type_uint, 0, 0, "010", ERR_VALUE, 0},
    {"hex", &conf_type_uint, 0, 0, "0x10", ERR_VALUE, 0},
    {"minus", &conf_type_uint, 0, 0, "-1", ERR_VALUE, 0},
    {"plus", &conf_type_uint, 0, 0, "+1", ERR_VALUE, 0},
    {"exponent", &conf_type_uint, 0, 0, "1e3", ERR_VALUE, 0},
    {"fraction", &conf_type_uint, 0, 0, "1.0", ERR_VALUE, 0},
    {"blank", &conf_type_uint, 0, 0, "1 ", ERR_VALUE, 0},
    {"nothing", &conf_type_uint, 0, 0, "", ERR_VALUE, 0},
    {"no suffix for numbers", &conf_type_uint, 0, 0, "1k", ERR_VALUE, 0},
    {"wraps at 2^64", &conf_type_size, 0, 0, "18446744073709551616", ERR_VALUE, 0},
    {"largest size", &conf_type_size, 0, 0, "18446744073709551615", 0, UINT64_MAX},
    {"octets", &conf_type_size, 0, 0, "100", 0, 100},
    {"kibi", &conf_type_size, 0, 0, "4k", 0, 4096},
    {"mebi", &conf_type_size, 0, 0, "4m", 0, 4u << 20},
    {"gibi", &conf_type_size, 0, 0, "4g", 0, 4ull << 30},
    {"tebi", &conf_type_size, 0, 0, "4t", 0, 4ull << 40},
    {"suffix wraps", &conf_type_size, 0, 0, "16777216t", ERR_VALUE, 0},
    {"two suffixes", &conf_type_size, 0, 0, "4kk", ERR_VALUE, 0},
    {"upper suffix", &conf_type_size, 0, 0, "4K", ERR_VALUE, 0},
    {"suffix alone", &conf_type_size, 0, 0, "k", ERR_VALUE, 0},
    {"limits count octets", &conf_type_size, 1, 4096, "5k", ERR_VALUE, 0},
    {"bare seconds", &conf_type_duration, 0, 0, "90", 0, 90},
    {"seconds", &conf_type_duration, 0, 0, "90s", 0, 90},
    {"minutes", &conf_type_duration, 0, 0, "2m", 0, 120},
    {"hours", &conf_type_duration, 0, 0, "2h", 0, 7200},
    {"days", &conf_type_duration, 0, 0, "2d", 0, 172800},
    {"too many days", &conf_type_duration, 0, 0, "49711d", ERR_VALUE, 0},
    {"no weeks", &conf_type_duration, 0, 0, "2w", ERR_VALUE, 0},
};

static void numbers_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct number *n = &numbers[i];
        const struct conf_row row = {.type = n->type, .min = n->min, .max = n->max};
        struct conf_value value;
        uint64_t field = 0;
        print_message("%s\n", n->label);
        assert_int_equal(parse(&row, n->text, NULL, &field, &value), n->err);
        assert_int_equal(field, n->value); /* little-endian: the field's octets are the low ones */
    }
}

static const struct text {
    const char *label;
    const struct conf_type *type;
    uint64_t min, max;
    const char *text;
    int err;
    const char *value;
} texts[] = {
    {"a text", &conf_type_text, 0, 0, "hello", 0, "hello"},
    {"an empty text", &conf_type_text, 0, 5, "", 0, ""},
    {"a text too short", &conf_type_text, 1, 5, "", ERR_VALUE, NULL},
    {"a text that fits", &conf_type_text, 1, 5, "hello", 0, "hello"},
    {"a text too long", &conf_type_text, 1, 5, "hello!", ERR_VALUE, NULL},
    {"a relative path", &conf_type_path, 0, 0, "a/b", 0, "dir/a/b"},
    {"an absolute path", &conf_type_path, 0, 0, "/a/b", 0, "/a/b"},
    {"no path", &conf_type_path, 0, 0, "", ERR_VALUE, NULL},
    {"a path that is too long in full", &conf_type_path, 0, 6, "abc", ERR_VALUE, NULL},
    {"one octet", &conf_type_secret, 0, 0, "Zg==", 0, "f"},
    {"two octets", &conf_type_secret, 0, 0, "Zm8=", 0, "fo"},
    {"three octets", &conf_type_secret, 0, 0, "Zm9v", 0, "foo"}, /* RFC 4648 section 10 */
    {"six octets", &conf_type_secret, 6, 6, "Zm9vYmFy", 0, "foobar"},
    {"a secret too short", &conf_type_secret, 7, 9, "Zm9vYmFy", ERR_VALUE, NULL},
    {"padding left out", &conf_type_secret, 0, 0, "Zg", ERR_VALUE, NULL},
    {"padding only", &conf_type_secret, 0, 0, "====", ERR_VALUE, NULL},
    {"padding inside", &conf_type_secret, 0, 0, "Zg==Zg==", ERR_VALUE, NULL},
    {"bits left over", &conf_type_secret, 0, 0, "Zh==", ERR_VALUE, NULL},
    {"a blank", &conf_type_secret, 0, 0, "Zm9v Zm9", ERR_VALUE, NULL},
    {"another alphabet", &conf_type_secret, 0, 0, "Zm-_", ERR_VALUE, NULL},
    {"no secret", &conf_type_secret, 0, 0, "", ERR_VALUE, NULL},
    {"no secret file", &conf_type_secret_file, 0, 0, "nowhere", -ENOENT, NULL},
    {"a folder as secret file", &conf_type_secret_file, 0, 0, "/", ERR_VALUE, NULL},
};

static void texts_paths_and_secrets_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct text *t = &texts[i];
        const struct conf_row row = {.type = t->type, .min = t->min, .max = t->max};
        struct conf_value value;
        struct conf_octets octets = {NULL, 0}; /* a text's field is its first member */
        struct arena arena;
        arena_init(&arena, 10000);
        print_message("%s\n", t->label);
        assert_int_equal(parse(&row, t->text, &arena, &octets, &value), t->err);
        assert_int_equal(octets.data != NULL, t->value != NULL);
        if (t->value) {
            assert_memory_equal(octets.data, t->value, strlen(t->value));
        }
        if (t->value && t->type->size == sizeof octets) {
            assert_int_equal(octets.len, strlen(t->value));
        }
        arena_finish(&arena);
    }
}

static void every_octet_survives_base64(void **state)
{
    (void)state;
    const struct conf_row row = {.type = &conf_type_secret};
    struct conf_value value;
    struct conf_octets octets;
    struct arena arena;
    arena_init(&arena, 10000);
    assert_int_equal(parse(&row, "+/v7/P3+/wABAgM=", &arena, &octets, &value), 0);
    assert_int_equal(octets.len, 11);
    assert_memory_equal(octets.data, "\xfb\xfb\xfb\xfc\xfd\xfe\xff\x00\x01\x02\x03", 11);
    arena_finish(&arena);
}

static void a_full_arena_is_reported(void **state)
{
    (void)state;
    const struct conf_type *types[] = {&conf_type_text, &conf_type_path, &conf_type_secret};
    for (size_t i = 0; i < 3; i++) {
        const struct conf_row row = {.type = types[i]};
        struct conf_value value;
        struct conf_octets octets;
        struct arena arena;
        arena_init(&arena, 2);
        assert_int_equal(parse(&row, "Zm9v", &arena, &octets, &value), ERR_LIMIT);
        arena_finish(&arena);
    }
}

static void a_secret_file_must_be_private(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const char *content;
        mode_t mode;
        int err;
        const char *why;
    } rows[] = {
        {"owner alone", "Zm9v\n", 0600, 0, ""},
        {"group may read", " Zm9v\r\n", 0640, ERR_VALUE, "not base64"},
        {"others may read", "Zm9v\n", 0644, ERR_VALUE,
         "mode 644 lets others at it: chmod go-w,o-rwx"},
        {"group may write", "Zm9v\n", 0660, ERR_VALUE,
         "mode 660 lets others at it: chmod go-w,o-rwx"},
        {"empty", "\n", 0600, ERR_VALUE, "not base64"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[] = "/tmp/test_conf_type.XXXXXX";
        int fd = mkstemp(path);
        size_t len = strlen(rows[i].content);
        const struct conf_row row = {.type = &conf_type_secret_file, .min = 1, .max = 3};
        struct conf_value value;
        struct conf_octets octets = {NULL, 0};
        struct arena arena;
        arena_init(&arena, 10000);
        print_message("%s\n", rows[i].label);
        assert_int_equal(write(fd, rows[i].content, len), len);
        assert_int_equal(fchmod(fd, rows[i].mode), 0);
        assert_int_equal(parse(&row, path, &arena, &octets, &value), rows[i].err);
        assert_string_equal(value.why, rows[i].why);
        assert_int_equal(octets.len, rows[i].err ? 0 : 3);
        close(fd);
        unlink(path);
        arena_finish(&arena);
    }
}

static const char *const words[] = {"red", "green", NULL};
static const struct conf_type colour = {"one", sizeof(int), words, conf_type_parse_word};

static void a_word_becomes_its_position(void **state)
{
    (void)state;
    const struct conf_row row = {.type = &colour};
    struct conf_value value;
    int position = 9;
    assert_int_equal(parse(&row, "blue", NULL, &position, &value), ERR_VALUE);
    assert_int_equal(position, 9);
    assert_int_equal(parse(&row, "green", NULL, &position, &value), 0);
    assert_int_equal(position, 1);
}

static const struct conf_map no_rows;

static const struct {
    struct conf_row row;
    const char *text;
} expectations[] = {
    {{.type = &conf_type_bool}, "yes or no"},
    {{.type = &conf_type_uint, .min = 1, .max = 256}, "number from 1 to 256"},
    {{.type = &conf_type_uint}, "number"},
    {{.type = &conf_type_uint, .shape = CONF_LIST, .max = 9}, "list of number from 0 to 9"},
    {{.type = &conf_type_size, .min = 65536, .max = 256 << 20}, "size from 64k to 256m"},
    {{.type = &conf_type_duration, .min = 90, .max = 7200}, "duration from 90s to 2h"},
    {{.type = &conf_type_text, .max = 255}, "text of at most 255 octets"},
    {{.type = &conf_type_text, .min = 2, .max = 4}, "text of 2 to 4 octets"},
    {{.type = &conf_type_secret, .min = 16, .max = 16}, "base64 of 16 octets"},
    {{.type = &colour}, "one of red, green"},
    {{.map = &no_rows, .shape = CONF_MAP}, "map"},
    {{.map = &no_rows, .shape = CONF_MAPS}, "list of maps"},
};

static void a_row_says_what_it_expects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
        char text[100];
        conf_type_expect(&expectations[i].row, text, sizeof text);
        assert_string_equal(text, expectations[i].text);
        char small[6];
        conf_type_expect(&expectations[i].row, small, sizeof small);
        assert_true(strlen(small) < sizeof small);
    }
}

static void rows_are_printed_with_their_maps(void **state)
{
    (void)state;
    const struct conf_row below[] = {
        {.key = "b", .type = &conf_type_bool, .preset = "on", .unit = "", .help = "inside"}};
    const struct conf_map map = {below, 1, 1};
    const struct conf_row above[] = {
        {.key = "a", .map = &map, .shape = CONF_MAPS, .unit = "", .flags = CONF_LATER, .help = "h"},
        {.key = "c", .type = &conf_type_uint, .unit = "octet", .flags = CONF_REQUIRED, .help = "n"},
    };
    const struct conf_map top = {above, 2, 1};
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    conf_type_print_rows(out, &top);
    fclose(out);
    assert_string_equal(text, "a[]\tlist of maps\t-\t\tlater\th\n"
                              "a[].b\tyes or no\ton\t\t\tinside\n"
                              "c\tnumber\t-\toctet\trequired\tn\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(texts_paths_and_secrets_are_read),
        cmocka_unit_test(every_octet_survives_base64),
        cmocka_unit_test(a_full_arena_is_reported),
        cmocka_unit_test(a_secret_file_must_be_private),
        cmocka_unit_test(a_word_becomes_its_position),
        cmocka_unit_test(a_row_says_what_it_expects),
        cmocka_unit_test(rows_are_printed_with_their_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
