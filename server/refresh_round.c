#include "server/refresh_round.h"

#include <string.h>

#include "base/mem.h"
#include "server/refresh_tell.h"
#include "server/refresh_time.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_serial.h"
#include "zones/dns_type.h"

enum {
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
    GAP_MS = 100, /* between two rounds of a zone, however many NOTIFY come */
};

static void next_primary(struct refresh_round *round);
static void want_transfer(struct refresh_round *round);

static void warn(const struct refresh_round *round, const char *event, const char *reason)
{
    refresh_tell_fault(round->secondary, round->at, event, reason);
}

/* --- the writer ------------------------------------------------------------------------------------ */

static void adopted(void *context, const struct refresh_news *news);

static void post_news(struct refresh_round *round, enum refresh_news_what what,
                      struct zone_xfr_in *content)
{
    const struct refresh_round_with *with = round->with;
    struct refresh_news_options options = {
        .post = with->post,
        .writer = with->writer,
        .adopt = with->adopt,
        .name = round->secondary->zone,
        .state = round->state,
        .what = what,
        .content = content,
        .refreshed_s = content ? round->age.asked_s : round->age.good_s,
        .on_back = content ? adopted : NULL, /* of the others nobody waits for the end */
        .context = round,
    };
    struct refresh_news *news = refresh_news_post(&options);
    round->news = content ? news : round->news;
}

/* --- the end of a round ---------------------------------------------------------------------------- */

static void set_next(struct refresh_round *round, uint64_t wait_ns)
{
    const struct clock *clock = round->with->clock;
    round->due_ns = clock->mono_ns(clock) + wait_ns;
    __atomic_store_n(&round->state->next_s, clock->wall_s(clock) + (int64_t)(wait_ns / NS_PER_S),
                     __ATOMIC_RELAXED);
}

static void go_idle(struct refresh_round *round)
{
    round->step = REFRESH_ROUND_IDLE;
    round->is_forced = round->is_wished;
    round->is_wished = round->is_whole = false;
    round->with->rounds--;
    __atomic_store_n(&round->state->is_busy, false, __ATOMIC_RELAXED);
    if (round->is_again) {
        round->is_again = false;
        set_next(round, (uint64_t)GAP_MS * NS_PER_MS);
    }
    round->with->on_change(round->with->context);
}

static void succeed(struct refresh_round *round)
{
    const struct refresh_time times = refresh_time_of(rcu_read(round->state->zone));
    round->fails = 0;
    round->was_told = round->is_expired = false;
    secondary_set_times(round->state, round->age.expires_ns, round->age.good_s);
    stat_add(round->with->stat, STAT_refresh_ok, 1);
    set_next(round, refresh_time_soon((uint64_t)times.refresh_s * NS_PER_S));
    go_idle(round);
}

static void fail_round(struct refresh_round *round)
{
    const struct refresh_time times = refresh_time_of(rcu_read(round->state->zone));
    stat_add(round->with->stat, STAT_refresh_failed, 1);
    if (!round->was_told) { /* said once: it will be so at every try */
        warn(round, "refresh_failed", round->why);
        round->was_told = true;
    }
    set_next(round, refresh_time_soon(refresh_time_retry_ns(&times, round->fails)));
    round->fails++;
    go_idle(round);
}

static void end_round(struct refresh_round *round)
{
    if (!round->age.is_good) {
        fail_round(round);
        return;
    }
    refresh_age_keep(&round->age);
    post_news(round, REFRESH_NEWS_SAME, NULL);
    succeed(round);
}

/* --- content that the writer has seen -------------------------------------------------------------- */

/* It does not fit what we have: the whole zone will. */
static bool is_misfit(const struct refresh_news *news)
{
    return zone_xfr_in_facts(news->content)->form == ZONE_XFR_IN_CHANGES &&
           (news->err == ERR_ZONE_SOA || news->err == ERR_MISSING || news->err == ERR_EXISTS ||
            news->err == ERR_LIMIT);
}

static void back_off(struct refresh_round *round)
{
    struct refresh_round_primary *primary = &round->primaries[round->at];
    const struct clock *clock = round->with->clock;
    primary->not_before_ns = clock->mono_ns(clock) + refresh_time_back_off_ns(primary->fails++);
    stat_add(round->with->stat, STAT_transfer_in_failed, 1);
}

static uint32_t own_expire_s(const struct refresh_round *round)
{
    return refresh_time_of(rcu_read(round->state->zone)).expire_s;
}

static uint32_t expire_s(const struct zone_xfr_in_facts *facts)
{
    return facts->has_expire ? facts->expire_s : UINT32_MAX;
}

/* Others may have waited for it. */
static void leave_transfer(struct refresh_round *round)
{
    round->with->transfers--;
    round->with->on_change(round->with->context);
}

static void adopted(void *context, const struct refresh_news *news)
{
    struct refresh_round *round = context;
    const struct zone_xfr_in_facts *facts = zone_xfr_in_facts(news->content);
    round->news = NULL;
    leave_transfer(round);
    if (!news->err) {
        bool is_whole = facts->form == ZONE_XFR_IN_WHOLE;
        round->primaries[round->at].fails = 0;
        stat_add(round->with->stat, is_whole ? STAT_transfer_in_axfr : STAT_transfer_in_ixfr, 1);
        refresh_tell_transfer(round->secondary, round->at, facts, round->transfer_ms);
        refresh_age_renew(&round->age, expire_s(facts), own_expire_s(round));
        if (round->is_expired) { /* meanwhile, and the writer hid what is fresh */
            post_news(round, REFRESH_NEWS_SAME, NULL);
        }
        succeed(round);
    } else if (is_misfit(news)) {
        warn(round, "transfer_in_misfit", err_text(news->err));
        round->is_whole = true;
        want_transfer(round);
    } else {
        warn(round, "transfer_in_failed", err_text(news->err));
        back_off(round);
        next_primary(round);
    }
}

/* --- fetching -------------------------------------------------------------------------------------- */

static void fetched(void *context, const struct xfr_in_result *result)
{
    struct refresh_round *round = context;
    const struct zone_xfr_in_facts *facts = result->err ? NULL : zone_xfr_in_facts(result->content);
    round->xfr = NULL;
    if (facts && facts->form != ZONE_XFR_IN_SAME) {
        round->step = REFRESH_ROUND_ADOPTING;
        round->transfer_ms = result->ms;
        post_news(round, REFRESH_NEWS_CONTENT, result->content);
        return;
    }
    leave_transfer(round);
    if (facts) {
        stat_add(round->with->stat, STAT_transfer_in_same, 1);
        refresh_age_note(&round->age, expire_s(facts), own_expire_s(round));
        zone_xfr_in_destroy(result->content);
        next_primary(round);
    } else if (result->is_refused_form && !round->is_whole) {
        if (result->err != ERR_DENIED) { /* which is how servers without IXFR say so */
            warn(round, "transfer_in_misfit", result->why);
        }
        round->is_whole = true;
        want_transfer(round);
    } else {
        warn(round, "transfer_in_failed", result->why);
        back_off(round);
        next_primary(round);
    }
}

static void fetch(struct refresh_round *round)
{
    const struct refresh_round_with *with = round->with;
    const struct zone *zone = rcu_read(round->state->zone);
    bool has_data = zone_version(zone) > 0;
    struct rules *rules = rcu_read(with->world->now)->rules;
    struct xfr_in_options options = {
        .secondary = round->secondary,
        .primary = round->at,
        .type = round->is_whole || round->is_forced || !has_data ? DNS_TYPE_AXFR : DNS_TYPE_IXFR,
        .rules = rules,
        .zone = zone,
        .hash_key = &with->world->key,
        .limits = &with->limits,
        .clock = with->clock,
        .on_done = fetched,
        .context = round,
    };
    refresh_age_ask(&round->age, with->clock);
    int err = xfr_in_start(with->loop, &options, &round->xfr);
    if (err) {
        warn(round, "transfer_in_failed", err_text(err));
        back_off(round);
        next_primary(round);
        return;
    }
    round->step = REFRESH_ROUND_FETCHING;
    round->with->transfers++;
}

static void want_transfer(struct refresh_round *round)
{
    const struct refresh_round_with *with = round->with;
    if (round->primaries[round->at].not_before_ns > with->clock->mono_ns(with->clock)) {
        next_primary(round); /* it has wasted our time before */
    } else if (with->transfers < with->limits.transfers_max) {
        fetch(round);
    } else {
        round->step = REFRESH_ROUND_WAITING;
    }
}

/* --- asking ---------------------------------------------------------------------------------------- */

/* Serials by RFC 1982; who has an older zone than we is alive, but no news. */
static void judge(struct refresh_round *round, const struct request_soa *soa)
{
    const struct zone *zone = rcu_read(round->state->zone);
    uint64_t version = zone_version(zone);
    uint32_t serial = zone_serial(zone, version);
    if (soa->is_cut || version == 0 || dns_serial_is_after(soa->serial, serial)) {
        want_transfer(round);
        return;
    }
    if (soa->serial != serial) {
        warn(round, "primary_behind", "its serial is lower than ours");
    }
    refresh_age_note(&round->age, soa->has_expire ? soa->expire_s : UINT32_MAX,
                     own_expire_s(round));
    next_primary(round);
}

static void answered(void *context, const struct request_soa *soa, const char *why)
{
    struct refresh_round *round = context;
    round->ask = NULL;
    if (soa && soa->rcode == DNS_RCODE_NOERROR && (soa->has_soa || soa->is_cut)) {
        judge(round, soa);
        return;
    }
    bool is_error = soa && soa->rcode != DNS_RCODE_NOERROR;
    round->why = !soa ? why : is_error ? dns_code_rcode(soa->rcode) : "not authoritative";
    next_primary(round);
}

static int ask_one(struct refresh_round *round)
{
    const struct refresh_round_with *with = round->with;
    struct ask_soa_options options = {.secondary = round->secondary,
                                      .primary = round->at,
                                      .rules = rcu_read(with->world->now)->rules,
                                      .mac = with->mac,
                                      .clock = with->clock,
                                      .on_done = answered,
                                      .context = round};
    refresh_age_ask(&round->age, with->clock);
    return ask_soa_start(with->loop, &options, &round->ask);
}

static void ask_primary(struct refresh_round *round)
{
    while (round->left > 0) {
        round->step = REFRESH_ROUND_ASKING;
        int err = ask_one(round);
        if (!err) {
            return;
        }
        round->why = err_text(err);
        round->left--;
        round->at = (round->at + 1) % round->secondary->primary_count;
    }
    end_round(round);
}

/* Without a question by UDP, which primaries may leave unanswered for a catalog (RFC 9432 7). */
static bool is_fetched_at_once(const struct refresh_round *round)
{
    return round->is_forced || round->secondary->is_catalog;
}

static void next_primary(struct refresh_round *round)
{
    round->left--;
    round->at = (round->at + 1) % round->secondary->primary_count;
    if (is_fetched_at_once(round) && round->left > 0) {
        want_transfer(round);
    } else {
        ask_primary(round);
    }
}

static void begin_round(struct refresh_round *round)
{
    round->with->rounds++;
    round->left = round->secondary->primary_count;
    refresh_age_begin(&round->age);
    if (round->is_forced) {
        memset(round->primaries, 0, sizeof(round->primaries));
    }
    round->why = "no primary gave the zone";
    __atomic_store_n(&round->state->is_busy, true, __ATOMIC_RELAXED);
    if (is_fetched_at_once(round)) {
        want_transfer(round);
    } else {
        ask_primary(round);
    }
}

/* --- from outside ---------------------------------------------------------------------------------- */

struct refresh_round *refresh_round_create(struct refresh_round_with *with,
                                           const struct secondary_zone *secondary)
{
    struct refresh_round *round = mem_alloc(sizeof(*round));
    round->with = with;
    round->secondary = secondary;
    round->state = secondary_ref_state(secondary->state);
    round->age.expires_ns = __atomic_load_n(&round->state->expires_ns, __ATOMIC_RELAXED);
    round->is_expired = !secondary_is_served(round->state);
    return round;
}

/* Drop what is under way but for what the writer has. */
static void abandon(struct refresh_round *round)
{
    ask_soa_stop(round->ask);
    xfr_in_stop(round->xfr);
    round->with->transfers -= round->step == REFRESH_ROUND_FETCHING;
    round->ask = NULL;
    round->xfr = NULL;
}

void refresh_round_destroy(struct refresh_round *round)
{
    if (!round) {
        return;
    }
    abandon(round);
    if (round->news) {
        refresh_news_forget(round->news);
        round->with->transfers--;
    }
    round->with->rounds -= round->step != REFRESH_ROUND_IDLE;
    secondary_unref_state(round->state);
    mem_free(round);
}

static bool is_same(const struct secondary_zone *a, const struct secondary_zone *b)
{
    bool has_key = a->key && b->key;
    return a->primary_count == b->primary_count &&
           memcmp(a->primaries, b->primaries, a->primary_count * sizeof(*a->primaries)) == 0 &&
           (has_key ? dns_name_equal(a->key, b->key) : a->key == b->key);
}

void refresh_round_configure(struct refresh_round *round, const struct secondary_zone *secondary)
{
    bool same = is_same(round->secondary, secondary);
    round->secondary = secondary;
    if (same) {
        return;
    }
    memset(round->primaries, 0, sizeof(round->primaries));
    round->at = 0;
    if (round->step == REFRESH_ROUND_ADOPTING) {
        round->is_again = true;
        return;
    }
    abandon(round);
    if (round->step != REFRESH_ROUND_IDLE) {
        round->is_again = true;
        round->is_wished |= round->is_forced;
        go_idle(round);
    }
    round->due_ns = 0;
}

static bool is_due(const struct refresh_round *round, uint64_t now_ns)
{
    return round->step == REFRESH_ROUND_IDLE && now_ns >= round->due_ns &&
           round->with->rounds < REFRESH_ROUNDS_MAX;
}

/* The zone may not be served any longer. */
static void expire(struct refresh_round *round)
{
    refresh_tell_expired(round->secondary);
    stat_add(round->with->stat, STAT_zone_expired, 1);
    round->is_expired = true;
    post_news(round, REFRESH_NEWS_EXPIRED, NULL);
}

/* Returns when to come back. */
static uint64_t step(struct refresh_round *round, uint64_t now_ns)
{
    bool has_data = zone_version(rcu_read(round->state->zone)) > 0;
    if (has_data && !round->is_expired && now_ns >= round->age.expires_ns) {
        expire(round);
    }
    if (is_due(round, now_ns)) {
        begin_round(round);
    } else if (round->step == REFRESH_ROUND_WAITING) {
        want_transfer(round);
    }
    bool may = round->due_ns > now_ns || round->with->rounds < REFRESH_ROUNDS_MAX;
    uint64_t next_ns = round->step == REFRESH_ROUND_IDLE && may ? round->due_ns : UINT64_MAX;
    bool will_expire = has_data && !round->is_expired && round->age.expires_ns < next_ns;
    return will_expire ? round->age.expires_ns : next_ns;
}

uint64_t refresh_round_step_all(struct refresh_round *const *rounds, size_t count, size_t *turn,
                                uint64_t now_ns)
{
    uint64_t next_ns = UINT64_MAX;
    for (size_t i = 0, at = *turn; i < count; i++) {
        const enum refresh_round_step before = rounds[at]->step;
        uint64_t due_ns = step(rounds[at], now_ns);
        next_ns = due_ns < next_ns ? due_ns : next_ns;
        bool has_begun = rounds[at]->step != before;
        at = (at + 1) % count;
        *turn = has_begun ? at : *turn;
    }
    return next_ns;
}

void refresh_round_notify(struct refresh_round *round, size_t primary)
{
    if (round->step != REFRESH_ROUND_IDLE) {
        round->is_again = true; /* however many come */
        return;
    }
    const struct clock *clock = round->with->clock;
    uint64_t now_ns = clock->mono_ns(clock);
    uint64_t gap_ns = round->age.asked_ns + (uint64_t)GAP_MS * NS_PER_MS;
    uint64_t soon_ns = gap_ns > now_ns ? gap_ns : now_ns;
    round->at = primary < round->secondary->primary_count ? primary : 0;
    round->due_ns = soon_ns < round->due_ns ? soon_ns : round->due_ns;
    round->with->on_change(round->with->context);
}

void refresh_round_force(struct refresh_round *round)
{
    if (round->step == REFRESH_ROUND_ADOPTING || round->step == REFRESH_ROUND_FETCHING) {
        round->is_again = round->is_wished = true;
        return;
    }
    abandon(round);
    if (round->step != REFRESH_ROUND_IDLE) {
        go_idle(round);
    }
    round->is_forced = true;
    round->due_ns = 0;
    round->with->on_change(round->with->context);
}
