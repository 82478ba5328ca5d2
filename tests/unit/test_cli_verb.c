#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "server/ctl_cmd.h"
#include "tools/cli/verb.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__})

struct find_case {
    const char *words[3];
    size_t count;
    const char *verb; /* NULL: none */
    size_t own;
};

static const struct find_case finds[] = {
    {{"status"}, 1, "status", 1},
    {{"show", "a.b"}, 2, "show", 1},
    {{"zone", "import", "z"}, 3, "zone import", 2},
    {{"zone", "list"}, 2, "zone list", 2},
    {{"explain", "a.b"}, 2, "explain", 1},
    {{"explain", "update", "k"}, 3, "explain update", 2},
    {{"zone"}, 1, NULL, 0},
    {{"zone", "lis"}, 2, NULL, 0},
    {{"zone list"}, 1, NULL, 0},
    {{"stat"}, 1, NULL, 0},
    {{"statuss"}, 1, NULL, 0},
    {{""}, 1, NULL, 0},
    {{"status"}, 0, NULL, 0},
};

static void a_verb_is_found_by_all_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
        size_t own = 0;
        const struct cli_verb *verb = cli_verb_find(finds[i].words, finds[i].count, &own);
        if (!finds[i].verb) {
            assert_null(verb);
            continue;
        }
        assert_non_null(verb);
        assert_string_equal(verb->name, finds[i].verb);
        assert_int_equal(own, finds[i].own);
    }
}

static char *print(void (*printer)(FILE *out))
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    printer(out);
    fclose(out);
    return text;
}

/* The form that the completion of shells reads. */
static void commands_are_lines_of_words_tab_and_arguments(void **state)
{
    char *text = print(cli_verb_print_commands);

    (void)state;
    assert_non_null(strstr(text, "show\tNAME\n"));
    assert_non_null(strstr(text, "zone import\tZONE FILE\n"));
    assert_non_null(strstr(text, "status\t\n"));
    assert_non_null(strstr(text, "-s\tSOCKET\n"));
    assert_non_null(strstr(text, "--json\t\n"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_ptr_equal(strchr(line, '\t'), strrchr(line, '\t'));
        assert_non_null(strchr(line, '\t'));
    }
    free(text);
}

static void usage_lists_every_verb_within_100_columns(void **state)
{
    char *text = print(cli_verb_print_usage);

    (void)state;
    assert_non_null(strstr(text, "\n  zone import ZONE FILE  "));
    assert_non_null(strstr(text, "\n  --json "));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_in_range(strlen(line), 1, 100);
    }
    free(text);
}

static void help_tells_of_one_verb(void **state)
{
    size_t own, len;
    const struct cli_verb *verb = cli_verb_find(WORDS("zone", "check"), 2, &own);
    char *text = NULL;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    cli_verb_print_help(out, verb);
    fclose(out);
    assert_ptr_equal(strstr(text, "usage: suanyu [-s SOCKET] [--json] zone check ZONE [FILE]\n"),
                     text);
    free(text);
}

/* Both ends have a table: the server's must know every verb and take what the program lets pass. */
static void the_server_knows_every_verb(void **state)
{
    size_t count;
    const struct ctl_command *commands = ctl_cmd_table(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        char name[100];
        const char *words[2];
        size_t words_count = 0, own;
        snprintf(name, sizeof(name), "%s", commands[i].name);
        for (char *word = strtok(name, " "); word; word = strtok(NULL, " ")) {
            words[words_count++] = word;
        }
        const struct cli_verb *verb = cli_verb_find(words, words_count, &own);
        assert_non_null(verb);
        assert_string_equal(verb->name, commands[i].name);
        assert_int_equal(verb->args_min, commands[i].args_min);
        const size_t options = strcmp(verb->name, "zone add") == 0; /* --catalog is its last word */
        assert_true(verb->args_max + options >= commands[i].args_max);
    }
}

static void fields_that_are_missing_are_empty(void **state)
{
    json_t *object = json_pack("{s:s,s:i}", "text", "a", "number", 7);

    (void)state;
    assert_string_equal(cli_verb_text(object, "text"), "a");
    assert_string_equal(cli_verb_text(object, "number"), "");
    assert_string_equal(cli_verb_text(NULL, "x"), "");
    assert_int_equal(cli_verb_number(object, "number"), 7);
    assert_int_equal(cli_verb_number(object, "text"), 0);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verb_is_found_by_all_its_words),
        cmocka_unit_test(commands_are_lines_of_words_tab_and_arguments),
        cmocka_unit_test(usage_lists_every_verb_within_100_columns),
        cmocka_unit_test(help_tells_of_one_verb),
        cmocka_unit_test(the_server_knows_every_verb),
        cmocka_unit_test(fields_that_are_missing_are_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
