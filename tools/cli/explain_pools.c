#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/cli/verb.h"

/* What a requirement or a service gets. The answer is described in server/ctl_explain_choice.c. */

enum { INDENT = 2, POINT = 1000, COLUMNS_MAX = 24, WHY_MAX = 400 };

/* The arguments as one text of words, from malloc. */
static char *join(const struct cli_call *call)
{
    size_t len = 1;
    for (size_t i = 0; i < call->arg_count; i++) {
        len += strlen(call->args[i]) + 1;
    }
    char *text = mem_alloc(len);
    char *at = text;
    for (size_t i = 0; i < call->arg_count; i++) {
        at += snprintf(at, (size_t)(text + len - at), "%s%s", i > 0 ? " " : "", call->args[i]);
    }
    return text;
}

static void add_points(struct cli_table *table, json_int_t thousandths, const char *mark)
{
    char text[CLI_TEXT_MAX];
    snprintf(text, sizeof(text), "%s%lld.%03lld", mark, (long long)thousandths / POINT,
             (long long)thousandths % POINT);
    cli_table_add(table, text);
}

static void add_age(struct cli_table *table, const json_t *pool)
{
    const json_t *age = json_object_get(pool, "age_s");
    char text[CLI_TEXT_MAX];
    cli_table_add(table, json_is_integer(age) ? cli_text_span(text, json_integer_value(age)) : "-");
}

static bool is_unknown(const json_t *pool, const char *policy)
{
    size_t i;
    const json_t *name;
    json_array_foreach(json_object_get(pool, "unknown_terms"), i, name)
    {
        if (strcmp(json_string_value(name), policy) == 0) {
            return true;
        }
    }
    return false;
}

static bool fits(const json_t *pool)
{
    return strcmp(cli_verb_text(pool, "reason"), "FITS") == 0;
}

static void put_weights(FILE *out, const json_t *weights)
{
    const char *name;
    json_t *weight;
    const char *between = "";
    json_object_foreach((json_t *)weights, name, weight)
    {
        fprintf(out, "%s%s:%lld", between, name, (long long)json_integer_value(weight));
        between = ",";
    }
}

static void put_limits(FILE *out, const json_t *result)
{
    fprintf(out, "; load reports count for %lld s", (long long)cli_verb_number(result, "maxage_s"));
    if (cli_verb_number(result, "high") > 0) {
        fprintf(out, "; less from %lld %% busy, none from %lld %%",
                (long long)cli_verb_number(result, "low"),
                (long long)cli_verb_number(result, "high"));
    }
    fputc('\n', out);
}

/* What told where the asker is. */
static const char *place_words(const char *place)
{
    static const char *const words[][2] = {
        {"near", "the place is that of near-"},
        {"table", "placed by the table of regions"},
        {"file", "placed by the file of addresses"},
        {"nowhere", "nobody says where that is"},
    };
    return cli_text_words(words, sizeof(words) / sizeof(words[0]), place);
}

static void put_head(FILE *out, const json_t *result)
{
    const char *name = cli_verb_text(result, "name");
    const char *policy = cli_verb_text(result, "policy");
    const char *words = cli_verb_text(result, "requirement");
    const char *group = cli_verb_text(result, "group");
    char text[CLI_TEXT_MAX];

    if (name[0]) {
        cli_text_put(out, name);
        fputs(" asks for ", out);
    }
    cli_text_put(out, words[0] ? words : "any pool");
    fputs("  in ", out);
    cli_text_put(out, cli_verb_text(result, "zone"));
    fprintf(out, " serial %lld, table %lld\n", (long long)cli_verb_number(result, "serial"),
            (long long)cli_verb_number(result, "table"));
    fputs("  by ", out);
    put_weights(out, json_object_get(result, "weights"));
    if (policy[0]) {
        fputs(" (policy ", out);
        cli_text_put(out, policy);
        fputc(')', out);
    }
    put_limits(out, result);
    fputs("  asked from ", out);
    cli_text_put(out, cli_verb_text(result, "from"));
    fprintf(out, " (%s)%s\n", place_words(cli_verb_text(result, "place")),
            json_is_true(json_object_get(result, "uses_place")) ? "" : ", which does not matter");
    if (group[0]) {
        fputs("  of group ", out);
        cli_text_put(out, group);
        fputc('\n', out);
    }
    fprintf(
        out, "  %lld of %lld pools fit, %lld answered, %lld as equals; holds for %s\n",
        (long long)cli_verb_number(result, "fits"),
        (long long)cli_verb_number(result, "considered"),
        (long long)cli_verb_number(result, "answered"), (long long)cli_verb_number(result, "equal"),
        cli_text_span(text, cli_verb_number(result, "until_s") - cli_verb_number(result, "now_s")));
    if (cli_verb_number(result, "sticky_s") > 0) {
        fputs("  sticky: first stays ", out);
        cli_text_put(out, cli_verb_text(result, "first"));
        fprintf(out, " for %s\n", cli_text_span(text, cli_verb_number(result, "sticky_s")));
    }
}

static void add_fitting(struct cli_table *table, const json_t *pool, const json_t *weights)
{
    const json_t *rank = json_object_get(pool, "rank");
    const json_t *terms = json_object_get(pool, "terms");
    char text[CLI_TEXT_MAX];
    const char *name;
    json_t *weight;

    cli_table_add(table,
                  json_is_integer(rank) ? cli_text_number(text, json_integer_value(rank)) : "-");
    cli_table_add(table, cli_verb_text(pool, "name"));
    add_points(table, cli_verb_number(pool, "score"), "");
    json_object_foreach((json_t *)weights, name, weight)
    {
        add_points(table, cli_verb_number(terms, name), is_unknown(pool, name) ? "?" : "");
    }
    add_age(table, pool);
}

static void put_fitting(FILE *out, const json_t *result)
{
    const json_t *weights = json_object_get(result, "weights");
    char align[COLUMNS_MAX] = "rlr";
    size_t i;
    const char *name;
    json_t *value;

    if (cli_verb_number(result, "fits") == 0) {
        return;
    }
    memset(align + 3, 'r', json_object_size(weights) + 1);
    struct cli_table *table = cli_table_create(align);
    cli_table_add(table, "");
    cli_table_add(table, "chosen");
    cli_table_add(table, "score");
    json_object_foreach((json_t *)weights, name, value)
    {
        cli_table_add(table, name);
    }
    cli_table_add(table, "age");
    json_array_foreach(json_object_get(result, "pools"), i, value)
    {
        if (fits(value)) {
            add_fitting(table, value, weights);
        }
    }
    fputc('\n', out);
    cli_table_print(table, out, INDENT);
    cli_table_destroy(table);
}

/* A row of sched/choose/reason.def in words; the test that it failed stands behind it. */
static const char *reason_words(const char *reason)
{
    static const char *const words[][2] = {
        {"MEMBER", "no member"},
        {"GROUP", "of no group"},
        {"CLOSED", "closed"},
        {"LACKS", "lacks"},
        {"DATA", "without the data"},
        {"STALE", "its load report is old"},
        {"FAILED", "failed"},
        {"FULL", "full for"},
        {"LIMIT", "beyond"},
        {"SHED", "too busy"},
        {"PATH", "too far for"},
        {"SPARE", "kept for overflow"},
        {"SPREAD", "too near to others"},
    };
    return cli_text_words(words, sizeof(words) / sizeof(words[0]), reason);
}

static void add_rejected(struct cli_table *table, const json_t *pool)
{
    const bool is_missing = json_is_true(json_object_get(pool, "unknown"));
    const char *seen = cli_verb_text(pool, "seen");
    const char *test = cli_verb_text(pool, "test");
    char why[WHY_MAX];
    snprintf(why, sizeof(why), "%s%s%s", reason_words(cli_verb_text(pool, "reason")),
             test[0] ? " " : "", test);
    cli_table_add(table, cli_verb_text(pool, "name"));
    cli_table_add(table, why);
    cli_table_add(table, is_missing ? "unknown" : seen[0] ? seen : "-");
    const char *limit = cli_verb_text(pool, "asked");
    cli_table_add(table, limit[0] ? limit : "-");
    add_age(table, pool);
}

static void put_rejected(FILE *out, const json_t *result)
{
    size_t i, count = 0;
    json_t *pool;
    struct cli_table *table = cli_table_create("llllr");
    static const char *const heads[] = {"not chosen", "why", "seen", "asked", "age"};

    for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        cli_table_add(table, heads[i]);
    }
    json_array_foreach(json_object_get(result, "pools"), i, pool)
    {
        if (!fits(pool)) {
            add_rejected(table, pool);
            count++;
        }
    }
    if (count > 0) {
        fputc('\n', out);
        cli_table_print(table, out, INDENT);
    }
    cli_table_destroy(table);
    if (json_is_true(json_object_get(result, "cut"))) {
        fputs("\nSome pools were left out: there are too many.\n", out);
    }
}

enum cli_client_status cli_explain(struct cli_call *call)
{
    json_t *result;
    char *words = join(call);
    const char *const args[] = {words, call->from ? call->from : "", call->zone ? call->zone : ""};
    struct cli_call whole = *call;
    whole.args = args;
    whole.arg_count = sizeof(args) / sizeof(args[0]);
    const enum cli_client_status status = cli_verb_ask(&whole, "explain", &result);

    if (result) {
        put_head(call->out, result);
        put_fitting(call->out, result);
        put_rejected(call->out, result);
        json_decref(result);
    }
    mem_free(words);
    return status;
}
