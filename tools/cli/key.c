#include <string.h>

#include "base/bytes.h"
#include "base/rand.h"
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
