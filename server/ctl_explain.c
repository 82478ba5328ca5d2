#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>

#include "base/err.h"
#include "server/ctl_cmd.h"
#include "server/policy.h"
#include "server/world.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

/* What is asked about, parsed. */
struct question {
    uint8_t key[DNS_NAME_MAX], name[DNS_NAME_MAX];
    struct dns_labels labels;
    struct query_peer peer;
    struct policy_who who;
    uint16_t type;
};

static bool parse_name(const char *text, uint8_t *out_name)
{
    size_t len;
    if (dns_name_parse(text, strlen(text), NULL, out_name, &len)) {
        return false;
    }
    dns_name_lower(out_name, len, out_name);
    return true;
}

static const char *const transports[] = {
    [QUERY_UDP] = "udp", [QUERY_TCP] = "tcp", [QUERY_TLS] = "tls", [QUERY_UNIX] = "unix"};

enum { TRANSPORTS = sizeof(transports) / sizeof(transports[0]) };

/* An address, or the word unix. */
static bool parse_address(const char *text, struct query_peer *peer)
{
    if (strcmp(text, transports[QUERY_UNIX]) == 0) {
        peer->transport = QUERY_UNIX;
        return true;
    }
    peer->family = strchr(text, ':') ? 6 : 4;
    return inet_pton(peer->family == 6 ? AF_INET6 : AF_INET, text, peer->address) == 1;
}

/* A socket of one kind has no address of the other. */
static bool parse_transport(const char *text, struct query_peer *peer)
{
    unsigned i = 0;
    while (i < TRANSPORTS && strcmp(text, transports[i]) != 0) {
        i++;
    }
    const bool is_unix = peer->transport == QUERY_UNIX;
    peer->transport = (enum query_transport)i;
    return i < TRANSPORTS && (i == QUERY_UNIX) == is_unix;
}

/* NULL, or what is wrong. */
static const char *parse(const struct ctl_request *request, struct question *question)
{
    bool has_key = strcmp(request->args[0], "-") != 0;
    const char *address = request->arg_count > 3 ? request->args[3] : "127.0.0.1";
    if (has_key && !parse_name(request->args[0], question->key)) {
        return request->args[0];
    }
    if (!parse_name(request->args[1], question->name)) {
        return request->args[1];
    }
    if (!dns_type_parse(request->args[2], strlen(request->args[2]), &question->type)) {
        return request->args[2];
    }
    if (!parse_address(address, &question->peer)) {
        return address;
    }
    if (request->arg_count > 4 && !parse_transport(request->args[4], &question->peer)) {
        return request->args[4];
    }
    question->who =
        (struct policy_who){.peer = &question->peer, .key = has_key ? question->key : NULL};
    return NULL;
}

static json_t *list_rules(const struct policy *policy, const struct question *question,
                          const struct policy_what *what)
{
    json_t *rules = json_array();
    const char *fails;
    for (unsigned i = 1; (fails = policy_explain_update(policy, i, &question->who, what)); i++) {
        const struct policy_bounds bounds = policy_update_bounds(policy, i);
        json_array_append_new(rules, json_pack("{s:i,s:s,s:i,s:i,s:s}", "rule", (int)i, "fails",
                                               fails, "records_max", (int)bounds.records_max,
                                               "rate", (int)bounds.rate, "durability",
                                               bounds.is_relaxed ? "relaxed" : "durable"));
    }
    return rules;
}

void ctl_explain_update(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    const struct ctl_cmd_context *with = context;
    const struct world *world = rcu_read(with->world->now);
    struct question question = {.type = 0};
    const char *wrong = parse(request, &question);
    if (wrong) {
        ctl_reply_error(reply, ERR_VALUE, "%s is not understood", wrong);
        return;
    }
    dns_name_index(&world->zones_key, question.name, &question.labels);
    const struct zone *zone = zone_set_find(world->zones, question.name, &question.labels, 0);
    if (!zone) {
        ctl_reply_error(reply, ERR_MISSING, "no zone served here holds %s", request->args[1]);
        return;
    }
    char name[DNS_NAME_TEXT_MAX];
    dns_name_print(zone_name(zone), name);
    const struct policy *policy = rules_policy(world->rules, zone_name(zone));
    struct policy_what what = {zone_name(zone), question.name, question.type};
    unsigned rule = policy_find_update(policy, &question.who, &what);
    json_t *result = json_pack("{s:s,s:b,s:i,s:s,s:o}", "zone", name, "permitted", rule > 0, "rule",
                               (int)rule, "transport", transports[question.peer.transport], "rules",
                               list_rules(policy, &question, &what));
    ctl_reply_ok(reply, result ? json_dumps(result, JSON_COMPACT) : NULL);
    json_decref(result);
}
