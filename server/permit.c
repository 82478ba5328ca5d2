#include "server/permit.h"

#include <stdio.h>

#include "base/mem.h"
#include "server/update_rate.h"
#include "zones/dns_code.h"

/* Records that a rule has decided, in the message of this number. */
struct decided {
    uint64_t message;
    uint32_t records;
};

struct permit {
    const struct clock *clock;
    struct update_rate *rate;
    const struct policy *policy;
    const uint8_t *zone;
    const struct policy_who *who;
    uint64_t message;        /* number of the message under way */
    struct decided *decided; /* by rule */
    unsigned room;
    bool any_relaxed, any_durable;
};

struct permit *permit_create(const struct clock *clock)
{
    struct permit *permit = mem_alloc(sizeof(*permit));
    permit->clock = clock;
    permit->rate = update_rate_create();
    return permit;
}

void permit_destroy(struct permit *permit)
{
    if (permit) {
        update_rate_destroy(permit->rate);
        mem_free(permit->decided);
        mem_free(permit);
    }
}

void permit_begin(struct permit *permit, const struct policy *policy, const uint8_t *zone,
                  const struct policy_who *who)
{
    permit->policy = policy;
    permit->zone = zone;
    permit->who = who;
    permit->message++;
    permit->any_relaxed = false;
    permit->any_durable = false;
}

/* The count of a rule; one of an earlier message begins anew. Numbers of rules are the configuration's:
 * no peer makes this grow. */
static struct decided *decided_by(struct permit *permit, unsigned rule)
{
    if (rule >= permit->room) {
        const unsigned room = 2 * rule + 16;
        permit->decided = mem_grow(permit->decided, room, sizeof(*permit->decided));
        for (unsigned i = permit->room; i < room; i++) {
            permit->decided[i] = (struct decided){0};
        }
        permit->room = room;
    }
    struct decided *decided = &permit->decided[rule];
    if (decided->message != permit->message) {
        *decided = (struct decided){.message = permit->message};
    }
    return decided;
}

static bool refuse(uint16_t *out_ede, uint16_t ede, char *text, unsigned rule, uint32_t bound,
                   const char *what)
{
    *out_ede = ede;
    snprintf(text, ZONE_UPDATE_TEXT, "rule %u permits no more than %u %s", rule, bound, what);
    return false;
}

bool permit_record(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                   char *text)
{
    struct permit *permit = context;
    const struct policy_what what = {permit->zone, record->owner, record->type};
    const unsigned rule = policy_find_update(permit->policy, permit->who, &what);
    if (rule == 0) {
        *out_ede = DNS_EDE_PROHIBITED;
        snprintf(text, ZONE_UPDATE_TEXT, "no rule permits it");
        return false;
    }
    const struct policy_bounds bounds = policy_update_bounds(permit->policy, rule);
    struct decided *decided = decided_by(permit, rule);
    const struct update_rate_of of = {permit->zone, rule, permit->who};
    if (decided->records++ == 0 && bounds.rate > 0 &&
        !update_rate_take(permit->rate, &of, bounds.rate, permit->clock->mono_ns(permit->clock))) {
        return refuse(out_ede, DNS_EDE_RATE_LIMITED, text, rule, bounds.rate, "messages a second");
    }
    if (bounds.records_max > 0 && decided->records > bounds.records_max) {
        return refuse(out_ede, DNS_EDE_OVER_QUOTA, text, rule, bounds.records_max,
                      "records a message");
    }
    permit->any_relaxed |= bounds.is_relaxed;
    permit->any_durable |= !bounds.is_relaxed;
    return true;
}

bool permit_is_relaxed(const struct permit *permit)
{
    return permit->any_relaxed && !permit->any_durable;
}
