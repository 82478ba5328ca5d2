#include "server/ask_soa.h"

#include <string.h>

#include "base/mem.h"
#include "base/rand.h"
#include "server/ask.h"
#include "zones/dns_type.h"

struct ask_soa {
    struct ask *ask;
    struct rules *rules;
    struct mac *mac;
    const struct clock *clock;
    const struct dns_tsig_key *key;
    struct dns_tsig_client tsig; /* with a key */
    const char *why;
    void (*on_done)(void *context, const struct request_soa *soa, const char *why);
    void *context;
    uint8_t zone[DNS_NAME_MAX];
};

static void destroy(struct ask_soa *ask)
{
    rules_unref(ask->rules);
    mem_free(ask);
}

static bool is_verified(struct ask_soa *ask, const uint8_t *data, size_t len)
{
    if (!ask->key) {
        return true;
    }
    uint64_t now_s = (uint64_t)ask->clock->wall_s(ask->clock);
    enum dns_tsig_client_verdict verdict = dns_tsig_client_verify(
        &ask->tsig, ask->mac, data, len, request_find_tsig(data, len), now_s);
    if (verdict != DNS_TSIG_CLIENT_GOOD) {
        ask->why = verdict == DNS_TSIG_CLIENT_BAD ? "bad signature" : request_tsig_text(&ask->tsig);
    }
    return verdict == DNS_TSIG_CLIENT_GOOD;
}

static bool on_answer(void *context, const uint8_t *data, size_t len)
{
    struct ask_soa *ask = context;
    struct request_soa soa;
    if (!is_verified(ask, data, len) || request_read_soa(ask->zone, data, len, &soa)) {
        return false;
    }
    ask->on_done(ask->context, &soa, NULL);
    destroy(ask);
    return true;
}

static void on_failed(void *context, int err)
{
    struct ask_soa *ask = context;
    (void)err;
    ask->on_done(ask->context, NULL, ask->why);
    destroy(ask);
}

int ask_soa_start(struct loop *loop, const struct ask_soa_options *options,
                  struct ask_soa **out_ask)
{
    struct ask_soa *ask = mem_alloc(sizeof(*ask));
    const struct secondary_zone *secondary = options->secondary;
    uint8_t buffer[REQUEST_MAX];
    struct wr wr = wr_make(buffer, sizeof(buffer));
    struct request_what what = {secondary->zone, DNS_TYPE_SOA, NULL,
                                (uint16_t)rand_u64(rand_system())};
    ask->rules = rules_ref(options->rules);
    ask->mac = options->mac;
    ask->clock = options->clock;
    ask->why = "no answer";
    ask->on_done = options->on_done;
    ask->context = options->context;
    memcpy(ask->zone, secondary->zone, dns_name_len(secondary->zone));
    uint64_t now_s = (uint64_t)ask->clock->wall_s(ask->clock);
    int err = request_key(ask->rules, secondary->key, &ask->key);
    err = err ? err : request_write(&what, ask->key, &ask->tsig, ask->mac, now_s, &wr);
    struct ask_options question = {.to = &secondary->primaries[options->primary],
                                   .message = buffer,
                                   .len = wr_len(&wr),
                                   .waits_ms = {1000, 2000, 2000},
                                   .on_answer = on_answer,
                                   .on_failed = on_failed,
                                   .context = ask};
    err = err ? err : ask_start(loop, &question, &ask->ask);
    if (err) {
        destroy(ask);
        return err;
    }
    *out_ask = ask;
    return 0;
}

void ask_soa_stop(struct ask_soa *ask)
{
    if (ask) {
        ask_stop(ask->ask);
        destroy(ask);
    }
}
