#include <string.h>

#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/cli/verb.h"

enum { INDENT = 2 };

/* Everything at a name is shown for people: records of our own types attribute by attribute, the
 * others as a table. The answer is described in server/ctl_show.c. */

static void put_heading(FILE *out, const json_t *record, json_int_t now_s, int indent)
{
    char text[CLI_TEXT_MAX];
    size_t i;
    json_t *attr;

    fprintf(out, "%*s", indent, "");
    cli_text_put(out, cli_verb_text(record, "type"));
    fprintf(out, "  (ttl %s", cli_text_span(text, cli_verb_number(record, "ttl")));
    json_array_foreach(json_object_get(record, "attrs"), i, attr)
    {
        if (strcmp(cli_verb_text(attr, "name"), "obs") == 0) {
            fprintf(out, ", observed %s",
                    cli_text_age(text, cli_verb_number(attr, "number"), now_s));
        }
    }
    fputs(")\n", out);
}

static void put_attrs(FILE *out, const json_t *record, json_int_t now_s, int indent)
{
    struct cli_table *table = cli_table_create("ll");
    size_t i;
    json_t *attr;

    put_heading(out, record, now_s, indent);
    json_array_foreach(json_object_get(record, "attrs"), i, attr)
    {
        cli_table_add(table, cli_verb_text(attr, "name"));
        cli_table_add(table, cli_verb_text(attr, "pretty"));
    }
    cli_table_print(table, out, indent + INDENT);
    cli_table_destroy(table);
}

static bool has_attrs(const json_t *record)
{
    return json_array_size(json_object_get(record, "attrs")) > 0;
}

static void put_records(FILE *out, const json_t *records, json_int_t now_s, int indent)
{
    struct cli_table *others = cli_table_create("lrl");
    char text[CLI_TEXT_MAX];
    size_t i;
    json_t *record;

    json_array_foreach(records, i, record)
    {
        if (has_attrs(record)) {
            put_attrs(out, record, now_s, indent);
        }
    }
    json_array_foreach(records, i, record)
    {
        if (!has_attrs(record)) {
            cli_table_add(others, cli_verb_text(record, "type"));
            cli_table_add(others, cli_text_span(text, cli_verb_number(record, "ttl")));
            cli_table_add(others, cli_verb_text(record, "text"));
        }
    }
    cli_table_print(others, out, indent);
    cli_table_destroy(others);
}

static void put_pools(FILE *out, const json_t *result, json_int_t now_s)
{
    const json_t *pools = json_object_get(result, "pools");
    const json_int_t total = cli_verb_number(result, "pools_total");
    const json_int_t shown = (json_int_t)json_array_size(pools);
    size_t i;
    json_t *pool;

    if (total == 0) {
        return;
    }
    fprintf(out, "\n%lld %s", (long long)total, total == 1 ? "pool" : "pools");
    if (shown < total) {
        fprintf(out, ", %lld shown", (long long)shown);
    }
    fputc('\n', out);
    json_array_foreach(pools, i, pool)
    {
        fputc('\n', out);
        cli_text_put(out, cli_verb_text(pool, "name"));
        fputc('\n', out);
        put_records(out, json_object_get(pool, "records"), now_s, INDENT);
    }
}

static void put_totals(FILE *out, const json_t *result)
{
    size_t i;
    json_t *total;

    if (json_array_size(json_object_get(result, "totals")) == 0) {
        return;
    }
    struct cli_table *table = cli_table_create("llr");
    fputs("\nTotal of all pools\n", out);
    json_array_foreach(json_object_get(result, "totals"), i, total)
    {
        const json_int_t pools = cli_verb_number(total, "pools");
        char from[60];
        snprintf(from, sizeof(from), "(%lld %s)", (long long)pools, pools == 1 ? "pool" : "pools");
        cli_table_add(table, cli_verb_text(total, "name"));
        cli_table_add(table, cli_verb_text(total, "pretty"));
        cli_table_add(table, from);
    }
    cli_table_print(table, out, INDENT);
    cli_table_destroy(table);
}

static void print(FILE *out, const json_t *result)
{
    const json_int_t now_s = cli_verb_number(result, "now");

    cli_text_put(out, cli_verb_text(result, "name"));
    fputs("  in ", out);
    cli_text_put(out, cli_verb_text(result, "zone"));
    fprintf(out, " serial %lld\n", (long long)cli_verb_number(result, "serial"));
    put_records(out, json_object_get(result, "records"), now_s, INDENT);
    put_pools(out, result, now_s);
    put_totals(out, result);
    if (json_is_true(json_object_get(result, "cut"))) {
        fputs("\nSome records were left out: there are too many.\n", out);
    }
}

enum cli_client_status cli_show(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "show", &result);

    if (result) {
        print(call->out, result);
        json_decref(result);
    }
    return status;
}
