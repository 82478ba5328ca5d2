#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/cli/verb.h"

static void print(FILE *out, const json_t *result)
{
    struct cli_table *table = cli_table_create("llrrl");
    char text[CLI_TEXT_MAX];
    const json_t *leases = json_object_get(result, "leases");
    const long long total = (long long)cli_verb_number(result, "total");
    const long long shown = (long long)json_array_size(leases);
    const json_t *lease;
    size_t i;

    cli_table_add(table, "OWNER");
    cli_table_add(table, "TYPE");
    cli_table_add(table, "LEFT");
    cli_table_add(table, "GRANTED");
    cli_table_add(table, "RECORD");
    json_array_foreach(leases, i, lease)
    {
        cli_table_add(table, cli_verb_text(lease, "owner"));
        cli_table_add(table, cli_verb_text(lease, "type"));
        cli_table_add(table, cli_text_span(text, cli_verb_number(lease, "left")));
        cli_table_add(table, cli_text_span(text, cli_verb_number(lease, "granted")));
        cli_table_add(table, cli_verb_text(lease, "text"));
    }
    cli_table_print(table, out, 0);
    cli_table_destroy(table);
    if (shown < total) {
        fprintf(out, "%lld of %lld leases, those that end first\n", shown, total);
    }
}

enum cli_client_status cli_lease_list(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "lease list", &result);

    if (result) {
        print(call->out, result);
        json_decref(result);
    }
    return status;
}
