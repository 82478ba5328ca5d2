#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/rand.h"
#include "tools/cli/table.h"
#include "tools/cli/verb.h"
#include "zones/dns_text_octets.h"
#include "zones/dns_tsig_key.h"

enum { SECRET_MAX = 64, TEXT_MAX = 100 }; /* octets of the longest hash; of its base64 */

/* Made here, not by the server: a new secret is nobody's business but its owner's. As long as the
 * algorithm's hash (RFC 8945 section 8). */
enum cli_client_status cli_key_generate(struct cli_call *call)
{
    const char *algorithm = call->arg_count > 1 ? call->args[1] : "hmac-sha256";
    const struct dns_tsig_algorithm *row = dns_tsig_algorithm_parse(algorithm, strlen(algorithm));
    if (!row) {
        fprintf(stderr, "suanyu: %s is no algorithm: hmac-sha256, hmac-sha384, hmac-sha512\n",
                algorithm);
        return CLI_CLIENT_USAGE;
    }
    uint8_t secret[SECRET_MAX];
    char text[TEXT_MAX];
    struct wr wr = wr_make(text, sizeof(text) - 1);
    rand_system()->fill(rand_system(), secret, row->octets);
    dns_text_octets_print_base64(secret, row->octets, &wr);
    text[wr_len(&wr)] = '\0';
    if (call->json) {
        json_t *key = json_pack("{s:s,s:s,s:s}", "name", call->args[0], "algorithm", row->text,
                                "secret", text);
        cli_verb_print_json(call->out, key);
        json_decref(key);
        return CLI_CLIENT_OK;
    }
    fprintf(call->out, "keys:\n  - name: %s\n    algorithm: %s\n    secret: %s\n", call->args[0],
            row->text, text);
    fprintf(call->out, "# nsupdate -y %s:%s:%s\n", row->text, call->args[0], text);
    return CLI_CLIENT_OK;
}

/* Rules of one sort: " update 1,3". */
static void put_rules(FILE *out, const json_t *zone, const char *sort)
{
    size_t i;
    const json_t *rule;
    const json_t *rules = json_object_get(zone, sort);
    if (json_array_size(rules) > 0) {
        fprintf(out, " %s ", sort);
    }
    json_array_foreach(rules, i, rule)
    {
        fprintf(out, "%s%lld", i > 0 ? "," : "", (long long)json_integer_value(rule));
    }
}

/* What a key is good for; for free(). */
static char *print_uses(const json_t *key)
{
    char *text = NULL;
    size_t len, i;
    const json_t *zone;
    const json_t *zones = json_object_get(key, "zones");
    FILE *out = open_memstream(&text, &len);
    if (!out) {
        return NULL;
    }
    json_array_foreach(zones, i, zone)
    {
        fprintf(out, "%s%s", i > 0 ? "; " : "", cli_verb_text(zone, "zone"));
        put_rules(out, zone, "transfer");
        put_rules(out, zone, "update");
        fputs(json_is_true(json_object_get(zone, "notify")) ? " notify" : "", out);
    }
    if (json_array_size(zones) == 0) {
        fputs("no rule asks for it", out);
    }
    fclose(out);
    return text;
}

enum cli_client_status cli_key_list(struct cli_call *call)
{
    json_t *result;
    const enum cli_client_status status = cli_verb_ask(call, "key list", &result);
    if (!result) {
        return status;
    }
    size_t i;
    const json_t *key;
    struct cli_table *table = cli_table_create("llll");
    json_array_foreach(json_object_get(result, "keys"), i, key)
    {
        char *uses = print_uses(key);
        cli_table_add(table, cli_verb_text(key, "name"));
        cli_table_add(table, cli_verb_text(key, "algorithm"));
        cli_table_add(table, cli_verb_text(key, "from"));
        cli_table_add(table, uses ? uses : "");
        free(uses);
    }
    cli_table_print(table, call->out, 0);
    cli_table_destroy(table);
    json_decref(result);
    return status;
}
