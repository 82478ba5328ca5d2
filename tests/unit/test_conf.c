/* base/conf and base/conf_bind: YAML into structs by schema, and what an error says. */
#include "base/conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/lib/guard.h"

struct numbers {
    uint32_t *items;
    size_t count;
};

struct rule {
    const char *name;
    struct numbers ports;
};

struct rules {
    struct rule *items;
    size_t count;
};

struct inner {
    bool flag;
    uint32_t depth;
};

struct outer {
    uint32_t batch;
    struct conf_octets secret;
    struct inner inner;
    struct numbers sizes;
    struct rules rules;
};

static const struct conf_row rule_rows[] = {
    {"name", &conf_type_text, NULL, CONF_ONE, CONF_REQUIRED, offsetof(struct rule, name),
     sizeof(char *), NULL, 0, 0, "", "its name"},
    {"ports", &conf_type_uint, NULL, CONF_LIST, CONF_LATER, offsetof(struct rule, ports),
     sizeof(struct numbers), "7, 8", 1, 9, "", "its ports"},
};
static const struct conf_map rule_map = {rule_rows, 2, sizeof(struct rule)};

static const struct conf_row inner_rows[] = {
    {"flag", &conf_type_bool, NULL, CONF_ONE, 0, offsetof(struct inner, flag), sizeof(bool), "yes",
     0, 0, "", "a flag"},
    {"depth", &conf_type_uint, NULL, CONF_ONE, 0, offsetof(struct inner, depth), sizeof(uint32_t),
     NULL, 0, 0, "", "a depth"},
};
static const struct conf_map inner_map = {inner_rows, 2, sizeof(struct inner)};

static const struct conf_row outer_rows[] = {
    {"batch", &conf_type_uint, NULL, CONF_ONE, 0, offsetof(struct outer, batch), sizeof(uint32_t),
     "32", 1, 256, "message", "a batch"},
    {"secret", &conf_type_secret, NULL, CONF_ONE, 0, offsetof(struct outer, secret),
     sizeof(struct conf_octets), NULL, 0, 0, "", "a secret"},
    {"inner", NULL, &inner_map, CONF_MAP, 0, offsetof(struct outer, inner), sizeof(struct inner),
     NULL, 0, 0, "", "a map"},
    {"sizes", &conf_type_uint, NULL, CONF_LIST, 0, offsetof(struct outer, sizes),
     sizeof(struct numbers), NULL, 0, 0, "", "a list"},
    {"rules", NULL, &rule_map, CONF_MAPS, CONF_LATER, offsetof(struct outer, rules),
     sizeof(struct rules), NULL, 0, 0, "", "maps"},
};
static const struct conf_map outer_map = {outer_rows, 5, sizeof(struct outer)};

static int load(const char *text, struct conf **out_conf, struct err_at *at)
{
    const void *copy = guard_copy(text, strlen(text));
    int err = conf_parse("dir/x.yaml", copy, strlen(text), &outer_map, out_conf, at);
    guard_free(copy);
    return err;
}

static struct conf *load_good(const char *text)
{
    struct conf *conf = NULL;
    struct err_at at;
    int err = load(text, &conf, &at);
    if (err) {
        fail_msg("%u:%u: %s", at.line, at.column, at.text);
    }
    return conf;
}

static void every_shape_lands_in_its_field(void **state)
{
    (void)state;
    struct conf *conf = load_good("batch: 5   # a comment\n"
                                  "secret: AAECAw==\n"
                                  "inner: {flag: off, depth: 3}\n"
                                  "sizes: [1, 2, 3]\n"
                                  "rules:\n"
                                  "  - name: a\n"
                                  "    ports: [4]\n"
                                  "  - {name: \"b c\", ports: 5}\n");
    const struct outer *outer = conf_data(conf);
    assert_int_equal(outer->batch, 5);
    assert_int_equal(outer->secret.len, 4);
    assert_memory_equal(outer->secret.data, "\0\1\2\3", 4);
    assert_false(outer->inner.flag);
    assert_int_equal(outer->inner.depth, 3);
    assert_int_equal(outer->sizes.count, 3);
    assert_int_equal(outer->sizes.items[2], 3);
    assert_int_equal(outer->rules.count, 2);
    assert_string_equal(outer->rules.items[0].name, "a");
    assert_int_equal(outer->rules.items[0].ports.count, 1);
    assert_string_equal(outer->rules.items[1].name, "b c");
    assert_int_equal(outer->rules.items[1].ports.items[0], 5);
    conf_free(conf);
}

static void absent_keys_take_their_presets_at_every_depth(void **state)
{
    (void)state;
    struct conf *conf = load_good("rules: [{name: a}]\n");
    const struct outer *outer = conf_data(conf);
    assert_int_equal(outer->batch, 32);
    assert_true(outer->inner.flag);
    assert_int_equal(outer->inner.depth, 0);
    assert_null(outer->secret.data);
    assert_null(outer->sizes.items);
    assert_int_equal(outer->rules.items[0].ports.count, 2);
    assert_int_equal(outer->rules.items[0].ports.items[1], 8);
    conf_free(conf);
}

static const struct bad {
    const char *label;
    const char *text;
    int err;
    unsigned line, column;
    const char *message;
} bads[] = {
    {"not a number", "# one\nbatch: many\n", ERR_VALUE, 2, 8,
     "batch: expected number from 1 to 256, found \"many\""},
    {"out of range", "batch: 257", ERR_VALUE, 1, 8,
     "batch: expected number from 1 to 256, found \"257\": out of range"},
    {"map for a value", "batch: {a: b}", ERR_VALUE, 1, 8,
     "batch: expected number from 1 to 256, found a map"},
    {"nothing for a value", "batch:\nsizes: []", ERR_VALUE, 1, 7,
     "batch: expected number from 1 to 256, found nothing (leave the key out)"},
    {"null for a list", "sizes: null", ERR_VALUE, 1, 8,
     "sizes: expected list of number, found nothing (write [] or leave it out)"},
    {"bad element", "sizes:\n  - 1\n  - x\n", ERR_VALUE, 3, 5,
     "sizes[1]: expected number, found \"x\""},
    {"list in a list", "sizes: [[1]]", ERR_VALUE, 1, 9, "sizes[0]: expected number, found a list"},
    {"map for maps", "rules: {name: a}", ERR_VALUE, 1, 8,
     "rules: expected list of maps, found a map"},
    {"value for a map in a list", "rules: [a]", ERR_VALUE, 1, 9,
     "rules[0]: expected a map of keys, found a value"},
    {"value for a map", "inner: 4", ERR_VALUE, 1, 8,
     "inner: expected a map of keys, found a value"},
    {"value at the top", "hello", ERR_VALUE, 1, 1, "expected a map of keys, found a value"},
    {"empty", "", ERR_SYNTAX, 1, 1, "expected a map of keys, found an empty file"},
    {"comments only", "# nothing\n", ERR_SYNTAX, 1, 1,
     "expected a map of keys, found an empty file"},
    {"unknown key", "inner:\n  fog: on\n", ERR_VALUE, 2, 3, "inner: unknown key \"fog\""},
    {"slip of a key", "inner:\n  falg: on\n", ERR_VALUE, 2, 3,
     "inner: unknown key \"falg\", did you mean \"flag\"?"},
    {"slip at the top", "batches: 2\n", ERR_VALUE, 1, 1,
     "unknown key \"batches\", did you mean \"batch\"?"},
    {"duplicate key", "batch: 1\n\nbatch: 1\n", ERR_EXISTS, 3, 1,
     "key \"batch\" is given twice, first in line 1"},
    {"required key", "rules:\n  - name: a\n  - ports: 2\n", ERR_MISSING, 3, 5,
     "rules[1].name: required key is missing: its name"},
    {"secrets stay out of messages", "secret: hunter2", ERR_VALUE, 1, 9,
     "secret: expected base64: not base64"},
    {"anchor", "batch: &a 1", ERR_SYNTAX, 1, 8, "anchors (&) are not allowed"},
    {"anchored map", "inner: &a {flag: on}", ERR_SYNTAX, 1, 8, "anchors (&) are not allowed"},
    {"alias", "batch: *a", ERR_SYNTAX, 1, 8, "aliases (*) are not allowed"},
    {"tag", "batch: !!int 1", ERR_SYNTAX, 1, 8, "tags (!) are not allowed"},
    {"tagged list", "sizes: !x [1]", ERR_SYNTAX, 1, 8, "tags (!) are not allowed"},
    {"merge key", "<<: {batch: 1}", ERR_VALUE, 1, 1, "unknown key \"<<\""},
    {"list as key", "[a]: 1", ERR_SYNTAX, 1, 1, "a key must be a single word"},
    {"second document", "batch: 1\n---\nbatch: 2\n", ERR_SYNTAX, 2, 1,
     "a second document is not allowed"},
    {"octet 0", "rules: [{name: \"a\\0b\"}]", ERR_SYNTAX, 1, 16,
     "control characters and line breaks are not allowed in a value"},
    {"escape sequence", "rules: [{name: \"\\e[2J\"}]", ERR_SYNTAX, 1, 16,
     "control characters and line breaks are not allowed in a value"},
    {"line break", "rules:\n  - name: |\n      a\n", ERR_SYNTAX, 2, 11,
     "control characters and line breaks are not allowed in a value"},
    {"open bracket", "sizes: [1, 2\n", ERR_SYNTAX, 2, 1, "did not find expected ',' or ']'"},
    {"tab as indent", "inner:\n\tflag: on\n", ERR_SYNTAX, 2, 1,
     "found character that cannot start any token"},
    {"not UTF-8", "batch: 1\nsecret: \xff\n", ERR_SYNTAX, 2, 9, "invalid leading UTF-8 octet"},
};

static void an_error_names_place_key_and_what_was_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        const struct bad *bad = &bads[i];
        struct conf *conf = NULL;
        struct err_at at;
        int err = load(bad->text, &conf, &at);
        print_message("%s\n", bad->label);
        assert_int_equal(err, bad->err);
        assert_string_equal(at.text, bad->message);
        assert_int_equal(at.line, bad->line);
        assert_int_equal(at.column, bad->column);
        assert_string_equal(at.file, "dir/x.yaml");
        assert_null(conf);
        assert_int_equal(load(bad->text, &conf, NULL), bad->err);
    }
}

static void nesting_ends_at_its_limit(void **state)
{
    (void)state;
    char text[100] = "";
    struct conf *conf;
    struct err_at at;
    memset(text, '[', CONF_DEPTH_MAX);
    memset(text + CONF_DEPTH_MAX, ']', CONF_DEPTH_MAX);
    assert_int_equal(load(text, &conf, &at), ERR_VALUE); /* read in full, but no map */
    memset(text, '[', CONF_DEPTH_MAX + 1);
    assert_int_equal(load(text, &conf, &at), ERR_LIMIT);
    assert_string_equal(at.text, "maps and lists are nested too deeply");
    assert_int_equal(at.column, CONF_DEPTH_MAX + 1);
}

static void put(char *at, const char *text)
{
    while (*text) {
        *at++ = *text++;
    }
}

static void size_ends_at_its_limit(void **state)
{
    (void)state;
    size_t len = CONF_FILE_MAX + 1;
    char *text = mem_alloc(len);
    memset(text, '\n', len);
    put(text, "batch: 9");
    struct conf *conf = NULL;
    struct err_at at;
    assert_int_equal(conf_parse("x", text, len, &outer_map, &conf, &at), ERR_LIMIT);
    assert_int_equal(conf_parse("x", text, len - 1, &outer_map, &conf, &at), 0);
    conf_free(conf);
    mem_free(text);
}

static void a_flood_of_values_ends_at_the_limit_of_memory(void **state)
{
    (void)state;
    size_t len = CONF_FILE_MAX;
    char *text = mem_alloc(len);
    put(text, "sizes: [");
    for (size_t i = 8; i < len; i += 2) {
        put(text + i, "1,");
    }
    struct conf *conf;
    struct err_at at;
    assert_int_equal(conf_parse("x", text, len, &outer_map, &conf, &at), ERR_LIMIT);
    assert_string_equal(at.text, "the configuration is too large");
    mem_free(text);
}

static void the_semantic_pass_finds_the_place_of_what_it_blames(void **state)
{
    (void)state;
    struct conf *conf = load_good("batch: 5\n"
                                  "sizes: [1, 22]\n"
                                  "rules:\n"
                                  "  - name: a\n"
                                  "  - ports: [4]\n"
                                  "    name: b\n");
    const struct outer *outer = conf_data(conf);
    const struct {
        const char *label;
        const void *field;
        unsigned line, column;
    } rows[] = {
        {"a value", &outer->batch, 1, 8},
        {"an element", &outer->sizes.items[1], 2, 12},
        {"a list", &outer->sizes, 2, 8},
        {"a value in a map in a list", &outer->rules.items[1].name, 6, 11},
        {"an absent value: its map", &outer->rules.items[0].ports, 4, 5},
        {"an absent map: the whole", &outer->inner.depth, 1, 1},
        {"something else", conf, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err_at at = {.file = "f"};
        print_message("%s\n", rows[i].label);
        assert_int_equal(conf_blame(conf, rows[i].field, &at, ERR_NOT_NOW, "bad %d", 7),
                         ERR_NOT_NOW);
        assert_int_equal(at.line, rows[i].line);
        assert_int_equal(at.column, rows[i].column);
        assert_string_equal(at.text, "bad 7");
        assert_string_equal(at.file, "f");
    }
    conf_free(conf);
}

static void what_takes_effect_later_warns_once_and_not_when_empty(void **state)
{
    (void)state;
    struct conf *conf = load_good("rules:\n"
                                  "  - {name: a, ports: 4}\n"
                                  "  - {name: b, ports: 5}\n");
    assert_string_equal(conf_warning(conf, 0)->text, "ports takes effect later");
    assert_int_equal(conf_warning(conf, 0)->line, 2);
    assert_string_equal(conf_warning(conf, 0)->file, "dir/x.yaml");
    assert_string_equal(conf_warning(conf, 1)->text, "rules takes effect later");
    assert_null(conf_warning(conf, 2));
    for (int i = 0; i < 100; i++) {
        conf_warn(conf, conf_data(conf), "warning %d", i);
    }
    assert_string_equal(conf_warning(conf, 2)->text, "warning 0");
    assert_non_null(conf_warning(conf, 31));
    assert_null(conf_warning(conf, 32));
    conf_free(conf);
    conf = load_good("rules: []\n");
    assert_null(conf_warning(conf, 0));
    conf_free(conf);
}

static void a_file_is_loaded_and_its_mode_noticed(void **state)
{
    (void)state;
    char path[] = "/tmp/test_conf.XXXXXX";
    int fd = mkstemp(path);
    struct conf *conf;
    struct err_at at;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "batch: 7\n", 9), 9);
    assert_int_equal(conf_load(path, &outer_map, &conf, &at), 0);
    assert_int_equal(((const struct outer *)conf_data(conf))->batch, 7);
    assert_false(conf_is_public(conf));
    conf_free(conf);
    assert_int_equal(fchmod(fd, 0644), 0);
    assert_int_equal(conf_load(path, &outer_map, &conf, &at), 0);
    assert_true(conf_is_public(conf));
    conf_free(conf);
    close(fd);
    unlink(path);
    assert_int_equal(conf_load(path, &outer_map, &conf, &at), -ENOENT);
    assert_string_equal(at.file, path);
    assert_int_equal(at.line, 0);
    assert_int_equal(conf_load("/", &outer_map, &conf, &at), -EISDIR);
    conf_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_lands_in_its_field),
        cmocka_unit_test(absent_keys_take_their_presets_at_every_depth),
        cmocka_unit_test(an_error_names_place_key_and_what_was_expected),
        cmocka_unit_test(nesting_ends_at_its_limit),
        cmocka_unit_test(size_ends_at_its_limit),
        cmocka_unit_test(a_flood_of_values_ends_at_the_limit_of_memory),
        cmocka_unit_test(the_semantic_pass_finds_the_place_of_what_it_blames),
        cmocka_unit_test(what_takes_effect_later_warns_once_and_not_when_empty),
        cmocka_unit_test(a_file_is_loaded_and_its_mode_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
