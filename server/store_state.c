#include "server/store_state.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "server/writer_beat.h"

enum {
    TICK_MS = 500,
    CALM_MS = 10000,  /* a failure so long after the last one is a new story */
    EASE_PERCENT = 5, /* so much below its limit an alarm ends */
    MAP_PERCENT = 70, /* of the map, used: it grows before a commit meets its end */
    PERCENT = 100,
    SLICES_MAX = 5000, /* of a checkpoint in one go */
    PENDING_COST = 2,  /* octets of names, in pages, for one of change sets */
    LOOK_AGAIN = 16,   /* when so small a part of what was left may be gone */
    NS_PER_MS = 1000000,
};

struct store_state {
    struct zone_store *store;
    struct keeper *keeper;
    const struct clock *clock;
    struct stat_set *stat;
    pthread_mutex_t lock; /* guards view, which the writer alone changes */
    struct store_state_view view;
    uint64_t due_ns, delay_ns; /* when it is opened again, and what was waited for that */
    uint64_t back_ns;          /* when it last was ok again */
    uint64_t pending;          /* octets of change sets when the room was measured */

    struct writer_beat beat;
};

const char *store_state_word(enum store_state_sort sort)
{
    static const char *const words[STORE_STATE_SORTS] = {"ok", "full", "failed"};
    return words[sort];
}

struct store_state *store_state_create(struct zone_store *store, struct keeper *keeper,
                                       const struct clock *clock, struct stat_set *stat)
{
    struct store_state *state = mem_alloc(sizeof(*state));
    state->store = store;
    state->keeper = keeper;
    state->clock = clock;
    state->stat = stat;
    state->view.since_ns = clock->mono_ns(clock);
    pthread_mutex_init(&state->lock, NULL);
    return state;
}

void store_state_destroy(struct store_state *state)
{
    if (state) {
        pthread_mutex_destroy(&state->lock);
        mem_free(state);
    }
}

static uint64_t now_ns(const struct store_state *state)
{
    return state->clock->mono_ns(state->clock);
}

void store_state_look(struct store_state *state, struct store_state_view *out_view)
{
    pthread_mutex_lock(&state->lock);
    *out_view = state->view;
    pthread_mutex_unlock(&state->lock);
    int err = kv_stopped(zone_store_kv(state->store));
    if (err && out_view->sort == STORE_STATE_OK) { /* the writer has not looked yet */
        out_view->sort = STORE_STATE_FAILED;
        out_view->err = err;
        out_view->since_ns = now_ns(state);
    }
}

static void show(struct store_state *state, const struct store_state_view *view)
{
    pthread_mutex_lock(&state->lock);
    state->view = *view;
    pthread_mutex_unlock(&state->lock);
}

/* --- room ------------------------------------------------------------------------------------- */

/* The map grows while nobody waits for it. What it can not grow to is no room. */
static uint64_t fit_map(struct kv *kv, uint64_t used, uint64_t left)
{
    uint64_t in_map, map;
    kv_usage(kv, &in_map, &map);
    if (in_map < map / PERCENT * MAP_PERCENT) {
        return left;
    }
    int err = kv_grow(kv);
    if (!err) {
        log_info("store_map_grown", "octets=%llu", (unsigned long long)map * 2);
    }
    uint64_t in_reach = map > used ? map - used : 0;
    return err && err != ERR_NOT_NOW && in_reach < left ? in_reach : left;
}

/* An alarm begins at its limit and ends a little below. */
static enum store_state_room judge(enum store_state_room before, uint64_t all, uint64_t left)
{
    static const unsigned limits[] = {0, STORE_STATE_LOW_PERCENT, STORE_STATE_SHORT_PERCENT};
    double percent = all > 0 ? (double)(all - left) * PERCENT / (double)all : PERCENT;
    enum store_state_room room = STORE_STATE_PLENTY;
    for (enum store_state_room at = STORE_STATE_LOW; at <= STORE_STATE_SHORT; at++) {
        unsigned ease = before >= at ? EASE_PERCENT : 0;
        uint64_t need = STORE_STATE_HEADROOM / PERCENT * (PERCENT + 4 * ease);
        if (percent >= limits[at] - ease || left < need) {
            room = at;
        }
    }
    return room;
}

static void tell_room(const struct store_state_view *view)
{
    unsigned long long used = view->used, left = view->left;
    switch (view->room) {
    case STORE_STATE_PLENTY:
        log_info("store_room_ok", "used_octets=%llu left_octets=%llu", used, left);
        break;
    case STORE_STATE_LOW:
        log_warn("store_room_low", "used_octets=%llu left_octets=%llu text=%s", used, left,
                 "the store needs more room soon");
        break;
    case STORE_STATE_SHORT:
        log_error("store_room_short", "used_octets=%llu left_octets=%llu text=%s", used, left,
                  "updates that add records are refused");
        break;
    }
}

static void measure(struct store_state *state)
{
    struct kv *kv = zone_store_kv(state->store);
    struct store_state_view view = state->view;
    if (kv_room(kv, &view.used, &view.left)) {
        return; /* seen again when it is open */
    }
    uint64_t left = fit_map(kv, view.used, view.left);
    state->pending = keeper_pending(state->keeper);
    uint64_t kept = state->pending * PENDING_COST; /* for the next checkpoint */
    view.left = left > kept ? left - kept : 0;
    view.room = judge(view.room, view.used + left, view.left);
    bool changed = view.room != state->view.room;
    show(state, &view);
    if (changed) {
        tell_room(&view);
    }
}

/* What replaces and removes makes the journal longer: with little room it does not wait for its time,
 * but as long as there is room for the names; what it keeps for secondaries goes last. */
static void save_room(struct store_state *state)
{
    bool more = state->view.room != STORE_STATE_PLENTY && state->view.left > 0;
    keeper_spare_room(state->keeper, state->view.room == STORE_STATE_SHORT);
    for (unsigned slices = 0; more && slices < SLICES_MAX; slices++) {
        int err = keeper_checkpoint(state->keeper, &more);
        if (err) {
            log_error("checkpoint_failed", "error=%s", err_text(err));
            return;
        }
    }
}

/* --- failure ---------------------------------------------------------------------------------- */

/* LMDB says EIO also when a write came out short, which is how a full disk mostly shows. */
static enum store_state_sort sort_of(struct store_state *state, int err)
{
    uint64_t used, left;
    bool is_full = err == -ENOSPC || err == -EDQUOT || err == -EFBIG;
    if (err == -EIO && !kv_room(zone_store_kv(state->store), &used, &left)) {
        is_full = left < STORE_STATE_HEADROOM;
    }
    return is_full ? STORE_STATE_FULL : STORE_STATE_FAILED;
}

/* Longer each time that it fails again soon: a disk that fails now and then is not worn out by us. */
static void wait_longer(struct store_state *state, bool is_new)
{
    const uint64_t first = (uint64_t)STORE_STATE_RETRY_MS * NS_PER_MS;
    const uint64_t most = (uint64_t)STORE_STATE_RETRY_MAX_MS * NS_PER_MS;
    uint64_t delay = is_new ? first : 2 * state->delay_ns;
    state->delay_ns = delay < first ? first : delay > most ? most : delay;
    state->due_ns = now_ns(state) + state->delay_ns;
}

static void notice(struct store_state *state, int err)
{
    struct store_state_view view = state->view;
    uint64_t now = now_ns(state);
    view.sort = sort_of(state, err);
    view.err = err;
    view.since_ns = now;
    show(state, &view);
    wait_longer(state, now - state->back_ns > (uint64_t)CALM_MS * NS_PER_MS);
    stat_add(state->stat, STAT_store_failed, 1);
    log_error("store_failed", "state=%s error=%s text=%s", store_state_word(view.sort),
              err_text(err), "updates are refused, queries are answered");
}

static void on_zone(void *context, const struct err_at *at)
{
    (void)context;
    log_warn("store_mend_failed", "text=%s", at->text);
}

static void recover(struct store_state *state)
{
    struct keeper_report report = {on_zone, NULL};
    struct store_state_view view = state->view;
    size_t saved = 0;
    int err = zone_store_reopen(state->store);
    err = err ? err : keeper_mend(state->keeper, &report, &saved);
    if (err) {
        view.sort = sort_of(state, err);
        view.err = err;
        show(state, &view);
        wait_longer(state, false);
        log_warn("store_reopen_failed", "error=%s retry_ms=%llu", err_text(err),
                 (unsigned long long)(state->delay_ns / NS_PER_MS));
        return;
    }
    uint64_t now = now_ns(state);
    unsigned long long after_ms = (now - view.since_ns) / NS_PER_MS;
    view.sort = STORE_STATE_OK;
    view.since_ns = state->back_ns = now;
    show(state, &view);
    stat_add(state->stat, STAT_store_recovered, 1);
    log_info("store_recovered", "after_ms=%llu zones_saved=%zu", after_ms, saved);
}

int store_state_error(struct store_state *state)
{
    if (!state) {
        return 0;
    }
    int err = kv_stopped(zone_store_kv(state->store));
    if (err && state->view.sort == STORE_STATE_OK) {
        notice(state, err);
    }
    if (state->view.sort != STORE_STATE_OK) {
        return state->view.err;
    }
    if (keeper_pending(state->keeper) > state->pending + state->view.left / LOOK_AGAIN) {
        measure(state); /* a flood does not outrun the alarms */
    }
    return 0;
}

bool store_state_is_short(const struct store_state *state)
{
    return state && state->view.room == STORE_STATE_SHORT;
}

void store_state_explain(const struct store_state *state, int err, char *out_text, size_t size)
{
    bool is_full = err == ERR_LIMIT || (state && state->view.sort == STORE_STATE_FULL);
    snprintf(out_text, size, "the store %s: %s", is_full ? "is full" : "failed", err_text(err));
}

void store_state_tend(struct store_state *state)
{
    if (store_state_error(state) && now_ns(state) >= state->due_ns) {
        recover(state);
    }
    if (!store_state_error(state)) {
        measure(state);
        save_room(state);
    }
}

/* --- now and then ----------------------------------------------------------------------------- */

static bool work(void *context)
{
    store_state_tend(context);
    return false;
}

void store_state_start(struct store_state *state, struct loop *loop, struct writer *writer)
{
    writer_beat_start(&state->beat, loop, writer, 1, TICK_MS, work, state);
}

void store_state_stop(struct store_state *state)
{
    if (state) {
        writer_beat_stop(&state->beat);
    }
}
