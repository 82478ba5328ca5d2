#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/cli/verb.h"

static void add(struct cli_table *table, const char *name, const char *value)
{
    cli_table_add(table, name);
    cli_table_add(table, value);
}

/* "ok", or what is wrong, for how long, and what may still be written. */
static void add_store(struct cli_table *table, const json_t *status)
{
    static const char *const alarms[] = {"", ", low", ", too short to add records"};
    const char *state = cli_verb_text(status, "store_state");
    const char *error = cli_verb_text(status, "store_error");
    const json_int_t alarm = cli_verb_number(status, "store_alarm");
    char text[CLI_TEXT_MAX], line[200];

    if (state[0] == 0) {
        return; /* a server that does not say */
    }
    cli_text_span(text, cli_verb_number(status, "store_state_s"));
    snprintf(line, sizeof(line), error[0] ? "%s for %s, last error: %s" : "%s", state, text, error);
    add(table, "store state", line);
    cli_text_size(text, (uint64_t)cli_verb_number(status, "store_left"));
    snprintf(line, sizeof(line), "%s left%s", text, alarms[alarm == 1 || alarm == 2 ? alarm : 0]);
    add(table, "store room", line);
}

static void print(FILE *out, const json_t *status)
{
    struct cli_table *table = cli_table_create("ll");
    char text[CLI_TEXT_MAX], used[CLI_TEXT_MAX], line[200];

    add(table, "version", cli_verb_text(status, "version"));
    snprintf(line, sizeof(line), "%lld", (long long)cli_verb_number(status, "pid"));
    add(table, "process", line);
    add(table, "up", cli_text_span(text, cli_verb_number(status, "uptime_s")));
    add(table, "queries", cli_text_number(text, cli_verb_number(status, "queries")));
    add(table, "zones", cli_text_number(text, cli_verb_number(status, "zones")));
    if (cli_verb_number(status, "secondaries") > 0) {
        snprintf(line, sizeof(line), "%lld (%lld loading, %lld expired)",
                 (long long)cli_verb_number(status, "secondaries"),
                 (long long)cli_verb_number(status, "loading"),
                 (long long)cli_verb_number(status, "expired"));
        add(table, "secondary", line);
    }
    add(table, "names", cli_text_number(text, cli_verb_number(status, "names")));
    add(table, "records", cli_text_number(text, cli_verb_number(status, "records")));
    add(table, "leases", cli_text_number(text, cli_verb_number(status, "leases")));
    add(table, "zone data", cli_text_size(text, (uint64_t)cli_verb_number(status, "zone_octets")));
    cli_text_size(used, (uint64_t)cli_verb_number(status, "store_used"));
    cli_text_size(text, (uint64_t)cli_verb_number(status, "store_size"));
    snprintf(line, sizeof(line), "%s used of %s", used, text);
    add(table, "store", line);
    add_store(table, status);
    add(table, "log level", cli_verb_text(status, "log_level"));
    cli_table_print(table, out, 0);
    cli_table_destroy(table);
}

enum cli_client_status cli_status(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "status", &result);

    if (result) {
        print(call->out, result);
        json_decref(result);
    }
    return status;
}

enum cli_client_status cli_status_log_level(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "log-level", &result);

    if (result) {
        cli_text_put(call->out, cli_verb_text(result, "level"));
        fputc('\n', call->out);
        json_decref(result);
    }
    return status;
}
