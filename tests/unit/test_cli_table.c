#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/table.h"

static void expect(const char *align, const char *const *cells, int indent, const char *wanted)
{
    struct cli_table *table = cli_table_create(align);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    for (; *cells; cells++) {
        cli_table_add(table, *cells);
    }
    cli_table_print(table, out, indent);
    fclose(out);
    assert_string_equal(text, wanted);
    cli_table_destroy(table);
    free(text);
}

#define CELLS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void columns_are_aligned_left_and_right(void **state)
{
    (void)state;
    expect("lrl", CELLS("NAME", "COUNT", "TEXT", "a", "1,000", "x", "longer", "7", "y"), 0,
           "NAME    COUNT  TEXT\n"
           "a       1,000  x\n"
           "longer      7  y\n");
}

static void rows_are_indented_and_not_padded_at_their_end(void **state)
{
    (void)state;
    expect("ll", CELLS("a", "b", "cc", "dd"), 4, "    a   b\n    cc  dd\n");
    expect("l", CELLS("a", "bbb"), 0, "a\nbbb\n");
    expect("r", CELLS("a", "bbb"), 0, "  a\nbbb\n");
}

static void wide_characters_count_as_two_columns(void **state)
{
    (void)state;
    expect("ll", CELLS("\xe7\xae\x97", "x", "abcd", "y"), 0, "\xe7\xae\x97    x\nabcd  y\n");
}

static void one_very_long_cell_does_not_push_all_rows(void **state)
{
    char longest[101], wanted[200];

    (void)state;
    memset(longest, 'n', 100);
    longest[100] = '\0';
    snprintf(wanted, sizeof(wanted), "%s  x\nb  y\n", longest);
    expect("ll", CELLS(longest, "x", "b", "y"), 0, wanted);
}

static void a_table_without_rows_prints_nothing(void **state)
{
    (void)state;
    expect("ll", (const char *const[]){NULL}, 2, "");
    cli_table_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned_left_and_right),
        cmocka_unit_test(rows_are_indented_and_not_padded_at_their_end),
        cmocka_unit_test(wide_characters_count_as_two_columns),
        cmocka_unit_test(one_very_long_cell_does_not_push_all_rows),
        cmocka_unit_test(a_table_without_rows_prints_nothing),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
