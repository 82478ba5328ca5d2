#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/cli/verb.h"

/* The time that a share of the answers did not exceed: the bound of the first bucket that reaches
 * it. 0 when there are no answers. */
static uint64_t share_ns(const json_t *times, unsigned share_of_100)
{
    const json_t *buckets = json_object_get(times, "le");
    const json_int_t count = cli_verb_number(times, "count");
    size_t i;
    json_t *bucket;

    json_array_foreach(buckets, i, bucket)
    {
        const json_int_t up_to = json_integer_value(json_array_get(bucket, 1));
        if (up_to / 100 >= count / 100 || up_to * 100 >= count * (json_int_t)share_of_100) {
            return (uint64_t)json_integer_value(json_array_get(bucket, 0));
        }
    }
    return 0;
}

static void print_times(FILE *out, const json_t *times)
{
    const json_int_t count = cli_verb_number(times, "count");
    char mean[CLI_TEXT_MAX], half[CLI_TEXT_MAX], most[CLI_TEXT_MAX];

    if (count <= 0) {
        return;
    }
    fprintf(out, "\nAn answer took %s on average; 50 %% took up to %s, 99 %% up to %s.\n",
            cli_text_ns(mean, (uint64_t)(cli_verb_number(times, "sum") / count)),
            cli_text_ns(half, share_ns(times, 50)), cli_text_ns(most, share_ns(times, 99)));
}

static void print(FILE *out, json_t *stats)
{
    struct cli_table *table = cli_table_create("lr");
    char text[CLI_TEXT_MAX];
    unsigned zeros = 0;
    const char *name;
    json_t *value;

    json_object_foreach(json_object_get(stats, "counters"), name, value)
    {
        if (json_integer_value(value) == 0) {
            zeros++;
            continue;
        }
        cli_table_add(table, name);
        cli_table_add(table, cli_text_number(text, json_integer_value(value)));
    }
    cli_table_print(table, out, 0);
    cli_table_destroy(table);
    if (zeros > 0) {
        fprintf(out, "%u other counters are 0.\n", zeros);
    }
    print_times(out, json_object_get(stats, "answer_ns"));
}

enum cli_client_status cli_stats(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "stats", &result);

    if (result) {
        print(call->out, result);
        json_decref(result);
    }
    return status;
}
