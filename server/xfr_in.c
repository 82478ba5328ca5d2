#include "server/xfr_in.h"

#include <string.h>

#include "base/mem.h"
#include "base/rand.h"
#include "server/call.h"
#include "server/request.h"
#include "zones/dns_code.h"
#include "zones/dns_tsig_client.h"
#include "zones/dns_type.h"

enum {
    CONNECT_MS = 10000,
    WHOLE_MS = 2 * 3600 * 1000, /* for the largest zone over the slowest line */
    MAC_CONTEXTS = 1,
};

struct xfr_in {
    struct call *call;
    struct rules *rules;
    struct mac *mac; /* its own: the MAC of a stream runs on over unsigned messages */
    const struct clock *clock;
    uint64_t begin_ns;
    uint16_t type;
    struct dns_tsig_client tsig; /* when key is set */
    const struct dns_tsig_key *key;
    struct zone_xfr_in *content;
    int err; /* of a message */
    const char *why;
    void (*on_done)(void *context, const struct xfr_in_result *result);
    void *context;
};

static void destroy(struct xfr_in *xfr)
{
    zone_xfr_in_destroy(xfr->content);
    mac_destroy(xfr->mac);
    rules_unref(xfr->rules);
    mem_free(xfr);
}

static int refuse(struct xfr_in *xfr, int err, const char *why)
{
    xfr->err = err;
    xfr->why = why;
    return err;
}

/* RFC 8945 5.3.1: the first message and the last are signed, and few between them are not. */
static int verify(struct xfr_in *xfr, const uint8_t *data, size_t len)
{
    if (!xfr->key) {
        return 0;
    }
    uint64_t now_s = (uint64_t)xfr->clock->wall_s(xfr->clock);
    size_t at = request_find_tsig(data, len);
    bool begun = xfr->tsig.begun;
    switch (dns_tsig_client_verify(&xfr->tsig, xfr->mac, data, len, at, now_s)) {
    case DNS_TSIG_CLIENT_GOOD:
        return 0;
    case DNS_TSIG_CLIENT_UNSIGNED:
        return begun ? 0 : refuse(xfr, ERR_DENIED, request_tsig_text(&xfr->tsig));
    case DNS_TSIG_CLIENT_ERROR:
        return refuse(xfr, ERR_DENIED, request_tsig_text(&xfr->tsig));
    case DNS_TSIG_CLIENT_BAD:
        break;
    }
    return refuse(xfr, ERR_DENIED, "bad signature");
}

static bool on_message(void *context, const uint8_t *data, size_t len)
{
    struct xfr_in *xfr = context;
    if (verify(xfr, data, len)) {
        return false;
    }
    int err = zone_xfr_in_take(xfr->content, data, len);
    if (err == ERR_DENIED) {
        refuse(xfr, err, dns_code_rcode(zone_xfr_in_facts(xfr->content)->rcode));
    } else if (err) {
        refuse(xfr, err, err_text(err));
    }
    bool is_whole = !err && zone_xfr_in_facts(xfr->content)->is_whole;
    if (is_whole && xfr->key && !dns_tsig_client_is_whole(&xfr->tsig)) {
        refuse(xfr, ERR_DENIED, "last message is not signed");
    }
    return !xfr->err && !is_whole;
}

/* Servers refuse an IXFR that they can not or will not serve, although they have the zone; others give
 * one that nobody can read, and will give it again. A whole zone that is too large stays so. */
static bool is_refused_form(const struct xfr_in *xfr)
{
    const struct zone_xfr_in_facts *facts = zone_xfr_in_facts(xfr->content);
    bool by_rcode = facts->rcode == DNS_RCODE_NOTIMP || facts->rcode == DNS_RCODE_FORMERR ||
                    facts->rcode == DNS_RCODE_REFUSED;
    bool is_too_large = xfr->err == ERR_LIMIT && facts->form == ZONE_XFR_IN_WHOLE;
    bool is_unreadable = xfr->err && xfr->err != ERR_DENIED && !is_too_large;
    return xfr->type == DNS_TYPE_IXFR && (by_rcode || is_unreadable);
}

static void on_end(void *context, int err)
{
    struct xfr_in *xfr = context;
    struct xfr_in_result result = {.err = xfr->err ? xfr->err : err};
    if (result.err) {
        result.why = xfr->err ? xfr->why : err_text(err);
        result.is_refused_form = is_refused_form(xfr);
    } else {
        result.content = xfr->content;
        xfr->content = NULL;
    }
    result.ms = (xfr->clock->mono_ns(xfr->clock) - xfr->begin_ns) / 1000000;
    xfr->on_done(xfr->context, &result);
    destroy(xfr);
}

static int start_call(struct xfr_in *xfr, struct loop *loop, const struct xfr_in_options *options,
                      const struct wr *message)
{
    struct call_options call = {
        .to = &options->secondary->primaries[options->primary],
        .message = message->base,
        .len = wr_len(message),
        .connect_ms =
            options->limits->stall_ms < CONNECT_MS ? options->limits->stall_ms : CONNECT_MS,
        .stall_ms = options->limits->stall_ms,
        .whole_ms = WHOLE_MS,
        .on_message = on_message,
        .on_end = on_end,
        .context = xfr,
    };
    return call_start(loop, &call, &xfr->call);
}

int xfr_in_start(struct loop *loop, const struct xfr_in_options *options, struct xfr_in **out_xfr)
{
    const struct secondary_zone *secondary = options->secondary;
    struct xfr_in *xfr = mem_alloc(sizeof(*xfr));
    uint8_t buffer[REQUEST_MAX];
    struct wr message;
    struct request_what what = {secondary->zone, options->type, options->zone,
                                (uint16_t)rand_u64(rand_system())};
    struct zone_xfr_in_ask ask = {
        .name = secondary->zone,
        .key = options->hash_key,
        .type = options->type,
        .id = what.id,
        .serial = options->zone ? zone_serial(options->zone, zone_version(options->zone)) : 0,
        .octets_max = options->limits->octets_max,
    };
    xfr->rules = rules_ref(options->rules);
    xfr->mac = mac_create(MAC_CONTEXTS);
    xfr->clock = options->clock;
    xfr->begin_ns = options->clock->mono_ns(options->clock);
    xfr->type = options->type;
    xfr->content = zone_xfr_in_create(&ask);
    xfr->on_done = options->on_done;
    xfr->context = options->context;
    uint64_t now_s = (uint64_t)options->clock->wall_s(options->clock);
    int err = request_key(xfr->rules, secondary->key, &xfr->key);
    message = wr_make(buffer, sizeof(buffer));
    err = err ? err : request_write(&what, xfr->key, &xfr->tsig, xfr->mac, now_s, &message);
    err = err ? err : start_call(xfr, loop, options, &message);
    if (err) {
        destroy(xfr);
        return err;
    }
    *out_xfr = xfr;
    return 0;
}

void xfr_in_stop(struct xfr_in *xfr)
{
    if (xfr) {
        call_stop(xfr->call);
        destroy(xfr);
    }
}
