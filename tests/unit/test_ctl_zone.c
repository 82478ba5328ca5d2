#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/lib/commands.h"
#include "tests/lib/scratch.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void expect_result(struct commands *commands, const char *command, const char *const *args,
                          const char *wanted)
{
    json_t *root = commands_ask(commands, command, args);
    json_t *result = json_object_get(root, "result");

    json_object_del(result, "octets"); /* memory is not the same everywhere */
    char *text = json_dumps(root, JSON_COMPACT);
    char *whole = mem_print("{\"ok\":true,\"result\":%s}", wanted);
    assert_string_equal(text, whole);
    mem_free(whole);
    free(text);
    json_decref(root);
}

static char *write_zone(struct commands *commands, const char *name, const char *text)
{
    char *path = scratch_path(commands->folder, name);
    scratch_write(path, text);
    return path;
}

static const char good_zone[] = "$ORIGIN compute.gba.\n$TTL 60\n@ SOA a b 7 1 1 1 1\n@ NS a\n"
                                "a A 192.0.2.7\nb A 192.0.2.8\n";

static void zones_are_listed(void **state)
{
    struct commands *commands = commands_make("");

    (void)state;
    json_t *root = commands_ask(commands, "zone list", ARGS());
    json_t *zone = json_array_get(json_object_get(json_object_get(root, "result"), "zones"), 0);
    assert_true(json_integer_value(json_object_get(zone, "octets")) > 0);
    json_object_del(zone, "octets");
    char *text = json_dumps(root, JSON_COMPACT);
    assert_string_equal(text, "{\"ok\":true,\"result\":{\"zones\":[{\"name\":\"compute.gba.\","
                              "\"serial\":1,\"names\":2,\"records\":3}]}}");
    free(text);
    json_decref(root);
    commands_end(commands);
}

static void an_import_replaces_the_zone(void **state)
{
    struct commands *commands = commands_make("old A 192.0.2.2\n");
    char *path = write_zone(commands, "new.txt", good_zone);

    (void)state;
    expect_result(commands, "zone import", ARGS("Compute.GBA", path),
                  "{\"zone\":\"compute.gba.\",\"serial\":7,\"names\":3,\"records\":4}");
    char *text = commands_fail(commands, "show", ARGS("old.compute.gba"));
    assert_string_equal(text, "no such name: old.compute.gba");
    mem_free(text);
    json_t *root = commands_ask(commands, "show", ARGS("b.compute.gba"));
    assert_true(json_is_true(json_object_get(root, "ok")));
    json_decref(root);
    mem_free(path);
    commands_end(commands);
}

static void a_broken_file_tells_all_its_errors_and_changes_nothing(void **state)
{
    struct commands *commands = commands_make("old A 192.0.2.2\n");
    char *path = write_zone(commands, "bad.txt",
                            "$ORIGIN compute.gba.\n$TTL 60\n@ SOA a b 7 1 1 1 1\n@ NS a\n"
                            "a A 192.0.2.777\nb A 192.0.2.8\nc NONSENSE x\n");

    (void)state;
    char *text = commands_fail(commands, "zone import", ARGS("compute.gba", path));
    char *first = mem_print("%s:5:", path), *second = mem_print("\n%s:7:", path);
    assert_ptr_equal(strstr(text, first), text);
    assert_non_null(strstr(text, second));
    assert_int_not_equal(text[strlen(text) - 1], '\n');
    mem_free(text);
    json_t *root = commands_ask(commands, "show", ARGS("old.compute.gba"));
    assert_true(json_is_true(json_object_get(root, "ok")));
    json_decref(root);
    mem_free(first);
    mem_free(second);
    mem_free(path);
    commands_end(commands);
}

static void a_journal_tells_how_far_back_it_reaches(void **state)
{
    struct commands *commands = commands_make("old A 192.0.2.2\n");
    char *path = write_zone(commands, "new.txt", good_zone);

    (void)state;
    expect_result(commands, "zone journal", ARGS("Compute.GBA"),
                  "{\"zone\":\"compute.gba.\",\"serial\":1,\"from\":1,\"changes\":0}");
    json_decref(commands_ask(commands, "zone import", ARGS("compute.gba", path)));
    json_t *root = commands_ask(commands, "zone journal", ARGS("compute.gba"));
    json_t *result = json_object_get(root, "result");
    assert_int_equal(json_integer_value(json_object_get(result, "serial")), 7);
    assert_int_equal(json_integer_value(json_object_get(result, "from")), 1);
    assert_int_equal(json_integer_value(json_object_get(result, "changes")), 1);
    assert_true(json_integer_value(json_object_get(result, "octets")) > 50);
    json_decref(root);
    mem_free(commands_fail(commands, "zone journal", ARGS("elsewhere")));
    mem_free(path);
    commands_end(commands);
}

static void a_check_changes_nothing(void **state)
{
    struct commands *commands = commands_make("old A 192.0.2.2\n");
    char *path = write_zone(commands, "new.txt", good_zone);

    (void)state;
    expect_result(commands, "zone check", ARGS("compute.gba", path),
                  "{\"zone\":\"compute.gba.\",\"names\":3,\"records\":4}");
    expect_result(commands, "zone check", ARGS("compute.gba"), /* the configured file */
                  "{\"zone\":\"compute.gba.\",\"names\":3,\"records\":4}");
    json_t *root = commands_ask(commands, "show", ARGS("old.compute.gba"));
    assert_true(json_is_true(json_object_get(root, "ok")));
    json_decref(root);
    mem_free(path);
    commands_end(commands);
}

static void an_export_imports_to_the_same_zone(void **state)
{
    struct commands *commands = commands_make("c CENTRE . kind=hpc\np.c CRES . cpu=4\n");

    (void)state;
    expect_result(commands, "zone export", ARGS("compute.gba"),
                  "{\"zone\":\"compute.gba.\",\"serial\":1,\"names\":7,\"records\":13}");
    char *first = mem_text(commands->parts);
    char *path = write_zone(commands, "out.txt", first);
    assert_non_null(strstr(first, " ; CRES . cpu=4\n"));
    json_decref(commands_ask(commands, "zone import", ARGS("compute.gba", path)));
    json_decref(commands_ask(commands, "zone export", ARGS("compute.gba")));
    assert_string_equal(commands->parts, first);
    mem_free(first);
    mem_free(path);
    commands_end(commands);
}

static void fail_on_error(void *context, const struct err_at *at)
{
    (void)context;
    fail_msg("%s", at->text);
}

/* A producer in place of the one zone; the writer has nothing to do yet. */
static void make_producer(struct commands *commands)
{
    static const char text[] = "{store: {path: s}, zones: [{name: c.gba, catalog: producer,"
                               " name_servers: [ns.gba]}]}";
    const struct keeper_report report = {fail_on_error, NULL};
    struct server_conf *conf = NULL;
    assert_int_equal(server_conf_parse("/x", text, strlen(text), &conf, NULL), 0);
    assert_int_equal(keeper_apply(commands->context.keeper, conf, &report), 0);
    server_conf_free(conf);
}

static void zones_join_and_leave_a_catalog(void **state)
{
    struct commands *commands = commands_make("");
    char *path = write_zone(commands, "new.txt", good_zone);

    (void)state;
    make_producer(commands);
    expect_result(commands, "zone add", ARGS("compute.gba", path),
                  "{\"zone\":\"compute.gba.\",\"serial\":7,\"names\":3,\"records\":4,"
                  "\"catalog\":\"c.gba.\"}");
    expect_result(commands, "zone add", ARGS("new.gba", "", "C.gba"),
                  "{\"zone\":\"new.gba.\",\"serial\":1,\"names\":1,\"records\":2,"
                  "\"catalog\":\"c.gba.\"}");
    char *text = commands_fail(commands, "zone add", ARGS("new.gba"));
    assert_string_equal(text, "zone new.gba.: a catalog lists it already");
    mem_free(text);
    json_t *root = commands_ask(commands, "zone list", ARGS());
    const json_t *zones = json_object_get(json_object_get(root, "result"), "zones");
    const json_t *first = json_array_get(zones, 0), *last = json_array_get(zones, 2);
    assert_string_equal(json_string_value(json_object_get(first, "catalog")), "producer");
    assert_string_equal(json_string_value(json_object_get(last, "member_of")), "c.gba.");
    json_decref(root);
    expect_result(commands, "zone remove", ARGS("New.GBA"),
                  "{\"zone\":\"new.gba.\",\"catalog\":\"c.gba.\"}");
    mem_free(path);
    commands_end(commands);
}

struct wrong_case {
    const char *command;
    const char *args[3];
    const char *text;
};

static const struct wrong_case wrong[] = {
    {"zone import", {"other.zone", "/dev/null"}, "zone other.zone.: not configured on this server"},
    {"zone export", {"other.zone"}, "zone other.zone.: not configured on this server"},
    {"zone check", {"other.zone"}, "zone other.zone.: not configured on this server"},
    {"zone import", {"a..b", "/dev/null"}, "a..b is no zone name: syntax error"},
    {"zone import", {"compute.gba", "zone.txt"}, "the file needs an absolute path"},
    {"zone import", {"compute.gba", ""}, "the file needs an absolute path"},
    {"zone add", {"new.gba", "zone.txt"}, "the file needs an absolute path"},
    {"zone add", {"new.gba", ""}, "zone new.gba.: no producer of a catalog is configured"},
    {"zone remove", {"compute.gba"}, "zone compute.gba.: it is configured: no catalog lists it"},
    {"zone remove", {"other.zone"}, "zone other.zone.: not served here"},
};

static void wrong_arguments_are_named(void **state)
{
    struct commands *commands = commands_make("");

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *text = commands_fail(commands, wrong[i].command, wrong[i].args);
        assert_string_equal(text, wrong[i].text);
        mem_free(text);
    }
    char *text = commands_fail(commands, "zone import", ARGS("compute.gba", "/no/such/file"));
    assert_non_null(strstr(text, "/no/such/file"));
    mem_free(text);
    commands_end(commands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_listed),
        cmocka_unit_test(an_import_replaces_the_zone),
        cmocka_unit_test(a_broken_file_tells_all_its_errors_and_changes_nothing),
        cmocka_unit_test(a_journal_tells_how_far_back_it_reaches),
        cmocka_unit_test(a_check_changes_nothing),
        cmocka_unit_test(an_export_imports_to_the_same_zone),
        cmocka_unit_test(zones_join_and_leave_a_catalog),
        cmocka_unit_test(wrong_arguments_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
