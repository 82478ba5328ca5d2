#include "tools/cli/table.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "tools/cli/text.h"

enum { GAP = 2, PAD_MAX = 60 }; /* columns; a longer cell pushes its row, not all rows */

struct cli_table {
    const char *align;
    size_t columns;
    char **cells;
    size_t count;
};

struct cli_table *cli_table_create(const char *align)
{
    struct cli_table *table = mem_alloc(sizeof(*table));

    table->align = align;
    table->columns = strlen(align);
    return table;
}

void cli_table_destroy(struct cli_table *table)
{
    if (!table) {
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        mem_free(table->cells[i]);
    }
    mem_free(table->cells);
    mem_free(table);
}

void cli_table_add(struct cli_table *table, const char *text)
{
    if ((table->count & (table->count - 1)) == 0) { /* full at each power of two */
        table->cells = mem_grow(table->cells, 2 * table->count + 1, sizeof(char *));
    }
    table->cells[table->count++] = mem_text(text);
}

static size_t column_width(const struct cli_table *table, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < table->count; i += table->columns) {
        const size_t width = cli_text_width(table->cells[i]);
        if (width > widest && width <= PAD_MAX) {
            widest = width;
        }
    }
    return widest;
}

static void put_cell(FILE *out, const char *text, char align, size_t width, bool is_last)
{
    const size_t own = cli_text_width(text);
    const int pad = own < width ? (int)(width - own) : 0;

    if (align == 'r') {
        fprintf(out, "%*s", pad, "");
    }
    cli_text_put(out, text);
    if (!is_last) {
        fprintf(out, "%*s", (align == 'l' ? pad : 0) + GAP, "");
    }
}

void cli_table_print(const struct cli_table *table, FILE *out, int indent)
{
    size_t widths[16] = {0};

    for (size_t column = 0; column < table->columns && column < 16; column++) {
        widths[column] = column_width(table, column);
    }
    size_t at = 0; /* column of the next cell */
    for (size_t i = 0; i < table->count; i++) {
        const size_t column = at;
        const bool is_last = column + 1 == table->columns;
        if (column == 0) {
            fprintf(out, "%*s", indent, "");
        }
        put_cell(out, table->cells[i], table->align[column], widths[column], is_last);
        if (is_last) {
            fputc('\n', out);
        }
        at = is_last ? 0 : column + 1;
    }
}
