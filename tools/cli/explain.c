#include <string.h>

#include "tools/cli/text.h"
#include "tools/cli/verb.h"

/* What a rule asks beside: nothing when it asks nothing. */
static void print_bounds(FILE *out, const json_t *rule)
{
    const long long records = cli_verb_number(rule, "records_max");
    const long long rate = cli_verb_number(rule, "rate");
    if (records > 0) {
        fprintf(out, ", at most %lld records a message", records);
    }
    if (rate > 0) {
        fprintf(out, ", at most %lld messages a second", rate);
    }
    if (strcmp(cli_verb_text(rule, "durability"), "relaxed") == 0) {
        fputs(", answered before it is on disk", out);
    }
}

/* Why a rule does not fit, in words. */
static const char *reason(const char *fails)
{
    static const char *const words[][2] = {
        {"key", "it asks for another key"},
        {"transport", "it is for another transport"},
        {"local", "it takes unsigned updates, and those of this machine alone"},
        {"source", "it is for other networks"},
        {"type", "it is for other types"},
        {"owner", "it is for other names"},
    };
    return cli_text_words(words, sizeof(words) / sizeof(words[0]), fails);
}

static void print(FILE *out, const json_t *result)
{
    size_t i;
    const json_t *rule;
    const long long decided = cli_verb_number(result, "rule");

    if (decided > 0) {
        fprintf(out, "permitted by update rule %lld of zone %s\n", decided,
                cli_verb_text(result, "zone"));
    } else {
        fprintf(out, "refused: no update rule of zone %s permits it\n",
                cli_verb_text(result, "zone"));
    }
    json_array_foreach(json_object_get(result, "rules"), i, rule)
    {
        const char *fails = cli_verb_text(rule, "fails");
        fprintf(out, "  rule %lld  %s%s", (long long)cli_verb_number(rule, "rule"),
                fails[0] ? "does not fit: " : "permits it", reason(fails));
        if (!fails[0]) {
            print_bounds(out, rule);
        }
        fputc('\n', out);
    }
}

enum cli_client_status cli_explain_update(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "explain update", &result);

    if (result) {
        print(call->out, result);
        json_decref(result);
    }
    return status;
}
