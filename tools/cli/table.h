/* Table: cells that are printed in aligned columns. Owns copies of its texts. One thread. */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct cli_table;

/* Make a table; a letter a column: l left, r right. Shape: align borrowed for its life; ended by
 * cli_table_destroy. Units: none. Errors: aborts without memory. Source: none. */
struct cli_table *cli_table_create(const char *align);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void cli_table_destroy(struct cli_table *table);

/* Add the next cell, row by row. Shape: terminated UTF-8, copied. Units: none. Errors: aborts
 * without memory. Source: none. */
void cli_table_add(struct cli_table *table, const char *text);

/* Print all rows; the last column is not padded. Shape: the cells fill whole rows. Units: indent
 * in columns. Errors: kept in out. Source: none. */
void cli_table_print(const struct cli_table *table, FILE *out, int indent);
