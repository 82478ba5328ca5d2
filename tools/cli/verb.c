#include "tools/cli/verb.h"

#include <string.h>

#include "tools/cli/table.h"

static const struct cli_verb verbs[] = {
#define SERVER false
#define HERE   true
#define VERB(name, handler, where, args_min, args_max, args, help)                                 \
    {name, handler, where, args_min, args_max, args, help},
#include "tools/cli/verb.def"
#undef VERB
#undef SERVER
#undef HERE
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

/* Options, as the program's main reads them: spelling, and what it takes. */
static const char *const options[][3] = {
    {"-s", "SOCKET", "control socket of the server"},
    {"--catalog", "NAME", "zone add: which one, where several are made"},
    {"--commands", "", "print all verbs and options, for the completion of shells"},
    {"--from", "ADDRESS", "explain: who asks, instead of 127.0.0.1"},
    {"--help", "[VERB]", "print this, or how one verb is used"},
    {"--json", "", "print the answer as JSON"},
    {"--version", "", "print the version"},
    {"--zone", "ZONE", "explain: whose pools, where several zones have some"},
};

enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

/* How many of the words name the verb: all of its own, or none. */
static size_t match(const struct cli_verb *verb, const char *const *words, size_t count)
{
    const char *at = verb->name;
    for (size_t i = 0; i < count; i++) {
        const size_t len = strcspn(at, " ");
        if (strlen(words[i]) != len || memcmp(words[i], at, len) != 0) {
            return 0;
        }
        if (at[len] == '\0') {
            return i + 1;
        }
        at += len + 1;
    }
    return 0;
}

const struct cli_verb *cli_verb_find(const char *const *words, size_t count, size_t *out_words)
{
    const struct cli_verb *found = NULL;
    *out_words = 0;
    for (size_t i = 0; i < VERBS; i++) {
        const size_t own = match(&verbs[i], words, count);
        if (own > *out_words) { /* explain update is no explain */
            found = &verbs[i];
            *out_words = own;
        }
    }
    return found;
}

static void add_term(struct cli_table *table, const char *name, const char *args, const char *help)
{
    char term[100];
    snprintf(term, sizeof(term), "%s%s%s", name, args[0] ? " " : "", args);
    cli_table_add(table, term);
    cli_table_add(table, help);
}

void cli_verb_print_usage(FILE *out)
{
    struct cli_table *table = cli_table_create("ll");

    fputs("usage: suanyu [-s SOCKET] [--json] [OPTION ...] VERB [ARGUMENT ...]\n\nVerbs:\n", out);
    for (size_t i = 0; i < VERBS; i++) {
        add_term(table, verbs[i].name, verbs[i].args, verbs[i].help);
    }
    cli_table_print(table, out, 2);
    cli_table_destroy(table);
    fputs("\nOptions:\n", out);
    table = cli_table_create("ll");
    for (size_t i = 0; i < OPTIONS; i++) {
        add_term(table, options[i][0], options[i][1], options[i][2]);
    }
    cli_table_print(table, out, 2);
    cli_table_destroy(table);
    fputs("\nThe socket is that of -s, else $SUANYU_SOCKET, else /run/suanyu/suanyud.sock.\n"
          "Exit status: 0 done, 1 the server said no, 2 wrong usage, 3 no server there.\n",
          out);
}

void cli_verb_print_help(FILE *out, const struct cli_verb *verb)
{
    fprintf(out, "usage: suanyu [-s SOCKET] [--json] %s%s%s\n%s\n", verb->name,
            verb->args[0] ? " " : "", verb->args, verb->help);
}

void cli_verb_print_commands(FILE *out)
{
    for (size_t i = 0; i < VERBS; i++) {
        fprintf(out, "%s\t%s\n", verbs[i].name, verbs[i].args);
    }
    for (size_t i = 0; i < OPTIONS; i++) {
        fprintf(out, "%s\t%s\n", options[i][0], options[i][1]);
    }
}

void cli_verb_print_json(FILE *out, const json_t *result)
{
    json_dumpf(result, out, JSON_COMPACT | JSON_ENCODE_ANY);
    fputc('\n', out);
}

enum cli_client_status cli_verb_ask(struct cli_call *call, const char *command, json_t **out_result)
{
    json_t *result = NULL;
    const enum cli_client_status status =
        cli_client_ask(call->client, command, call->args, call->arg_count, NULL, NULL, &result);

    if (!status && call->json) {
        cli_verb_print_json(call->out, result);
        json_decref(result);
        result = NULL;
    }
    *out_result = result;
    return status;
}

const char *cli_verb_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

json_int_t cli_verb_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}
