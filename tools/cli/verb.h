/* Verbs of the program suanyu, by table: rows in tools/cli/verb.def, a function each, in the file
 * of its noun. A verb asks the server and prints the answer, for people or (json) as it came.
 * Prefix: cli_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tools/cli/client.h"

/* One use of a verb. All borrowed. */
struct cli_call {
    struct cli_client *client;
    const char *const *args;
    size_t arg_count;
    const char *catalog;     /* option of zone add; NULL: not given, as those below */
    const char *from, *zone; /* options of explain */
    bool json;
    FILE *out;
};

struct cli_verb {
    const char *name; /* one word or two */
    enum cli_client_status (*run)(struct cli_call *call);
    bool is_here; /* needs no server: call->client is NULL */
    size_t args_min, args_max;
    const char *args; /* for people */
    const char *help;
};

/* The verb that the first words name; NULL when there is none. Shape: words terminated; *out_words
 * are those of the verb. Units: words. Errors: NULL. Source: none. */
const struct cli_verb *cli_verb_find(const char *const *words, size_t count, size_t *out_words);

/* Print how the program is used. Shape: text. Units: none. Errors: kept in out. Source: none. */
void cli_verb_print_usage(FILE *out);

/* Print how one verb is used. Shape: text. Units: none. Errors: kept in out. Source: none. */
void cli_verb_print_help(FILE *out, const struct cli_verb *verb);

/* Print all verbs, and options, for the completion of shells. Shape: a line each: words, then
 * after a tab what it takes. Units: none. Errors: kept in out. Source: none. */
void cli_verb_print_commands(FILE *out);

/* Ask the server with the call's arguments; with json print the result and give none.
 * Shape:  *out_result is the caller's, NULL when there is nothing (more) to print.
 * Units:  none.
 * Errors: as cli_client_ask.
 * Source: none. */
enum cli_client_status cli_verb_ask(struct cli_call *call, const char *command,
                                    json_t **out_result);

/* Print a result as it came, in one line. Shape: JSON. Units: none. Errors: kept in out.
 * Source: RFC 8259. */
void cli_verb_print_json(FILE *out, const json_t *result);

/* A field of an answer as text, "" when it is not there. Shape: borrowed. Units: none.
 * Errors: none. Source: none. */
const char *cli_verb_text(const json_t *object, const char *key);

/* A field of an answer as number, 0 when it is not there. Shape: none. Units: the field's.
 * Errors: none. Source: none. */
json_int_t cli_verb_number(const json_t *object, const char *key);

#define VERB(name, handler, ...) enum cli_client_status handler(struct cli_call *call);
#include "tools/cli/verb.def"
#undef VERB
