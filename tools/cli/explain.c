#include "tools/cli/verb.h"

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
        fprintf(out, "  rule %lld  %s%s\n", (long long)cli_verb_number(rule, "rule"),
                fails[0] ? "does not fit: " : "permits", fails);
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
